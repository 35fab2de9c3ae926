"""Making and revoking feeds, and the token by which one is read."""

from uuid import UUID

import jwt
from sqlalchemy import select

from app.errors import BadUserInput, Forbidden, NotFound
from app.models import CalendarFeed, Customer, Driver, EventType, Resource
from app.services import values
from app.services.identity import ALGORITHM
from app.settings import Settings
from app.uow import UnitOfWork

AUDIENCE = "calendar"
"""What a token says it is for: an access token names no audience, so neither is ever taken for the other."""

OWNERS: dict[str, type[Customer] | type[Driver] | type[Resource]] = {
    "customer_id": Customer,
    "driver_id": Driver,
    "resource_id": Resource,
}


async def create_calendar_feed(uow: UnitOfWork, name: str, **owner: UUID) -> CalendarFeed:
    """A calendar of one customer, driver or resource; of the viewer's own, if none is given."""
    name = values.name(name, "name")
    column, id = await _given(uow, owner) if owner else await _own(uow)
    feed = await uow.add(CalendarFeed(name=name, **{column: id}))
    uow.emit(EventType.CALENDAR_FEED_CREATED, feed)
    return feed


async def revoke_calendar_feed(uow: UnitOfWork, feed_id: UUID) -> CalendarFeed:
    """Let the URL lead nowhere from now on; once is enough."""
    feed = await uow.get(CalendarFeed, feed_id, lock=True)
    if feed.revoked_at is None:
        feed.revoked_at = uow.now
        uow.emit(EventType.CALENDAR_FEED_REVOKED, feed)
    return feed


async def _given(uow: UnitOfWork, owner: dict[str, UUID]) -> tuple[str, UUID]:
    ((column, id),) = owner.items()
    row = await uow.get(OWNERS[column], id)
    viewer = uow.viewer
    # to see a driver or a bay is not yet to see what they do all day
    if not viewer.sees_everything and row.id not in (viewer.customer_id, viewer.driver_id):
        raise Forbidden("You can make a calendar of your own only.")
    return column, row.id


async def _own(uow: UnitOfWork) -> tuple[str, UUID]:
    viewer = uow.viewer
    found = [("customer_id", viewer.customer_id), ("driver_id", viewer.driver_id)]
    if viewer.sees_everything:
        found.append(("resource_id", await _resource_of(uow)))
    owners = [(column, id) for column, id in found if id is not None]
    if not owners:
        raise BadUserInput("You have no calendar of your own; say whose it shall be.", "owner")
    if len(owners) > 1:
        raise BadUserInput("You have several calendars of your own; say which it shall be.", "owner")
    return owners[0]


async def _resource_of(uow: UnitOfWork) -> UUID | None:
    return await uow.first(
        select(Resource.id).where(
            Resource.organization_id == uow.viewer.organization_id, Resource.user_id == uow.viewer.user_id
        )
    )


def url(settings: Settings, feed: CalendarFeed) -> str | None:
    """Where a calendar is read; nowhere, once it is revoked."""
    if feed.revoked_at is not None:
        return None
    return f"{settings.public_url.rstrip('/')}/calendars/{write_token(settings, feed)}.ics"


def write_token(settings: Settings, feed: CalendarFeed) -> str:
    """It holds until the row is revoked, and is the same each time."""
    claims = {"aud": AUDIENCE, "org": str(feed.organization_id), "sub": str(feed.id)}
    return jwt.encode(claims, settings.token_secret.get_secret_value(), ALGORITHM)


def read_token(settings: Settings, token: str) -> tuple[UUID, UUID]:
    """The organization and the feed. Raises `NotFound`, whatever is wrong; touches no database."""
    try:
        claims = jwt.decode(
            token,
            settings.token_secret.get_secret_value(),
            [ALGORITHM],
            audience=AUDIENCE,
            options={"require": ["aud", "org", "sub"]},
        )
        return UUID(claims["org"]), UUID(claims["sub"])
    except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError) as error:
        raise NotFound("calendar") from error

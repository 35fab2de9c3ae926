"""What happened, and who hears of it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select

from app.access import PEOPLE_OF_THE_HOUSE
from app.errors import NotFound
from app.models import (
    Audience,
    Booking,
    Customer,
    Driver,
    Membership,
    NotificationKind,
    Post,
    PostPriority,
    PostStatus,
    Role,
    Transport,
    Vehicle,
    WaitlistEntry,
    WebhookEndpoint,
)
from app.services.messaging.telling import Telling, tell, tell_each
from app.uow import UnitOfWork

KEEPERS = (Role.OWNER, Role.ADMIN, Role.DISPATCHER)
"""Who hears of what the fleet needs."""
ADMINS = (Role.OWNER, Role.ADMIN)
"""Who hears of what is wrong with the connections to others' systems."""
TOLD_OF_NEWS = (PostPriority.IMPORTANT, PostPriority.URGENT)
READERS_MAX = 200
"""Readers who are told in one transaction."""


async def booking(uow: UnitOfWork, kind: NotificationKind, booking_id: UUID, cause: str) -> None:
    row = await uow.fetch(Booking, booking_id)
    await tell(uow, kind, cause, row, customer_ids=[row.customer_id])


async def waitlist_offer(uow: UnitOfWork, kind: NotificationKind, entry_id: UUID, cause: str) -> None:
    entry = await uow.fetch(WaitlistEntry, entry_id)
    await tell(uow, kind, cause, entry, customer_ids=[entry.customer_id])


async def driver_under_way(uow: UnitOfWork, kind: NotificationKind, transport_id: UUID, cause: str) -> None:
    ride = await uow.fetch(Transport, transport_id)
    await tell(uow, kind, cause, ride, customer_ids=[ride.customer_id])


async def licence_expiring(uow: UnitOfWork, kind: NotificationKind, driver_id: UUID, cause: str) -> None:
    driver = await uow.fetch(Driver, driver_id)
    await tell(uow, kind, cause, driver, user_ids=await _keepers(uow, driver.user_id))


async def maintenance_due(uow: UnitOfWork, kind: NotificationKind, vehicle_id: UUID, cause: str) -> None:
    vehicle = await uow.fetch(Vehicle, vehicle_id)
    await tell(uow, kind, cause, vehicle, user_ids=await _keepers(uow))


async def webhook(uow: UnitOfWork, kind: NotificationKind, endpoint_id: UUID, cause: str) -> None:
    endpoint = await uow.fetch(WebhookEndpoint, endpoint_id)
    await tell(uow, kind, cause, endpoint, user_ids=await _members(uow, Membership.role.in_(ADMINS)))


async def _keepers(uow: UnitOfWork, besides: UUID | None = None) -> Sequence[UUID]:
    return await _members(uow, or_(Membership.role.in_(KEEPERS), Membership.user_id == besides))


async def _members(uow: UnitOfWork, wanted: ColumnElement[bool]) -> Sequence[UUID]:
    return await uow.scalars(
        select(Membership.user_id)
        .where(Membership.organization_id == uow.viewer.organization_id, wanted)
        .order_by(Membership.user_id)
    )


async def readers(uow: UnitOfWork, post_id: UUID) -> list[list[Telling]]:
    """Who is told of a post, in portions for one transaction each; each person once, whatever hats they wear."""
    try:
        post = await uow.fetch(Post, post_id)
    except NotFound:
        return []
    if post.status is not PostStatus.PUBLISHED or post.priority not in TOLD_OF_NEWS:
        return []
    cause = f"{NotificationKind.POST_PUBLISHED.value}:{post.id}"
    rows = await uow.session.execute(
        select(Customer.id, Customer.user_id).where(
            Customer.organization_id == post.organization_id,
            Customer.user_id.is_not(None),
            Customer.erased_at.is_(None),
        )
    )
    customers = {row[1]: row[0] for row in rows}
    found = [
        Telling(cause, post, customers[user_id]) if user_id in customers else Telling(cause, post, user_id=user_id)
        for user_id in await _members(uow, _addressed(post))
    ]
    return [found[first : first + READERS_MAX] for first in range(0, len(found), READERS_MAX)]


def _addressed(post: Post) -> ColumnElement[bool]:
    if post.audience is Audience.HOUSE:
        return Membership.role.in_(PEOPLE_OF_THE_HOUSE)
    if post.audience is Audience.DRIVERS:
        return Membership.user_id.in_(_with_hat(Driver, post))
    if post.audience is Audience.CUSTOMERS:
        return Membership.user_id.in_(_with_hat(Customer, post))
    return Membership.user_id.is_not(None)


def _with_hat(model: type[Driver] | type[Customer], post: Post) -> Select[UUID | None]:
    return select(model.user_id).where(model.organization_id == post.organization_id, model.user_id.is_not(None))


async def post_published(uow: UnitOfWork, portion: Sequence[Telling]) -> None:
    await tell_each(uow, NotificationKind.POST_PUBLISHED, portion)

"""What a message would look like."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from app.models import Booking, Channel, Customer, NotificationKind
from app.services import values
from app.services.messaging import templates
from app.services.messaging.composing import fill
from app.services.messaging.composing.bookings import facts
from app.services.messaging.examples import examples
from app.services.messaging.parts import sms_parts
from app.services.messaging.speech import Speech
from app.services.messaging.words import Wording
from app.uow import UnitOfWork


@dataclass(frozen=True)
class Preview:
    """parts: how many text messages it takes. variables: the names that a template of this kind may use."""

    subject: str | None
    body: str
    parts: int | None
    variables: list[str]


async def preview_message(
    uow: UnitOfWork,
    kind: NotificationKind,
    channel: Channel,
    locale: str,
    subject: str | None = None,
    body: str | None = None,
    customer_id: UUID | None = None,
) -> Preview:
    """With the words given, or those that are used now; about a customer's latest booking, or with examples."""
    organization = await values.organization(uow)
    speech = Speech.of(organization, templates.locale(locale))
    if body is None:
        wording = await templates.wording(uow, kind, channel, speech.locale, organization.locale)
    else:
        wording = Wording(*await templates.checked(uow, kind, channel, subject, body, speech.locale))
    shown = dict(examples(kind, speech, organization.name))
    if customer_id is not None:
        shown |= {name: value for name, value in (await _theirs(uow, speech, customer_id)).items() if name in shown}
    text = fill(wording, channel, shown)
    parts = sms_parts(text.body) if channel is Channel.SMS else None
    return Preview(text.subject, text.body, parts, sorted(shown))


async def _theirs(uow: UnitOfWork, speech: Speech, customer_id: UUID) -> dict[str, str | None]:
    customer = await uow.get(Customer, customer_id)
    latest = await uow.first(
        select(Booking)
        .where(Booking.organization_id == customer.organization_id, Booking.customer_id == customer.id)
        .order_by(Booking.created_at.desc())
        .limit(1)
    )
    return {"person": customer.name, **(await facts(uow, speech, latest) if latest else {})}

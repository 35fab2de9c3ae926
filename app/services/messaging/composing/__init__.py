"""Finding the words of a message, as of the moment when it is sent."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from app.errors import NotFound
from app.models import Channel, Customer, Notification, NotificationKind, User
from app.services import values
from app.services.messaging import rendering, templates
from app.services.messaging.composing import bookings, care, fleet, news, webhooks
from app.services.messaging.rendering import Unusable, Values
from app.services.messaging.speech import Speech
from app.services.messaging.words import Wording, own_words
from app.uow import UnitOfWork

__all__ = ["Text", "compose", "fill"]

log = logging.getLogger(__name__)

SUBJECT_MAX = 200
Kind = NotificationKind
Facts = Callable[[UnitOfWork, Speech, Notification], Awaitable[Values | None]]
FACTS: dict[NotificationKind, Facts] = {
    Kind.BOOKING_CONFIRMED: bookings.booking,
    Kind.BOOKING_DECLINED: bookings.booking,
    Kind.BOOKING_CANCELLED: bookings.booking,
    Kind.BOOKING_TOMORROW: bookings.booking,
    Kind.AFTER_VISIT: bookings.booking,
    Kind.WAITLIST_OFFER: bookings.waitlist_offer,
    Kind.DRIVER_UNDER_WAY: bookings.driver_under_way,
    Kind.CARE_DUE: care.care,
    Kind.CARE_OVERDUE: care.care,
    Kind.LICENCE_EXPIRING: fleet.licence,
    Kind.MAINTENANCE_DUE: fleet.maintenance,
    Kind.POST_PUBLISHED: news.post,
    Kind.WEBHOOK_FAILING: webhooks.failing,
    Kind.WEBHOOK_DISABLED: webhooks.disabled,
}


@dataclass(frozen=True)
class Text:
    """A message in its final words, plain. A text message has no subject."""

    subject: str | None
    body: str


async def compose(uow: UnitOfWork, notification: Notification) -> Text | None:
    """The words; None if it is no longer true, or the person is gone."""
    try:
        person = await _person(uow, notification)
        organization = await values.organization(uow)
        speech = Speech.of(organization, notification.locale)
        facts = await FACTS[notification.kind](uow, speech, notification) if person else None
    except NotFound:
        return None
    if facts is None:
        return None
    kind, channel = notification.kind, notification.channel
    wording = await templates.wording(uow, kind, channel, speech.locale, organization.locale)
    known_values = {**facts, "person": person, "organization": organization.name}
    try:
        return fill(wording, channel, known_values)
    except Unusable as error:
        # better said in our words than not at all
        log.warning("the template of %s by %s of %s: %s", kind, channel, organization.slug, error)
        return fill(own_words(kind, channel, speech.language), channel, known_values)


def fill(wording: Wording, channel: Channel, known_values: Values) -> Text:
    """Raises `Unusable`."""
    body = rendering.render(wording.body, known_values).strip()
    if channel is Channel.SMS:
        return Text(None, body)
    subject = " ".join(rendering.render(wording.subject or "", known_values).split())
    return Text(subject[:SUBJECT_MAX], f"{body}\n" if channel is Channel.EMAIL else body)


async def _person(uow: UnitOfWork, notification: Notification) -> str | None:
    """Their name; None if they were erased."""
    if notification.customer_id is not None:
        customer = await uow.fetch(Customer, notification.customer_id)
        return None if customer.erased_at else customer.name
    if notification.user_id is None:
        return None
    return (await uow.fetch(User, notification.user_id)).full_name

"""Handing a message to its carrier: what goes out, and what becomes of the row when the carrier has answered.

Between the two nothing is locked and no transaction is open. Whoever dies there has the message sent again, under the
same id.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import SystemRandom
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.models import (
    AttemptOutcome,
    Booking,
    Channel,
    ContactPreference,
    Customer,
    DeviceToken,
    EventType,
    Notification,
    NotificationAttempt,
    NotificationStatus,
    Post,
    PushProvider,
    Suppression,
    WorkKind,
)
from app.models.base import node_id
from app.services import values
from app.services.messaging import addresses, channels, composing, devices, people
from app.services.messaging.channels import Accepted, Answer, Gone, Message, Refused, Resting, Retry, Way
from app.services.messaging.people import muting
from app.services.messaging.quiet import loud
from app.services.messaging.telling import can_wait
from app.settings import Settings
from app.uow import UnitOfWork

BACKOFF_S = 5
BACKOFF_MAX_S = 3600
RETRY_AFTER_MAX_S = 24 * 3600
"""What a carrier asks for is heeded up to here."""
JITTER = 0.25
RESTING_MAX = timedelta(days=1)
"""A message whose carrier was down for so long is given up, tried or not."""
RECEIPT_AFTER = timedelta(minutes=15)
RECEIPTS_KEPT = timedelta(days=1)
"""Expo has a receipt after some minutes, and throws it away after a day."""
DICE = SystemRandom()
MATTERS: Mapping[str, type[Booking] | type[Post]] = {model.__name__: model for model in (Booking, Post)}
"""What decides whether a message about it can wait."""


@dataclass(frozen=True)
class Parcel:
    """A message, and by which way it goes."""

    way: Way
    message: Message


@dataclass(frozen=True)
class Quiet:
    """The person is not to be disturbed, and the message can wait."""

    until: datetime


@dataclass(frozen=True)
class _Destination:
    address: str
    device: DeviceToken | None = None

    @property
    def provider(self) -> PushProvider | None:
        return self.device.provider if self.device else None


async def prepare(uow: UnitOfWork, settings: Settings, notification_id: UUID) -> Parcel | Quiet | None:
    """The message in its words of now, to its address of now; None if there is nothing to send, or not any more."""
    notification = await _locked(uow, notification_id)
    if notification is None or notification.status is not NotificationStatus.QUEUED:
        return None
    found = await _destination(uow, notification)
    if isinstance(found, Suppression):
        await _suppress(uow, notification, found)
        return None
    wish = await people.preference(uow, notification.customer_id, notification.user_id)
    if wish is not None and muting(notification.kind, notification.channel) in wish.muted:
        await _suppress(uow, notification, Suppression.UNWANTED)
        return None
    way = Way(notification.channel, found.provider)
    if not channels.is_on(settings, way):
        await _suppress(uow, notification, Suppression.CHANNEL_OFF)
        return None
    text = await composing.compose(uow, notification)
    if text is None:
        await _suppress(uow, notification, Suppression.OUTDATED)
        return None
    until = await _quiet_until(uow, notification, wish)
    if until is not None:
        return Quiet(until)
    notification.address, notification.subject, notification.body = found.address, text.subject, text.body
    await uow.flush()
    return Parcel(way, _message(notification, found, text.subject, text.body))


async def _quiet_until(uow: UnitOfWork, notification: Notification, wish: ContactPreference | None) -> datetime | None:
    """When it may be said; None for now. It was written for a time that is not quiet, and may come late."""
    if wish is None or wish.quiet_from is None or wish.quiet_until is None:
        return None
    zone = ZoneInfo((await values.organization(uow)).time_zone)
    until = loud(uow.now, zone, wish.quiet_from, wish.quiet_until)
    if until == uow.now:
        return None
    model = MATTERS.get(notification.about_type)
    about = await uow.fetch(model, notification.about) if model else None
    return until if can_wait(notification.kind, about, uow.now, zone) else None


def _message(notification: Notification, found: _Destination, subject: str | None, body: str) -> Message:
    return Message(
        id=notification.id,
        kind=notification.kind,
        to=found.address,
        subject=subject,
        body=body,
        about=node_id(notification.about_type, notification.about),
        platform=found.device.platform if found.device else None,
    )


async def _locked(uow: UnitOfWork, notification_id: UUID) -> Notification | None:
    found = select(Notification).where(
        Notification.organization_id == uow.viewer.organization_id, Notification.id == notification_id
    )
    return await uow.first(found.with_for_update().execution_options(populate_existing=True))


async def _suppress(uow: UnitOfWork, notification: Notification, why: Suppression) -> None:
    await uow.transition(notification, NotificationStatus.SUPPRESSED, suppressed=why)


async def _destination(uow: UnitOfWork, notification: Notification) -> _Destination | Suppression:
    """Where the message goes as of now, or why nowhere."""
    customer = await uow.fetch(Customer, notification.customer_id) if notification.customer_id else None
    if customer is not None and customer.erased_at is not None:
        return Suppression.ERASED
    user = await people.member(uow, notification.user_id) if notification.user_id else None
    if notification.user_id is not None and user is None:
        return Suppression.NO_ADDRESS
    if notification.device_id is not None:
        return await _phone(uow, notification, notification.device_id)
    if notification.channel is Channel.SMS:
        address = customer.phone if customer else None
    else:
        address = customer.email if customer else user.email if user else None
    if not address:
        return Suppression.NO_ADDRESS
    if await addresses.is_dead(uow, notification.channel, address):
        return Suppression.DEAD_ADDRESS
    return _Destination(address)


async def _phone(uow: UnitOfWork, notification: Notification, device_id: UUID) -> _Destination | Suppression:
    """A phone that somebody else has meanwhile is not told what was meant for its former owner."""
    device = await uow.fetch(DeviceToken, device_id)
    same = (
        device.customer_id == notification.customer_id
        if notification.customer_id
        else device.user_id == notification.user_id
    )
    if not same:
        return Suppression.NO_ADDRESS
    if device.retired_at is not None:
        return Suppression.DEAD_ADDRESS
    return _Destination(device.token, device)


async def record(uow: UnitOfWork, settings: Settings, notification_id: UUID, answer: Answer | Resting | Quiet) -> None:
    """What the carrier said, if it was asked, and what follows from it."""
    notification = await _locked(uow, notification_id)
    if notification is None or notification.status is not NotificationStatus.QUEUED:
        return
    if isinstance(answer, Quiet):
        notification.send_at = answer.until
        await uow.later(WorkKind.SEND_NOTIFICATION, notification.id, answer.until)
        return
    if isinstance(answer, Resting):
        await _rest(uow, notification, answer)
        return
    notification.attempts += 1
    await _attempt(uow, notification, answer)
    if isinstance(answer, Accepted):
        await uow.transition(
            notification, NotificationStatus.SENT, sent_at=uow.now, provider_reference=answer.reference
        )
        if answer.receipt and answer.reference:
            await uow.later(WorkKind.CHECK_RECEIPT, notification.id, uow.now + RECEIPT_AFTER)
    elif isinstance(answer, Retry) and notification.attempts < settings.notification_attempts_max:
        delay_s = backoff_s(notification.attempts, answer.after_s)
        await uow.later(WorkKind.SEND_NOTIFICATION, notification.id, uow.now + timedelta(seconds=delay_s))
    else:
        await _give_up(uow, notification, answer)


async def _rest(uow: UnitOfWork, notification: Notification, answer: Resting) -> None:
    """The longer it has waited, the longer it waits: thousands that wait for one carrier keep no worker busy."""
    waited = uow.now - max(notification.send_at, notification.created_at)
    if waited > RESTING_MAX:
        detail = Retry("the carrier has been down all the time")
        await _attempt(uow, notification, detail)
        await _give_up(uow, notification, detail)
        return
    delay_s = min(max(answer.after_s, waited.total_seconds() / 2), BACKOFF_MAX_S) * _jitter(1)
    await uow.later(WorkKind.SEND_NOTIFICATION, notification.id, uow.now + timedelta(seconds=delay_s))


def backoff_s(attempts: int, after_s: float | None) -> float:
    """Ever longer from 5 s to an hour, spread out, and not before the carrier asked for."""
    delay_s = min(BACKOFF_S * 2.0 ** min(attempts - 1, 20), BACKOFF_MAX_S) * _jitter(1 - JITTER)
    return max(delay_s, min(after_s or 0, RETRY_AFTER_MAX_S) * _jitter(1))


def _jitter(least: float) -> float:
    return DICE.uniform(least, 1 + JITTER)


async def _attempt(uow: UnitOfWork, notification: Notification, answer: Answer) -> None:
    """The carrier's words without the address, which is personal and erased elsewhere."""
    detail = answer.reference if isinstance(answer, Accepted) else answer.detail
    if detail and notification.address:
        detail = detail.replace(notification.address, "…")
    outcome = OUTCOMES[type(answer)]
    await uow.add(NotificationAttempt(notification_id=notification.id, outcome=outcome, detail=detail))


OUTCOMES: dict[type[Answer], AttemptOutcome] = {
    Accepted: AttemptOutcome.ACCEPTED,
    Retry: AttemptOutcome.RETRY,
    Refused: AttemptOutcome.REFUSED,
    Gone: AttemptOutcome.DEAD_ADDRESS,
}


async def _give_up(uow: UnitOfWork, notification: Notification, answer: Answer) -> None:
    if isinstance(answer, Gone):
        await _retire(uow, notification, answer)
    await uow.transition(notification, NotificationStatus.FAILED)
    payload = {"kind": notification.kind.value, "channel": notification.channel.value}
    uow.emit(EventType.NOTIFICATION_FAILED, notification, payload=payload)


async def _retire(uow: UnitOfWork, notification: Notification, answer: Gone) -> None:
    """Nothing more goes where nothing arrives."""
    if notification.device_id is not None:
        await devices.retire(uow, notification.device_id, notification.sent_at or uow.now)
    elif notification.address:
        await addresses.retire(uow, notification.channel, notification.address, answer.detail, notification)


async def awaited(uow: UnitOfWork, notification_id: UUID) -> str | None:
    """Under which name the carrier has a message that it took; None: nothing is to be asked about it."""
    notification = await _locked(uow, notification_id)
    if notification is None or notification.status is not NotificationStatus.SENT:
        return None
    return notification.provider_reference


async def received(uow: UnitOfWork, notification_id: UUID, answer: Answer | None) -> None:
    """What the carrier says later. None, or that it cannot say now: it is asked again, as long as it may know."""
    notification = await _locked(uow, notification_id)
    if notification is None or notification.status is not NotificationStatus.SENT or notification.sent_at is None:
        return
    if notification.provider_reference is None:
        # the person was erased meanwhile: nothing more is written down about them
        return
    if answer is None or isinstance(answer, Retry):
        if uow.now - notification.sent_at < RECEIPTS_KEPT:
            await uow.later(WorkKind.CHECK_RECEIPT, notification.id, uow.now + RECEIPT_AFTER)
    elif not isinstance(answer, Accepted):
        await _attempt(uow, notification, answer)
        await _give_up(uow, notification, answer)


async def resend_notification(uow: UnitOfWork, notification_id: UUID) -> Notification:
    """Try again what was given up, under the same id and with all attempts anew."""
    notification = await uow.get(Notification, notification_id)
    await uow.transition(notification, NotificationStatus.QUEUED, attempts=0, send_at=uow.now)
    await uow.later(WorkKind.SEND_NOTIFICATION, notification.id)
    uow.emit(EventType.NOTIFICATION_RESENT, notification)
    return notification

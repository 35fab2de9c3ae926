"""Telling people: one Notification for each person and way, once for each cause, and the work to send it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from uuid_utils.compat import uuid7

from app.models import (
    Booking,
    Channel,
    Notification,
    NotificationKind,
    NotificationStatus,
    Organization,
    Post,
    PostPriority,
    ReminderRule,
    Suppression,
    WorkKind,
)
from app.models.base import Tenant
from app.services import values
from app.services.messaging import people
from app.services.messaging.people import Person
from app.services.messaging.quiet import loud
from app.uow import UnitOfWork

Kind = NotificationKind
AT_ONCE = (Channel.PUSH, Channel.SMS)
WAYS: dict[NotificationKind, tuple[Channel, ...]] = {
    Kind.BOOKING_CONFIRMED: (Channel.EMAIL, Channel.PUSH),
    Kind.BOOKING_DECLINED: (Channel.EMAIL, Channel.PUSH),
    Kind.BOOKING_CANCELLED: (Channel.EMAIL, *AT_ONCE),
    Kind.BOOKING_TOMORROW: (Channel.EMAIL, Channel.PUSH),
    Kind.WAITLIST_OFFER: (Channel.EMAIL, *AT_ONCE),
    Kind.DRIVER_UNDER_WAY: AT_ONCE,
    Kind.AFTER_VISIT: (Channel.EMAIL,),
    Kind.CARE_DUE: (Channel.EMAIL, Channel.PUSH),
    Kind.CARE_OVERDUE: (Channel.EMAIL, Channel.PUSH),
    Kind.LICENCE_EXPIRING: (Channel.EMAIL,),
    Kind.MAINTENANCE_DUE: (Channel.EMAIL,),
    Kind.POST_PUBLISHED: (Channel.EMAIL, Channel.PUSH),
    Kind.WEBHOOK_FAILING: (Channel.EMAIL,),
    Kind.WEBHOOK_DISABLED: (Channel.EMAIL,),
}
"""By which ways people hear of what, unless a rule of the organization says otherwise."""
CANNOT_WAIT = (Kind.DRIVER_UNDER_WAY, Kind.WAITLIST_OFFER)


@dataclass(frozen=True)
class Telling:
    """One thing to say to one person: a customer, or a user who is spoken to as none."""

    cause: str
    about: Tenant
    customer_id: UUID | None = None
    user_id: UUID | None = None


async def tell(
    uow: UnitOfWork,
    kind: NotificationKind,
    cause: str,
    about: Tenant,
    *,
    customer_ids: Iterable[UUID] = (),
    user_ids: Iterable[UUID] = (),
    channels: Sequence[Channel] | None = None,
    send_at: datetime | None = None,
    rule_id: UUID | None = None,
) -> int:
    """Say one thing to some people, each of them once for this cause; answers how many messages are new."""
    tellings = [Telling(cause, about, customer_id=id) for id in customer_ids]
    tellings += [Telling(cause, about, user_id=id) for id in user_ids]
    return await tell_each(uow, kind, tellings, channels=channels, send_at=send_at, rule_id=rule_id)


async def tell_each(
    uow: UnitOfWork,
    kind: NotificationKind,
    tellings: Sequence[Telling],
    *,
    channels: Sequence[Channel] | None = None,
    send_at: datetime | None = None,
    rule_id: UUID | None = None,
) -> int:
    """Say things of one kind, each to one person. What the person does not want is kept, unsent; whoever cannot be
    reached by a way gets nothing by it."""
    if channels is None:
        channels, rule_id = await _ways(uow, kind)
    if not channels or not tellings:
        return 0
    customers = await people.customers(uow, {told.customer_id for told in tellings if told.customer_id})
    users = await people.users(uow, {told.user_id for told in tellings if told.user_id})
    composer = _Rows(uow, kind, channels, send_at or uow.now, rule_id, await values.organization(uow))
    rows: list[dict[str, Any]] = []
    for told in tellings:
        person = customers.get(told.customer_id) if told.customer_id else users.get(told.user_id)  # type: ignore[arg-type]
        if person is not None:
            rows += composer.of(told, person)
    return await _keep(uow, rows)


async def _ways(uow: UnitOfWork, kind: NotificationKind) -> tuple[Sequence[Channel], UUID | None]:
    """What the organization's rule of this kind says, and its id; without one, what is usual."""
    rule = await uow.first(
        select(ReminderRule).where(
            ReminderRule.organization_id == uow.viewer.organization_id,
            ReminderRule.kind == kind,
            ReminderRule.days_before.is_(None),
            ReminderRule.days_after.is_(None),
            ReminderRule.protocol_id.is_(None),
        )
    )
    if rule is None:
        return WAYS[kind], None
    return ([Channel(word) for word in rule.channels] if rule.active else []), rule.id


@dataclass(frozen=True)
class _Rows:
    """Makes the rows of one kind of message."""

    uow: UnitOfWork
    kind: NotificationKind
    channels: Sequence[Channel]
    send_at: datetime
    rule_id: UUID | None
    organization: Organization

    def of(self, told: Telling, person: Person) -> Iterator[dict[str, Any]]:
        for channel in dict.fromkeys(self.channels):
            wanted = person.wants(self.kind, channel)
            for recipient, device_id in person.reached_by(channel):
                yield {
                    "organization_id": self.organization.id,
                    "id": uuid7(),
                    "kind": self.kind,
                    "channel": channel,
                    "status": NotificationStatus.QUEUED if wanted else NotificationStatus.SUPPRESSED,
                    "suppressed": None if wanted else Suppression.UNWANTED,
                    "cause": told.cause,
                    "recipient": recipient,
                    "customer_id": person.customer_id,
                    "user_id": person.user_id,
                    "device_id": device_id,
                    "rule": self.rule_id,
                    "about_type": type(told.about).__name__,
                    "about": told.about.id,
                    "locale": person.locale or self.organization.locale,
                    "send_at": self._when(told.about, person),
                    "created_at": self.uow.now,
                    "updated_at": self.uow.now,
                }

    def _when(self, about: Tenant, person: Person) -> datetime:
        zone = ZoneInfo(self.organization.time_zone)
        if person.quiet is None or not can_wait(self.kind, about, self.send_at, zone):
            return self.send_at
        return loud(self.send_at, zone, *person.quiet)


def can_wait(kind: NotificationKind, about: Tenant | None, at: datetime, zone: ZoneInfo) -> bool:
    """Whether a message may wait for the end of quiet hours."""
    if isinstance(about, Post):
        return about.priority is not PostPriority.URGENT
    if kind is Kind.BOOKING_CANCELLED and isinstance(about, Booking):
        return about.starts_at.astimezone(zone).date() > at.astimezone(zone).date()
    return kind not in CANNOT_WAIT


async def _keep(uow: UnitOfWork, rows: Sequence[dict[str, Any]]) -> int:
    """Insert what was not said yet, and leave the work to send it."""
    if not rows:
        return 0
    # compiled once for all; the rows go out many at a time
    new = (
        insert(Notification)
        .on_conflict_do_nothing(index_elements=["organization_id", "cause", "channel", "recipient"])
        .returning(Notification.id, Notification.status, Notification.send_at)
    )
    made = (await uow.session.execute(new, rows)).all()
    for id, status, send_at in made:
        if status is NotificationStatus.QUEUED:
            await uow.later(WorkKind.SEND_NOTIFICATION, id, send_at)
    return len(made)

"""Whom a message is for, and how they can be reached and want to be."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import time
from uuid import UUID

from sqlalchemy import select

from app.models import Channel, ContactPreference, Customer, DeviceToken, Membership, NotificationKind, User
from app.models.base import among
from app.uow import UnitOfWork


@dataclass(frozen=True)
class Person:
    """A customer, or a user who is spoken to as none."""

    customer_id: UUID | None
    user_id: UUID | None
    email: str | None
    phone: str | None = None
    devices: list[UUID] = field(default_factory=list)
    preference: ContactPreference | None = None

    def reached_by(self, channel: Channel) -> list[tuple[str, UUID | None]]:
        """Each is one message: its recipient, and the device that it goes to."""
        if channel is Channel.PUSH:
            return [(f"device:{id}", id) for id in self.devices]
        if not (self.email if channel is Channel.EMAIL else self.phone):
            return []
        return [(f"customer:{self.customer_id}" if self.customer_id else f"user:{self.user_id}", None)]

    @property
    def locale(self) -> str | None:
        return self.preference.locale if self.preference else None

    @property
    def quiet(self) -> tuple[time, time] | None:
        preference = self.preference
        if preference is None or preference.quiet_from is None or preference.quiet_until is None:
            return None
        return preference.quiet_from, preference.quiet_until

    def wants(self, kind: NotificationKind, channel: Channel) -> bool:
        return self.preference is None or muting(kind, channel) not in self.preference.muted


async def member(uow: UnitOfWork, user_id: UUID) -> User | None:
    """A user who still belongs to the organization."""
    belongs = (Membership.user_id == User.id) & (Membership.organization_id == uow.viewer.organization_id)
    return await uow.first(select(User).join(Membership, belongs).where(User.id == user_id))


async def preference(uow: UnitOfWork, customer_id: UUID | None, user_id: UUID | None) -> ContactPreference | None:
    """How a person wants to be spoken to, if they have said so."""
    whose = ContactPreference.customer_id == customer_id if customer_id else ContactPreference.user_id == user_id
    return await uow.first(
        select(ContactPreference).where(ContactPreference.organization_id == uow.viewer.organization_id, whose)
    )


def muting(kind: NotificationKind, channel: Channel) -> str:
    """As `ContactPreference.muted` holds it."""
    return f"{kind.value}:{channel.value}"


async def customers(uow: UnitOfWork, ids: Collection[UUID]) -> dict[UUID, Person]:
    """Those who are still there."""
    if not ids:
        return {}
    organization = uow.viewer.organization_id
    rows = await uow.session.execute(
        select(Customer.id, Customer.email, Customer.phone).where(
            Customer.organization_id == organization, among(Customer.id, ids), Customer.erased_at.is_(None)
        )
    )
    devices: dict[UUID | None, list[UUID]] = defaultdict(list)
    tokens = select(DeviceToken.customer_id, DeviceToken.id).where(
        DeviceToken.organization_id == organization,
        among(DeviceToken.customer_id, ids),
        DeviceToken.retired_at.is_(None),
    )
    for customer_id, device_id in await uow.session.execute(tokens):
        devices[customer_id].append(device_id)
    wishes = await uow.scalars(
        select(ContactPreference).where(
            ContactPreference.organization_id == organization, among(ContactPreference.customer_id, ids)
        )
    )
    preferences = {wish.customer_id: wish for wish in wishes}
    return {
        row[0]: Person(row[0], None, row[1], row[2], sorted(devices[row[0]]), preferences.get(row[0])) for row in rows
    }


async def users(uow: UnitOfWork, ids: Collection[UUID]) -> dict[UUID, Person]:
    """Those who still belong to the organization."""
    if not ids:
        return {}
    organization = uow.viewer.organization_id
    rows = await uow.session.execute(
        select(User.id, User.email)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organization_id == organization, among(User.id, ids))
    )
    devices: dict[UUID, list[UUID]] = defaultdict(list)
    tokens = select(DeviceToken.user_id, DeviceToken.id).where(
        DeviceToken.organization_id == organization, among(DeviceToken.user_id, ids), DeviceToken.retired_at.is_(None)
    )
    for user_id, device_id in await uow.session.execute(tokens):
        devices[user_id].append(device_id)
    wishes = await uow.scalars(
        select(ContactPreference).where(
            ContactPreference.organization_id == organization, among(ContactPreference.user_id, ids)
        )
    )
    preferences = {wish.user_id: wish for wish in wishes}
    return {
        row[0]: Person(None, row[0], row[1], None, sorted(devices[row[0]]), preferences.get(row[0])) for row in rows
    }

"""How people want to be spoken to."""

from collections.abc import Mapping
from datetime import time
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.errors import BadUserInput, Forbidden, NotFound, VersionConflict
from app.models import ContactPreference, Customer, EventType
from app.services.customers import check_not_erased
from app.services.messaging import templates
from app.services.messaging.people import muting
from app.uow import UnitOfWork

UNSAID = 0
"""The version of a preference that nobody has said yet."""


async def update_contact_preference(
    uow: UnitOfWork, version: int, customer_id: UUID | None = None, **changes: Any
) -> ContactPreference:
    """One's own, or for the house a customer's."""
    person = await _person(uow, customer_id)
    checked = _checked(changes)
    key = next(iter(person))
    row = await uow.first(
        select(ContactPreference).where(
            ContactPreference.organization_id == uow.viewer.organization_id,
            getattr(ContactPreference, key) == person[key],
        )
    )
    if row is None and version == UNSAID:
        row = await _begin(uow, person)
        version = row.version
    if row is None:
        raise VersionConflict(UNSAID)
    _check_quiet({"quiet_from": row.quiet_from, "quiet_until": row.quiet_until} | checked)
    await uow.change(row, version, checked)
    uow.emit(EventType.CONTACT_PREFERENCE_UPDATED, row)
    return row


async def _person(uow: UnitOfWork, customer_id: UUID | None) -> Mapping[str, UUID]:
    viewer = uow.viewer
    if customer_id is None and viewer.customer_id is None:
        if viewer.user_id is None:
            raise Forbidden()
        return {"user_id": viewer.user_id}
    wanted = customer_id or viewer.customer_id
    if not viewer.sees_everything and wanted != viewer.customer_id:
        # drivers see customers, and do not speak for them
        raise NotFound("customer")
    customer = await uow.get(Customer, wanted, lock=True)  # type: ignore[arg-type]
    check_not_erased(customer)
    return {"customer_id": customer.id}


async def _begin(uow: UnitOfWork, person: Mapping[str, UUID]) -> ContactPreference:
    """A row of nothing said; whoever was faster has made it."""
    made = await uow.session.execute(
        insert(ContactPreference)
        .values(organization_id=uow.viewer.organization_id, muted=[], **person)
        .on_conflict_do_nothing()
        .returning(ContactPreference)
    )
    row = made.scalars().first()
    if row is None:
        raise VersionConflict(1)
    return row


def _checked(changes: Mapping[str, Any]) -> dict[str, Any]:
    checked = dict(changes)
    if checked.get("locale") is not None:
        checked["locale"] = templates.locale(checked["locale"])
    if "muted" in checked:
        checked["muted"] = sorted({muting(item["kind"], item["channel"]) for item in checked["muted"] or ()})
    return checked


def _check_quiet(wanted: Mapping[str, time | None]) -> None:
    begins, ends = wanted["quiet_from"], wanted["quiet_until"]
    if (begins is None) != (ends is None):
        raise BadUserInput("Quiet hours have a beginning and an end.", "quietUntil")
    if begins is not None and begins == ends:
        raise BadUserInput("Quiet hours that end when they begin are none, or never end.", "quietUntil")
    if any(at is not None and at.tzinfo is not None for at in (begins, ends)):
        raise BadUserInput("Quiet hours are by the organization's clock, without an offset.", "quietFrom")

"""Several bookings at once: all of them, or none."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.access import conditions
from app.errors import BadUserInput, NotFound
from app.models import BookingGroup, BookingStatus, EventType, Subject
from app.services import capacity, values
from app.services.bookings import making
from app.uow import UnitOfWork

GROUP_MAX = 50
"""Bookings of one group."""


async def book_group(
    uow: UnitOfWork, bookings: Sequence[Mapping[str, Any]], care_override_reason: str | None = None
) -> BookingGroup:
    """Book a place for each of several subjects of one customer, in one slot or in several."""
    if not 1 <= len(bookings) <= GROUP_MAX:
        raise BadUserInput(f"A group has 1 to {GROUP_MAX} bookings.", "bookings")
    subjects = await _subjects(uow, [wanted["subject_id"] for wanted in bookings])
    customer_id = _one_customer(subjects.values())
    claims = await capacity.take_each(uow, [[wanted["slot_id"]] for wanted in bookings])
    places = Counter(claim.slots[0].id for claim in claims)
    for claim in {claim.slots[0].id: claim for claim in claims}.values():
        await making.check_policy(uow, claim, customer_id, wanted=places[claim.slots[0].id])
    group = await uow.add(BookingGroup(customer_id=customer_id))
    uow.emit(EventType.BOOKING_GROUP_CREATED, group)
    for wanted, claim in zip(bookings, claims, strict=True):
        notes = values.text(wanted.get("notes"), "notes")
        subject = subjects[wanted["subject_id"]]
        booking = await making.make(
            uow, claim, subject, BookingStatus.PENDING, care_override_reason, group_id=group.id, notes=notes
        )
        await making.begin(uow, booking, claim.service)
    return group


async def _subjects(uow: UnitOfWork, ids: Sequence[UUID]) -> dict[UUID, Subject]:
    found = await uow.scalars(select(Subject).where(Subject.id.in_(set(ids)), *conditions(uow.viewer, Subject)))
    if len(found) < len(set(ids)):
        raise NotFound("subject")
    return {subject.id: subject for subject in found}


def _one_customer(subjects: Any) -> UUID:
    customers = {subject.customer_id for subject in subjects}
    if len(customers) > 1:
        raise BadUserInput("The subjects of a group belong to one customer.", "bookings")
    customer_id: UUID = customers.pop()
    return customer_id

"""Pets, patients and cars."""

from typing import Any, TypeVar
from uuid import UUID

from app.errors import BadUserInput
from app.models import Car, Customer, EventType, Patient, Pet, Subject
from app.services import partners, values
from app.services.care import dues
from app.services.customers import check_not_erased, whose
from app.uow import UnitOfWork

Kind = TypeVar("Kind", bound=Subject)

CHECKS: dict[str, values.Check] = {
    "name": lambda value: values.name(value, "name"),
    "notes": lambda value: values.text(value, "notes"),
    "breed": lambda value: values.text(value, "breed"),
    "chip_number": lambda value: values.text(value, "chipNumber"),
    "license_plate": lambda value: values.name(value, "licensePlate").upper(),
    "external_id": lambda value: values.text(value, "externalId"),
}

CARED_BY = {"species", "born_on", "birth_date"}
"""What decides which care a subject needs, and from when on."""


async def _create(uow: UnitOfWork, kind: type[Kind], customer_id: UUID | None, given: dict[str, Any]) -> Kind:
    customer = await whose(uow, customer_id)
    if customer is None:
        raise BadUserInput("Say whose it is.", "customerId")
    await partners.check_preferred(uow, given)
    subject = await uow.add(kind(customer_id=customer.id, **values.checked(given, CHECKS)))
    uow.emit(EventType.SUBJECT_CREATED, subject, payload={"kind": subject.kind})
    await dues.refresh(uow, [subject.id])
    return subject


async def _update(uow: UnitOfWork, kind: type[Kind], id: UUID, version: int, changes: dict[str, Any]) -> Kind:
    subject = await uow.get(kind, id)
    check_not_erased(await uow.fetch(Customer, subject.customer_id))
    await partners.check_preferred(uow, changes)
    await uow.change(subject, version, values.checked(changes, CHECKS))
    uow.emit(EventType.SUBJECT_UPDATED, subject, payload={"kind": subject.kind})
    if changes.keys() & CARED_BY:
        await dues.refresh(uow, [subject.id])
    return subject


async def archive_subject(uow: UnitOfWork, subject_id: UUID, version: int) -> Subject:
    """It does not come any more. Its bookings stand, its history stays; nothing is due, and nothing is booked."""
    return await _keep(uow, subject_id, version, archived=True)


async def restore_subject(uow: UnitOfWork, subject_id: UUID, version: int) -> Subject:
    """It comes again after all."""
    return await _keep(uow, subject_id, version, archived=False)


async def _keep(uow: UnitOfWork, subject_id: UUID, version: int, *, archived: bool) -> Subject:
    subject = await uow.get(Subject, subject_id)
    if (subject.archived_at is not None) == archived:
        return subject
    check_not_erased(await uow.fetch(Customer, subject.customer_id))
    await uow.change(subject, version, {"archived_at": uow.now if archived else None})
    event = EventType.SUBJECT_ARCHIVED if archived else EventType.SUBJECT_RESTORED
    uow.emit(event, subject, payload={"kind": subject.kind})
    await dues.refresh(uow, [subject.id])
    return subject


async def create_pet(uow: UnitOfWork, customer_id: UUID | None = None, **given: Any) -> Pet:
    return await _create(uow, Pet, customer_id, given)


async def update_pet(uow: UnitOfWork, pet_id: UUID, version: int, **changes: Any) -> Pet:
    return await _update(uow, Pet, pet_id, version, changes)


async def create_patient(uow: UnitOfWork, customer_id: UUID | None = None, **given: Any) -> Patient:
    return await _create(uow, Patient, customer_id, given)


async def update_patient(uow: UnitOfWork, patient_id: UUID, version: int, **changes: Any) -> Patient:
    return await _update(uow, Patient, patient_id, version, changes)


async def create_car(uow: UnitOfWork, customer_id: UUID | None = None, **given: Any) -> Car:
    return await _create(uow, Car, customer_id, given)


async def update_car(uow: UnitOfWork, car_id: UUID, version: int, **changes: Any) -> Car:
    return await _update(uow, Car, car_id, version, changes)

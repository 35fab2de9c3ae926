"""Customers and their places."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.errors import BadUserInput, Forbidden
from app.models import Customer, EventType, Place
from app.services import values
from app.uow import UnitOfWork

PLACES_MAX = 50
"""Places of one customer."""


async def _checked(uow: UnitOfWork, given: dict[str, Any]) -> dict[str, Any]:
    checks: dict[str, values.Check] = {
        "name": lambda value: values.name(value, "name"),
        "email": values.email,
        "notes": lambda value: values.text(value, "notes"),
        "external_id": lambda value: values.text(value, "externalId"),
    }
    checked = values.checked(given, checks)
    if "phone" in given:
        checked["phone"] = await values.phone(uow, given["phone"])
    return checked


async def create_customer(uow: UnitOfWork, **given: Any) -> Customer:
    customer = await uow.add(Customer(**await _checked(uow, given)))
    uow.emit(EventType.CUSTOMER_CREATED, customer)
    return customer


async def update_customer(uow: UnitOfWork, customer_id: UUID, version: int, **changes: Any) -> Customer:
    customer = await uow.get(Customer, customer_id)
    check_not_erased(customer)
    await uow.change(customer, version, await _checked(uow, changes))
    uow.emit(EventType.CUSTOMER_UPDATED, customer)
    return customer


async def whose(uow: UnitOfWork, customer_id: UUID | None) -> Customer | None:
    """The customer whom something is added for: customers act for themselves, staff for anyone (or for nobody)."""
    wanted = customer_id or uow.viewer.customer_id
    if wanted is None:
        if not uow.viewer.sees_everything:
            raise Forbidden("You are not a customer here.")
        return None
    customer = await uow.get(Customer, wanted, lock=True)
    check_not_erased(customer)
    return customer


def check_not_erased(customer: Customer) -> None:
    if customer.erased_at is not None:
        raise BadUserInput("This customer was erased.", "customerId")


PLACE_CHECKS: dict[str, values.Check] = {
    "label": lambda value: values.name(value, "label"),
    "address": lambda value: values.name(value, "address"),
    "access_notes": lambda value: values.text(value, "accessNotes"),
}


async def create_place(uow: UnitOfWork, customer_id: UUID | None = None, **given: Any) -> Place:
    customer = await whose(uow, customer_id)
    if customer is not None:
        # the customer's row is locked: two at once are counted one after the other
        count = await uow.first(select(func.count()).where(Place.customer_id == customer.id))
        if (count or 0) >= PLACES_MAX:
            raise BadUserInput(f"A customer has at most {PLACES_MAX} places.", "customerId")
    place = Place(customer_id=customer.id if customer else None, **values.checked(given, PLACE_CHECKS))
    await uow.add(place)
    uow.emit(EventType.PLACE_CREATED, place)
    return place


async def update_place(uow: UnitOfWork, place_id: UUID, version: int, **changes: Any) -> Place:
    place = await uow.get(Place, place_id)
    if place.customer_id is None and not uow.viewer.sees_everything:
        raise Forbidden()
    if place.customer_id is not None:
        check_not_erased(await uow.get(Customer, place.customer_id))
    await uow.change(place, version, values.checked(changes, PLACE_CHECKS))
    uow.emit(EventType.PLACE_UPDATED, place)
    return place


async def own_place(uow: UnitOfWork, place_id: UUID) -> Place:
    """A site or depot of the organization."""
    place = await uow.get(Place, place_id)
    if place.customer_id is not None:
        raise BadUserInput("This place belongs to a customer; it must be one of the organization's own.", "placeId")
    return place

"""Pets by the numbers of their chips, as partners know them."""

from typing import Any

from sqlalchemy import select

from app.access import conditions
from app.errors import NotFound
from app.models import CareRecord, Pet
from app.services import care
from app.uow import UnitOfWork


async def record_care_by_chip(uow: UnitOfWork, chip_number: str, **given: Any) -> CareRecord:
    """Say what was done for the pet with this chip."""
    pet = await uow.first(select(Pet).where(Pet.chip_number == chip_number.strip(), *conditions(uow.viewer, Pet)))
    if pet is None:
        raise NotFound("pet")
    return await care.record_care(uow, pet.id, **given)

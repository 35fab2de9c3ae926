"""Partners: by hand, or from the directory; and which of them a pet prefers."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.errors import BadUserInput
from app.models import DirectoryEntry, EventType, Partner, PartnerType
from app.services import values
from app.uow import UnitOfWork

OF_VETS = ("clinic", "licence_number")
COPIED = ("name", "clinic", "licence_number", "phone", "email", "website", "address")
PREFERRED = {
    "preferred_vet_id": (PartnerType.VET, "This partner is no vet.", "preferredVetId"),
    "preferred_food_brand_id": (PartnerType.FOOD_BRAND, "This partner is no food brand.", "preferredFoodBrandId"),
}


def _website(value: str | None) -> str | None:
    found = values.text(value, "website")
    if found is not None and not (found.startswith(("https://", "http://")) and found.isprintable()):
        raise BadUserInput("A website begins with https:// or http://.", "website")
    return found


CHECKS: dict[str, values.Check] = {
    "name": lambda value: values.name(value, "name"),
    "clinic": lambda value: values.text(value, "clinic"),
    "licence_number": lambda value: values.text(value, "licenceNumber"),
    "email": values.email,
    "website": _website,
    "address": lambda value: values.text(value, "address"),
    "notes": lambda value: values.text(value, "notes"),
    "external_id": lambda value: values.text(value, "externalId"),
}


async def create_partner(uow: UnitOfWork, directory_entry_id: UUID | None = None, **given: Any) -> Partner:
    """What is not said comes from the entry of the directory, if one is named."""
    if directory_entry_id is not None:
        entry = await uow.get(DirectoryEntry, directory_entry_id)
        if given.get("type", entry.type) is not entry.type:
            raise BadUserInput("The directory says another type.", "type")
        known = {name: getattr(entry, name) for name in COPIED if getattr(entry, name) is not None}
        given = {**known, **given, "type": entry.type, "directory_entry_id": entry.id}
    if "type" not in given:
        raise BadUserInput("Say what kind of partner it is, or name an entry of the directory.", "type")
    if "name" not in given:
        raise BadUserInput("Say what the partner is called.", "name")
    partner = await uow.add(Partner(**await _checked(uow, given["type"], given)))
    uow.emit(EventType.PARTNER_CREATED, partner, payload={"type": partner.type})
    return partner


async def update_partner(uow: UnitOfWork, partner_id: UUID, version: int, **changes: Any) -> Partner:
    partner = await uow.get(Partner, partner_id)
    await uow.change(partner, version, await _checked(uow, partner.type, changes))
    uow.emit(EventType.PARTNER_UPDATED, partner, payload={"type": partner.type})
    return partner


async def _checked(uow: UnitOfWork, type: PartnerType, given: Mapping[str, Any]) -> dict[str, Any]:
    found = values.checked(given, CHECKS)
    if "phone" in found:
        found["phone"] = await values.phone(uow, found["phone"])
    for name, field in zip(OF_VETS, ("clinic", "licenceNumber"), strict=True):
        if type is not PartnerType.VET and found.get(name) is not None:
            raise BadUserInput("Only a vet has this.", field)
    return found


async def check_preferred(uow: UnitOfWork, changes: Mapping[str, Any]) -> None:
    """Whether what a pet shall prefer is what it is taken for."""
    for name, (type, message, field) in PREFERRED.items():
        if changes.get(name) is not None and (await uow.get(Partner, changes[name])).type is not type:
            raise BadUserInput(message, field)

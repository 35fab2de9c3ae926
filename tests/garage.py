"""A house with resources, and the services and slots that use them."""

from dataclasses import dataclass
from datetime import time
from typing import Any
from uuid import UUID

from tests.client import Json
from tests.factories.houses import House

BOOKED = """... on BookSlotSuccess { booking { id version resources { name } } }
  ... on ResourceUnavailable { message nextAvailable { id } }"""


@dataclass
class Garage:
    """A house whose owner books for a customer's pet."""

    house: House
    pet: UUID

    @classmethod
    async def open(cls, house: House) -> "Garage":
        customer_id = house.people["CUSTOMER"].viewer.customer_id
        assert customer_id
        return cls(house, await house.pet(customer_id))

    async def bays(self, *names: str, **values: Any) -> list[UUID]:
        return [await self.house.resource(name=name, **values) for name in names]

    async def service(self, *needs: dict[str, UUID], **values: Any) -> UUID:
        service = await self.house.service(**values)
        for position, target in enumerate(needs, 1):
            await self.house.requirement(service, position, **target)
        return service

    async def slot(self, service: UUID, starts: time, ends: time, capacity: int = 5, **values: Any) -> UUID:
        ends_at = self.house.at(ends)
        return await self.house.slot(service, self.house.at(starts), capacity, ends_at=ends_at, **values)

    def wanted(self, slot: UUID) -> Json:
        return {"slotId": self.house.gid("Slot", slot), "subjectId": self.house.gid("Pet", self.pet)}

    async def ask(self, slot: UUID) -> Json:
        return await self.house.client("OWNER").act("bookSlot", self.wanted(slot), BOOKED)

    async def book(self, slot: UUID) -> list[str]:
        """The names of what the booking got; none if it was refused."""
        answer = await self.ask(slot)
        assert answer["__typename"] in ("BookSlotSuccess", "ResourceUnavailable")
        return [resource["name"] for resource in answer.get("booking", {}).get("resources", [])]

    async def available(self, slot: UUID) -> int:
        found = await self.house.client("CUSTOMER").run(
            "query Slot($id: ID!) { node(id: $id) { ... on Slot { available } } }", {"id": self.house.gid("Slot", slot)}
        )
        available: int = found["node"]["available"]
        return available

    async def in_use(self) -> int:
        used: int = await self.house.value(
            "SELECT count(*) FROM allocations WHERE organization_id = $1 AND unit_id IS NOT NULL"
        )
        return used

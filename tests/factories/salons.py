"""A service with opening hours, and somebody who books it."""

from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from tests.client import Json
from tests.factories.houses import ZONE, House

COUNTS = "created changed removed withdrawn"
OUTSIDE = "bookingsOutsideCount bookingsOutside { number }"
CHANGED = f"... on UpdateScheduleSuccess {{ {COUNTS} {OUTSIDE} }}"
BOOKED = "... on BookSlotSuccess { booking { number } }"


def counts(answer: Json) -> tuple[int, int, int, int]:
    return answer["created"], answer["changed"], answer["removed"], answer["withdrawn"]


class Salon:
    """A service that is open for a week from nine to one, two places an hour, and a customer."""

    def __init__(self, house: House) -> None:
        self.house, self.owner = house, house.client("OWNER")
        self.customer = house.people["CUSTOMER"]
        assert self.customer.viewer.customer_id
        self.customer_id: UUID = self.customer.viewer.customer_id

    @classmethod
    async def of(cls, house: House, **values: Any) -> "Salon":
        salon = cls(house)
        salon.service = await house.service(duration_s=3600)
        salon.pet = await house.pet(salon.customer_id)
        usual = {"service_id": salon.service, "closes_at": time(13), "horizon_days": 7, **values}
        salon.schedule = await house.schedule(**usual)
        salon.version = 0
        await salon.change()
        return salon

    service: UUID
    pet: UUID
    schedule: UUID
    version: int

    @property
    def gid(self) -> str:
        return self.house.gid("Schedule", self.schedule)

    async def change(self, **changes: Any) -> Json:
        self.version += 1
        return await self.owner.act(
            "updateSchedule", {"scheduleId": self.gid, "version": self.version, **changes}, CHANGED
        )

    async def close(self, day: date, **more: Any) -> Json:
        new = {"scheduleId": self.gid, "kind": "CLOSED", "startsOn": day.isoformat(), **more}
        return await self.owner.act("createScheduleException", new, f"exception {{ id }} {COUNTS} {OUTSIDE}")

    async def slot(self, hour: int, day: int = 0) -> asyncpg.Record:
        """The one that begins then."""
        at = datetime.combine(self.house.day + timedelta(days=day), time(hour), ZONE)
        (found,) = await self.house.all(
            "SELECT * FROM slots WHERE organization_id = $1 AND schedule_id = $2 AND starts_at = $3", self.schedule, at
        )
        return found

    async def slots(self) -> dict[str, int]:
        """How many there are in each state."""
        rows = await self.house.all(
            "SELECT status FROM slots WHERE organization_id = $1 AND schedule_id = $2", self.schedule
        )
        return Counter(row["status"] for row in rows)

    async def book(self, slot: UUID) -> str:
        """Answers the booking's number."""
        wanted = {"slotId": self.house.gid("Slot", slot), "subjectId": self.house.gid("Pet", self.pet)}
        number: str = (await self.customer.client.act("bookSlot", wanted, BOOKED))["booking"]["number"]
        return number

    async def pending(self) -> list[datetime]:
        rows = await self.house.all(
            "SELECT run_at FROM due_work WHERE organization_id = $1 AND kind = 'EXTEND_SCHEDULE' AND ref_id = $2",
            self.schedule,
        )
        return [row["run_at"].astimezone(ZONE) for row in rows]

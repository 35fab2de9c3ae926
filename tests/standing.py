"""A customer who comes again and again, and the slots of a service at ten o'clock on days in a row."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from asyncpg import Range

from tests.client import Json
from tests.factories.houses import ZONE, House
from tests.steps import eventually, key

BOOKED = "bookings(filter: {upcoming: true}) { edges { node { startsAt } } }"
SERIES = f"series {{ id version status rule timeZone startsAt bookedUntil notes {BOOKED} }}"
MISSED = "missed { localAt outcome booking { id } }"
KEPT = "kept { startsAt }"
CHANGED = f"{SERIES} {MISSED} {KEPT}"
CALLED_OFF = f"{SERIES} cancelled {{ startsAt status reason }} {KEPT}"
DAILY = "FREQ=DAILY;COUNT=5"
REFUSED = "... on VersionConflict { currentVersion } ... on InvalidTransition { currentStatus }"


class Standing:
    """`client` is who makes and changes the series, a customer if nothing is said."""

    id: UUID
    """Of the series that was made last."""

    def __init__(self, house: House, role: str) -> None:
        self.house = house
        self.customer = house.people["CUSTOMER"]
        self.client = house.client(role)
        assert self.customer.viewer.customer_id
        self.customer_id: UUID = self.customer.viewer.customer_id

    @classmethod
    async def of(
        cls, house: House, slots: int, role: str = "CUSTOMER", capacity: int = 10, **service: Any
    ) -> "Standing":
        standing = cls(house, role)
        standing.pet = await house.pet(standing.customer_id)
        standing.service = await house.service(**service)
        standing.slots = await standing.slots_at(time(10), slots, capacity)
        return standing

    @classmethod
    async def daily(cls, house: House, **service: Any) -> "Standing":
        """Five days at ten, all of them booked."""
        standing = await cls.of(house, slots=5, **service)
        await standing.create(rule=DAILY)
        return standing

    pet: UUID
    service: UUID
    slots: Sequence[UUID]

    async def slots_at(self, moment: time, days: int, capacity: int = 10, **values: Any) -> list[UUID]:
        first = self.house.at(moment)
        return [
            await self.house.slot(self.service, first + timedelta(days=day), capacity, **values) for day in range(days)
        ]

    # times

    def on(self, day: int, moment: time = time(10)) -> datetime:
        """A time on the wall, so many days after tomorrow."""
        return datetime.combine(self.house.day + timedelta(days=day), moment)

    def times(self, *days: int, moment: time = time(10)) -> Json:
        """A page of bookings on these days."""
        instants = [self.on(day, moment).replace(tzinfo=ZONE).astimezone(UTC).isoformat() for day in days]
        return {"edges": [{"node": {"startsAt": at}} for at in instants]}

    # the series

    @property
    def wanted(self) -> Json:
        return {
            "subjectId": self.house.gid("Pet", self.pet),
            "serviceId": self.house.gid("Service", self.service),
            "startsAt": self.on(0).isoformat(),
        }

    async def create(self, **more: Any) -> Json:
        """Make it; it is the one that is meant from here on."""
        selection = f"... on CreateSeriesSuccess {{ {SERIES} {MISSED} }}"
        answer = await self.client.act("createSeries", self.wanted | {"rule": "FREQ=DAILY"} | more, selection)
        if "series" in answer:
            self.id = key(answer["series"].pop("id"))
        return answer

    async def act(self, verb: str, selection: str, **more: Any) -> Json:
        """One mutation of the series, in the version that it has."""
        version = await self.house.value("SELECT version FROM series WHERE organization_id = $1 AND id = $2", self.id)
        named = {"seriesId": self.house.gid("Series", self.id), "version": version, **more}
        success = f"{verb[0].upper()}{verb[1:]}Success"
        return await self.client.act(verb, named, f"... on {success} {{ {selection} }} {REFUSED}")

    async def ask(self, selection: str) -> Json:
        query = f"query Ask($id: ID!) {{ node(id: $id) {{ ... on Series {{ {selection} }} }} }}"
        found: Json = (await self.client.run(query, {"id": self.house.gid("Series", self.id)}))["node"]
        return found

    async def next_day(self) -> None:
        """Let a worker do what it does on the next day."""
        waiting = "SELECT id FROM due_work WHERE organization_id = $1 AND kind = 'EXTEND_SERIES' AND ref_id = $2"
        id = await self.house.value(waiting, self.id)
        await self.house.pool.execute("UPDATE due_work SET run_at = now() WHERE id = $1", id)

        async def is_done() -> bool:
            return bool(await self.house.value(waiting, self.id) != id)

        await eventually(is_done)

    # its rows

    async def bookings(self) -> list[Any]:
        """All that it has booked, in the order of their times."""
        return await self.house.all(
            "SELECT b.* FROM bookings b LEFT JOIN occurrences o ON o.booking_id = b.id "
            "WHERE b.organization_id = $1 AND b.series_id = $2 ORDER BY coalesce(o.starts_at, b.starts_at), b.id",
            self.id,
        )

    async def numbers(self) -> list[str]:
        return [booking["number"] for booking in await self.bookings()]

    async def outcomes(self) -> list[str]:
        rows = await self.house.all(
            "SELECT outcome FROM occurrences WHERE organization_id = $1 AND series_id = $2 ORDER BY local_at", self.id
        )
        return [row["outcome"] for row in rows]

    async def cancel_one(self, number: int) -> None:
        booking = (await self.bookings())[number]["id"]
        selection = "... on CancelBookingSuccess { booking { status } }"
        answer = await self.client.act("cancelBooking", {"bookingId": self.house.gid("Booking", booking)}, selection)
        assert answer["booking"] == {"status": "CANCELLED"}

    async def move_one(self, number: int, slot: UUID) -> None:
        booking = (await self.bookings())[number]
        moved = {
            "bookingId": self.house.gid("Booking", booking["id"]),
            "version": booking["version"],
            "slotId": self.house.gid("Slot", slot),
        }
        selection = "... on RescheduleBookingSuccess { booking { slot { id } } }"
        answer = await self.client.act("rescheduleBooking", moved, selection)
        assert answer["booking"] == {"slot": {"id": moved["slotId"]}}

    # what stands in the way

    async def fill(self, day: int) -> UUID:
        """Somebody else takes the only place."""
        await self.house.pool.execute("UPDATE slots SET capacity = 1 WHERE id = $1", self.slots[day])
        stranger = await self.house.customer()
        return await self._booking(stranger, self.slots[day])

    async def _booking(self, customer_id: UUID, slot: UUID) -> UUID:
        """Made as the API does, with its event."""
        pet = await self.house.pet(customer_id)
        wanted = {"slotId": self.house.gid("Slot", slot), "subjectId": self.house.gid("Pet", pet)}
        answer = await self.house.client("STAFF").act("bookSlot", wanted, "... on BookSlotSuccess { booking { id } }")
        return key(answer["booking"]["id"])

    async def resource(self) -> UUID:
        """One that the service needs from here on."""
        resource = await self.house.resource()
        await self.house.requirement(self.service, resource_id=resource)
        return resource

    async def use(self, resource: UUID, day: int, moment: time = time(10)) -> None:
        """Another service's booking has the resource."""
        starts_at = self.house.at(moment) + timedelta(days=day)
        slot = await self.house.slot(None, starts_at)
        booking = await self._booking(await self.house.customer(), slot)
        unit = await self.house.value(
            "SELECT id FROM resource_units WHERE organization_id = $1 AND resource_id = $2", resource
        )
        await self.house.insert(
            "allocations", booking_id=booking, unit_id=unit, during=Range(starts_at, starts_at + timedelta(hours=4))
        )


def shortly(answer: Json) -> Json:
    """What an answer says of the series and of the bookings that stay where they were."""
    series = answer["series"]
    return {**{name: series[name] for name in ("version", "status", "bookings")}, "kept": answer["kept"]}

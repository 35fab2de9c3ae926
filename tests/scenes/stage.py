"""How to ask for every root field in a valid way: for each verb, the rows it needs and the variables that name them.

A scene gives a value for every id that its field takes, so that each can be exchanged for somebody else's. It is set up
afresh for each use, for people of its own: what one test does to it, no other test sees.
"""

import json
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from itertools import count
from uuid import UUID

from argon2 import PasswordHasher
from uuid_utils.compat import uuid7

from app.models import Role
from app.schema.scalars import SCALARS, EventSeq, decode_any_id, encode_id
from tests.client import Json
from tests.factories.houses import House, Person

PASSWORD = "correct horse battery staple"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
DAYS = count(2)
"""Days that no other scene plans."""


@dataclass
class Stage:
    """A house, one customer, one driver, and whoever acts; both of the former are known to each other by a ride."""

    house: House
    actor: Person
    customer: Person
    driver: Person
    tag: str = field(default_factory=lambda: str(uuid7())[-12:])

    @classmethod
    async def set_up(cls, house: House, role: Role) -> "Stage":
        roles = dict.fromkeys((role, Role.CUSTOMER, Role.DRIVER))
        people = dict(zip(roles, await house.newcomers(roles), strict=True))
        return cls(house, people[role], people[Role.CUSTOMER], people[Role.DRIVER])

    @property
    def customer_id(self) -> UUID:
        assert self.customer.viewer.customer_id
        return self.customer.viewer.customer_id

    @property
    def driver_id(self) -> UUID:
        assert self.driver.viewer.driver_id
        return self.driver.viewer.driver_id

    @property
    def free_day(self) -> date:
        return self.house.day + timedelta(days=next(DAYS))

    # nodes, by their ids

    @property
    def customer_gid(self) -> str:
        return encode_id("Customer", self.customer_id)

    @property
    def driver_gid(self) -> str:
        return encode_id("Driver", self.driver_id)

    async def pet(self) -> str:
        return encode_id("Pet", await self.house.pet(self.customer_id))

    async def patient(self) -> str:
        return encode_id("Patient", await self.house.patient(self.customer_id))

    async def car(self) -> str:
        return encode_id("Car", await self.house.car(self.customer_id, f"CAR-{self.tag}"))

    async def home(self) -> str:
        return encode_id("Place", await self.house.place(self.customer_id))

    async def site(self) -> str:
        return encode_id("Place", await self.house.place())

    async def service(self) -> str:
        return encode_id("Service", await self.house.service())

    async def slot(self) -> str:
        return encode_id("Slot", await self.house.slot())

    async def nights(self) -> tuple[UUID, list[date]]:
        """A service that is booked by the night, and the days of four nights that it has."""
        service = await self.house.service(kind="STAY")
        days = [self.house.day + timedelta(days=number) for number in range(4)]
        for number in range(4):
            starts_at = self.house.at(time(15)) + timedelta(days=number)
            await self.house.slot(service, starts_at, ends_at=starts_at + timedelta(hours=20))
        return service, days

    async def booking(self, status: str = "PENDING") -> str:
        pet, slot = await self.house.pet(self.customer_id), await self.house.slot()
        return encode_id("Booking", await self.house.booking(self.customer_id, pet, slot, status=status))

    async def booking_group(self) -> str:
        return encode_id("BookingGroup", await self.house.insert("booking_groups", customer_id=self.customer_id))

    async def booking_charge(self) -> str:
        booking = decode_any_id(await self.booking())[1]
        fee = {"kind": "CANCELLATION", "amount_minor": 500, "currency": "GEL"}
        id = await self.house.insert("booking_charges", booking_id=booking, customer_id=self.customer_id, **fee)
        return encode_id("BookingCharge", id)

    async def waitlist_entry(self) -> str:
        slot, pet = await self.house.slot(capacity=0), await self.house.pet(self.customer_id)
        return encode_id("WaitlistEntry", await self.house.waitlist_entry(self.customer_id, pet, slot))

    async def resource(self, kind: str = "BAY") -> str:
        return encode_id("Resource", await self.house.resource(kind))

    async def resource_pool(self) -> str:
        return encode_id("ResourcePool", await self.house.pool_of(await self.house.resource()))

    async def requirement(self) -> str:
        service, resource = await self.house.service(), await self.house.resource()
        return encode_id("Requirement", await self.house.requirement(service, resource_id=resource))

    async def vehicle(self) -> str:
        return encode_id("Vehicle", await self.house.vehicle())

    async def vehicle_type(self) -> str:
        id = await self.house.insert("vehicle_types", name=f"Car {self.tag}", capacity=json.dumps({"SEATS": 4}))
        return encode_id("VehicleType", id)

    async def transport(self) -> str:
        return encode_id("Transport", await self.house.transport(self.customer_id))

    async def shift(self) -> str:
        return encode_id("Shift", await self.house.shift(self.driver_id))

    async def planning_run(self, status: str = "QUEUED") -> str:
        id = await self.house.insert(
            "planning_runs", date=self.free_day, status=status, progress=0, time_limit_s=1, label="A try"
        )
        return encode_id("PlanningRun", id)

    async def colleague(self) -> str:
        """A member who is nobody's driver yet."""
        return encode_id("User", (await self.house.person(Role.STAFF)).user_id)

    async def journey(self, route: str = "PUBLISHED") -> "Journey":
        """A confirmed booking whose subject the driver brings."""
        house, customer = self.house, self.customer_id
        pet, home, slot = await house.pet(customer), await house.place(customer), await house.slot()
        booking = await house.booking(customer, pet, slot, status="CONFIRMED")
        ride = await house.transport(customer, booking_id=booking, subject_id=pet, kind="TO_SITE", pickup_place_id=home)
        route_id = await house.route(self.driver_id, [ride], status=route)
        stop = await house.value(
            "SELECT id FROM stops WHERE organization_id = $1 AND route_id = $2 ORDER BY sequence LIMIT 1", route_id
        )
        shift = await house.value("SELECT shift_id FROM routes WHERE organization_id = $1 AND id = $2", route_id)
        service = await house.value("SELECT service_id FROM slots WHERE organization_id = $1 AND id = $2", slot)
        return Journey(
            customer=self.customer_gid,
            driver=self.driver_gid,
            pet=encode_id("Pet", pet),
            home=encode_id("Place", home),
            service=encode_id("Service", service),
            slot=encode_id("Slot", slot),
            booking=encode_id("Booking", booking),
            transport=encode_id("Transport", ride),
            shift=encode_id("Shift", shift),
            route=encode_id("Route", route_id),
            stop=encode_id("Stop", stop),
            keys={"booking_id": booking, "transport_id": ride, "route_id": route_id},
        )

    async def news(self, journey: "Journey") -> str:
        """Something happened on the journey; answers the place in the log before it."""
        references = {**journey.keys, "customer_id": self.customer_id, "driver_id": self.driver_id}
        seq = await self.house.value("UPDATE event_heads SET seq = seq + 1 WHERE organization_id = $1 RETURNING seq")
        columns = ", ".join(references)
        places = ", ".join(f"${number}" for number in range(3, 3 + len(references)))
        await self.house.pool.execute(
            f"INSERT INTO events (organization_id, seq, type, occurred_at, node_type, node_id, payload, {columns}) "
            f"VALUES ($1, $2, 'BOOKING_CONFIRMED', now(), 'Booking', $3, '{{}}', {places})",
            self.house.id,
            seq,
            *references.values(),
        )
        return cursor(seq - 1)

    def instant(self, hour: int) -> str:
        return self.house.at(time(hour)).isoformat()


@dataclass
class Journey:
    """The ids of everything that belongs to one ride."""

    customer: str
    driver: str
    pet: str
    home: str
    service: str
    slot: str
    booking: str
    transport: str
    shift: str
    route: str
    stop: str
    keys: dict[str, UUID]


def cursor(seq: int) -> str:
    write: Callable[[int], str] = SCALARS[EventSeq].serialize  # type: ignore[assignment]
    return write(seq)


Build = Callable[[Stage], Awaitable[Json]]


@dataclass(frozen=True)
class Scene:
    """`unseen`: roles that may ask, yet see nothing of what the scene is about."""

    build: Build
    unseen: frozenset[Role]


SCENES: dict[str, Scene] = {}
"""By the verb's name in Python."""


def scene(*, unseen: Collection[Role] = ()) -> Callable[[Build], Build]:
    def bind(build: Build) -> Build:
        SCENES[build.__name__] = Scene(build, frozenset(unseen))
        return build

    return bind


def mutation(build: Build) -> Build:
    """A mutation's scene answers the fields of its input."""

    async def whole(stage: Stage) -> Json:
        return {"input": await build(stage)}

    SCENES[build.__name__] = Scene(whole, frozenset())
    return build

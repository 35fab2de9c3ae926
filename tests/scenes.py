"""How to ask for every root field in a valid way: for each verb, the rows it needs and the variables that name them.

A scene gives a value for every id that its field takes, so that each can be exchanged for somebody else's. It is set up
afresh for each use, for people of its own: what one test does to it, no other test sees.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from itertools import count
from uuid import UUID

from argon2 import PasswordHasher
from uuid_utils.compat import uuid7

from app.models import Role
from app.schema.scalars import SCALARS, EventSeq, encode_id
from tests.client import Json
from tests.factories.houses import House, Person
from tests.factories.rows import insert

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
        people = {needed: await house.person(needed) for needed in {role, Role.CUSTOMER, Role.DRIVER}}
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

    async def booking(self, status: str = "PENDING") -> str:
        pet, slot = await self.house.pet(self.customer_id), await self.house.slot()
        return encode_id("Booking", await self.house.booking(self.customer_id, pet, slot, status=status))

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


# identity


@scene()
async def viewer(stage: Stage) -> Json:
    return {}


@mutation
async def sign_in(stage: Stage) -> Json:
    await stage.house.pool.execute(
        "UPDATE users SET password_hash = $2 WHERE id = $1", stage.actor.user_id, QUICK.hash(PASSWORD)
    )
    return {"email": stage.actor.email, "password": PASSWORD, "organization": stage.house.slug}


@mutation
async def refresh_session(stage: Stage) -> Json:
    token = f"refresh {stage.tag}"
    await insert(
        stage.house.pool,
        "sessions",
        family_id=uuid7(),
        user_id=stage.actor.user_id,
        organization_id=stage.house.id,
        token_hash=hashlib.sha256(token.encode()).digest(),
        expires_at=stage.house.at(time(23)),
    )
    return {"refreshToken": token}


@scene()
async def sign_out(stage: Stage) -> Json:
    return {}


@mutation
async def switch_organization(stage: Stage) -> Json:
    slug, pool = f"branch-{stage.tag}", stage.house.pool
    branch = await insert(
        pool, "organizations", name="Branch", slug=slug, time_zone="Asia/Tbilisi", currency="GEL", country="GE"
    )
    await insert(pool, "memberships", organization_id=branch, user_id=stage.actor.user_id, role="STAFF")
    return {"organization": slug}


@scene()
async def event_seq(stage: Stage) -> Json:
    return {}


@scene()
async def node(stage: Stage) -> Json:
    return {"id": (await stage.journey()).booking}


# customers and subjects


@scene()
async def customers(stage: Stage) -> Json:
    await stage.journey()
    return {"filter": {"search": "Beridze"}}


@scene()
async def places(stage: Stage) -> Json:
    await stage.journey()
    return {"filter": {"customerId": stage.customer_gid}}


@scene()
async def subjects(stage: Stage) -> Json:
    await stage.journey()
    return {"filter": {"customerId": stage.customer_gid}}


@mutation
async def create_customer(stage: Stage) -> Json:
    return {"name": "Ketevan Gelashvili"}


@mutation
async def update_customer(stage: Stage) -> Json:
    return {"customerId": stage.customer_gid, "version": 1, "name": "Ketevan Gelashvili"}


@mutation
async def create_place(stage: Stage) -> Json:
    point = {"latitude": 41.7, "longitude": 44.8}
    return {"label": "Home", "address": "Rustaveli Avenue 8", "point": point, "customerId": stage.customer_gid}


@mutation
async def update_place(stage: Stage) -> Json:
    return {"placeId": await stage.home(), "version": 1, "label": "Work"}


@mutation
async def create_pet(stage: Stage) -> Json:
    return {"name": "Kurzhaar", "species": "DOG", "customerId": stage.customer_gid}


@mutation
async def update_pet(stage: Stage) -> Json:
    return {"petId": await stage.pet(), "version": 1, "name": "Murtaza"}


@mutation
async def create_patient(stage: Stage) -> Json:
    return {"name": "Zurab", "mobility": "WALKING", "customerId": stage.customer_gid}


@mutation
async def update_patient(stage: Stage) -> Json:
    return {"patientId": await stage.patient(), "version": 1, "name": "Zurab"}


@mutation
async def create_car(stage: Stage) -> Json:
    return {"name": "The blue one", "licensePlate": f"NEW-{stage.tag}", "customerId": stage.customer_gid}


@mutation
async def update_car(stage: Stage) -> Json:
    return {"carId": await stage.car(), "version": 1, "name": "The green one"}


# scheduling


@scene()
async def services(stage: Stage) -> Json:
    await stage.service()
    return {"filter": {"active": True}}


@scene()
async def slots(stage: Stage) -> Json:
    service = await stage.house.service()
    await stage.house.slot(service)
    return {"filter": {"serviceId": encode_id("Service", service)}}


@mutation
async def create_service(stage: Stage) -> Json:
    return {"name": "Grooming", "placeId": await stage.site(), "durationS": 3600, "price": 6000}


@mutation
async def update_service(stage: Stage) -> Json:
    return {"serviceId": await stage.service(), "version": 1, "placeId": await stage.site()}


@mutation
async def create_slot(stage: Stage) -> Json:
    return {"serviceId": await stage.service(), "startsAt": stage.instant(14), "capacity": 3}


@mutation
async def update_slot(stage: Stage) -> Json:
    return {"slotId": await stage.slot(), "version": 1, "capacity": 3}


# bookings


@scene()
async def bookings(stage: Stage) -> Json:
    there = await stage.journey()
    about = {"customerId": there.customer, "subjectId": there.pet, "serviceId": there.service, "slotId": there.slot}
    return {"filter": about}


@mutation
async def hold_slot(stage: Stage) -> Json:
    return {"slotId": await stage.slot(), "subjectId": await stage.pet()}


@mutation
async def book_slot(stage: Stage) -> Json:
    legs = {"pickup": {"placeId": await stage.home()}, "dropoff": {"placeId": await stage.home()}}
    return {"slotId": await stage.slot(), "subjectId": await stage.pet(), **legs}


@mutation
async def confirm_booking(stage: Stage) -> Json:
    return {"bookingId": await stage.booking()}


@mutation
async def decline_booking(stage: Stage) -> Json:
    return {"bookingId": await stage.booking(), "reason": "We are full."}


@mutation
async def cancel_booking(stage: Stage) -> Json:
    return {"bookingId": await stage.booking()}


@mutation
async def check_in_booking(stage: Stage) -> Json:
    return {"bookingId": await stage.booking("CONFIRMED")}


@mutation
async def complete_booking(stage: Stage) -> Json:
    return {"bookingId": await stage.booking("CHECKED_IN")}


@mutation
async def mark_booking_no_show(stage: Stage) -> Json:
    return {"bookingId": await stage.booking("CONFIRMED")}


@scene()
async def booking_updated(stage: Stage) -> Json:
    return {"after": await stage.news(await stage.journey())}


# fleet


@scene()
async def drivers(stage: Stage) -> Json:
    return {"filter": {"status": ["AVAILABLE"]}}


@scene()
async def vehicles(stage: Stage) -> Json:
    await stage.vehicle()
    return {}


@scene()
async def vehicle_types(stage: Stage) -> Json:
    await stage.vehicle_type()
    return {}


@scene()
async def shifts(stage: Stage) -> Json:
    await stage.shift()
    return {"filter": {"driverId": stage.driver_gid}}


CAPACITY = [{"dimension": "SEATS", "amount": 4}]


@mutation
async def create_vehicle_type(stage: Stage) -> Json:
    return {"name": f"Bus {stage.tag}", "capacity": CAPACITY}


@mutation
async def update_vehicle_type(stage: Stage) -> Json:
    return {"vehicleTypeId": await stage.vehicle_type(), "version": 1, "capacity": CAPACITY}


@mutation
async def create_vehicle(stage: Stage) -> Json:
    return {"vehicleTypeId": await stage.vehicle_type(), "licensePlate": f"NEW-{stage.tag}"}


@mutation
async def update_vehicle(stage: Stage) -> Json:
    return {"vehicleId": await stage.vehicle(), "version": 1, "vehicleTypeId": await stage.vehicle_type()}


@mutation
async def create_driver(stage: Stage) -> Json:
    return {"displayName": "Levan", "userId": await stage.colleague()}


@mutation
async def update_driver(stage: Stage) -> Json:
    driver = encode_id("Driver", await stage.house.driver())
    return {"driverId": driver, "version": 1, "userId": await stage.colleague()}


@mutation
async def create_shift(stage: Stage) -> Json:
    return {
        "driverId": stage.driver_gid,
        "vehicleId": await stage.vehicle(),
        "startsAt": stage.instant(8),
        "endsAt": stage.instant(16),
        "startPlaceId": await stage.site(),
        "endPlaceId": await stage.site(),
    }


@mutation
async def update_shift(stage: Stage) -> Json:
    ends = {"startPlaceId": await stage.site(), "endPlaceId": await stage.site()}
    return {"shiftId": await stage.shift(), "version": 1, **ends}


# transports and routes


@scene()
async def transports(stage: Stage) -> Json:
    await stage.journey()
    return {"filter": {"customerId": stage.customer_gid, "driverId": stage.driver_gid}}


@mutation
async def create_transport(stage: Stage) -> Json:
    return {
        "customerId": stage.customer_gid,
        "subjectId": await stage.pet(),
        "pickupPlaceId": await stage.home(),
        "dropoffPlaceId": await stage.site(),
        "pickupWindow": {"from": stage.instant(9), "until": stage.instant(10)},
        "dropoffWindow": {"from": stage.instant(9), "until": stage.instant(11)},
    }


@mutation
async def cancel_transport(stage: Stage) -> Json:
    return {"transportId": await stage.transport()}


@scene()
async def transport_updated(stage: Stage) -> Json:
    there = await stage.journey()
    return {"id": there.transport, "after": await stage.news(there)}


@scene(unseen={Role.CUSTOMER})
async def routes(stage: Stage) -> Json:
    await stage.journey()
    return {"filter": {"driverId": stage.driver_gid}}


@scene(unseen={Role.CUSTOMER})
async def route_updated(stage: Stage) -> Json:
    there = await stage.journey()
    return {"id": there.route, "after": await stage.news(there)}


@scene()
async def planning_runs(stage: Stage) -> Json:
    await stage.planning_run()
    return {}


@scene()
async def planning_run_updated(stage: Stage) -> Json:
    return {"id": await stage.planning_run()}


@mutation
async def optimize_routes(stage: Stage) -> Json:
    return {"date": stage.free_day.isoformat(), "timeLimit": 1}


@mutation
async def cancel_planning_run(stage: Stage) -> Json:
    return {"planningRunId": await stage.planning_run()}


@mutation
async def publish_routes(stage: Stage) -> Json:
    await stage.journey("OPTIMIZED")
    return {"date": stage.house.day.isoformat()}


@mutation
async def start_route(stage: Stage) -> Json:
    return {"routeId": (await stage.journey()).route}


@mutation
async def arrive_at_stop(stage: Stage) -> Json:
    return {"stopId": (await stage.journey("IN_PROGRESS")).stop}


@mutation
async def complete_stop(stage: Stage) -> Json:
    return {"stopId": (await stage.journey("IN_PROGRESS")).stop}


@scene()
async def events(stage: Stage) -> Json:
    return {"after": await stage.news(await stage.journey())}


async def nodes(stage: Stage) -> dict[str, str]:
    """One id of each type that has ids."""
    there = await stage.journey()
    membership = await stage.house.value(
        "SELECT id FROM memberships WHERE organization_id = $1 AND user_id = $2", stage.customer.user_id
    )
    return {
        "Organization": encode_id("Organization", stage.house.id),
        "User": encode_id("User", stage.customer.user_id),
        "Membership": encode_id("Membership", membership),
        "Customer": there.customer,
        "Place": there.home,
        "Pet": there.pet,
        "Patient": await stage.patient(),
        "Car": await stage.car(),
        "Service": there.service,
        "Slot": there.slot,
        "Booking": there.booking,
        "Driver": there.driver,
        "Vehicle": await stage.vehicle(),
        "VehicleType": await stage.vehicle_type(),
        "Shift": there.shift,
        "Transport": there.transport,
        "Route": there.route,
        "Stop": there.stop,
        "PlanningRun": await stage.planning_run(),
    }

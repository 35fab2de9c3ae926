"""A courier service in Tbilisi, as rows: who drives what, whom it serves, and where they all are."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

import asyncpg

from app.demo import names, tbilisi
from app.demo.people import Person
from app.demo.seed.businesses import Business
from app.demo.seed.catalogue import add_place
from app.demo.seed.draft import Draft, json_of
from app.demo.seed.staff import Register
from app.demo.tbilisi import ADDRESSES
from app.models import Dimension, DriverStatus, Role, SubjectKind

BUSINESS = Business(
    slug="couriers",
    name=tbilisi.DEPOT.name,
    subject_kind=SubjectKind.PET,
    sites=(tbilisi.DEPOT,),
    offers=(),
    vehicle_kinds=(),
    first_person=0,
    first_of_staff=5_000,
)

SHIFTS = ((7, 16), (8, 17), (10, 20))
"""Local hours; drivers take turns, so that somebody is there from early to late."""
LUNCH = (timedelta(hours=4), timedelta(hours=6), 30 * 60)
"""A rest of half an hour is begun so long after the shift began."""
VAN = {Dimension.CRATES: 12, Dimension.MASS_G: 600_000}
SKILL = "cold chain"
"""What every third driver has learned, and some loads need."""


@dataclass(frozen=True)
class Client:
    id: UUID
    place_id: UUID


@dataclass(frozen=True)
class World:
    """The organization before the day begins."""

    day: date
    organization_id: UUID
    depot_id: UUID
    dispatcher: Person
    drivers: Sequence[Person]
    customers: Sequence[Client]


async def create(database_url: str, day: date, now: datetime, drivers: int, customers: int) -> World:
    """Fill an empty database; `database_url` is of a role that row-level security does not bind."""
    draft = Draft(BUSINESS, now)
    register = Register()
    world = _make_up(draft, register, day, drivers, customers)
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            for table, rows in draft.tables.items():
                columns = list(rows[0])
                records = [tuple(row[column] for column in columns) for row in rows]
                await connection.copy_records_to_table(table, records=records, columns=columns)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
    return world


def _make_up(draft: Draft, register: Register, day: date, drivers: int, customers: int) -> World:
    register.admit(draft, Role.DISPATCHER, "dispatcher@couriers.example", names.person(BUSINESS.first_of_staff).latin)
    # in an order in which foreign keys find what they point to: see Draft
    clients = [_customer(draft, number) for number in range(customers)]
    depot_id = add_place(draft, "Depot", BUSINESS.sites[0].address, None)
    type_id = draft.add("vehicle_types", name="Van", capacity=json_of(VAN), equipment=[])
    for number in range(drivers):
        _hire(draft, register, day, number, type_id, depot_id)
    dispatcher, *crew = register.people
    return World(day, draft.organization_id, depot_id, dispatcher, crew, clients)


def _hire(draft: Draft, register: Register, day: date, number: int, type_id: UUID, depot_id: UUID) -> None:
    name = names.person(BUSINESS.first_of_staff + 1 + number).latin
    member = register.admit(draft, Role.DRIVER, f"driver{number}@couriers.example", name)
    driver_id = draft.add(
        "drivers",
        user_id=member.user_id,
        display_name=name,
        status=DriverStatus.AVAILABLE.value,
        skills=[SKILL] if number % 3 == 0 else [],
    )
    plate = names.license_plate(BUSINESS.first_of_staff + number)
    vehicle_id = draft.add(
        "vehicles", type_id=type_id, license_plate=plate, equipment=["cooler"] if number % 3 == 0 else []
    )
    begins, ends = (draft.at(day, hour) for hour in SHIFTS[number % len(SHIFTS)])
    earliest, latest, duration_s = LUNCH
    lunch = {
        "from": (begins + earliest).isoformat(),
        "until": (begins + latest).isoformat(),
        "duration_s": duration_s,
    }
    draft.add(
        "shifts",
        driver_id=driver_id,
        vehicle_id=vehicle_id,
        starts_at=begins,
        ends_at=ends,
        start_place_id=depot_id,
        end_place_id=depot_id,
        breaks=json.dumps([lunch]),
    )


def _customer(draft: Draft, number: int) -> Client:
    person = names.person(number)
    id = draft.add("customers", user_id=None, name=person.latin, email=None, phone=names.phone(number))
    return Client(id, add_place(draft, "Home", draft.random.choice(ADDRESSES), id))


@dataclass(frozen=True)
class Wish:
    """A transport that somebody asks for: between what instants it may be fetched and brought."""

    customer: Client
    pickup_place_id: UUID
    dropoff_place_id: UUID
    pickup: tuple[datetime, datetime]
    dropoff: tuple[datetime, datetime]
    priority: str
    crates: int
    cold: bool
    proof: str | None
    cash: int | None


def wishes(world: World, chance: Random, opens: datetime, many: int) -> list[Wish]:
    """What is asked for of a day: most from the depot to a home, some from home to home."""
    return [wish(world, chance, opens + timedelta(minutes=chance.randrange(0, 9 * 60))) for _ in range(many)]


def wish(world: World, chance: Random, ready: datetime, patience: timedelta = timedelta(hours=2)) -> Wish:
    giver, taker = chance.sample(list(world.customers), 2)
    from_depot = chance.random() < 0.7
    return Wish(
        customer=taker if from_depot else giver,
        pickup_place_id=world.depot_id if from_depot else giver.place_id,
        # a transport goes to its customer's place or to one of the house
        dropoff_place_id=taker.place_id if from_depot else world.depot_id,
        pickup=(ready, ready + patience),
        dropoff=(ready, ready + patience + timedelta(hours=1)),
        priority=chance.choices(("LOW", "NORMAL", "HIGH"), (1, 7, 2))[0],
        crates=chance.randint(1, 3),
        cold=chance.random() < 0.1,
        proof=chance.choice((None, None, "BARCODE", "CODE")),
        cash=chance.randrange(500, 20_000, 50) if from_depot and chance.random() < 0.3 else None,
    )

"""An organization with people in every role, and a scene to act in."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
from uuid_utils.compat import uuid7

from app import clock
from app.access import Viewer
from app.demo import tbilisi
from app.models import Role
from app.schema.scalars import encode_id
from app.services.identity import write_token
from app.settings import Settings
from tests.client import Client
from tests.factories.rows import Row, insert, insert_together

ZONE = ZoneInfo("Asia/Tbilisi")
CUSTOMER = {"name": "Nino Beridze", "phone": "+995555123456"}
DRIVER = {"display_name": "Giorgi", "status": "AVAILABLE"}
PASSWORD_HASH = "not a hash: tests get their tokens without signing in"


@dataclass
class Person:
    user_id: UUID
    viewer: Viewer
    client: Client
    email: str


@dataclass
class House:
    """One organization. Its methods add rows and answer their ids; `gid` makes a node id of one."""

    pool: asyncpg.Pool
    settings: Settings
    api: str
    id: UUID
    slug: str
    people: dict[str, Person] = field(default_factory=dict)
    addresses: int = 0

    async def insert(self, table: str, **values: Any) -> UUID:
        return await insert(self.pool, table, organization_id=self.id, **values)

    async def all(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """Rows of a query whose first parameter is the organization."""
        return list(await self.pool.fetch(query, self.id, *arguments))

    async def value(self, query: str, *arguments: Any) -> Any:
        return await self.pool.fetchval(query, self.id, *arguments)

    @staticmethod
    def gid(type_name: str, id: UUID) -> str:
        return encode_id(type_name, id)

    def client(self, role: str) -> Client:
        return self.people[role].client

    # people

    async def person(self, role: Role, name: str | None = None) -> Person:
        """A member with a session, without the price of hashing a password."""
        (person,) = await self.newcomers({role: name})
        return person

    async def newcomers(self, names: Mapping[Role, str | None], *rows: Row) -> list[Person]:
        """One member in each role. `rows` are inserted with them."""
        people, all_rows = [], list(rows)
        for role, name in names.items():
            person, mine = self._newcomer(role, name or role.value.title())
            people.append(person)
            all_rows.extend(mine)
        await insert_together(self.pool, *all_rows)
        return people

    def _newcomer(self, role: Role, name: str) -> tuple[Person, list[Row]]:
        user_id, family, expires_at = uuid7(), uuid7(), clock.now() + timedelta(hours=1)
        email = f"{role.value.lower()}-{user_id}@example.org"
        here = {"organization_id": self.id, "user_id": user_id}
        hats = {hat: uuid7() if hat is role else None for hat in (Role.CUSTOMER, Role.DRIVER)}
        rows: list[Row] = [
            ("users", {"id": user_id, "email": email, "password_hash": PASSWORD_HASH, "full_name": name}),
            ("memberships", here | {"id": uuid7(), "role": role.value}),
            (
                "sessions",
                here | {"id": uuid7(), "family_id": family, "token_hash": family.bytes, "expires_at": expires_at},
            ),
        ]
        if role is Role.CUSTOMER:
            rows.append(("customers", here | CUSTOMER | {"id": hats[role], "email": email}))
        if role is Role.DRIVER:
            rows.append(("drivers", here | DRIVER | {"id": hats[role]}))
        viewer = Viewer(self.id, user_id, role, family, hats[Role.CUSTOMER], hats[Role.DRIVER], expires_at)
        return Person(user_id, viewer, Client(self.api, write_token(self.settings, viewer)), email), rows

    # customers and subjects

    async def customer(self, **values: Any) -> UUID:
        return await self.insert("customers", **CUSTOMER | values)

    async def place(
        self, customer_id: UUID | None = None, address: tbilisi.Address | None = None, **values: Any
    ) -> UUID:
        self.addresses += 1
        address = address or tbilisi.ADDRESSES[self.addresses % len(tbilisi.ADDRESSES)]
        return await self.insert(
            "places",
            **{
                "customer_id": customer_id,
                "label": "Home" if customer_id else "Site",
                "address": address.street,
                "latitude": address.latitude,
                "longitude": address.longitude,
                **values,
            },
        )

    async def pet(self, customer_id: UUID, **values: Any) -> UUID:
        name = values.pop("name", "Bim")
        id = await self.insert("subjects", kind="PET", customer_id=customer_id, name=name)
        await self.pool.execute(
            "INSERT INTO pets (organization_id, id, kind, species, breed) VALUES ($1, $2, 'PET', 'DOG', 'Nagazi')",
            self.id,
            id,
        )
        return id

    async def patient(self, customer_id: UUID, mobility: str = "WHEELCHAIR") -> UUID:
        id = await self.insert("subjects", kind="PATIENT", customer_id=customer_id, name="Tamar Lomidze")
        await self.pool.execute(
            "INSERT INTO patients (organization_id, id, kind, mobility) VALUES ($1, $2, 'PATIENT', $3)",
            self.id,
            id,
            mobility,
        )
        return id

    async def car(self, customer_id: UUID, plate: str = "AB-123-CD") -> UUID:
        id = await self.insert("subjects", kind="CAR", customer_id=customer_id, name="The red one")
        await self.pool.execute(
            "INSERT INTO cars (organization_id, id, kind, license_plate) VALUES ($1, $2, 'CAR', $3)", self.id, id, plate
        )
        return id

    # scheduling and bookings

    async def service(self, **values: Any) -> UUID:
        place_id = values.pop("place_id", None) or await self.place()
        return await self.insert(
            "services",
            **{
                "name": "Day care",
                "place_id": place_id,
                "duration_s": 4 * 3600,
                "price_minor": 4500,
                "currency": "GEL",
                **values,
            },
        )

    async def slot(
        self, service_id: UUID | None = None, starts_at: datetime | None = None, capacity: int = 10, **values: Any
    ) -> UUID:
        starts_at = starts_at or self.at(time(10))
        return await self.insert(
            "slots",
            **{
                "service_id": service_id or await self.service(),
                "starts_at": starts_at,
                "ends_at": starts_at + timedelta(hours=4),
                "capacity": capacity,
                **values,
            },
        )

    async def resource(self, kind: str = "BAY", capacity: int = 1, **values: Any) -> UUID:
        """With its units."""
        name = values.pop("name", f"{kind.title()} {str(uuid7())[-8:]}")
        id = await self.insert("resources", kind=kind, name=name, capacity=capacity, **values)
        for number in range(1, capacity + 1):
            await self.insert("resource_units", resource_id=id, number=number)
        return id

    async def pool_of(self, *resources: UUID) -> UUID:
        id = await self.insert("resource_pools", name=f"Pool {str(uuid7())[-8:]}")
        for resource in resources:
            await self.insert("resource_pool_members", pool_id=id, resource_id=resource)
        return id

    async def requirement(self, service_id: UUID, position: int = 1, **target: UUID) -> UUID:
        """`pool_id` or `resource_id`."""
        return await self.insert("requirements", service_id=service_id, position=position, **target)

    async def schedule(self, **values: Any) -> UUID:
        """Every day from nine to five, an hour a slot; it makes no slots here."""
        if not values.keys() & {"service_id", "resource_id"}:
            values["service_id"] = await self.service()
        return await self.insert(
            "schedules",
            **{
                "name": "Every day",
                "rule": "FREQ=DAILY",
                "starts_on": self.day,
                "opens_at": time(9),
                "closes_at": time(17),
                "slot_every_s": 3600,
                "capacity": 2,
                **values,
            },
        )

    async def booking(self, customer_id: UUID, subject_id: UUID, slot_id: UUID, **values: Any) -> UUID:
        slot = await self.pool.fetchrow(
            "SELECT l.*, s.cancellation_notice_s, s.free_cancellation_notice_s FROM slots l "
            "JOIN services s ON (s.organization_id, s.id) = (l.organization_id, l.service_id) "
            "WHERE l.organization_id = $1 AND l.id = $2",
            self.id,
            slot_id,
        )
        assert slot is not None
        id = await self.insert(
            "bookings",
            **{
                "number": str(uuid7())[-8:].upper(),
                "status": "PENDING",
                "customer_id": customer_id,
                "subject_id": subject_id,
                "service_id": slot["service_id"],
                "slot_id": slot_id,
                "starts_at": slot["starts_at"],
                "ends_at": slot["ends_at"],
                "cancel_before": slot["starts_at"] - timedelta(seconds=slot["cancellation_notice_s"]),
                "cancel_free_before": slot["starts_at"] - timedelta(seconds=slot["free_cancellation_notice_s"]),
                "price_minor": 4500,
                "currency": "GEL",
                **values,
            },
        )
        if values.get("status", "PENDING") in ("HELD", "PENDING", "CONFIRMED", "CHECKED_IN"):
            await self.insert(
                "allocations",
                booking_id=id,
                slot_id=slot_id,
                during=asyncpg.Range(slot["starts_at"], slot["ends_at"]),
            )
        return id

    async def series(self, customer_id: UUID, subject_id: UUID, service_id: UUID, **values: Any) -> UUID:
        """Every day at ten; it books nothing here."""
        return await self.insert(
            "series",
            **{
                "customer_id": customer_id,
                "subject_id": subject_id,
                "service_id": service_id,
                "rule": "FREQ=DAILY",
                "time_zone": "Asia/Tbilisi",
                "starts_at_local": datetime.combine(self.day, time(10)),
                **values,
            },
        )

    async def waitlist_entry(self, customer_id: UUID, subject_id: UUID, slot_id: UUID, **values: Any) -> UUID:
        """At the end of the line."""
        last = "SELECT coalesce(max(number), 0) FROM waitlist_entries WHERE organization_id = $1 AND slot_id = $2"
        number = await self.value(last, slot_id) + 1
        named = {"customer_id": customer_id, "subject_id": subject_id, "slot_id": slot_id, "number": number}
        return await self.insert("waitlist_entries", **named | values)

    # fleet and transports

    async def driver(self, **values: Any) -> UUID:
        return await self.insert("drivers", **DRIVER | values)

    async def vehicle(self, **capacity: int) -> UUID:
        type_id = await self.insert(
            "vehicle_types",
            name=f"Van {uuid7()}",
            capacity=json.dumps(capacity or {"CRATES": 6, "SEATS": 4, "WHEELCHAIRS": 2}),
        )
        return await self.insert("vehicles", type_id=type_id, license_plate=f"WP-{str(uuid7())[-8:]}")

    async def shift(self, driver_id: UUID | None = None, vehicle_id: UUID | None = None, **values: Any) -> UUID:
        depot = values.pop("depot", None) or await self.place(label="Depot")
        return await self.insert(
            "shifts",
            **{
                "driver_id": driver_id or await self.driver(),
                "vehicle_id": vehicle_id or await self.vehicle(),
                "starts_at": self.at(time(7)),
                "ends_at": self.at(time(20)),
                "start_place_id": depot,
                "end_place_id": depot,
                **values,
            },
        )

    async def transport(self, customer_id: UUID, **values: Any) -> UUID:
        pickup = values.pop("pickup_place_id", None) or await self.place(customer_id)
        dropoff = values.pop("dropoff_place_id", None) or await self.place()
        return await self.insert(
            "transports",
            **{
                "kind": "POINT_TO_POINT",
                "status": "PENDING",
                "priority": "NORMAL",
                "customer_id": customer_id,
                "pickup_place_id": pickup,
                "dropoff_place_id": dropoff,
                "pickup_from": self.at(time(9)),
                "pickup_until": self.at(time(11)),
                "dropoff_from": self.at(time(9)),
                "dropoff_until": self.at(time(12)),
                "pickup_service_s": 180,
                "dropoff_service_s": 180,
                "demand": json.dumps(values.pop("demand", {"SEATS": 1})),
                **values,
            },
        )

    async def route(
        self, driver_id: UUID, transports: list[UUID], status: str = "PUBLISHED", shift_id: UUID | None = None
    ) -> UUID:
        """A route with a pickup and a dropoff of each transport in turn, ten minutes apart."""
        shift_id = shift_id or await self.shift(driver_id)
        shift = await self.pool.fetchrow(
            "SELECT * FROM shifts WHERE organization_id = $1 AND id = $2", self.id, shift_id
        )
        assert shift is not None
        route_id = await self.insert(
            "routes",
            date=self.day,
            status=status,
            driver_id=driver_id,
            vehicle_id=shift["vehicle_id"],
            shift_id=shift_id,
            starts_at=shift["starts_at"],
            ends_at=shift["ends_at"],
            distance_m=12_000,
            duration_s=3_600,
        )
        sequence = 0
        for transport_id in transports:
            ride = await self.pool.fetchrow(
                "UPDATE transports SET status = 'ASSIGNED', driver_id = $3, route_id = $4 "
                "WHERE organization_id = $1 AND id = $2 RETURNING *",
                self.id,
                transport_id,
                driver_id,
                route_id,
            )
            assert ride is not None
            for kind, place in (("PICKUP", ride["pickup_place_id"]), ("DROPOFF", ride["dropoff_place_id"])):
                sequence += 1
                planned_at = self.at(time(9)) + timedelta(minutes=10 * sequence)
                await self.insert(
                    "stops",
                    route_id=route_id,
                    transport_id=transport_id,
                    place_id=place,
                    sequence=sequence,
                    kind=kind,
                    status="PLANNED",
                    planned_at=planned_at,
                    eta=planned_at,
                )
        return route_id

    # time

    @property
    def day(self) -> date:
        """The day on which everything happens: tomorrow, where the organization is."""
        return (clock.now().astimezone(ZONE) + timedelta(days=1)).date()

    def at(self, moment: time) -> datetime:
        return datetime.combine(self.day, moment, ZONE).astimezone(UTC)


async def make_house(pool: asyncpg.Pool, settings: Settings, api: str) -> House:
    """An organization with one person in each role."""
    id = uuid7()
    slug = f"house-{str(id)[-12:]}"
    organization = {"id": id, "slug": slug, "name": "The House", "time_zone": "Asia/Tbilisi"}
    house = House(pool, settings, api, id, slug)
    people = await house.newcomers(
        dict.fromkeys(Role),
        ("organizations", organization | {"currency": "GEL", "country": "GE"}),
        ("event_heads", {"organization_id": id}),
    )
    house.people = {role.value: person for role, person in zip(Role, people, strict=True)}
    return house

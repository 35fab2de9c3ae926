"""What is due, while everybody records, voids and changes protocols: in the end it is what a fresh look comes to."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle
from typing import Any
from uuid import UUID

from app.access import Viewer
from app.context import Server
from app.jobs.desk import Desk, take_up
from app.services import care
from app.settings import Settings
from app.uow import Silence, unit_of_work
from tests.client import Client, Json
from tests.factories.care import protocol
from tests.factories.houses import House
from tests.races.crowd import at_once, crowd
from tests.services.test_care import today
from tests.sizes import sizes

Due = tuple[UUID, UUID | None, Any, str]
"""Whose, by which protocol, when, and what."""


@dataclass(frozen=True)
class Size:
    pets: int
    records: int
    rounds: int


async def fresh(house: House) -> set[Due]:
    """Worked out here, by hand."""
    protocols = await house.all("SELECT * FROM care_protocols WHERE organization_id = $1 AND active")
    pets = await house.all("SELECT * FROM subjects WHERE organization_id = $1 AND archived_at IS NULL")
    newest: dict[tuple[UUID, UUID | None, str | None], Any] = {}
    for record in await house.all(
        "SELECT * FROM care_records WHERE organization_id = $1 AND voided_at IS NULL ORDER BY performed_on, id"
    ):
        title = None if record["protocol_id"] else record["title"]
        newest[record["subject_id"], record["protocol_id"], title] = record
    found: set[Due] = set()
    for pet in pets:
        for by in protocols:
            last = newest.get((pet["id"], by["id"], None))
            due_on = last["next_due_on"] if last else (today() if by["required"] else None)
            if due_on:
                found.add((pet["id"], by["id"], due_on, by["name"]))
    for (subject, by_id, title), record in newest.items():
        if by_id is None and title and record["next_due_on"]:
            found.add((subject, None, record["next_due_on"], title))
    return found


async def kept(house: House) -> list[Due]:
    rows = await house.all("SELECT * FROM care_dues WHERE organization_id = $1")
    return [(row["subject_id"], row["protocol_id"], row["due_on"], row["title"]) for row in rows]


@sizes(Size(3, 12, 1), Size(10, 60, 10))
async def test_what_is_due_is_what_a_fresh_look_comes_to(
    house: House, server: Server, settings: Settings, size: Size
) -> None:
    customer = await house.customer()
    pets = [await house.pet(customer) for _ in range(size.pets)]
    by = [await protocol(house, name=f"Protocol {number}") for number in range(2)]
    desk = Desk(settings, server.database, server.wakes)
    async with crowd(house.client("OWNER")) as client:
        for _ in range(size.rounds):
            await everybody(house, client, desk, pets, by, customer, size)
            while await house.value("SELECT count(*) FROM due_work WHERE organization_id = $1"):
                await refresh(house, desk)
            found = await kept(house)
            assert set(found) == await fresh(house)
            assert len(found) == len(set(found))
    before = await house.all("SELECT * FROM care_dues WHERE organization_id = $1 ORDER BY id")
    async with unit_of_work(server.database, Viewer.system(house.id), Silence()) as uow:
        await care.dues.refresh(uow, pets)
    assert await house.all("SELECT * FROM care_dues WHERE organization_id = $1 ORDER BY id") == before


async def refresh(house: House, desk: Desk) -> None:
    work = await house.all("SELECT id FROM due_work WHERE organization_id = $1")
    await at_once(take_up(desk, id=item["id"]) for item in work)


async def everybody(
    house: House, client: Client, desk: Desk, pets: list[UUID], by: list[UUID], customer: UUID, size: Size
) -> None:
    """Records, voids, changed and new protocols, new pets and those that go, all at once, and the worker meanwhile."""
    versions: dict[UUID, int] = defaultdict(int)
    for row in await house.all("SELECT id, version FROM care_protocols WHERE organization_id = $1"):
        versions[row["id"]] = row["version"]
    standing = await house.all(
        "SELECT id, version FROM care_records WHERE organization_id = $1 AND voided_at IS NULL LIMIT $2",
        size.records // 3,
    )
    ways: list[Json] = [
        {"protocolId": house.gid("CareProtocol", by[0])},
        {"protocolId": house.gid("CareProtocol", by[1]), "nextDueOn": None},
        {"kind": "CHECK_UP", "title": "A look", "nextDueOn": (today() + timedelta(days=9)).isoformat()},
    ]
    done = [{"performedOn": (today() - timedelta(days=number % 5)).isoformat()} for number in range(size.records)]
    records = [
        client.act("recordCare", {"subjectId": house.gid("Pet", pet), **way, **day}, "")
        for day, pet, way in zip(done, cycle(pets), cycle(ways), strict=False)
    ]
    voids = [
        client.act(
            "voidCareRecord",
            {"recordId": house.gid("CareRecord", row["id"]), "version": row["version"], "reason": "Wrong."},
            "",
        )
        for row in standing
    ]
    changes = [
        client.act(
            "updateCareProtocol",
            {"protocolId": house.gid("CareProtocol", id), "version": versions[id], "required": versions[id] % 2 == 1},
            "",
        )
        for id in by
    ]
    tag = len(versions)
    named = {"name": f"New {tag}", "kind": "VACCINATION", "subjectKind": "PET", "required": True}
    news = [client.act("createCareProtocol", {**named, "code": f"NEW-{tag}"}, "")]
    owner = house.gid("Customer", customer)
    births = [client.act("createPet", {"name": "New", "species": "DOG", "customerId": owner}, "") for _ in range(4)]
    half = len(records) // 2
    await at_once(
        [*records[:half], *voids, *news, *births[:2], *changes, refresh(house, desk), *births[2:], *records[half:]]
    )

"""A house whose pets have chips, and a partner whose system is asked about them."""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.schema.scalars import encode_id
from tests.client import Json
from tests.clinic import TOKEN, Clinic
from tests.factories.care import protocol
from tests.factories.houses import House
from tests.steps import key, row

REPORT = ("status", "created", "updated", "skipped", "refused", "queued")
RUN = """... on RequestSyncSuccess { syncRun { id status } } ... on PartnerNotAsked { message closedUntil }"""
LONGEST_S = 600
UNCHANGED = ("care_records", "care_dues", "review_items", "sync_states")


@dataclass
class Practice:
    """A vet's system, connected."""

    house: House
    clinic: Clinic
    partner: UUID
    connection: UUID
    chips: dict[str, UUID] = field(default_factory=dict)

    @classmethod
    async def of(cls, house: House, clinic: Clinic, pets: int = 1, **asked: Any) -> "Practice":
        await protocol(house, code="RABIES", name="Rabies")
        partner = await house.insert("partners", type="VET", name="Dr Gela")
        practice = cls(house, clinic, partner, await connected(house, partner, clinic.url, **asked))
        customer = house.people["CUSTOMER"].viewer.customer_id
        assert customer
        for number in range(pets):
            await practice.pet(customer, f"9851120{number:08}")
        return practice

    async def pet(self, customer: UUID, chip: str) -> UUID:
        pet = self.chips[chip] = await self.house.pet(customer)
        await self.house.pool.execute("UPDATE pets SET chip_number = $2 WHERE id = $1", pet, chip)
        return pet

    async def request(self) -> Json:
        return await self.house.client("ADMIN").act(
            "requestSync", {"connectionId": encode_id("PartnerLink", self.connection)}, RUN
        )

    async def run(self) -> Any:
        """Have it asked; answers the run when it has ended."""
        run = key((await self.request())["syncRun"]["id"])
        async with asyncio.timeout(LONGEST_S):
            while not await ended(self.house, run):
                await asyncio.sleep(0.05)
        return await row(self.house, "sync_runs", run)

    async def report(self) -> tuple[Any, ...]:
        run = await self.run()
        return tuple(run[name] for name in REPORT)

    async def records(self) -> list[Any]:
        return await self.house.all("SELECT * FROM care_records WHERE organization_id = $1 ORDER BY external_id")

    async def issues(self) -> list[tuple[str, str | None]]:
        found = await self.house.all(
            "SELECT problem, external_id FROM sync_issues WHERE organization_id = $1 ORDER BY id"
        )
        return [(issue["problem"], issue["external_id"]) for issue in found]

    async def standing(self) -> dict[str, list[Any]]:
        """All that a run may write, down to when it was written."""
        return {
            table: sorted(map(repr, await self.house.all(f"SELECT * FROM {table} WHERE organization_id = $1")))
            for table in UNCHANGED
        }

    async def now(self) -> Any:
        return await row(self.house, "partner_connections", self.connection)


async def connected(house: House, partner: UUID, url: str, **asked: Any) -> UUID:
    input = {"endpoint": url, "kinds": ["VACCINATIONS"], "mode": "AUTOMATIC", "credentials": TOKEN, **asked}
    answer = await house.client("ADMIN").act(
        "connectPartner", {"partnerId": encode_id("Partner", partner), **input}, "connection { id }"
    )
    return key(answer["connection"]["id"])


async def ended(house: House, run: UUID) -> bool:
    return (await row(house, "sync_runs", run))["status"] not in ("QUEUED", "RUNNING")

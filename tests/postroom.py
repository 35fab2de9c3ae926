"""A realm whose messages go to local carriers, and whose worker works when it is told to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from app import clock
from app.db import Database
from app.jobs.desk import Desk, take_up
from app.models import DueWork
from app.services.due_work import claim
from app.settings import Settings
from app.uow import Silence
from tests.factories.houses import House
from tests.factories.messaging import device, notification
from tests.gateways import Providers, open_providers
from tests.mailbox import Mailbox, open_mailbox
from tests.realm import Realm
from tests.steps import row

WAYS = ("EMAIL", "SMS", "EXPO", "FCM")


@dataclass
class Postroom:
    """One house's messages about one booking to one customer, who has two phones."""

    house: House
    desk: Desk
    mailbox: Mailbox
    providers: Providers
    customer: UUID
    booking: UUID
    phones: dict[str, UUID]
    tokens: dict[str, str]

    @property
    def email(self) -> str:
        return f"{self.customer}@example.org"

    def address(self, way: str) -> str:
        return {"EMAIL": self.email, "SMS": "+995555123456", **self.tokens}[way]

    async def notify(self, way: str, **values: Any) -> UUID:
        """A message that is due."""
        given = {"customer_id": self.customer, **values}
        if way in self.phones:
            given = {"device_id": self.phones[way], **given}
        channel = "PUSH" if way in self.phones else way
        id = await notification(self.house, self.booking, channel, **given)
        await self.leave("SEND_NOTIFICATION", id)
        return id

    async def leave(self, kind: str, id: UUID) -> None:
        await self.house.insert("due_work", kind=kind, ref_id=id, run_at=clock.now() - timedelta(seconds=1))

    async def work(self) -> int:
        """Do all that is due, as one sweep does it."""
        done = 0
        while await take_up(self.desk):
            done += 1
        return done

    async def hurry(self) -> None:
        """Let the time come for whatever waits."""
        await self.house.pool.execute(
            "UPDATE due_work SET run_at = now() - interval '1 s' WHERE organization_id = $1", self.house.id
        )

    async def taken_up(self) -> DueWork:
        """What a worker does first of all; this one does nothing more."""
        async with self.desk.database.write() as session, session.begin():
            (work,) = await claim(session, self.desk.settings.work_lease_s)
        return work

    async def due(self) -> list[tuple[str, UUID]]:
        rows = await self.house.all("SELECT kind, ref_id FROM due_work WHERE organization_id = $1 ORDER BY id")
        return [(row["kind"], row["ref_id"]) for row in rows]

    async def waits(self, began: datetime, least_s: float, most_s: float) -> bool:
        """Whether the only piece of work, which was put back at some moment since it began, waits for so long."""
        run_at = await self.house.value("SELECT run_at FROM due_work WHERE organization_id = $1")
        return bool(began + timedelta(seconds=least_s) <= run_at <= clock.now() + timedelta(seconds=most_s))

    async def row(self, id: UUID) -> asyncpg.Record:
        return await row(self.house, "notifications", id)

    async def status(self, id: UUID) -> str:
        """`SUPPRESSED: why`, if it was."""
        found = await self.row(id)
        return ": ".join(filter(None, (found["status"], found["suppressed"])))

    async def outcomes(self, id: UUID) -> list[str]:
        rows = await self.house.all(
            "SELECT outcome FROM notification_attempts WHERE organization_id = $1 AND notification_id = $2 ORDER BY id",
            id,
        )
        return [row["outcome"] for row in rows]

    def arrived(self, way: str) -> list[str]:
        """The ids of what arrived, as the sink knows them."""
        if way == "EMAIL":
            return [str(mail["Message-ID"])[1:].partition("@")[0] for mail in self.mailbox.to(self.email)]
        return [sent.id for sent in self.providers.to(self.address(way), way)]


@asynccontextmanager
async def postroom(own: Realm, api: str, **knobs: Any) -> AsyncIterator[Postroom]:
    """Carriers of its own: what one test does to them, no other notices."""
    async with open_providers() as providers, open_mailbox() as mailbox:
        given = {"smtp_url": mailbox.url, **providers.knobs, "message_timeout_s": 2.0, **knobs}
        settings: Settings = own.settings.model_copy(update=given)
        database = Database.connect(settings)
        try:
            # what other tests left to do is not this one's
            await own.pool.execute("DELETE FROM due_work")
            house = await own.house(api)
            desk = Desk(settings, database, Silence())  # type: ignore[arg-type]
            yield await _opened(house, desk, mailbox, providers)
        finally:
            await database.close()


async def _opened(house: House, desk: Desk, mailbox: Mailbox, providers: Providers) -> Postroom:
    customer = house.people["CUSTOMER"].viewer.customer_id
    assert customer
    user = house.people["CUSTOMER"].user_id
    await house.pool.execute(
        "UPDATE customers SET email = $3 WHERE organization_id = $1 AND id = $2",
        house.id,
        customer,
        f"{customer}@example.org",
    )
    booking = await house.booking(customer, await house.pet(customer), await house.slot(), status="CONFIRMED")
    tokens = {"EXPO": f"ExponentPushToken[{customer.hex}]", "FCM": f"fcm:{customer.hex}"}
    phones = {
        provider: await device(house, user, customer_id=customer, provider=provider, token=token)
        for provider, token in tokens.items()
    }
    return Postroom(house, desk, mailbox, providers, customer, booking, phones, tokens)

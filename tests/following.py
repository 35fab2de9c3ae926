"""What tests of subscriptions share: somebody who writes events, places in the log, and what a stream answers."""

import time
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from app import clock
from app.access import Viewer
from app.context import Server
from app.models import Booking, Customer, EventType
from app.schema.scalars import SCALARS, EventSeq
from app.services.identity import write_token
from app.uow import Silence, unit_of_work
from tests.client import Client, Json, Socket, Stream
from tests.factories.houses import House
from tests.steps import Visit, eventually

EVENTS = "subscription All($after: EventSeq) { events(after: $after) { seq type payload } }"
BOOKINGS = "subscription Mine($after: EventSeq) { bookingUpdated(after: $after) { seq type booking { id status } } }"
HEAD = "{ eventSeq }"


def cursor(seq: int) -> str:
    write = SCALARS[EventSeq].serialize
    assert write
    return str(write(seq))


def cursors(first: int, last: int) -> list[str]:
    return [cursor(seq) for seq in range(first, last + 1)]


@dataclass
class Author:
    """Writes events about a booking and its customer, as the server does, but quicker than through the API."""

    server: Server
    house: House
    booking: UUID
    customer: UUID

    @classmethod
    async def of(cls, server: Server, house: House) -> "Author":
        visit = await Visit.of(house)
        return cls(server, house, await visit.booking(), visit.customer_id)

    async def write(self, count: int = 1, payload: Json | None = None) -> None:
        """So many events in one transaction."""
        viewer = Viewer.system(self.house.id)
        async with unit_of_work(self.server.database, viewer, self.server.wakes) as uow:
            booking = await uow.get(Booking, self.booking)
            for _ in range(count):
                uow.emit(EventType.BOOKING_CHECKED_IN, booking, payload=payload)

    async def silently(self) -> None:
        async with unit_of_work(self.server.database, Viewer.system(self.house.id), Silence()) as uow:
            uow.emit(EventType.CUSTOMER_UPDATED, await uow.get(Customer, self.customer))


def connections(server: Server) -> int:
    """Connections to the database that somebody has."""
    found: int = server.database.engine.pool.checkedout()  # type: ignore[attr-defined]
    return found


async def lets_go(server: Server, house: House) -> None:
    """Nothing of the house's subscriptions is left."""

    async def gone() -> bool:
        return house.id not in server.hub._feeds and connections(server) == 0

    await eventually(gone)


async def by_stream(socket: Socket, count: int) -> dict[str, list[str]]:
    got = defaultdict(list)
    for _ in range(count):
        message = await socket.receive()
        (update,) = message["payload"]["data"].values()
        got[message["id"]].append(update["seq"])
    return got


async def code_of(stream: Stream) -> str:
    """Why a stream ended, or never began."""
    message = await stream.message()
    assert message["type"] == "error", message
    (error,) = message["payload"]
    code: str = error["extensions"]["code"]
    return code


async def unused(server: Server) -> bool:
    return connections(server) == 0


def expiring(house: House, role: str, in_s: float) -> Client:
    """Somebody whose access token is good for so long."""
    person = house.people[role]
    viewer = replace(person.viewer, expires_at=clock.now() + timedelta(seconds=in_s))
    return replace(person.client, token=write_token(house.settings, viewer))


async def delay(author: Author, stream: Stream) -> float:
    """How long an event takes to arrive."""
    started = time.monotonic()
    await author.write()
    await stream.next()
    return time.monotonic() - started

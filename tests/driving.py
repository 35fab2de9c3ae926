"""A route, driven as its driver's phone tells it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tests.client import Client, Json
from tests.factories.documents import document
from tests.factories.houses import House

STOP = """stop { status arrivedAt doneAt transport { status } route { status } }"""
NEXT = "nextStop { id eta }"
START = (
    "... on StartRouteSuccess { route { status driver { status } } } ... on InvalidTransition { currentStatus message }"
)
ARRIVE = f"... on ArriveAtStopSuccess {{ {STOP} }} ... on InvalidTransition {{ currentStatus message }}"
COMPLETE = f"""... on CompleteStopSuccess {{ {STOP} {NEXT} }} ... on InvalidTransition {{ currentStatus }}
  ... on ProofRequired {{ missing }} ... on WrongCode {{ attemptsLeft message }}"""
SKIP = f"... on SkipStopSuccess {{ {STOP} {NEXT} }} ... on InvalidTransition {{ currentStatus }}"
FAIL = f"""... on FailStopSuccess {{ {STOP} {NEXT} transport {{ status failureReason }} }}
  ... on InvalidTransition {{ currentStatus }}"""
PICKUPS_FIRST = """
    UPDATE stops SET sequence = n
    FROM (SELECT id, row_number() OVER (ORDER BY kind = 'DROPOFF', sequence) AS n
          FROM stops WHERE route_id = $1) wanted
    WHERE stops.id = wanted.id
"""


@dataclass
class Drive:
    """The driver's route of some transports; stops are numbered from 0."""

    house: House
    route: UUID
    rides: list[UUID]
    stops: list[UUID]

    @classmethod
    async def of(
        cls,
        house: House,
        rides: int = 1,
        status: str = "PUBLISHED",
        customer: UUID | None = None,
        pickups_first: bool = False,
        shift: UUID | None = None,
        **ride: Any,
    ) -> "Drive":
        """Each transport's pickup and dropoff in turn, or all the pickups and then all the dropoffs."""
        driver = house.people["DRIVER"].viewer.driver_id
        assert driver
        whose = customer or await house.customer()
        transports = [await house.transport(whose, **ride) for _ in range(rides)]
        route = await house.route(driver, transports, status, shift)
        if status == "IN_PROGRESS":
            await house.pool.execute("UPDATE drivers SET status = 'ON_ROUTE' WHERE id = $1", driver)
        if pickups_first:
            await house.pool.execute(PICKUPS_FIRST, route)
        stops = await house.all(
            "SELECT id FROM stops WHERE organization_id = $1 AND route_id = $2 ORDER BY sequence", route
        )
        return cls(house, route, transports, [stop["id"] for stop in stops])

    # what the phone tells

    async def start(self, role: str = "DRIVER") -> Json:
        return await self.house.client(role).act("startRoute", {"routeId": self.house.gid("Route", self.route)}, START)

    async def arrive(self, stop: int, at: datetime | None = None) -> Json:
        return await self._phone.act("arriveAtStop", self.stop(stop, at), ARRIVE)

    async def complete(
        self, stop: int, at: datetime | None = None, proof: Json | None = None, role: str = "DRIVER"
    ) -> Json:
        input = self.stop(stop, at) | ({"proof": proof} if proof else {})
        return await self.house.client(role).act("completeStop", input, COMPLETE)

    async def skip(self, stop: int, at: datetime | None = None, notes: str | None = None) -> Json:
        return await self._phone.act("skipStop", self.stop(stop, at) | {"notes": notes}, SKIP)

    async def fail(
        self, stop: int, at: datetime | None = None, reason: str = "NOBODY_THERE", notes: str | None = None
    ) -> Json:
        return await self._phone.act("failStop", self.stop(stop, at) | {"reason": reason, "notes": notes}, FAIL)

    @property
    def _phone(self) -> Client:
        return self.house.client("DRIVER")

    def stop(self, number: int, at: datetime | None = None) -> Json:
        return {"stopId": self.house.gid("Stop", self.stops[number]), "at": at.isoformat() if at else None}

    # what there is

    async def returns(self) -> list[int]:
        """Take the stops that were added since among those that have a number; answers their numbers."""
        found = await self.house.all(
            "SELECT id FROM stops WHERE organization_id = $1 AND route_id = $2 AND id <> ALL($3) ORDER BY id",
            self.route,
            self.stops,
        )
        known = len(self.stops)
        self.stops += [stop["id"] for stop in found]
        return list(range(known, len(self.stops)))

    async def document(self, status: str = "RECEIVED", **values: Any) -> str:
        """The id of an image that the driver has uploaded."""
        uploaded = {"driver_id": self.house.people["DRIVER"].viewer.driver_id}
        return self.house.gid("Document", await document(self.house, status, **uploaded | values))

    async def set_stop(self, status: str, number: int = 0) -> None:
        """As it would be in this state."""
        reason = "OTHER" if status == "FAILED" else None
        done = "CASE WHEN $2 IN ('DONE', 'FAILED') THEN now() - interval '1 minute' END"
        await self.house.pool.execute(
            f"UPDATE stops SET status = $2::text, failure_reason = $3, done_at = {done} WHERE id = $1",
            self.stops[number],
            str(status),
            reason,
        )

    async def column(self, table: str, column: str) -> list[Any]:
        order = "sequence" if table == "stops" else "id"
        rows = await self.house.all(f"SELECT * FROM {table} WHERE organization_id = $1 ORDER BY {order}")
        return [found[column] for found in rows]

    async def statuses(self, stops: Iterable[int] | None = None) -> list[str]:
        """Of the stops, by their numbers."""
        rows = await self.house.all("SELECT id, status FROM stops WHERE organization_id = $1")
        found = {row["id"]: row["status"] for row in rows}
        return [found[self.stops[number]] for number in (range(len(self.stops)) if stops is None else stops)]

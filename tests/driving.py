"""A route, driven as its driver's phone tells it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tests.client import Json
from tests.factories.houses import House

STOP = """stop { status arrivedAt doneAt transport { status } route { status } }"""
START = (
    "... on StartRouteSuccess { route { status driver { status } } } ... on InvalidTransition { currentStatus message }"
)
ARRIVE = f"... on ArriveAtStopSuccess {{ {STOP} }} ... on InvalidTransition {{ currentStatus message }}"
COMPLETE = f"... on CompleteStopSuccess {{ {STOP} nextStop {{ id eta }} }} ... on InvalidTransition {{ currentStatus }}"


@dataclass
class Drive:
    """The driver's route of some transports; stops are numbered from 0."""

    house: House
    route: UUID
    rides: list[UUID]
    stops: list[UUID]

    @classmethod
    async def of(cls, house: House, rides: int = 1, status: str = "PUBLISHED", customer: UUID | None = None) -> "Drive":
        driver = house.people["DRIVER"].viewer.driver_id
        assert driver
        whose = customer or await house.customer()
        transports = [await house.transport(whose) for _ in range(rides)]
        route = await house.route(driver, transports, status)
        if status == "IN_PROGRESS":
            await house.pool.execute("UPDATE drivers SET status = 'ON_ROUTE' WHERE id = $1", driver)
        stops = await house.all("SELECT id FROM stops WHERE organization_id = $1 ORDER BY sequence")
        return cls(house, route, transports, [stop["id"] for stop in stops])

    async def start(self, role: str = "DRIVER") -> Json:
        return await self.house.client(role).act("startRoute", {"routeId": self.house.gid("Route", self.route)}, START)

    async def arrive(self, stop: int, at: datetime | None = None) -> Json:
        return await self.house.client("DRIVER").act("arriveAtStop", self.stop(stop, at), ARRIVE)

    async def complete(self, stop: int, at: datetime | None = None) -> Json:
        return await self.house.client("DRIVER").act("completeStop", self.stop(stop, at), COMPLETE)

    def stop(self, number: int, at: datetime | None = None) -> Json:
        return {"stopId": self.house.gid("Stop", self.stops[number]), "at": at.isoformat() if at else None}

    async def set_stop(self, status: str) -> None:
        await self.house.pool.execute("UPDATE stops SET status = $2 WHERE id = $1", self.stops[0], status)

    async def column(self, table: str, column: str) -> list[Any]:
        order = "sequence" if table == "stops" else "id"
        rows = await self.house.all(f"SELECT * FROM {table} WHERE organization_id = $1 ORDER BY {order}")
        return [found[column] for found in rows]

"""A straight road through the fields, with stops along it, and a driver who reports from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app import clock
from app.services.routing.matrix import Departure, Offline
from app.services.routing.problem import Location
from tests.client import Client, Json
from tests.factories.houses import House
from tests.steps import row

ZONE = ZoneInfo("Asia/Tbilisi")
WEST, NORTH = 44.0, 41.5
KM = 0.012
"""Degrees of longitude that are about a kilometre there."""

REPORTED = "accepted rejected { index reason }"


def at_km(km: float) -> Json:
    """A point on the road."""
    return {"latitude": NORTH, "longitude": WEST + KM * km}


def way(from_km: float, to_km: float, at: datetime) -> timedelta:
    """How long the server takes a way on the road to be that is begun at this instant."""
    local = at.astimezone(ZONE)
    origin, target = (Departure(Location(**at_km(km)), local.hour, local.weekday() >= 5) for km in (from_km, to_km))
    return timedelta(seconds=Offline().leg(origin, target.point)[0])


def seen(km: float, ago_s: float = 0, now: datetime | None = None, **more: Any) -> Json:
    """A position as a phone reports it."""
    at = (now or clock.now()) - timedelta(seconds=ago_s)
    return {"point": at_km(km), "recordedAt": at.isoformat(), **more}


def driver_of(house: House) -> UUID:
    driver = house.people["DRIVER"].viewer.driver_id
    assert driver
    return driver


def kms(points: list[Any]) -> list[float]:
    return [round((point["longitude"] - at_km(0)["longitude"]) / 0.012, 3) for point in points]


async def report(client: Client, *positions: Json, **more: Any) -> Json:
    return await client.act("reportPositions", {"positions": list(positions), **more}, REPORTED)


@dataclass
class Road:
    """A route under way since an hour: the depot at km 0, and a pickup and a dropoff of each ride."""

    house: House
    route: UUID
    rides: list[UUID]
    stops: list[UUID]

    @classmethod
    async def of(
        cls,
        house: House,
        *rides: tuple[float, float],
        status: str = "IN_PROGRESS",
        window: tuple[float, float] = (-1, 3),
        customer: UUID | None = None,
        driver: UUID | None = None,
        **transport: Any,
    ) -> "Road":
        """Each ride from one kilometre to another, to be picked up and brought within these hours from now."""
        driver = driver or house.people["DRIVER"].viewer.driver_id
        assert driver
        whose = customer or await house.customer()
        now = clock.now()
        from_, until = (now + timedelta(hours=hours) for hours in window)
        times = {"pickup_from": from_, "pickup_until": until, "dropoff_from": from_, "dropoff_until": until}
        made = []
        for pickup, dropoff in rides:
            places = [await house.place(whose, **at_km(km)) for km in (pickup, dropoff)]
            ends = {"pickup_place_id": places[0], "dropoff_place_id": places[1]}
            made.append(await house.transport(whose, **ends | times | transport))
        route = await house.route(driver, made, status)
        road = cls(house, route, made, [])
        depot = await house.place(label="Depot", **at_km(0))
        await house.pool.execute(
            "UPDATE shifts SET start_place_id = $2, end_place_id = $2 WHERE id = "
            "(SELECT shift_id FROM routes WHERE id = $1)",
            route,
            depot,
        )
        await house.pool.execute(
            "UPDATE routes SET date = $2, starts_at = $3, updated_at = $3 WHERE id = $1",
            route,
            now.astimezone(ZONE).date(),
            now - timedelta(hours=1),
        )
        if status == "IN_PROGRESS":
            await house.pool.execute("UPDATE drivers SET status = 'ON_ROUTE' WHERE id = $1", driver)
            await house.pool.execute("UPDATE transports SET status = 'EN_ROUTE' WHERE id = $1", made[0])
        road.stops = [stop["id"] for stop in await road.stops_now()]
        return road

    async def stops_now(self) -> Sequence[Any]:
        return await self.house.all(
            "SELECT * FROM stops WHERE organization_id = $1 AND route_id = $2 ORDER BY sequence", self.route
        )

    async def etas(self) -> list[datetime]:
        return [stop["eta"] for stop in await self.stops_now()]

    async def version(self) -> int:
        version: int = (await row(self.house, "routes", self.route))["version"]
        return version

    async def earlier(self, seconds: float) -> None:
        """Let the route have been followed so much earlier than it was."""
        await self.house.pool.execute(
            "UPDATE routes SET updated_at = updated_at - make_interval(secs => $2) WHERE id = $1", self.route, seconds
        )

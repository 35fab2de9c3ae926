"""A day on the road, told by a phone in any order and any number of times, ends as if it had been told as it was."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from app import clock
from app.access import Viewer
from app.db import Database
from app.models import Role, StopFailureReason
from app.services import routes
from app.settings import Settings
from app.uow import Silence, UnitOfWork, unit_of_work
from tests.driving import PICKUPS_FIRST
from tests.factories.houses import House, make_house
from tests.invariants import all_hold
from tests.sizes import SOAK_TIMEOUT_S

OUTCOMES = ("delivered", "no pickup", "no dropoff")


@dataclass(frozen=True)
class Ride:
    """What becomes of a transport, and what the driver says of its two stops on the way."""

    outcome: str
    arrives: tuple[bool, bool]
    skips: tuple[bool, bool]


@dataclass(frozen=True)
class Word:
    """What a phone says: of a stop by its number (none: of the route), and after how many minutes."""

    verb: str
    stop: int | None
    minute: int


rides = st.builds(
    Ride,
    st.sampled_from(OUTCOMES),
    st.tuples(st.booleans(), st.booleans()),
    st.tuples(st.booleans(), st.booleans()),
)


def as_it_is(day: Sequence[Ride], pickups_first: bool) -> list[Word]:
    """A day in its order: what is put off is done at the end, and every stop is dealt with."""
    order = [(ride, end) for end in (0, 1) for ride in range(len(day))]
    if not pickups_first:
        order.sort()
    words: list[tuple[str, int | None]] = [("start", None)]
    later: list[tuple[int, int, int]] = []
    for number, (ride, end) in enumerate(order):
        if end == 1 and day[ride].outcome == "no pickup":
            continue
        waits = any(ride == other for other, _, _ in later)
        if day[ride].skips[end] or waits:
            if day[ride].arrives[end] and not waits:
                words.append(("arrive", number))
            words.append(("skip", number))
            later.append((ride, end, number))
        else:
            words += _done(day[ride], end, number)
    for ride, end, number in later:
        words += _done(day[ride], end, number)
    return [Word(verb, stop, minute) for minute, (verb, stop) in enumerate(words)]


def _done(ride: Ride, end: int, number: int) -> list[tuple[str, int | None]]:
    fails = ride.outcome == ("no pickup", "no dropoff")[end]
    there: list[tuple[str, int | None]] = [("arrive", number)] if ride.arrives[end] else []
    return [*there, ("fail" if fails else "complete", number)]


@dataclass(frozen=True)
class Told:
    """A day: how many transports in which order, what is said of them, and how that is heard."""

    rides: int
    pickups_first: bool
    words: list[Word]
    heard: list[Word]


@st.composite
def days(draw: st.DrawFn, rides_max: int) -> Told:
    """Heard in another order, and some of it twice."""
    day, pickups_first = draw(st.lists(rides, min_size=1, max_size=rides_max)), draw(st.booleans())
    words = as_it_is(day, pickups_first)
    twice = draw(st.lists(st.sampled_from(words), max_size=6))
    return Told(len(day), pickups_first, words, draw(st.permutations([*words, *twice])))


@dataclass
class Road:
    """A route, of a driver of its own if not said, under way."""

    house: House
    database: Database
    settings: Settings
    driver: UUID
    route: UUID
    stops: list[UUID]
    begins: datetime

    @classmethod
    async def of(
        cls,
        house: House,
        database: Database,
        settings: Settings,
        told: Told,
        driver: UUID | None = None,
        hours: tuple[int, int] = (7, 20),
    ) -> "Road":
        driver, customer = driver or await house.driver(), await house.customer()
        starts_at, ends_at = (house.at(time(hour)) for hour in hours)
        shift = await house.shift(driver, starts_at=starts_at, ends_at=ends_at)
        rides = [await house.transport(customer) for _ in range(told.rides)]
        route = await house.route(driver, rides, shift_id=shift)
        if told.pickups_first:
            await house.pool.execute(PICKUPS_FIRST, route)
        rows = await house.all(
            "SELECT id FROM stops WHERE organization_id = $1 AND route_id = $2 ORDER BY sequence", route
        )
        begins = clock.now() - timedelta(hours=10)
        return cls(house, database, settings, driver, route, [row["id"] for row in rows], begins)

    async def hear(self, words: Iterable[Word]) -> None:
        """None of them is refused."""
        for word in words:
            viewer = Viewer(self.house.id, role=Role.DRIVER, driver_id=self.driver)
            async with unit_of_work(self.database, viewer, Silence()) as uow:
                await self._do(uow, word)

    async def _do(self, uow: UnitOfWork, word: Word) -> None:
        if word.stop is None:
            await routes.start_route(uow, self.settings, self.route)
            return
        stop, at = self.stops[word.stop], self.begins + timedelta(minutes=word.minute)
        if word.verb == "fail":
            await routes.fail_stop(uow, self.settings, stop, StopFailureReason.NOBODY_THERE, at=at)
        else:
            verb: Any = {
                "arrive": routes.arrive_at_stop,
                "complete": routes.complete_stop,
                "skip": routes.skip_stop,
            }[word.verb]
            await verb(uow, self.settings, stop, at=at)

    async def bring_back(self) -> None:
        """Whatever has to go back, for the phone hears only now that it does."""
        backs = await self.house.all(
            "SELECT id FROM stops WHERE organization_id = $1 AND route_id = $2 AND kind = 'RETURN' ORDER BY sequence",
            self.route,
        )
        known = len(self.stops)
        self.stops += [row["id"] for row in backs]
        await self.hear(Word("complete", number, 500) for number in range(known, len(self.stops)))

    async def end(self) -> dict[str, Any]:
        """How everything stands, times and places in the order aside."""
        stops = await self.house.all(
            "SELECT s.kind, s.status, s.failure_reason, t.status AS ride, s.arrived_at IS NOT NULL AS arrived, s.id "
            "FROM stops s JOIN transports t ON (t.organization_id, t.id) = (s.organization_id, s.transport_id) "
            "WHERE s.organization_id = $1 AND s.route_id = $2",
            self.route,
        )
        number = {id: number for number, id in enumerate(self.stops)}
        backs = sorted(tuple(row.values())[:5] for row in stops if row["kind"] == "RETURN")
        own = {number[row["id"]]: tuple(row.values())[:5] for row in stops if row["kind"] != "RETURN"}
        (route,) = await self.house.all("SELECT * FROM routes WHERE organization_id = $1 AND id = $2", self.route)
        (driver,) = await self.house.all("SELECT * FROM drivers WHERE organization_id = $1 AND id = $2", self.driver)
        return {"stops": own, "backs": backs, "route": route["status"], "driver": driver["status"]}


async def _tell(house: House, database: Database, settings: Settings, told: Told) -> None:
    straight = await Road.of(house, database, settings, told)
    await straight.hear(told.words)
    await straight.bring_back()
    expected = await straight.end()
    assert (expected["route"], expected["driver"]) == ("COMPLETED", "AVAILABLE")
    crooked = await Road.of(house, database, settings, told)
    await crooked.hear(told.heard)
    await crooked.bring_back()
    assert await crooked.end() == expected
    # and all over again
    await crooked.hear(told.words)
    assert await crooked.end() == expected
    await all_hold(house)


def stories(max_examples: int, **drawn: st.SearchStrategy[Any]) -> Callable[[Any], Any]:
    """So many days, each in an organization of its own."""
    health = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
    told = hypothesis(deadline=None, database=None, max_examples=max_examples, suppress_health_check=health)
    return lambda test: told(given(**drawn)(test))


@stories(8, told=days(3))
async def test_any_order_ends_the_same(
    superuser: asyncpg.Pool, database: Database, settings: Settings, told: Told
) -> None:
    await _tell(await make_house(superuser, settings, "nobody asks the API"), database, settings, told)


@pytest.mark.soak
@pytest.mark.timeout(SOAK_TIMEOUT_S)
@stories(300, told=days(5))
async def test_any_order_of_a_long_day_ends_the_same(
    superuser: asyncpg.Pool, database: Database, settings: Settings, told: Told
) -> None:
    await _tell(await make_house(superuser, settings, "nobody asks the API"), database, settings, told)


HALVES = ((7, 13), (13, 20))
"""Hours of two shifts of one driver."""


@st.composite
def halves(draw: st.DrawFn, rides_max: int) -> tuple[list[Told], list[int]]:
    """Two routes of one driver, and of which of them the next word is: what ends the first may be told at the end."""
    told = [draw(days(rides_max)) for _ in HALVES]
    return told, draw(st.permutations([half for half, day in enumerate(told) for _ in day.heard]))


async def _tell_both(house: House, database: Database, settings: Settings, told: list[Told], turns: list[int]) -> None:
    expected = []
    for day in told:
        alone = await Road.of(house, database, settings, day)
        await alone.hear(day.words)
        await alone.bring_back()
        expected.append(await alone.end())
    driver = await house.driver()
    roads = [
        await Road.of(house, database, settings, day, driver, hours) for day, hours in zip(told, HALVES, strict=True)
    ]
    words = [iter(day.heard) for day in told]
    for half in turns:
        await roads[half].hear([next(words[half])])
    for road in roads:
        await road.bring_back()
    assert [await road.end() for road in roads] == expected
    await all_hold(house)


@stories(4, both=halves(2))
async def test_two_routes_of_a_driver_do_not_stand_in_each_others_way(
    superuser: asyncpg.Pool, database: Database, settings: Settings, both: tuple[list[Told], list[int]]
) -> None:
    await _tell_both(await make_house(superuser, settings, "nobody asks the API"), database, settings, *both)


@pytest.mark.soak
@pytest.mark.timeout(SOAK_TIMEOUT_S)
@stories(150, both=halves(4))
async def test_two_long_routes_of_a_driver_do_not_stand_in_each_others_way(
    superuser: asyncpg.Pool, database: Database, settings: Settings, both: tuple[list[Told], list[int]]
) -> None:
    await _tell_both(await make_house(superuser, settings, "nobody asks the API"), database, settings, *both)

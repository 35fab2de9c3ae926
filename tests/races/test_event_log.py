"""The log of many writers at once: numbered without gaps, in the order of commit."""

import asyncio
import contextlib
import random
from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from sqlalchemy import insert, select

from app import clock
from app.access import Viewer
from app.db import Database
from app.errors import TooManyEvents
from app.events import EVENTS_MAX, Concerned, EventFilter, Origin
from app.models import Customer, Event, EventType
from app.uow import Silence, UnitOfWork, enter, unit_of_work
from tests.factories.houses import House
from tests.invariants import log_is_whole
from tests.races.crowd import at_once
from tests.sizes import measured, sizes


class Regret(Exception):
    """A writer's change of mind: its transaction is rolled back."""


@dataclass(frozen=True)
class Writers:
    each: int
    transactions: int


async def write(database: Database, house: House, customer: UUID, count: int, *, regret: bool = False) -> None:
    """One transaction with so many events."""
    async with unit_of_work(database, Viewer.system(house.id), Silence(), Origin("192.0.2.1", "a test")) as uow:
        await emit(uow, customer, count)
        if regret:
            await uow.finish()  # numbers were taken already
            raise Regret


async def emit(uow: UnitOfWork, customer: UUID, count: int) -> None:
    row = await uow.get(Customer, customer)
    for number in range(count):
        uow.emit(EventType.CUSTOMER_UPDATED, row, payload={"number": number, "of": count})


async def follow(house: House, seen: list[int], done: asyncio.Event) -> None:
    """Read what is behind the last number, as a subscriber would."""
    while True:
        last_look = done.is_set()
        last = seen[-1] if seen else 0
        query = "SELECT seq FROM events WHERE organization_id = $1 AND seq > $2 ORDER BY seq"
        seen += [row["seq"] for row in await house.all(query, last)]
        if last_look:
            return


@sizes(Writers(each=8, transactions=10), Writers(each=20, transactions=100))
async def test_numbers_have_no_gaps_and_follow_the_commits(
    database: Database, house: House, stranger: House, size: Writers, capsys: pytest.CaptureFixture[str]
) -> None:
    """A reader that asks only for what is behind its last number misses nothing: nothing smaller appears later."""
    written: Counter[UUID] = Counter()
    customers = {place.id: await place.customer() for place in (house, stranger)}

    async def writer(place: House, seed: int) -> None:
        dice = random.Random(seed)
        for _ in range(size.transactions):
            count, regret = dice.randint(1, 5), dice.random() < 0.2
            with contextlib.suppress(Regret):
                await write(database, place, customers[place.id], count, regret=regret)
                written[place.id] += count

    done = asyncio.Event()
    seen: dict[UUID, list[int]] = {id: [] for id in customers}
    readers = [asyncio.create_task(follow(place, seen[place.id], done)) for place in (house, stranger)]
    with measured(capsys, f"{2 * size.each} writers of two logs") as figures:
        await at_once(writer(place, seed) for place in (house, stranger) for seed in range(size.each))
        figures.update(events=written.total())
    done.set()
    await at_once(readers)
    for place in (house, stranger):
        assert await log_is_whole(place) == written[place.id]
        assert seen[place.id] == list(range(1, written[place.id] + 1))


async def test_the_events_of_a_transaction_stand_together(database: Database, house: House) -> None:
    customer = await house.customer()
    counts = [1, 7, 3, 5, 2] * 4
    await at_once(write(database, house, customer, count) for count in counts)
    rows = await house.all(
        "SELECT (payload ->> 'number')::int AS number, (payload ->> 'of')::int AS count "
        "FROM events WHERE organization_id = $1 ORDER BY seq"
    )
    told = [(row["number"], row["count"]) for row in rows]
    groups = [told[at][1] for at in range(len(told)) if told[at][0] == 0]
    assert sorted(groups) == sorted(counts)
    assert told == [(number, count) for count in groups for number in range(count)]


async def test_what_was_rolled_back_leaves_no_gap(database: Database, house: House) -> None:
    customer = await house.customer()
    await write(database, house, customer, 2)
    with pytest.raises(Regret):
        await write(database, house, customer, 3, regret=True)
    await write(database, house, customer, 1)
    assert await log_is_whole(house) == 3
    details = await house.all("SELECT seq, ip, user_agent FROM event_details WHERE organization_id = $1 ORDER BY seq")
    assert [tuple(row) for row in details] == [(seq, "192.0.2.1", "a test") for seq in (1, 2, 3)]


async def test_a_transaction_has_at_most_500_events(database: Database, house: House) -> None:
    customer = await house.customer()
    with pytest.raises(TooManyEvents, match="501 events in one transaction; the most is 500"):
        await write(database, house, customer, EVENTS_MAX + 1)
    assert await log_is_whole(house) == 0
    await write(database, house, customer, EVENTS_MAX)
    assert await log_is_whole(house) == EVENTS_MAX


# A filter is told in two tongues, SQL and Python. Few ids, so that they meet.
IDS = st.sampled_from([UUID(int=number) for number in range(1, 4)])
SOME = st.none() | IDS
REFERENCES = ("customer_id", "driver_id", "former_driver_id", "route_id", "booking_id", "transport_id")
TYPES = st.sampled_from([EventType.BOOKING_CREATED, EventType.ROUTE_STARTED, EventType.STOP_ARRIVED])

EVENTS = st.fixed_dictionaries({"type": TYPES, "node_id": IDS, **dict.fromkeys(REFERENCES, SOME)})
FILTERS = st.builds(
    EventFilter,
    types=st.none() | st.frozensets(TYPES),
    node_id=SOME,
    people=st.none() | st.builds(Concerned, SOME, SOME),
    present=st.none() | st.sampled_from(REFERENCES),
    about=st.dictionaries(st.sampled_from(REFERENCES), IDS, max_size=2),
)


@hypothesis(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(EVENTS, min_size=1, max_size=20), wanted=FILTERS)
async def test_a_filter_says_the_same_in_sql_and_in_python(
    database: Database, house: House, rows: list[dict[str, Any]], wanted: EventFilter
) -> None:
    common = {"organization_id": house.id, "occurred_at": clock.now(), "node_type": "Booking", "payload": {}}
    events = [Event(seq=seq, **common, **row) for seq, row in enumerate(rows, 1)]
    async with database.write() as session:  # never committed
        await enter(session, Viewer.system(house.id))
        await session.execute(insert(Event), [{"seq": seq, **common, **row} for seq, row in enumerate(rows, 1)])
        found = await session.scalars(select(Event.seq).where(*wanted.conditions()).order_by(Event.seq))
        assert list(found) == [event.seq for event in events if wanted.matches(event)]

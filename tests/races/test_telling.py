"""Handlers that run twenty times at once tell everybody once."""

import pytest
from redis.asyncio import Redis

from app import clock
from app.db import Database
from app.jobs import telling
from app.jobs.desk import AlreadyDone, Desk
from app.live import Wakes
from app.models import DueWork, WorkKind
from app.settings import Settings
from tests.factories.houses import House
from tests.races.crowd import at_once
from tests.steps import Visit

AT_ONCE = 20


@pytest.fixture
def desk(settings: Settings, database: Database) -> Desk:
    return Desk(settings, database, Wakes(Redis.from_url(settings.redis_url.get_secret_value())))


async def _left(house: House, kind: WorkKind, ref_id: object) -> DueWork:
    """Work that a worker has taken up: no other looks at it."""
    taken = {"run_at": clock.now(), "lease_until": clock.now().replace(year=2100), "attempts": 1}
    id = await house.insert("due_work", kind=kind.value, ref_id=ref_id, **taken)
    return DueWork(id=id, organization_id=house.id, kind=kind, ref_id=ref_id, attempts=1)


async def _count(house: House) -> list[tuple[str, int]]:
    rows = await house.all(
        "SELECT cause || channel || recipient AS which, count(*) FROM notifications "
        "WHERE organization_id = $1 GROUP BY 1"
    )
    return [(row["which"], row["count"]) for row in rows]


async def test_a_booking_is_told_once(house: House, desk: Desk) -> None:
    visit = await Visit.of(house)
    work = await _left(house, WorkKind.NOTIFY_BOOKING_CONFIRMED, await visit.booking("CONFIRMED"))

    async def handle() -> bool:
        try:
            await telling.say(desk, work)
        except AlreadyDone:
            return False
        return True

    assert sum(await at_once(handle() for _ in range(AT_ONCE))) == 1
    assert [count for _, count in await _count(house)] == [1]


async def test_news_are_told_once_though_everybody_tells_them(house: House, desk: Desk) -> None:
    """Their portions are transactions of their own: here the database alone keeps them apart."""
    words = {"title": "Closed", "body": "On Friday.", "publish_at": clock.now(), "category": "Hours"}
    post = await house.insert("posts", audience="EVERYONE", priority="URGENT", status="PUBLISHED", **words)
    work = await _left(house, WorkKind.NOTIFY_POST_PUBLISHED, post)

    async def handle() -> bool:
        try:
            await telling.post_published(desk, work)
        except AlreadyDone:
            return False
        return True

    assert sum(await at_once(handle() for _ in range(AT_ONCE))) == 1
    assert [count for _, count in await _count(house)] == [1] * len(house.people)

"""Whom is told what, by which way and when."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from app import clock
from app.access import Viewer
from app.db import Database
from app.models import Booking, Channel, NotificationKind, Post, Role, Transport
from app.services.messaging import occasions
from app.services.messaging.telling import Telling, tell, tell_each
from app.uow import Silence, UnitOfWork, unit_of_work
from tests.factories.houses import House
from tests.factories.messaging import device
from tests.steps import Visit

Kind = NotificationKind
ALL = list(Channel)
TOLD = (
    "SELECT kind, channel, status, suppressed, recipient, locale, send_at, rule FROM notifications "
    "WHERE organization_id = $1 ORDER BY channel, recipient"
)
WORK = "SELECT ref_id, run_at FROM due_work WHERE organization_id = $1 AND kind = 'SEND_NOTIFICATION'"


@asynccontextmanager
async def work(database: Database, house: House) -> AsyncIterator[UnitOfWork]:
    async with unit_of_work(database, Viewer.system(house.id), Silence()) as uow:
        yield uow


def _later(hours: int = 24) -> datetime:
    """No worker of another test sends it meanwhile."""
    return clock.now() + timedelta(hours=hours)


async def _say(database: Database, visit: Visit, cause: str = "a", kind: Kind = Kind.AFTER_VISIT, **more: Any) -> int:
    """About a booking of the visit."""
    house = visit.house
    id = await house.value("SELECT id FROM bookings WHERE organization_id = $1 LIMIT 1") or await visit.booking()
    async with work(database, house) as uow:
        about = await uow.fetch(Booking, id)
        whom: dict[str, Any] = {"customer_ids": [visit.customer_id], "send_at": _later(), "channels": ALL} | more
        return await tell(uow, kind, cause, about, **whom)


async def _told(house: House) -> list[tuple[str, str, str | None]]:
    return [(row["recipient"], row["status"], row["suppressed"]) for row in await house.all(TOLD)]


async def _phones(visit: Visit, *, retired: bool = False) -> UUID:
    retired_at = clock.now() if retired else None
    owner = {"customer_id": visit.customer_id, "retired_at": retired_at}
    return await device(visit.house, visit.customer.user_id, **owner)


async def test_each_way_is_one_message_for_each_cause(house: House, database: Database) -> None:
    visit = await Visit.of(house)
    phones = sorted([await _phones(visit), await _phones(visit)])
    await _phones(visit, retired=True)
    expected = [
        (f"customer:{visit.customer_id}", "QUEUED", None),
        *((f"device:{phone}", "QUEUED", None) for phone in phones),
        (f"customer:{visit.customer_id}", "QUEUED", None),
    ]
    assert await _say(database, visit) == 4
    assert await _told(house) == expected
    assert await _say(database, visit) == 0
    assert await _say(database, visit, "another") == 4
    waiting = await house.all(WORK)
    ids = await house.all("SELECT id FROM notifications WHERE organization_id = $1")
    assert sorted(row["ref_id"] for row in waiting) == sorted(row["id"] for row in ids)


async def test_whoever_cannot_be_reached_is_not_told(house: House, stranger: House, database: Database) -> None:
    visit = await Visit.of(house)
    erased = await house.customer(email="gone@example.org", erased_at=clock.now())
    silent = await house.customer(phone=None)
    foreign = await stranger.customer(email="far@example.org")
    assert await _say(database, visit, customer_ids=[erased, silent, foreign]) == 0
    nobody = stranger.people["OWNER"].user_id
    assert await _say(database, visit, customer_ids=[], user_ids=[nobody]) == 0
    assert await house.all(WORK) == []


async def test_what_is_not_wanted_is_kept_unsent(house: House, database: Database) -> None:
    visit = await Visit.of(house)
    await house.insert("contact_preferences", customer_id=visit.customer_id, muted=["AFTER_VISIT:SMS"])
    whom = f"customer:{visit.customer_id}"
    assert await _say(database, visit) == 2
    assert await _told(house) == [(whom, "QUEUED", None), (whom, "SUPPRESSED", "UNWANTED")]
    assert len(await house.all(WORK)) == 1


async def test_a_rule_says_by_which_ways_and_whether_at_all(house: House, database: Database) -> None:
    visit = await Visit.of(house)
    rule = await house.insert("reminder_rules", kind="AFTER_VISIT", channels=["SMS"])
    assert await _say(database, visit, "a", channels=None) == 1
    assert [(row["channel"], row["rule"]) for row in await house.all(TOLD)] == [("SMS", rule)]
    await house.pool.execute("UPDATE reminder_rules SET active = false WHERE id = $1", rule)
    assert await _say(database, visit, "b", channels=None) == 0


async def test_everybody_hears_it_in_their_language(house: House, database: Database) -> None:
    visit = await Visit.of(house)
    other = await house.customer(email="other@example.org", phone=None)
    await house.insert("contact_preferences", customer_id=visit.customer_id, locale="ka")
    await _say(database, visit, customer_ids=[visit.customer_id, other], channels=[Channel.EMAIL])
    assert sorted(row["locale"] for row in await house.all(TOLD)) == ["en", "ka"]


async def test_many_things_are_said_at_once(house: House, database: Database) -> None:
    visit = await Visit.of(house)
    booking, owner = await visit.booking(), house.people["OWNER"].user_id
    async with work(database, house) as uow:
        about = await uow.fetch(Booking, booking)
        tellings = [Telling(f"c{number}", about, customer_id=visit.customer_id) for number in range(300)]
        tellings.append(Telling("c0", about, user_id=owner))
        ways = [Channel.EMAIL, Channel.SMS]
        assert await tell_each(uow, Kind.CARE_DUE, tellings, channels=ways, send_at=_later()) == 601
    assert len(await house.all(WORK)) == 601


# quiet hours


async def _night(house: House) -> Visit:
    visit = await Visit.of(house)
    quiet = {"quiet_from": time(22), "quiet_until": time(7)}
    await house.insert("contact_preferences", customer_id=visit.customer_id, **quiet)
    await house.pool.execute("UPDATE customers SET phone = NULL WHERE id = $1", visit.customer_id)
    return visit


@pytest.mark.parametrize(
    ("kind", "hour", "expected"),
    [
        (Kind.AFTER_VISIT, 23, 7),
        (Kind.AFTER_VISIT, 21, 21),
        (Kind.WAITLIST_OFFER, 23, 23),
        (Kind.DRIVER_UNDER_WAY, 23, 23),
        (Kind.BOOKING_CANCELLED, 23, 7),
        (Kind.BOOKING_CANCELLED, 5, 5),
    ],
)
async def test_what_can_wait_waits_for_the_morning(
    house: House, database: Database, kind: Kind, hour: int, expected: int
) -> None:
    """The booking is on the day after the evening, and on the day of the early morning."""
    visit = await _night(house)
    at = house.at(time(hour)) - (timedelta(days=1) if hour > 12 else timedelta())
    await _say(database, visit, kind=kind, send_at=at)
    morning = house.at(time(expected)) - (timedelta(days=1) if expected > 12 else timedelta())
    assert [row["send_at"] for row in await house.all(TOLD)] == [morning]
    assert [row["run_at"] for row in await house.all(WORK)] in ([morning], [])


# news


async def _post(
    house: House, audience: str = "EVERYONE", priority: str = "IMPORTANT", status: str = "PUBLISHED"
) -> UUID:
    words = {"title": "Closed", "body": "On Friday.", "publish_at": clock.now()}
    return await house.insert("posts", audience=audience, priority=priority, status=status, **words)


@pytest.mark.parametrize(
    ("audience", "roles"),
    [
        ("EVERYONE", set(Role)),
        ("HOUSE", {Role.OWNER, Role.ADMIN, Role.DISPATCHER, Role.STAFF}),
        ("DRIVERS", {Role.DRIVER}),
        ("CUSTOMERS", {Role.CUSTOMER}),
    ],
)
async def test_news_go_to_their_readers(house: House, database: Database, audience: str, roles: set[Role]) -> None:
    post = await _post(house, audience)
    await house.customer(email="no-reader@example.org")
    async with work(database, house) as uow:
        (portion,) = await occasions.readers(uow, post)
    customer = house.people["CUSTOMER"].viewer.customer_id
    users = {person.user_id for role, person in house.people.items() if Role(role) in roles - {Role.CUSTOMER}}
    assert {told.user_id for told in portion} - {None} == users
    assert [told.customer_id for told in portion if told.customer_id] == ([customer] if Role.CUSTOMER in roles else [])


@pytest.mark.parametrize(("priority", "status"), [("NORMAL", "PUBLISHED"), ("URGENT", "WITHDRAWN")])
async def test_nobody_is_told_of_other_news(house: House, database: Database, priority: str, status: str) -> None:
    post = await _post(house, priority=priority, status=status)
    async with work(database, house) as uow:
        assert await occasions.readers(uow, post) == []


@pytest.mark.parametrize(("priority", "waits"), [("IMPORTANT", True), ("URGENT", False)])
async def test_urgent_news_do_not_wait(house: House, database: Database, priority: str, waits: bool) -> None:
    visit, post = await _night(house), await _post(house, priority=priority)
    at = house.at(time(23))
    async with work(database, house) as uow:
        about = await uow.fetch(Post, post)
        told: dict[str, Any] = {"customer_ids": [visit.customer_id], "channels": [Channel.EMAIL], "send_at": at}
        await tell(uow, Kind.POST_PUBLISHED, "a", about, **told)
    morning = house.at(time(7)) + timedelta(days=1)
    assert [row["send_at"] for row in await house.all(TOLD)] == [morning if waits else at]


# the fleet


async def test_keepers_and_the_driver_hear_of_a_licence(house: House, database: Database) -> None:
    driver = house.people["DRIVER"]
    assert driver.viewer.driver_id
    async with work(database, house) as uow:
        await occasions.licence_expiring(uow, Kind.LICENCE_EXPIRING, driver.viewer.driver_id, "a")
    roles = ("OWNER", "ADMIN", "DISPATCHER", "DRIVER")
    expected = {(f"user:{house.people[role].user_id}") for role in roles}
    assert {row["recipient"] for row in await house.all(TOLD)} == expected


async def test_a_ride_is_told_to_its_customer(house: House, database: Database) -> None:
    visit = await Visit.of(house)
    ride = await house.transport(visit.customer_id)
    async with work(database, house) as uow:
        assert (await uow.fetch(Transport, ride)).customer_id == visit.customer_id
        await occasions.driver_under_way(uow, Kind.DRIVER_UNDER_WAY, ride, "a")
    assert [(row["channel"], row["recipient"]) for row in await house.all(TOLD)] == [
        ("SMS", f"customer:{visit.customer_id}")
    ]

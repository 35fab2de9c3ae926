"""Reminders at work: each due thing is told once, whatever days were left out and whoever runs them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from redis.asyncio import Redis
from sqlalchemy.dialects import postgresql

from app import clock
from app.access import Viewer
from app.db import Database
from app.jobs.desk import AlreadyDone, Desk, take_up
from app.jobs.reminders import run_reminder
from app.live import Wakes
from app.models import DueWork, NotificationKind, ReminderRule
from app.services import due_work, reminders
from app.services.reminders.due import SEARCHES, Run
from app.settings import Settings
from app.uow import Silence, unit_of_work
from tests.factories import reminders as factory
from tests.factories.houses import ZONE, House

DAY = timedelta(days=1)
TODAY = date(2031, 3, 10)
"""A Monday, and so far ahead that no worker of another test takes what is due then."""


@pytest_asyncio.fixture
async def desk(settings: Settings, database: Database) -> AsyncIterator[Desk]:
    redis = Redis.from_url(settings.redis_url.get_secret_value())
    yield Desk(settings, database, Wakes(redis))
    await redis.aclose()


def at(day: date, hour: int = 8, minute: int = 0, zone: ZoneInfo = ZONE) -> datetime:
    return datetime.combine(day, time(hour, minute), zone).astimezone(UTC)


async def run(desk: Desk, house: House, now: datetime) -> int:
    """Do what reminders have to do by an instant; answers how many pieces of work that was."""
    done = 0
    with clock.told_by(lambda: now):
        while waiting := await house.all(
            "SELECT id FROM due_work WHERE organization_id = $1 AND kind = 'RUN_REMINDER' AND run_at <= $2", now
        ):
            done += await take_up(desk, id=waiting[0]["id"])
    return done


async def told(house: House) -> list[UUID]:
    """What it was about, in the order in which it was told."""
    return [
        found["about"]
        for found in await house.all("SELECT about FROM notifications WHERE organization_id = $1 ORDER BY id")
    ]


async def next_run(house: House, rule: UUID) -> datetime:
    (waiting,) = await house.all(
        "SELECT run_at FROM due_work WHERE organization_id = $1 AND kind = 'RUN_REMINDER' AND ref_id = $2", rule
    )
    found: datetime = waiting["run_at"]
    return found


async def dog(house: House, customer: UUID | None = None) -> UUID:
    return await house.pet(customer or await house.customer(email="nino@example.org"))


async def dues(house: House, *days: int, **values: object) -> list[UUID]:
    """A dog each, whose rabies shot is due so many days from today."""
    protocol = await factory.protocol(house)
    return [await factory.due(house, await dog(house), TODAY + days_ahead * DAY, protocol) for days_ahead in days]


# care that falls due


async def test_care_is_told_of_on_the_day_and_once(desk: Desk, house: House) -> None:
    _, wanted, _ = await dues(house, 6, 7, 8)
    rule = await factory.rule(house, "CARE_DUE", TODAY, days_before=7)
    assert await run(desk, house, at(TODAY, 7, 59)) == 0
    assert await run(desk, house, at(TODAY)) == 1
    assert await told(house) == [wanted]
    assert await next_run(house, rule) == at(TODAY + DAY)
    assert await house.value("SELECT run_on FROM reminder_rules WHERE organization_id = $1") == TODAY + DAY
    # it is not said again if the day comes again, as after a copy of yesterday's database was brought back
    await house.pool.execute("UPDATE reminder_rules SET run_on = $2 WHERE organization_id = $1", house.id, TODAY)
    await house.pool.execute(
        "UPDATE due_work SET run_at = $2 WHERE organization_id = $1 AND ref_id = $3", house.id, at(TODAY), rule
    )
    assert await run(desk, house, at(TODAY, 12)) == 1
    assert await told(house) == [wanted]


async def test_each_notification_is_whole(desk: Desk, house: House) -> None:
    (due,) = await dues(house, 7)
    rule = await factory.rule(house, "CARE_DUE", TODAY, days_before=7, channels=["EMAIL", "SMS"])
    await run(desk, house, at(TODAY))
    rows = await house.all("SELECT * FROM notifications WHERE organization_id = $1 ORDER BY channel")
    care = (await house.all("SELECT * FROM care_dues WHERE organization_id = $1"))[0]
    cause = f"CARE_DUE:{rule}:{care['subject_id']}:{care['protocol_id']}:2031-03-17"
    assert [(row["channel"], row["cause"], row["status"]) for row in rows] == [
        ("EMAIL", cause, "QUEUED"),
        ("SMS", cause, "QUEUED"),
    ]
    for row in rows:
        assert (row["kind"], row["rule"], row["customer_id"]) == ("CARE_DUE", rule, care["customer_id"])
        assert (row["about_type"], row["about"], row["recipient"]) == ("CareDue", due, f"customer:{row['customer_id']}")
    work = await house.all("SELECT ref_id FROM due_work WHERE organization_id = $1 AND kind = 'SEND_NOTIFICATION'")
    assert {found["ref_id"] for found in work} == {row["id"] for row in rows}
    assert len(work) == 2


async def test_days_without_a_worker_are_made_up_for(desk: Desk, house: House) -> None:
    wanted = (await dues(house, 3, 4, 5, 6, 7, 8))[1:5]
    rule = await factory.rule(house, "CARE_DUE", TODAY - 3 * DAY, days_before=7)
    assert await run(desk, house, at(TODAY, 11)) == 1
    assert sorted(await told(house)) == sorted(wanted)
    assert await next_run(house, rule) == at(TODAY + DAY)


async def test_early_in_the_morning_only_yesterday_is_made_up_for(desk: Desk, house: House) -> None:
    yesterdays, _ = await dues(house, 6, 7)
    rule = await factory.rule(house, "CARE_DUE", TODAY - DAY, days_before=7)
    await run(desk, house, at(TODAY, 7))
    assert await told(house) == [yesterdays]
    assert await next_run(house, rule) == at(TODAY)


async def test_what_was_left_out_long_ago_is_not_told(desk: Desk, house: House) -> None:
    wanted = (await dues(house, -1, 0, 7))[1:]
    await factory.rule(house, "CARE_DUE", TODAY - 30 * DAY, days_before=7)
    await run(desk, house, at(TODAY))
    assert sorted(await told(house)) == sorted(wanted)


async def test_without_days_of_its_own_a_rule_follows_each_protocol(desk: Desk, house: House) -> None:
    two_weeks, a_month = await factory.protocol(house), await factory.protocol(house, warning_days=31)
    wanted = [
        await factory.due(house, await dog(house), TODAY + 14 * DAY, two_weeks),
        await factory.due(house, await dog(house), TODAY + 31 * DAY, a_month),
        # by hand
        await factory.due(house, await dog(house), TODAY + 30 * DAY, None),
    ]
    for days in (13, 15, 31):
        await factory.due(house, await dog(house), TODAY + days * DAY, two_weeks)
    await factory.due(house, await dog(house), TODAY + 14 * DAY, a_month)
    await factory.rule(house, "CARE_DUE", TODAY)
    await run(desk, house, at(TODAY))
    assert sorted(await told(house)) == sorted(wanted)


async def test_a_rule_of_one_protocol_is_about_no_other(desk: Desk, house: House) -> None:
    rabies, worms = await factory.protocol(house), await factory.protocol(house)
    wanted = await factory.due(house, await dog(house), TODAY + DAY, rabies)
    await factory.due(house, await dog(house), TODAY + DAY, worms)
    await factory.rule(house, "CARE_DUE", TODAY, days_before=1, protocol_id=rabies)
    await run(desk, house, at(TODAY))
    assert await told(house) == [wanted]


async def test_nothing_is_said_of_those_who_are_gone(desk: Desk, house: House) -> None:
    await dues(house, 7, 7, -7, -7)
    await factory.rule(house, "CARE_DUE", TODAY, days_before=7)
    await factory.rule(house, "CARE_OVERDUE", TODAY, weekday=0)
    archived = await house.all(
        "UPDATE subjects s SET archived_at = now() WHERE organization_id = $1 AND id IN (SELECT subject_id FROM "
        "care_dues d WHERE d.organization_id = $1 ORDER BY due_on, id LIMIT 1) RETURNING id"
    )
    await house.pool.execute(
        "UPDATE customers SET erased_at = now() WHERE organization_id = $1 AND id IN "
        "(SELECT customer_id FROM care_dues WHERE organization_id = $1 AND due_on > $2)",
        house.id,
        TODAY,
    )
    assert await run(desk, house, at(TODAY)) == 2
    assert len(archived) == len(await told(house)) == 1


async def test_another_organization_hears_nothing(desk: Desk, house: House, stranger: House) -> None:
    (wanted,) = await dues(house, 7)
    await dues(stranger, 7)
    await factory.rule(house, "CARE_DUE", TODAY, days_before=7)
    await run(desk, house, at(TODAY))
    assert (await told(house), await told(stranger)) == ([wanted], [])


# care that is overdue


async def test_all_that_is_overdue_is_said_at_once_and_every_week(desk: Desk, house: House) -> None:
    protocol, late = await factory.protocol(house), await house.customer(email="late@example.org")
    for days in (1, 40):
        await factory.due(house, await dog(house, late), TODAY - days * DAY, protocol)
    await dues(house, 0, 1)
    rule = await factory.rule(house, "CARE_OVERDUE", TODAY, weekday=0)
    await run(desk, house, at(TODAY))
    assert await told(house) == [late]
    assert await next_run(house, rule) == at(TODAY + 7 * DAY)
    await house.pool.execute(
        "UPDATE care_dues SET due_on = $2 WHERE organization_id = $1 AND customer_id <> $3", house.id, TODAY + DAY, late
    )
    await run(desk, house, at(TODAY + 7 * DAY))
    assert await house.value("SELECT count(*) FROM notifications WHERE organization_id = $1 AND about = $2", late) == 2
    assert len(await told(house)) == 4
    causes = await house.all("SELECT cause FROM notifications WHERE organization_id = $1 AND about = $2", late)
    assert {row["cause"] for row in causes} == {f"CARE_OVERDUE:{rule}:{late}:2031-W{week}" for week in (11, 12)}


async def test_weeks_without_a_worker_are_not_made_up_for(desk: Desk, house: House) -> None:
    await dues(house, -40)
    rule = await factory.rule(house, "CARE_OVERDUE", TODAY - 21 * DAY, weekday=0)
    assert await run(desk, house, at(TODAY + 2 * DAY)) == 1
    assert len(await told(house)) == 1
    assert await next_run(house, rule) == at(TODAY + 7 * DAY)


# bookings


async def test_bookings_of_the_next_local_day_are_told_of(desk: Desk, house: House) -> None:
    customer = await house.customer(email="nino@example.org")
    service, tomorrow = await house.service(), TODAY + DAY
    instants = [
        at(TODAY, 23, 59),
        at(tomorrow, 0),
        at(tomorrow, 23, 59),
        at(tomorrow + DAY, 0),
        *3 * [at(tomorrow, 10)],
    ]
    statuses = [*5 * ["CONFIRMED"], "PENDING", "CANCELLED"]
    slots = [await house.slot(service, instant) for instant in instants]
    bookings = [
        await house.booking(customer, await dog(house, customer), slot, status=status)
        for slot, status in zip(slots, statuses, strict=True)
    ]
    rule = await factory.rule(house, "BOOKING_TOMORROW", TODAY, days_before=1)
    await run(desk, house, at(TODAY))
    assert await told(house) == [bookings[1], bookings[4], bookings[2]]
    # one that is moved to another day is told of again, and those of that day
    await house.pool.execute(
        "UPDATE bookings SET starts_at = starts_at + interval '1 day', ends_at = ends_at + interval '1 day' "
        "WHERE organization_id = $1 AND id = $2",
        house.id,
        bookings[4],
    )
    await run(desk, house, at(TODAY + DAY))
    assert sorted((await told(house))[3:]) == sorted([bookings[3], bookings[4]])
    assert await next_run(house, rule) == at(TODAY + 2 * DAY)


async def test_what_has_begun_is_not_told_of(desk: Desk, house: House) -> None:
    customer, service = await house.customer(email="nino@example.org"), await house.service()
    early, later = [
        await house.booking(
            customer, await dog(house, customer), await house.slot(service, instant), status="CONFIRMED"
        )
        for instant in (at(TODAY, 9), at(TODAY, 15))
    ]
    await factory.rule(house, "BOOKING_TOMORROW", TODAY - DAY, days_before=1)
    await run(desk, house, at(TODAY, 12))
    assert early not in await told(house)
    assert await told(house) == [later]


async def test_visits_that_are_over_are_asked_about(desk: Desk, house: House) -> None:
    customer, service = await house.customer(email="nino@example.org"), await house.service()

    async def visit(starts_at: datetime, ends_at: datetime, status: str = "COMPLETED") -> UUID:
        slot = await house.slot(service, starts_at, ends_at=ends_at)
        return await house.booking(customer, await dog(house, customer), slot, status=status)

    yesterday = TODAY - DAY
    short = await visit(at(yesterday, 9), at(yesterday, 12))
    stay = await visit(at(TODAY - 30 * DAY, 15), at(yesterday, 11))
    await visit(at(yesterday, 15), at(TODAY, 0))
    await visit(at(TODAY - 2 * DAY, 15), at(TODAY - 2 * DAY, 23, 59))
    await visit(at(yesterday, 9), at(yesterday, 12), "NO_SHOW")
    await factory.rule(house, "AFTER_VISIT", TODAY, days_after=1)
    await run(desk, house, at(TODAY))
    assert await told(house) == [stay, short]


async def test_visits_that_end_after_the_hour_of_the_same_day_are_asked_about_the_next(
    desk: Desk, house: House
) -> None:
    customer, service = await house.customer(email="nino@example.org"), await house.service()
    before, after = [
        await house.booking(
            customer,
            await dog(house, customer),
            await house.slot(service, at(TODAY, 9), ends_at=at(TODAY, ends)),
            status="COMPLETED",
        )
        for ends in (12, 20)
    ]
    await factory.rule(house, "AFTER_VISIT", TODAY, time(18), days_after=0)
    await house.pool.execute(
        "UPDATE bookings SET status = 'CHECKED_IN' WHERE organization_id = $1 AND id = $2", house.id, after
    )
    await run(desk, house, at(TODAY, 18))
    assert await told(house) == [before]
    await house.pool.execute("UPDATE bookings SET status = 'COMPLETED' WHERE organization_id = $1", house.id)
    await run(desk, house, at(TODAY + DAY, 18))
    assert await told(house) == [before, after]


# clocks


async def test_when_the_clocks_change_it_is_said_once_a_day(desk: Desk, house: House) -> None:
    """At half past two in Berlin: on one Sunday there is no such time, on another there are two."""
    berlin = ZoneInfo("Europe/Berlin")
    await house.pool.execute("UPDATE organizations SET time_zone = 'Europe/Berlin' WHERE id = $1", house.id)
    expected = {
        date(2031, 3, 30): ["2031-03-29T01:30", "2031-03-30T01:00", "2031-03-31T00:30"],
        date(2031, 10, 26): ["2031-10-25T00:30", "2031-10-26T00:30", "2031-10-27T01:30"],
    }
    for sunday, instants in expected.items():
        rule = await factory.rule(house, "CARE_DUE", sunday - DAY, time(2, 30), days_before=sunday.month)
        found = []
        for _ in range(3):
            found.append(await next_run(house, rule))
            assert await run(desk, house, found[-1]) == 1
        assert [instant.isoformat()[:16] for instant in found] == instants
        days = await house.value("SELECT run_on FROM reminder_rules WHERE organization_id = $1 AND id = $2", rule)
        assert days == found[-1].astimezone(berlin).date() + DAY
        await house.pool.execute("DELETE FROM due_work WHERE organization_id = $1", house.id)


async def test_an_organization_that_moved_west_waits_for_its_morning(desk: Desk, house: House) -> None:
    (wanted,) = await dues(house, 7)
    rule = await factory.rule(house, "CARE_DUE", TODAY, days_before=7)
    await house.pool.execute("UPDATE organizations SET time_zone = 'America/New_York' WHERE id = $1", house.id)
    assert await run(desk, house, at(TODAY)) == 1
    morning = at(TODAY, zone=ZoneInfo("America/New_York"))
    assert (await told(house), await next_run(house, rule)) == ([], morning)
    await run(desk, house, morning)
    assert await told(house) == [wanted]


# crashes, crowds and changes in the midst of it


async def many(house: House, count: int) -> UUID:
    """So many dues of a day, and the rule that tells of them."""
    await house.pool.execute(
        """
        WITH protocol AS (
            INSERT INTO care_protocols (organization_id, code, name, kind, subject_kind)
            VALUES ($1, 'RABIES', 'Rabies', 'VACCINATION', 'PET') RETURNING id
        ), clients AS (
            INSERT INTO customers (organization_id, name, email)
            SELECT $1, 'Customer ' || n, 'customer-' || n || '@example.org' FROM generate_series(1, $2) n
            RETURNING id, name
        ), dogs AS (
            INSERT INTO subjects (organization_id, kind, customer_id, name)
            SELECT $1, 'PET', id, name FROM clients RETURNING id, customer_id
        ), pets AS (
            INSERT INTO pets (organization_id, id, kind, species) SELECT $1, id, 'PET', 'DOG' FROM dogs
        )
        INSERT INTO care_dues (organization_id, subject_id, customer_id, protocol_id, kind, title, due_on)
        SELECT $1, dogs.id, customer_id, protocol.id, 'VACCINATION', 'Rabies', $3::date FROM dogs, protocol
        """,
        house.id,
        count,
        TODAY + 7 * DAY,
    )
    return await factory.rule(house, "CARE_DUE", TODAY, days_before=7)


async def claimed(desk: Desk, house: House) -> DueWork:
    id = await house.value("SELECT id FROM due_work WHERE organization_id = $1 AND kind = 'RUN_REMINDER'")
    async with desk.database.write() as session, session.begin():
        (work,) = await due_work.claim(session, desk.settings.work_lease_s, id=id)
    return work


async def one_batch(desk: Desk, house: House, rule_id: UUID) -> None:
    """What a worker does before it dies."""
    async with unit_of_work(desk.database, Viewer.system(house.id), Silence()) as uow:
        rule = await reminders.lock(uow, rule_id)
        assert rule
        started = await reminders.begin(uow, rule)
        assert started
        assert await reminders.tell_some(uow, rule, started, None) is not None


async def test_a_run_that_was_cut_off_begins_again_and_tells_the_rest(desk: Desk, house: House) -> None:
    rule = await many(house, 230)
    with clock.told_by(lambda: at(TODAY)):
        await one_batch(desk, house, rule)
    assert len(await told(house)) == 100
    await run(desk, house, at(TODAY))
    found = await told(house)
    assert len(found) == len(set(found)) == 230
    assert (
        await house.value("SELECT count(*) FROM due_work WHERE organization_id = $1 AND kind <> 'RUN_REMINDER'") == 230
    )


async def test_a_crowd_of_workers_tells_each_once(desk: Desk, house: House) -> None:
    """Leases that ran out: each thinks that the work is its own, and the last is right."""
    rule = await many(house, 130)
    with clock.told_by(lambda: at(TODAY)):
        works = []
        for _ in range(6):
            works.append(await claimed(desk, house))
            await house.pool.execute("UPDATE due_work SET lease_until = NULL WHERE organization_id = $1", house.id)
        answers = await asyncio.gather(*(run_reminder(desk, work) for work in works), return_exceptions=True)
    assert [type(answer) for answer in answers] == [*5 * [AlreadyDone], type(None)]
    found = await told(house)
    assert len(found) == len(set(found)) == 130
    assert await next_run(house, rule) == at(TODAY + DAY)


async def test_a_rule_that_changes_while_it_runs_goes_on_as_it_is_now(desk: Desk, house: House) -> None:
    rule = await many(house, 130)
    with clock.told_by(lambda: at(TODAY)):
        work = await claimed(desk, house)
        await one_batch(desk, house, rule)
        async with unit_of_work(desk.database, Viewer.system(house.id), Silence()) as uow:
            await reminders.update_reminder_rule(uow, rule, 1, days_before=5)
        with pytest.raises(AlreadyDone):
            await run_reminder(desk, work)
    assert len(await told(house)) == 100
    await run(desk, house, at(TODAY))
    assert len(await told(house)) == 100
    assert await next_run(house, rule) == at(TODAY + DAY)


async def test_a_rule_that_is_removed_while_it_runs_says_no_more(desk: Desk, house: House) -> None:
    rule = await many(house, 130)
    with clock.told_by(lambda: at(TODAY)):
        work = await claimed(desk, house)
        await one_batch(desk, house, rule)
        async with unit_of_work(desk.database, Viewer.system(house.id), Silence()) as uow:
            await reminders.remove_reminder_rule(uow, rule)
        with pytest.raises(AlreadyDone):
            await run_reminder(desk, work)
    assert len(await told(house)) == 100
    assert await house.all("SELECT FROM due_work WHERE organization_id = $1 AND kind = 'RUN_REMINDER'") == []


# plans


@pytest.mark.parametrize("days_before", [7, None])
async def test_what_is_due_is_found_by_its_index(house: House, days_before: int | None) -> None:
    await many(house, 2000)
    await house.pool.execute(
        "UPDATE care_dues SET due_on = due_on + (random() * 3000)::int WHERE organization_id = $1", house.id
    )
    await house.pool.execute("ANALYZE care_dues, care_protocols, subjects, customers")
    rule = ReminderRule(organization_id=house.id, kind=NotificationKind.CARE_DUE, days_before=days_before)
    started = Run(TODAY, TODAY, TODAY, ZONE, at(TODAY))
    statement = SEARCHES[rule.kind].statement(rule, started, (TODAY, house.id)).limit(100)
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    written = str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    plan = "\n".join(row[0] for row in await house.pool.fetch(f"EXPLAIN {written}"))
    assert "ix_care_dues_due_on_id" in plan, plan
    assert "Seq Scan on care_dues" not in plan

"""Reminders as people edit them."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from app import clock
from app.context import Server
from tests.client import Json
from tests.depot import act
from tests.factories import reminders
from tests.factories.houses import ZONE, House
from tests.statements import counting
from tests.steps import errors, events, key, row

RULE = (
    "reminderRule { id version kind channels daysBefore daysAfter at weekday active nextRunAt "
    "protocol { id name warningDays } }"
)
CARE_DUE = {"kind": "CARE_DUE", "channels": ["EMAIL"], "daysBefore": 7, "at": "08:00"}


async def _create(house: House, **input: Any) -> Json:
    return await act(house, "createReminderRule", input, RULE, "ADMIN")


async def _created(house: House, **input: Any) -> Json:
    found: Json = (await _create(house, **input))["reminderRule"]
    return found


async def _update(house: House, rule: Json, version: int, **input: Any) -> Json:
    input = {"reminderRuleId": rule["id"], "version": version, **input}
    return await act(house, "updateReminderRule", input, RULE, "ADMIN")


async def _runs(house: House, rule: Json) -> list[datetime]:
    """When the rule's work is due."""
    rows = await house.all(
        "SELECT run_at FROM due_work WHERE organization_id = $1 AND kind = 'RUN_REMINDER' AND ref_id = $2",
        key(rule["id"]),
    )
    return [found["run_at"] for found in rows]


async def _run_on(house: House, rule: Json) -> date | None:
    found: date | None = (await row(house, "reminder_rules", key(rule["id"])))["run_on"]
    return found


def _at(day: date, hour: int, zone: ZoneInfo = ZONE) -> datetime:
    return datetime.combine(day, time(hour), zone).astimezone(UTC)


def _next(hour: int, weekday: int | None = None) -> datetime:
    """The next such hour in Tbilisi, where the clocks never change."""
    now = clock.now()
    days = (now.astimezone(ZONE).date() + timedelta(days=number) for number in range(9))
    return next(at for day in days if (at := _at(day, hour)) > now and weekday in (None, day.weekday()))


def _clear_of(*hours: int) -> None:
    """What is said of the next time must not be overtaken by it."""
    if any(_next(hour) - clock.now() < timedelta(seconds=30) for hour in hours):
        pytest.skip("the hour strikes while this test would run")


# what a rule is


async def test_care_that_falls_due_is_said_at_a_time_of_the_organizations_day(house: House) -> None:
    _clear_of(8)
    protocol = house.gid("CareProtocol", await reminders.protocol(house))
    rule = await _created(house, **CARE_DUE, protocolId=protocol)
    next_run_at = datetime.fromisoformat(rule.pop("nextRunAt"))
    assert rule == {
        "id": rule["id"],
        "version": 1,
        "kind": "CARE_DUE",
        "channels": ["EMAIL"],
        "daysBefore": 7,
        "daysAfter": None,
        "at": "08:00",
        "weekday": None,
        "active": True,
        "protocol": {"id": protocol, "name": "Rabies", "warningDays": 14},
    }
    assert next_run_at == _next(8)
    assert await _runs(house, rule) == [next_run_at]
    assert await _run_on(house, rule) == next_run_at.astimezone(ZONE).date()
    assert await events(house) == ["REMINDER_RULE_CREATED"]


async def test_the_day_is_that_of_the_organization(house: House) -> None:
    offsets = {"Pacific/Kiritimati": "+14:00", "Pacific/Pago_Pago": "-11:00", "Asia/Kathmandu": "+05:45"}
    for days, (zone, offset) in enumerate(offsets.items()):
        await house.pool.execute("UPDATE organizations SET time_zone = $2 WHERE id = $1", house.id, zone)
        rule = await _created(house, **{**CARE_DUE, "daysBefore": days})
        (run,) = await _runs(house, rule)
        wall = run.astimezone(ZoneInfo(zone))
        assert (wall.hour, wall.minute, wall.isoformat()[-6:]) == (8, 0, offset)
        assert timedelta() < run - clock.now() <= timedelta(days=1)
        assert await _run_on(house, rule) == wall.date()


async def test_what_is_overdue_is_said_once_a_week(house: House) -> None:
    _clear_of(9)
    rule = await _created(house, kind="CARE_OVERDUE", channels=["PUSH", "EMAIL"], weekday="THURSDAY", at="09:00")
    assert (rule["weekday"], rule["channels"]) == ("THURSDAY", ["EMAIL", "PUSH"])
    assert await _runs(house, rule) == [_next(9, weekday=3)]


async def test_bookings_are_told_of_before_and_after(house: House) -> None:
    _clear_of(10, 0)
    before = await _created(house, kind="BOOKING_TOMORROW", channels=["SMS"], daysBefore=1, at="10:00")
    after = await _created(house, kind="AFTER_VISIT", channels=["EMAIL"], daysAfter=0, at="00:00")
    assert (before["daysBefore"], before["daysAfter"]) == (1, None)
    assert (after["daysBefore"], after["daysAfter"]) == (None, 0)
    assert (await _runs(house, before), await _runs(house, after)) == ([_next(10)], [_next(0)])


async def test_what_is_said_at_once_has_ways_alone(house: House) -> None:
    for kind in ("BOOKING_CONFIRMED", "WAITLIST_OFFER", "DRIVER_UNDER_WAY", "POST_PUBLISHED"):
        rule = await _created(house, kind=kind, channels=["SMS"], active=False)
        assert (rule["at"], rule["nextRunAt"], rule["active"]) == (None, None, False)
        rule = (await _update(house, rule, 1, active=True, channels=["SMS", "EMAIL", "SMS"]))["reminderRule"]
        assert (rule["version"], rule["active"], rule["channels"]) == (2, True, ["EMAIL", "SMS"])
        assert (await _runs(house, rule), await _run_on(house, rule)) == ([], None)


WRONG: list[tuple[Json, str]] = [
    ({"kind": "CARE_DUE"}, "at"),
    ({**CARE_DUE, "channels": []}, "channels"),
    ({**CARE_DUE, "daysBefore": -1}, "daysBefore"),
    ({**CARE_DUE, "daysBefore": 366}, "daysBefore"),
    ({**CARE_DUE, "daysAfter": 1}, "daysAfter"),
    ({**CARE_DUE, "weekday": "MONDAY"}, "weekday"),
    ({"kind": "CARE_OVERDUE", "at": "08:00"}, "weekday"),
    ({"kind": "CARE_OVERDUE", "weekday": "MONDAY"}, "at"),
    ({"kind": "CARE_OVERDUE", "weekday": "MONDAY", "at": "08:00", "daysBefore": 1}, "daysBefore"),
    ({"kind": "BOOKING_TOMORROW", "at": "08:00"}, "daysBefore"),
    ({"kind": "BOOKING_TOMORROW", "at": "08:00", "daysBefore": 0}, "daysBefore"),
    ({"kind": "BOOKING_TOMORROW", "daysBefore": 1}, "at"),
    ({"kind": "AFTER_VISIT", "at": "08:00"}, "daysAfter"),
    ({"kind": "AFTER_VISIT", "at": "08:00", "daysAfter": -1}, "daysAfter"),
    ({"kind": "BOOKING_CONFIRMED", "at": "08:00"}, "at"),
    ({"kind": "WAITLIST_OFFER", "daysBefore": 1}, "daysBefore"),
]


async def test_a_kind_has_its_own_fields(house: House) -> None:
    for input, field in WRONG:
        wanted = {"channels": ["EMAIL"], **input}
        assert await errors(house.client("ADMIN"), "createReminderRule", wanted) == [("BAD_USER_INPUT", field)], input
    assert await house.all("SELECT FROM reminder_rules WHERE organization_id = $1") == []


async def test_only_care_is_about_a_protocol(house: House) -> None:
    protocol = house.gid("CareProtocol", await reminders.protocol(house))
    visit = {"kind": "AFTER_VISIT", "channels": ["EMAIL"], "at": "08:00", "daysAfter": 1, "protocolId": protocol}
    assert await errors(house.client("ADMIN"), "createReminderRule", visit) == [("BAD_USER_INPUT", "protocolId")]


async def test_two_of_a_kind_differ(house: House) -> None:
    protocol = house.gid("CareProtocol", await reminders.protocol(house))
    refused = {"__typename": "AlreadyExists", "field": "kind"}
    first = await _created(house, **CARE_DUE)
    again = await _create(house, **{**CARE_DUE, "at": "10:00", "channels": ["SMS"]})
    assert again == refused | {"message": "A reminder of this kind for these days exists."}
    other = await _created(house, **{**CARE_DUE, "daysBefore": 1})
    assert (await _create(house, **CARE_DUE, protocolId=protocol))["reminderRule"]["id"] not in (
        first["id"],
        other["id"],
    )
    answer = await _update(house, other, 1, daysBefore=7)
    assert {name: answer[name] for name in refused} == refused
    now_and_then = {"channels": ["EMAIL"], "kind": "CARE_OVERDUE", "at": "08:00"}
    await _created(house, **now_and_then, weekday="MONDAY")
    assert (await _create(house, **now_and_then, weekday="TUESDAY"))["__typename"] == "AlreadyExists"
    assert await house.value("SELECT count(*) FROM reminder_rules WHERE organization_id = $1") == 4


# changes


async def test_the_work_follows_the_rule(house: House) -> None:
    _clear_of(8, 21)
    rule = await _created(house, **CARE_DUE)
    day = await _run_on(house, rule)
    assert day is not None
    moved = (await _update(house, rule, 1, at="21:00"))["reminderRule"]
    # a day that is not done stays the next, at the new time
    assert await _runs(house, rule) == [_at(day, 21)]
    assert datetime.fromisoformat(moved["nextRunAt"]) == _at(day, 21)
    off = (await _update(house, rule, 2, active=False))["reminderRule"]
    assert (off["nextRunAt"], await _runs(house, rule), await _run_on(house, rule)) == (None, [], None)
    on = (await _update(house, rule, 3, active=True))["reminderRule"]
    assert await _runs(house, rule) == [_next(21)]
    assert (on["version"], await _run_on(house, rule)) == (4, _next(21).astimezone(ZONE).date())
    assert await events(house) == ["REMINDER_RULE_CREATED"] + ["REMINDER_RULE_UPDATED"] * 3


async def test_another_day_of_the_week(house: House) -> None:
    _clear_of(9)
    rule = await _created(house, kind="CARE_OVERDUE", channels=["EMAIL"], weekday="MONDAY", at="09:00")
    assert await _runs(house, rule) == [_next(9, weekday=0)]
    await _update(house, rule, 1, weekday="SUNDAY")
    assert await _runs(house, rule) == [_next(9, weekday=6)]


async def test_days_that_were_left_out_are_not_forgotten_by_a_change(house: House) -> None:
    """No worker was there for three days: the change leaves their work, to be done at once."""
    today = clock.now().astimezone(ZONE).date()
    id = await reminders.rule(house, "CARE_DUE", today - timedelta(days=3), days_before=7)
    rule = {"id": house.gid("ReminderRule", id)}
    before = clock.now()
    await _update(house, rule, 1, channels=["SMS"])
    (run,) = await _runs(house, rule)
    assert before <= run <= clock.now()
    assert await _run_on(house, rule) == today - timedelta(days=3)


async def test_changes_are_checked_as_a_whole(house: House) -> None:
    rule = await _created(house, kind="BOOKING_TOMORROW", channels=["EMAIL"], daysBefore=1, at="10:00")
    for change, field in (({"daysBefore": None}, "daysBefore"), ({"daysAfter": 1}, "daysAfter")):
        input = {"reminderRuleId": rule["id"], "version": 1, **change}
        assert await errors(house.client("ADMIN"), "updateReminderRule", input) == [("BAD_USER_INPUT", field)]
    care = await _created(house, **CARE_DUE)
    protocols = (await _update(house, care, 1, daysBefore=None))["reminderRule"]
    assert (protocols["daysBefore"], protocols["version"]) == (None, 2)
    stale = await _update(house, care, 1, at="07:00")
    assert stale == {"__typename": "VersionConflict", "currentVersion": 2}


async def test_a_rule_that_is_removed_runs_no_more_and_what_it_said_stays(house: House) -> None:
    rule = await _created(house, **CARE_DUE)
    customer = await house.customer(email="nino@example.org")
    said = await _said(house, key(rule["id"]), customer)
    answer = await act_on(house, "removeReminderRule", {"reminderRuleId": rule["id"]})
    assert answer["removeReminderRule"]["reminderRule"]["id"] == rule["id"]
    assert await _runs(house, rule) == []
    assert await house.all("SELECT FROM reminder_rules WHERE organization_id = $1") == []
    assert (await row(house, "notifications", said))["rule"] == key(rule["id"])
    assert await events(house) == ["REMINDER_RULE_CREATED", "REMINDER_RULE_REMOVED"]
    gone = {"reminderRuleId": rule["id"]}
    assert await errors(house.client("ADMIN"), "removeReminderRule", gone) == [("NOT_FOUND", None)]


async def act_on(house: House, verb: str, input: Json) -> Json:
    name = f"{verb[0].upper()}{verb[1:]}Input"
    found: Json = await house.client("ADMIN").run(
        f"mutation Act($input: {name}!) {{ {verb}(input: $input) {{ reminderRule {{ id }} }} }}", {"input": input}
    )
    return found


async def _said(house: House, rule_id: UUID, customer: UUID) -> UUID:
    return await house.insert(
        "notifications",
        kind="CARE_DUE",
        channel="EMAIL",
        status="QUEUED",
        cause="a cause",
        recipient=f"customer:{customer}",
        customer_id=customer,
        rule=rule_id,
        about_type="Customer",
        about=customer,
        locale="en",
        send_at=clock.now(),
    )


# reading


async def test_a_list_of_any_length_takes_as_many_statements(house: House, server: Server) -> None:
    counts = []
    for many in (2, 18):
        for _ in range(many):
            protocol = await reminders.protocol(house)
            await reminders.rule(house, "CARE_DUE", house.day, days_before=3, protocol_id=protocol)
        with counting(server) as statements:
            answer = await house.client("STAFF").run(
                "{ reminderRules(first: 50) { totalCount edges { node { kind nextRunAt protocol { name } } } } }"
            )
        counts.append(len(statements.data))
    found = answer["reminderRules"]
    assert found["totalCount"] == len(found["edges"]) == 20
    assert {edge["node"]["nextRunAt"] for edge in found["edges"]} == {house.at(time(8)).isoformat()}
    assert counts == [4, 4]


async def test_a_list_of_some(house: House) -> None:
    await reminders.rule(house, "CARE_DUE", house.day, days_before=3)
    await reminders.rule(house, "AFTER_VISIT", None, days_after=3, active=False)
    for filter, kinds in (
        ("{kind: [CARE_DUE, CARE_OVERDUE]}", ["CARE_DUE"]),
        ("{active: false}", ["AFTER_VISIT"]),
        ("{kind: [CARE_DUE], active: false}", []),
    ):
        query = f"{{ reminderRules(filter: {filter}) {{ edges {{ node {{ kind }} }} }} }}"
        found = await house.client("STAFF").run(query)
        assert [edge["node"]["kind"] for edge in found["reminderRules"]["edges"]] == kinds

"""Opening hours as people edit them."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from app.context import Server
from tests.client import Json
from tests.factories.houses import ZONE, House
from tests.statements import counting
from tests.steps import errors, events, nothing_changes, row

COUNTS = "created changed removed withdrawn bookingsOutsideCount bookingsOutside { id }"
SCHEDULE = """schedule { id version name rule startsOn endsOn opensAt closesAt slotEveryS capacity horizonDays
  plannedUntil active service { name } resource { name } }"""
CHANGED = f"... on UpdateScheduleSuccess {{ {SCHEDULE} {COUNTS} }} ... on VersionConflict {{ currentVersion }}"
EXCEPTION = "exception { id kind startsOn endsOn opensAt closesAt reason schedule { id } }"


async def wanted(house: House, **values: Any) -> Json:
    """A week of mornings, four slots each."""
    if not values.keys() & {"serviceId", "resourceId"}:
        values["serviceId"] = house.gid("Service", await house.service(duration_s=3600))
    usual = {"name": "Mornings", "rule": "FREQ=DAILY", "startsOn": house.day.isoformat(), "opensAt": "09:00"}
    return {**usual, "closesAt": "13:00", "slotEveryS": 3600, "capacity": 2, "horizonDays": 7, **values}


async def create(house: House, **values: Any) -> Json:
    return await house.client("OWNER").act("createSchedule", await wanted(house, **values), f"{SCHEDULE} {COUNTS}")


async def starts(house: House) -> list[datetime]:
    rows = await house.all("SELECT starts_at FROM slots WHERE organization_id = $1 ORDER BY starts_at")
    return [row["starts_at"].astimezone(ZONE) for row in rows]


def after(house: House, days: int) -> date:
    return house.day + timedelta(days=days)


async def test_a_schedule_makes_slots_at_once(house: House) -> None:
    answer = await create(house, name="  The   mornings ")
    assert answer == {
        "__typename": "CreateSchedulePayload",
        "schedule": {
            "id": answer["schedule"]["id"],
            "version": 1,
            "name": "The mornings",
            "rule": "FREQ=DAILY",
            "startsOn": house.day.isoformat(),
            "endsOn": None,
            "opensAt": "09:00",
            "closesAt": "13:00",
            "slotEveryS": 3600,
            "capacity": 2,
            "horizonDays": 7,
            "plannedUntil": after(house, 6).isoformat(),
            "active": True,
            "service": {"name": "Day care"},
            "resource": None,
        },
        "created": 28,
        "changed": 0,
        "removed": 0,
        "withdrawn": 0,
        "bookingsOutsideCount": 0,
        "bookingsOutside": [],
    }
    expected = [datetime.combine(after(house, day), time(hour), ZONE) for day in range(7) for hour in (9, 10, 11, 12)]
    assert await starts(house) == expected
    assert await events(house) == ["SCHEDULE_CREATED", "SCHEDULE_PLANNED"]
    payload = await house.value("SELECT payload FROM events WHERE organization_id = $1 AND type = 'SCHEDULE_PLANNED'")
    assert payload == '{"changed": 0, "created": 28, "removed": 0, "withdrawn": 0}'


async def test_slots_can_be_booked_and_name_their_resource(house: House) -> None:
    resource = await house.resource(name="Nino")
    await create(
        house, resourceId=house.gid("Resource", resource), serviceId=house.gid("Service", await house.service())
    )
    slots = await house.client("CUSTOMER").run(
        "{ slots { edges { node { id resource { name } capacity available } } } }"
    )
    found = [edge["node"] for edge in slots["slots"]["edges"]]
    assert {(slot["resource"]["name"], slot["capacity"], slot["available"]) for slot in found} == {("Nino", 2, 1)}


async def test_a_stay_has_a_slot_a_night(house: House) -> None:
    service = house.gid("Service", await house.service(kind="STAY"))
    night = {"serviceId": service, "opensAt": "15:00", "closesAt": "11:00"}
    async with nothing_changes(house):
        found = await errors(house.client("OWNER"), "createSchedule", await wanted(house, **night))
    assert found == [("BAD_USER_INPUT", "slotEveryS")]
    assert (await create(house, **night, slotEveryS=None))["created"] == 7
    customer = house.people["CUSTOMER"].viewer.customer_id
    assert customer
    stay = {
        "serviceId": service,
        "subjectId": house.gid("Pet", await house.pet(customer)),
        "arrival": house.day.isoformat(),
        "departure": after(house, 3).isoformat(),
    }
    booked = await house.client("CUSTOMER").act("bookStay", stay, "... on BookStaySuccess { booking { nights } }")
    assert booked["booking"] == {"nights": 3}


async def test_a_resource_alone_is_open_and_has_no_slots(house: House) -> None:
    resource = await house.resource()
    answer = await create(house, resourceId=house.gid("Resource", resource), slotEveryS=None)
    rows = await house.all("SELECT * FROM openings WHERE organization_id = $1 ORDER BY starts_at")
    assert (answer["created"], len(rows), await starts(house)) == (400, 400, [])
    first = [rows[0][name].astimezone(ZONE) for name in ("starts_at", "ends_at")]
    assert first == [datetime.combine(house.day, time(hour), ZONE) for hour in (9, 13)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("rule", "FREQ=HOURLY"),
        ("rule", "whenever"),
        ("startsOn", "1999-01-01"),
        ("startsOn", "2199-01-01"),
        ("endsOn", "2000-01-01"),
        ("slotEveryS", 59),
        ("slotEveryS", 24 * 3600 + 1),
        ("capacity", 0),
        ("capacity", 10_001),
        ("horizonDays", 0),
        ("horizonDays", 367),
    ],
)
async def test_a_schedule_must_make_sense(house: House, field: str, value: Any) -> None:
    schedule = await house.schedule()
    changed = {"scheduleId": house.gid("Schedule", schedule), "version": 1, field: value}
    new = await wanted(house, **{field: value})
    async with nothing_changes(house):
        assert await errors(house.client("OWNER"), "createSchedule", new) == [("BAD_USER_INPUT", field)]
        assert await errors(house.client("OWNER"), "updateSchedule", changed) == [("BAD_USER_INPUT", field)]


async def test_a_schedule_is_of_something(house: House) -> None:
    new = await wanted(house)
    del new["serviceId"]
    async with nothing_changes(house):
        assert await errors(house.client("OWNER"), "createSchedule", new) == [("BAD_USER_INPUT", "serviceId")]
    new["resourceId"] = house.gid("Resource", await house.resource())
    async with nothing_changes(house):
        assert await errors(house.client("OWNER"), "createSchedule", new) == [("BAD_USER_INPUT", "slotEveryS")]


@pytest.mark.parametrize("value", ["9:00", "24:00", "09:00:00", "09:60", "nine", "", "09:00Z", 9])
async def test_a_time_on_the_wall_has_one_form(house: House, value: Any) -> None:
    new = await wanted(house, opensAt=value)
    async with nothing_changes(house):
        assert await errors(house.client("OWNER"), "createSchedule", new) == [("BAD_USER_INPUT", None)]


async def test_a_schedule_makes_fifty_thousand_slots_at_most(house: House) -> None:
    many = {"opensAt": "00:00", "closesAt": "00:00", "slotEveryS": 60, "horizonDays": 366}
    new = await wanted(house, **many, serviceId=house.gid("Service", await house.service(duration_s=60)))
    async with nothing_changes(house):
        assert await errors(house.client("OWNER"), "createSchedule", new) == [("BAD_USER_INPUT", "slotEveryS")]


async def test_a_schedule_changes_from_the_version_that_was_seen(house: House) -> None:
    id = (await create(house))["schedule"]["id"]
    change = {"scheduleId": id, "version": 1, "opensAt": "10:00", "capacity": 3, "endsOn": after(house, 1).isoformat()}
    answer = await house.client("OWNER").act("updateSchedule", change, CHANGED)
    assert (answer["schedule"]["version"], answer["schedule"]["opensAt"]) == (2, "10:00")
    assert [answer[name] for name in ("created", "changed", "removed", "withdrawn")] == [0, 6, 22, 0]
    assert await events(house, 2) == ["SCHEDULE_UPDATED", "SCHEDULE_PLANNED"]
    async with nothing_changes(house):
        answer = await house.client("OWNER").act("updateSchedule", change, CHANGED)
    assert answer == {"__typename": "VersionConflict", "currentVersion": 2}


async def test_slots_are_made_further_ahead_when_asked_for(house: House) -> None:
    id = (await create(house))["schedule"]["id"]
    owner, until = house.client("OWNER"), after(house, 29)
    further = {"scheduleId": id, "until": until.isoformat()}
    answer = await owner.act("generateSlots", further, f"schedule {{ plannedUntil }} {COUNTS}")
    assert (answer["created"], answer["schedule"]["plannedUntil"]) == (23 * 4, until.isoformat())
    async with nothing_changes(house):
        again = await owner.act("generateSlots", further, "created changed removed withdrawn")
    assert again == {"__typename": "GenerateSlotsPayload", "created": 0, "changed": 0, "removed": 0, "withdrawn": 0}
    # what is there stays in line, and does not shrink back to the horizon
    change = {"scheduleId": id, "version": 1, "closesAt": "12:00"}
    answer = await owner.act("updateSchedule", change, CHANGED)
    assert (answer["removed"], answer["schedule"]["plannedUntil"]) == (30, until.isoformat())


async def test_slots_are_made_for_a_year_at_most(house: House) -> None:
    id = (await create(house))["schedule"]["id"]
    of_resource = house.gid("Schedule", await house.schedule(resource_id=await house.resource(), slot_every_s=None))
    over = house.gid("Schedule", await house.schedule(active=False))
    async with nothing_changes(house):
        for until in (after(house, 366), after(house, -2), date(2199, 12, 31)):
            asked = {"scheduleId": id, "until": until.isoformat()}
            assert await errors(house.client("OWNER"), "generateSlots", asked) == [("BAD_USER_INPUT", "until")]
        for other in (of_resource, over):
            asked = {"scheduleId": other, "until": house.day.isoformat()}
            assert await errors(house.client("OWNER"), "generateSlots", asked) == [("BAD_USER_INPUT", "scheduleId")]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "EXTRA", "scheduleId": None}, "scheduleId"),
        ({"opensAt": "09:00"}, "closesAt"),
        ({"closesAt": "09:00"}, "opensAt"),
        ({"endsOn": "2020-01-01"}, "endsOn"),
        ({"endsOn": "2199-01-01"}, "endsOn"),
        ({"startsOn": "1901-01-01"}, "startsOn"),
        ({"startsOn": "2199-12-31"}, "startsOn"),
        ({"reason": "x" * 5_001}, "reason"),
    ],
)
async def test_an_exception_must_make_sense(house: House, change: Json, field: str) -> None:
    schedule = house.gid("Schedule", await house.schedule())
    new = {"scheduleId": schedule, "kind": "CLOSED", "startsOn": house.day.isoformat(), **change}
    async with nothing_changes(house):
        assert await errors(house.client("OWNER"), "createScheduleException", new) == [("BAD_USER_INPUT", field)]


async def test_an_exception_comes_and_goes(house: House) -> None:
    id, owner = (await create(house))["schedule"]["id"], house.client("OWNER")
    before = await starts(house)
    new = {"scheduleId": id, "kind": "CLOSED", "startsOn": after(house, 1).isoformat(), "reason": " Inventory. "}
    answer = await owner.act("createScheduleException", new, f"{EXCEPTION} {COUNTS}")
    assert answer["exception"] == {
        "id": answer["exception"]["id"],
        "kind": "CLOSED",
        "startsOn": after(house, 1).isoformat(),
        "endsOn": after(house, 1).isoformat(),
        "opensAt": None,
        "closesAt": None,
        "reason": "Inventory.",
        "schedule": {"id": id},
    }
    assert (answer["removed"], answer["created"]) == (4, 0)
    assert [at for at in before if at.date() != after(house, 1)] == await starts(house)
    gone = {"exceptionId": answer["exception"]["id"]}
    answer = await owner.act("removeScheduleException", gone, f"schedule {{ id }} {COUNTS}")
    assert (answer["schedule"], answer["created"], await starts(house)) == ({"id": id}, 4, before)
    assert await events(house, 2) == [
        "SCHEDULE_EXCEPTION_CREATED",
        "SCHEDULE_PLANNED",
        "SCHEDULE_EXCEPTION_REMOVED",
        "SCHEDULE_PLANNED",
    ]
    async with nothing_changes(house):
        assert await errors(owner, "removeScheduleException", gone) == [("NOT_FOUND", None)]


async def test_an_extra_day_opens_besides(house: House) -> None:
    weekday = after(house, 0).strftime("%a").upper()[:2]
    id = (await create(house, rule=f"FREQ=WEEKLY;BYDAY={weekday}"))["schedule"]["id"]
    extra = {
        "scheduleId": id,
        "kind": "EXTRA",
        "startsOn": after(house, 1).isoformat(),
        "endsOn": after(house, 2).isoformat(),
    }
    hours = {"opensAt": "18:00", "closesAt": "20:00"}
    answer = await house.client("OWNER").act("createScheduleException", extra | hours, "created")
    assert answer["created"] == 4
    evenings = [datetime.combine(after(house, day), time(hour), ZONE) for day in (1, 2) for hour in (18, 19)]
    assert (await starts(house))[4:] == evenings


async def test_a_holiday_closes_everything(house: House, stranger: House) -> None:
    """Every schedule, services' and resources' alike; nobody else's."""
    await create(house)
    resource, service = house.gid("Resource", await house.resource()), house.gid("Service", await house.service())
    await create(house, resourceId=resource, serviceId=service, slotEveryS=None)
    await create(house, resourceId=resource, slotEveryS=None)
    await create(stranger)
    holiday = {"kind": "CLOSED", "startsOn": after(house, 1).isoformat(), "reason": "Giorgoba"}
    async with nothing_changes(stranger):
        answer = await house.client("OWNER").act("createScheduleException", holiday, f"{EXCEPTION} {COUNTS}")
    assert (answer["exception"]["schedule"], answer["removed"]) == (None, 4 + 1 + 1)
    assert after(house, 1) not in {at.date() for at in await starts(house)}
    assert await events(house, 6) == ["SCHEDULE_EXCEPTION_CREATED", *["SCHEDULE_PLANNED"] * 3]
    gone = {"exceptionId": answer["exception"]["id"]}
    answer = await house.client("OWNER").act("removeScheduleException", gone, "schedule { id } created")
    assert (answer["schedule"], answer["created"]) == (None, 6)


async def test_a_repetition_tells_what_was_done(house: House) -> None:
    new = await wanted(house)
    selection = f"{SCHEDULE} {COUNTS}"
    first = await house.client("OWNER").act("createSchedule", new, selection, idempotency_key="a")
    async with nothing_changes(house):
        again = await house.client("OWNER").act("createSchedule", new, selection, idempotency_key="a")
    assert (first["created"], again) == (28, first)


LISTS = """query Lists($service: ID, $resource: ID, $schedule: ID, $from: Date, $to: Date, $active: Boolean) {
  schedules(filter: {serviceId: $service, resourceId: $resource, active: $active}) {
    totalCount edges { node { name service { name } resource { name } exceptions { edges { node { reason } } } } } }
  scheduleExceptions(filter: {scheduleId: $schedule, from: $from, to: $to}) {
    totalCount edges { node { reason schedule { name } } } } }"""


async def lists(house: House, **variables: str | bool) -> tuple[list[str], list[str]]:
    found = await house.client("CUSTOMER").run(LISTS, variables)
    names = [edge["node"]["name"] for edge in found["schedules"]["edges"]]
    return names, [edge["node"]["reason"] for edge in found["scheduleExceptions"]["edges"]]


async def test_schedules_and_exceptions_are_listed(house: House, server: Server) -> None:
    service, resource = await house.service(), await house.resource()
    a = await house.schedule(name="A", service_id=service)
    b = await house.schedule(name="B", service_id=service, resource_id=resource, active=False)
    await house.schedule(name="C", resource_id=resource)
    for number, schedule in enumerate((a, b, None, a)):
        day = after(house, number * 10)
        values = {"schedule_id": schedule, "kind": "CLOSED", "starts_on": day, "ends_on": day + timedelta(days=2)}
        await house.insert("schedule_exceptions", reason=str(number), **values)
    gid, days = house.gid, [after(house, number).isoformat() for number in range(22)]
    with counting(server) as statements:
        assert await lists(house) == (["A", "B", "C"], ["0", "1", "2", "3"])
    # two pages, two counts, three relations, and the schedules of exceptions
    assert len(statements.data) == 8, statements.report()
    assert (await lists(house, service=gid("Service", service)))[0] == ["A", "B"]
    assert (await lists(house, resource=gid("Resource", resource), active=True))[0] == ["C"]
    assert (await lists(house, schedule=gid("Schedule", a)))[1] == ["0", "3"]
    assert (await lists(house, **{"from": days[2], "to": days[20]}))[1] == ["0", "1"]
    assert (await lists(house, **{"from": days[3], "to": days[21]}))[1] == ["1", "2"]


async def test_what_is_of_others_is_of_nobody(house: House, stranger: House) -> None:
    theirs = stranger.gid("Schedule", await stranger.schedule())
    day = house.day.isoformat()
    new = await wanted(house)
    calls = [
        ("createSchedule", new | {"serviceId": stranger.gid("Service", await stranger.service())}),
        ("createSchedule", new | {"resourceId": stranger.gid("Resource", await stranger.resource())}),
        ("updateSchedule", {"scheduleId": theirs, "version": 1, "name": "Ours"}),
        ("createScheduleException", {"scheduleId": theirs, "kind": "CLOSED", "startsOn": day}),
        ("generateSlots", {"scheduleId": theirs, "until": day}),
    ]
    async with nothing_changes(house), nothing_changes(stranger):
        for verb, input in calls:
            assert await errors(house.client("OWNER"), verb, input) == [("NOT_FOUND", None)], verb


async def test_only_who_keeps_the_catalogue_edits_schedules(house: House) -> None:
    id = await house.schedule()
    change = {"scheduleId": house.gid("Schedule", id), "version": 1, "name": "Mine"}
    for role in ("CUSTOMER", "DRIVER", "STAFF", "DISPATCHER"):
        assert await errors(house.client(role), "updateSchedule", change) == [("FORBIDDEN", None)]
    assert (await row(house, "schedules", id))["name"] == "Every day"

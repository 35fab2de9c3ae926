"""Slots and openings follow opening hours; what was booked stands."""

from datetime import datetime, time, timedelta

from app import clock
from app.access import Viewer
from app.db import Database
from app.services import schedules
from app.uow import Silence, unit_of_work
from tests.factories.houses import ZONE, House
from tests.factories.salons import CHANGED, COUNTS, OUTSIDE, Salon, counts
from tests.invariants import capacity_adds_up
from tests.steps import events, nothing_changes


async def test_planning_twice_changes_nothing_and_says_nothing(house: House, database: Database) -> None:
    salon = await Salon.of(house)
    await salon.book((await salon.slot(10))["id"])
    await salon.close(house.day, opensAt="10:00", closesAt="11:00")
    async with nothing_changes(house):
        async with unit_of_work(database, Viewer.system(house.id), Silence()) as uow:
            _, planned = await schedules.generate_slots(uow, salon.schedule, house.day)
        assert (planned.created, planned.changed, planned.removed, planned.withdrawn) == (0, 0, 0, 0)
        assert planned.bookings_outside_count == 1


async def test_a_closure_leaves_bookings_alone_and_names_them(house: House) -> None:
    salon = await Salon.of(house)
    booked = await salon.slot(10)
    number = await salon.book(booked["id"])
    answer = await salon.close(house.day)
    assert counts(answer) == (0, 0, 3, 1)
    assert (answer["bookingsOutsideCount"], answer["bookingsOutside"]) == (1, [{"number": number}])
    after = await salon.slot(10)
    assert (after["status"], after["taken"], after["version"]) == ("WITHDRAWN", 1, booked["version"] + 1)
    same = ("id", "starts_at", "ends_at", "capacity")
    assert [after[name] for name in same] == [booked[name] for name in same]
    listed = await salon.owner.run("{ bookings(filter: {withdrawn: true}) { edges { node { number status } } } }")
    assert listed == {"bookings": {"edges": [{"node": {"number": number, "status": "PENDING"}}]}}
    # the second place of it is sold no more
    wanted = {"slotId": house.gid("Slot", booked["id"]), "subjectId": house.gid("Pet", salon.pet)}
    assert await salon.customer.client.act("bookSlot", wanted, "") == {"__typename": "SlotClosed"}


async def test_what_is_open_again_is_offered_again(house: House) -> None:
    salon = await Salon.of(house)
    booked = await salon.slot(10)
    await salon.book(booked["id"])
    closure = await salon.close(house.day)
    gone = {"exceptionId": closure["exception"]["id"]}
    answer = await salon.owner.act("removeScheduleException", gone, f"{COUNTS} {OUTSIDE}")
    assert counts(answer) == (3, 1, 0, 0)
    assert (answer["bookingsOutsideCount"], answer["bookingsOutside"]) == (0, [])
    after = await salon.slot(10)
    assert (after["id"], after["status"], after["taken"]) == (booked["id"], "OPEN", 1)
    assert await salon.slots() == {"OPEN": 28}


async def test_a_slot_that_was_ever_booked_or_waited_for_is_kept(house: House) -> None:
    salon = await Salon.of(house, capacity=1)
    cancelled, waited = await salon.slot(9), await salon.slot(10)
    await house.booking(salon.customer_id, salon.pet, cancelled["id"], status="CANCELLED")
    entry = {"customer_id": salon.customer_id, "subject_id": salon.pet, "number": 1, "status": "LEFT"}
    await house.insert("waitlist_entries", slot_id=waited["id"], **entry)
    answer = await salon.close(house.day)
    assert (counts(answer), answer["bookingsOutsideCount"]) == ((0, 0, 2, 2), 0)
    assert [(await salon.slot(hour))["status"] for hour in (9, 10)] == ["WITHDRAWN"] * 2


async def test_capacity_never_falls_below_what_is_taken(house: House) -> None:
    salon = await Salon.of(house)
    full, free = await salon.slot(9), await salon.slot(10)
    for _ in range(2):
        await salon.book(full["id"])
    assert counts(await salon.change(capacity=1)) == (0, 27, 0, 0)
    assert ((await salon.slot(9))["capacity"], (await salon.slot(10))["capacity"]) == (2, 1)
    assert counts(await salon.change(capacity=5)) == (0, 28, 0, 0)
    assert ((await salon.slot(9))["version"], (await salon.slot(10))["version"]) == (2, free["version"] + 2)


async def test_an_end_moves_only_where_nothing_is_taken(house: House) -> None:
    salon = await Salon.of(house, slot_every_s=None)
    booked = await salon.slot(9)
    await salon.book(booked["id"])
    answer = await salon.change(closesAt="12:00")
    assert (counts(answer), answer["bookingsOutsideCount"]) == ((0, 6, 0, 0), 0)
    ends = [(await salon.slot(9, day))["ends_at"].astimezone(ZONE).hour for day in (0, 1)]
    assert ends == [13, 12]


async def test_who_waits_is_offered_what_a_schedule_adds(house: House) -> None:
    salon = await Salon.of(house, capacity=1)
    slot = await salon.slot(9)
    await salon.book(slot["id"])
    waiting = {
        "slotId": house.gid("Slot", slot["id"]),
        "subjectId": house.gid("Pet", await house.pet(salon.customer_id)),
    }
    joined = "... on JoinWaitlistSuccess { entry { status } }"
    await salon.customer.client.act("joinWaitlist", waiting, joined)
    await salon.change(capacity=2)
    assert await house.value("SELECT status FROM waitlist_entries WHERE organization_id = $1") == "OFFERED"
    assert (await salon.slot(9))["taken"] == 2
    await capacity_adds_up(house)


async def test_what_has_begun_is_history(house: House) -> None:
    """A slot that goes on now is neither moved nor taken away."""
    salon = await Salon.of(house, starts_on=house.day - timedelta(days=1))
    begun = await house.slot(
        salon.service, clock.now() - timedelta(minutes=5), schedule_id=salon.schedule, status="OPEN"
    )
    await salon.change(active=False)
    assert await salon.slots() == {"OPEN": 1}
    assert await house.value("SELECT id FROM slots WHERE organization_id = $1") == begun


async def test_a_slot_that_staff_closed_stays_closed(house: House) -> None:
    salon = await Salon.of(house)
    id = (await salon.slot(9))["id"]
    await house.pool.execute("UPDATE slots SET status = 'CLOSED' WHERE id = $1", id)
    await salon.change(capacity=4)
    after = await salon.slot(9)
    assert (after["status"], after["capacity"]) == ("CLOSED", 4)


async def test_a_schedule_that_ends_takes_its_slots_along(house: House) -> None:
    salon = await Salon.of(house)
    number = await salon.book((await salon.slot(12, 6))["id"])
    answer = await salon.change(active=False)
    assert (counts(answer), answer["bookingsOutside"]) == ((0, 0, 27, 1), [{"number": number}])
    assert (await salon.slots(), await salon.pending()) == ({"WITHDRAWN": 1}, [])
    assert await house.value("SELECT planned_until FROM schedules WHERE organization_id = $1") is None
    answer = await salon.change(active=True)
    assert (counts(answer), answer["bookingsOutsideCount"]) == ((27, 1, 0, 0), 0)
    assert len(await salon.pending()) == 1


async def test_a_stay_is_outside_when_one_of_its_nights_is(house: House) -> None:
    salon = await Salon.of(house, opens_at=time(15), closes_at=time(11), slot_every_s=None)
    await house.pool.execute("UPDATE services SET kind = 'STAY' WHERE id = $1", salon.service)
    nights = {"arrival": house.day.isoformat(), "departure": (house.day + timedelta(days=3)).isoformat()}
    stay = {"serviceId": house.gid("Service", salon.service), "subjectId": house.gid("Pet", salon.pet), **nights}
    await salon.customer.client.act("bookStay", stay, "")
    answer = await salon.close(house.day + timedelta(days=2))
    assert (counts(answer), answer["bookingsOutsideCount"]) == ((0, 0, 0, 1), 1)


async def test_more_bookings_than_are_named_are_counted(house: House) -> None:
    salon = await Salon.of(house, capacity=200)
    slot = (await salon.slot(9))["id"]
    for _ in range(103):
        await house.booking(salon.customer_id, salon.pet, slot)
    answer = await salon.close(house.day)
    assert (answer["bookingsOutsideCount"], len(answer["bookingsOutside"])) == (103, 100)


# resources


async def opened(house: House) -> list[tuple[datetime, datetime]]:
    rows = await house.all("SELECT * FROM openings WHERE organization_id = $1 ORDER BY starts_at")
    return [(row["starts_at"].astimezone(ZONE), row["ends_at"].astimezone(ZONE)) for row in rows]


def on(house: House, days: int, *hours: int) -> tuple[datetime, ...]:
    return tuple(datetime.combine(house.day + timedelta(days=days), time(hour), ZONE) for hour in hours)


async def test_all_schedules_of_a_resource_are_one_calendar(house: House) -> None:
    resource = await house.resource()
    usual = {"resource_id": resource, "slot_every_s": None}
    await house.schedule(**usual, opens_at=time(12), closes_at=time(15))
    mornings = house.gid("Schedule", await house.schedule(**usual, opens_at=time(9), closes_at=time(12)))
    change = {"scheduleId": mornings, "version": 1}
    answer = await house.client("OWNER").act("updateSchedule", change, CHANGED)
    assert (counts(answer), (await opened(house))[0]) == ((400, 0, 0, 0), on(house, 0, 9, 15))
    over = change | {"version": 2, "active": False}
    assert counts(await house.client("OWNER").act("updateSchedule", over, CHANGED)) == (400, 0, 400, 0)
    assert (await opened(house))[0] == on(house, 0, 12, 15)


async def test_bookings_outside_the_hours_of_a_resource_are_named(house: House) -> None:
    """A closure cuts its hours; who is booked then stands."""
    resource = await house.resource()
    salon = await Salon.of(house, resource_id=resource, capacity=1)
    hours = await house.schedule(resource_id=resource, slot_every_s=None)
    change = {"scheduleId": house.gid("Schedule", hours), "version": 1}
    await salon.owner.act("updateSchedule", change, CHANGED)
    number = await salon.book((await salon.slot(10))["id"])
    await salon.book((await salon.slot(12))["id"])
    closure = {"scheduleId": house.gid("Schedule", hours), "kind": "CLOSED", "startsOn": house.day.isoformat()}
    lunch = closure | {"opensAt": "10:30", "closesAt": "12:00"}
    answer = await salon.owner.act("createScheduleException", lunch, f"{COUNTS} {OUTSIDE}")
    assert counts(answer) == (2, 0, 1, 0)
    assert (answer["bookingsOutsideCount"], answer["bookingsOutside"]) == (1, [{"number": number}])
    midday = datetime.combine(house.day, time(10, 30), ZONE)
    assert (await opened(house))[:2] == [(on(house, 0, 9)[0], midday), on(house, 0, 12, 17)]
    # nobody else gets the resource then
    free = "query Free($id: ID!) { node(id: $id) { ... on Slot { available } } }"
    ids = [house.gid("Slot", (await salon.slot(hour))["id"]) for hour in (9, 11)]
    assert [(await salon.owner.run(free, {"id": id}))["node"]["available"] for id in ids] == [1, 0]


async def test_an_opening_that_goes_on_stays_correct(house: House, database: Database) -> None:
    """Open all day and all night: from some time in the past up to the last day that is known."""
    always = {"opens_at": time(0), "closes_at": time(0), "starts_on": house.day - timedelta(days=30)}
    schedule = await house.schedule(resource_id=await house.resource(), slot_every_s=None, **always)
    end = datetime.combine(house.day + timedelta(days=400), time(), ZONE)
    for _ in range(2):
        async with unit_of_work(database, Viewer.system(house.id), Silence()) as uow:
            await schedules.extend(uow, schedule)
        ((begin, until),) = await opened(house)
        assert (begin < clock.now(), until) == (True, end)
        # the second time finds it as it should be
        assert await events(house) == ["SCHEDULE_PLANNED"]

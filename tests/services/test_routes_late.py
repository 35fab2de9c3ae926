"""What an offline phone tells: late, twice, in any order."""

from datetime import datetime, time, timedelta

import pytest

from app import clock
from tests.driving import Drive
from tests.factories.houses import ZONE, House
from tests.steps import errors, events, nothing_changes

VERBS = ("arriveAtStop", "completeStop", "skipStop", "failStop")


async def test_a_late_arrival_fills_in_the_time(house: House) -> None:
    drive, now = await Drive.of(house, status="IN_PROGRESS"), clock.now()
    done = (await drive.complete(0, now - timedelta(minutes=5)))["stop"]
    assert (done["status"], done["arrivedAt"], done["transport"]["status"]) == ("DONE", None, "PICKED_UP")
    assert await events(house) == ["STOP_COMPLETED", "TRANSPORT_EN_ROUTE", "TRANSPORT_PICKED_UP"]
    arrived = (await drive.arrive(0, now - timedelta(minutes=9)))["stop"]
    assert arrived == done | {"arrivedAt": (now - timedelta(minutes=9)).isoformat()}
    assert (await events(house))[3:] == ["STOP_ARRIVED"]
    async with nothing_changes(house):
        assert (await drive.arrive(0, now))["stop"] == arrived


async def test_nobody_arrives_after_having_left(house: House) -> None:
    drive, now = await Drive.of(house), clock.now()
    done_at = (now - timedelta(minutes=5)).isoformat()
    await drive.complete(0, now - timedelta(minutes=5))
    arrived = (await drive.arrive(0, now))["stop"]
    assert (arrived["status"], arrived["arrivedAt"], arrived["doneAt"]) == ("DONE", done_at, done_at)


async def test_a_late_arrival_is_noted_on_a_completed_route(house: House) -> None:
    drive, now = await Drive.of(house, status="IN_PROGRESS"), clock.now()
    await drive.complete(0)
    assert (await drive.complete(1))["stop"]["route"] == {"status": "COMPLETED"}
    arrived = (await drive.arrive(1, now))["stop"]
    assert (arrived["arrivedAt"], arrived["route"]) == (now.isoformat(), {"status": "COMPLETED"})


async def test_whoever_tells_of_a_stop_has_set_out(house: House) -> None:
    drive = await Drive.of(house, rides=2)
    assert (await drive.complete(2))["stop"]["route"] == {"status": "IN_PROGRESS"}
    assert await drive.column("drivers", "status") == ["ON_ROUTE"]
    assert await drive.column("transports", "status") == ["EN_ROUTE", "PICKED_UP"]
    async with nothing_changes(house):
        assert (await drive.start())["route"] == {"status": "IN_PROGRESS", "driver": {"status": "ON_ROUTE"}}
    for stop in (3, 0, 1):
        await drive.complete(stop)
    async with nothing_changes(house):
        assert (await drive.start())["route"] == {"status": "COMPLETED", "driver": {"status": "AVAILABLE"}}


async def test_the_end_of_a_route_may_be_told_after_the_next_has_begun(house: House) -> None:
    driver = house.people["DRIVER"].viewer.driver_id
    hours = ((time(7), time(13)), (time(13), time(20)))
    shifts = [await house.shift(driver, starts_at=house.at(begins), ends_at=house.at(ends)) for begins, ends in hours]
    morning, afternoon = [await Drive.of(house, shift=shift) for shift in shifts]
    await morning.complete(0)
    told = await events(house)
    assert (await afternoon.start())["route"] == {"status": "IN_PROGRESS", "driver": {"status": "ON_ROUTE"}}
    assert (await events(house))[len(told) :] == ["ROUTE_STARTED", "TRANSPORT_EN_ROUTE"]
    # now the word that was lost
    assert (await morning.complete(1))["stop"]["route"] == {"status": "COMPLETED"}
    assert await afternoon.column("drivers", "status") == ["ON_ROUTE"]
    assert (await afternoon.complete(1))["stop"]["route"] == {"status": "COMPLETED"}
    assert await afternoon.column("drivers", "status") == ["AVAILABLE"]


async def test_a_dropoff_says_that_its_pickup_was_made(house: House) -> None:
    drive, now = await Drive.of(house), clock.now()
    dropped_off, picked_up = now - timedelta(minutes=5), now - timedelta(minutes=30)
    last = await drive.complete(1, dropped_off)
    assert (last["stop"]["route"], last["stop"]["transport"]) == ({"status": "COMPLETED"}, {"status": "DELIVERED"})
    # as long before as the dropoff took
    assert await drive.column("stops", "done_at") == [dropped_off - timedelta(seconds=180), dropped_off]
    told = await events(house)
    assert told[3:8] == [
        "STOP_COMPLETED",
        "TRANSPORT_PICKED_UP",
        "STOP_COMPLETED",
        "TRANSPORT_DELIVERED",
        "ROUTE_COMPLETED",
    ]
    # when it was is told later, once
    assert (await drive.complete(0, picked_up))["stop"]["doneAt"] == picked_up.isoformat()
    assert (await events(house))[len(told) :] == ["STOP_COMPLETED"]
    async with nothing_changes(house):
        await drive.complete(0, picked_up)
        await drive.complete(0, picked_up - timedelta(minutes=9))
        await drive.complete(0)
        await drive.complete(1, dropped_off)


async def test_a_dropoff_that_failed_says_so_too(house: House) -> None:
    drive = await Drive.of(house)
    failed = await drive.fail(1)
    assert failed["transport"] == {"status": "FAILED", "failureReason": "NOBODY_THERE"}
    (back,) = await drive.returns()
    assert await drive.statuses() == ["DONE", "FAILED", "PLANNED"]
    assert failed["nextStop"]["id"] == house.gid("Stop", drive.stops[back])


async def test_what_was_overtaken_changes_nothing(house: House) -> None:
    drive, now = await Drive.of(house, rides=2), clock.now()
    await drive.arrive(0, now - timedelta(minutes=5))
    await drive.fail(2, now - timedelta(minutes=3))
    async with nothing_changes(house):
        assert (await drive.skip(0, now - timedelta(minutes=6)))["stop"]["status"] == "ARRIVED"
        assert (await drive.skip(2, now - timedelta(minutes=4)))["stop"]["status"] == "FAILED"
        assert (await drive.skip(2, now))["currentStatus"] == "FAILED"
    skipped = (await drive.skip(0, now - timedelta(minutes=2)))["stop"]
    async with nothing_changes(house):
        assert (await drive.skip(0, now))["stop"] == skipped
        # that was before it was put off
        assert (await drive.arrive(0, now - timedelta(minutes=4)))["stop"] == skipped
    assert (await drive.arrive(0, now))["stop"]["status"] == "ARRIVED"


async def test_an_arrival_before_putting_off_fills_in_the_time(house: House) -> None:
    drive, now = await Drive.of(house), clock.now()
    await drive.skip(0, now - timedelta(minutes=2))
    arrived = (await drive.arrive(0, now - timedelta(minutes=4)))["stop"]
    assert (arrived["status"], arrived["arrivedAt"]) == ("SKIPPED", (now - timedelta(minutes=4)).isoformat())


@pytest.mark.parametrize(("verb", "reason"), [(verb, verb == "failStop") for verb in VERBS])
async def test_times_lie_within_the_day(house: House, verb: str, reason: bool) -> None:
    drive, driver = await Drive.of(house, status="IN_PROGRESS"), house.client("DRIVER")
    more = {"reason": "OTHER"} if reason else {}
    now = clock.now()
    # it is driven ahead of its day: a day is enough to tell of it
    async with nothing_changes(house):
        for at in (now + timedelta(minutes=6), now - timedelta(days=1, minutes=1)):
            assert await errors(driver, verb, drive.stop(0, at) | more) == [("BAD_USER_INPUT", "at")]
    today = now.astimezone(ZONE).date()
    await house.pool.execute("UPDATE routes SET date = $2 WHERE id = $1", drive.route, today)
    dawn = datetime.combine(today, time(0), ZONE)
    async with nothing_changes(house):
        assert await errors(driver, verb, drive.stop(0, dawn - timedelta(seconds=1)) | more) == [
            ("BAD_USER_INPUT", "at")
        ]
    assert await errors(driver, verb, drive.stop(0, dawn) | more) == []
    # a phone's clock may run ahead a little
    assert await errors(driver, verb, drive.stop(1, now + timedelta(minutes=4)) | more) == []


async def test_what_the_dispatcher_called_off_meanwhile_stays_so(house: House) -> None:
    drive = await Drive.of(house, rides=2, status="IN_PROGRESS")
    ride = {"transportId": house.gid("Transport", drive.rides[0])}
    await house.client("DISPATCHER").act("cancelTransport", ride, "... on CancelTransportSuccess { transport { id } }")
    async with nothing_changes(house):
        for number in (0, 1):
            for tell in (drive.arrive, drive.complete, drive.skip, drive.fail):
                answer = await tell(number, clock.now() - timedelta(minutes=5))
                assert (answer["__typename"], answer["currentStatus"]) == ("InvalidTransition", "CANCELLED")

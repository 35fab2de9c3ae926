"""Stops that fail, and what comes back."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from app import clock
from app.demo import tbilisi
from app.models import StopFailureReason
from tests.driving import Drive
from tests.factories.houses import House
from tests.steps import events, nothing_changes, row


@pytest.mark.parametrize("reason", StopFailureReason)
async def test_without_its_pickup_a_transport_has_no_dropoff(house: House, reason: StopFailureReason) -> None:
    drive = await Drive.of(house, rides=2)
    await drive.start()
    before = len(await events(house))
    failed = await drive.fail(0, reason=reason.value, notes="The gate is locked.")
    assert failed["stop"]["status"] == "FAILED"
    assert failed["transport"] == {"status": "FAILED", "failureReason": reason}
    assert failed["nextStop"]["id"] == house.gid("Stop", drive.stops[2])
    assert await drive.statuses() == ["FAILED", "CANCELLED", "PLANNED", "PLANNED"]
    stop = await row(house, "stops", drive.stops[0])
    assert (stop["failure_reason"], stop["notes"]) == (reason, "The gate is locked.")
    assert (await events(house))[before:] == [
        "STOP_FAILED",
        "TRANSPORT_FAILED",
        "STOP_CANCELLED",
        "TRANSPORT_EN_ROUTE",
    ]
    async with nothing_changes(house):
        again = await drive.fail(0, reason="DAMAGED")
    assert again["transport"] == failed["transport"]


async def test_the_reason_stands_in_the_log(house: House) -> None:
    drive = await Drive.of(house)
    await drive.fail(0, reason="NOT_READY")
    told = await house.all(
        "SELECT type, payload FROM events WHERE organization_id = $1 AND payload ? 'reason' ORDER BY seq"
    )
    assert [tuple(event) for event in told] == [
        ("STOP_FAILED", '{"reason": "NOT_READY"}'),
        ("TRANSPORT_FAILED", '{"reason": "NOT_READY"}'),
    ]


async def test_the_last_stop_that_fails_completes_the_route(house: House) -> None:
    drive = await Drive.of(house)
    failed = await drive.fail(0)
    assert (failed["nextStop"], failed["stop"]["route"]) == (None, {"status": "COMPLETED"})
    assert await drive.column("drivers", "status") == ["AVAILABLE"]


async def test_what_cannot_be_left_goes_back(house: House) -> None:
    drive = await Drive.of(house)
    await drive.complete(0)
    before = len(await events(house))
    failed = await drive.fail(1, reason="REFUSED")
    assert failed["transport"] == {"status": "FAILED", "failureReason": "REFUSED"}
    assert (await events(house))[before:] == ["STOP_FAILED", "TRANSPORT_FAILED"]
    (back,) = await drive.returns()
    stop = await row(house, "stops", drive.stops[back])
    ride = await row(house, "transports", drive.rides[0])
    assert (stop["kind"], stop["status"], stop["sequence"], stop["place_id"]) == (
        "RETURN",
        "PLANNED",
        3,
        ride["pickup_place_id"],
    )
    assert stop["eta"] is not None
    assert (failed["nextStop"]["id"], failed["stop"]["route"]) == (
        house.gid("Stop", drive.stops[back]),
        {"status": "IN_PROGRESS"},
    )
    await drive.arrive(back)
    done = await drive.complete(back)
    assert (done["stop"]["transport"], done["stop"]["route"]) == ({"status": "RETURNED"}, {"status": "COMPLETED"})
    assert (await events(house))[before + 2 : before + 6] == [
        "STOP_ARRIVED",
        "STOP_COMPLETED",
        "TRANSPORT_RETURNED",
        "ROUTE_COMPLETED",
    ]


async def test_nobody_may_be_there_to_take_it_back(house: House) -> None:
    drive = await Drive.of(house)
    await drive.complete(0)
    await drive.fail(1)
    (back,) = await drive.returns()
    failed = await drive.fail(back, reason="NO_ACCESS")
    assert failed["transport"] == {"status": "FAILED", "failureReason": "NO_ACCESS"}
    assert failed["stop"]["route"] == {"status": "COMPLETED"}
    assert await drive.statuses() == ["DONE", "FAILED", "FAILED"]


async def test_a_dropoff_that_was_put_off_may_fail(house: House) -> None:
    drive = await Drive.of(house)
    await drive.complete(0)
    assert (await drive.skip(1))["nextStop"]["id"] == house.gid("Stop", drive.stops[1])
    assert (await drive.fail(1))["transport"]["status"] == "FAILED"
    assert len(await drive.returns()) == 1


async def _lie(house: House, drive: Drive, stops: Sequence[int], depot: int) -> None:
    """Where stops and the depot lie on a line, in hundredths of a degree."""
    base = tbilisi.ADDRESSES[0]
    move = "UPDATE places SET latitude = $2, longitude = $3 FROM {} WHERE places.organization_id = $1 AND {}"
    for number, east in enumerate(stops):
        where = base.latitude, base.longitude + east / 100
        of_stop = move.format("stops s", "places.id = s.place_id AND s.id = $4")
        await house.pool.execute(of_stop, house.id, *where, drive.stops[number])
    at_depot = move.format("organizations o", "o.id = places.organization_id AND label = 'Depot'")
    await house.pool.execute(at_depot, house.id, base.latitude, base.longitude + depot / 100)


async def _sequences(house: House, drive: Drive) -> list[int]:
    """Of the stops, by their numbers."""
    found = {row["id"]: row["sequence"] for row in await house.all("SELECT * FROM stops WHERE organization_id = $1")}
    return [found[id] for id in drive.stops]


async def _third_dropoff_fails(house: House, stops: Sequence[int], depot: int, closes: bool = False) -> list[int]:
    """Three pickups, the first of three dropoffs fails; answers the sequences, the return's last.

    `closes`: the next dropoff closes a minute after the driver is expected there."""
    drive = await Drive.of(house, rides=3, pickups_first=True)
    await _lie(house, drive, stops, depot)
    for number in range(3):
        await drive.complete(number)
    if closes:
        await house.pool.execute(
            "UPDATE transports SET dropoff_until = s.eta + interval '1 minute' FROM stops s "
            "WHERE s.transport_id = transports.id AND s.id = $1",
            drive.stops[4],
        )
    failed = await drive.fail(3)
    await drive.returns()
    sequences = await _sequences(house, drive)
    assert failed["nextStop"]["id"] == house.gid("Stop", drive.stops[sequences.index(5)])
    return sequences


async def test_the_way_back_is_on_the_way_home(house: House) -> None:
    """From 3 by way of 2 and 1 to a depot behind 0, where the load came from."""
    assert await _third_dropoff_fails(house, [0, 4, 4, 3, 2, 1], depot=-3) == [1, 2, 3, 4, 5, 6, 7]


async def test_the_way_back_may_come_next(house: House) -> None:
    """From 3 to 5, and 4, where the load came from, lies between."""
    assert await _third_dropoff_fails(house, [4, 1, 1, 3, 5, 8], depot=9) == [1, 2, 3, 4, 6, 7, 5]


async def test_the_way_back_makes_nobody_late(house: House) -> None:
    """As before, but going back first, the driver would be too late at 5: so it comes behind that."""
    assert await _third_dropoff_fails(house, [4, 1, 1, 3, 5, 8], depot=9, closes=True) == [1, 2, 3, 4, 5, 7, 6]


async def test_an_open_route_ends_where_the_load_came_from(house: House) -> None:
    drive = await Drive.of(house)
    await house.pool.execute("UPDATE shifts SET end_place_id = NULL WHERE organization_id = $1", house.id)
    await drive.complete(0)
    await drive.fail(1)
    await drive.returns()
    assert await _sequences(house, drive) == [1, 2, 3]


async def test_several_come_back(house: House) -> None:
    drive, now = await Drive.of(house, rides=3, pickups_first=True), clock.now()
    for number in range(3):
        await drive.complete(number, now - timedelta(minutes=10))
    for number in range(3, 6):
        await drive.fail(number)
    back = await drive.returns()
    assert len(back) == 3
    assert sorted(await _sequences(house, drive)) == list(range(1, 10))
    for number in back:
        answer = await drive.complete(number)
    assert answer["stop"]["route"] == {"status": "COMPLETED"}
    assert await drive.column("transports", "status") == ["RETURNED"] * 3

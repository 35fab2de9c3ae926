"""Transports changed after they were asked for."""

import asyncio
import json
from datetime import time, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.models import TransportStatus
from tests.client import Json
from tests.factories.houses import House
from tests.rides import update, window
from tests.steps import Visit, errors, events, nothing_changes, row

FREE = {"notes": " Ring. ", "contactName": "Eka", "contactPhone": "+995555987654", "priority": "HIGH"}


async def _change(house: House, ride: UUID, version: int, **changes: Any) -> list[tuple[str, str | None]]:
    """What is wrong with a change."""
    input = {"transportId": house.gid("Transport", ride), "version": version, **changes}
    return await errors(house.client("STAFF"), "updateTransport", input)


async def test_a_transport_that_waits_can_change_in_everything(house: House) -> None:
    customer = await house.customer()
    pet, there = await house.pet(customer), await house.transport(customer)
    ride = await house.transport(customer)
    changes = {
        "pickupPlaceId": house.gid("Place", await house.place()),
        "dropoffPlaceId": house.gid("Place", await house.place(customer)),
        "pickupWindow": window(house.at(time(13)), house.at(time(14))),
        "dropoffWindow": window(house.at(time(13)), house.at(time(15))),
        "pickupServiceTime": 60,
        "dropoffServiceTime": 120,
        "kind": "FROM_SITE",
        "demand": [{"dimension": "CRATES", "amount": 3}],
        "equipment": ["ramp"],
        "skills": ["first aid"],
        "rideTimeMax": 900,
        "loadClass": "dog",
        "apartFrom": ["cat"],
        "proofRequired": ["PHOTO"],
        **FREE,
        "notes": "Ring.",
    }
    selection = """pickup { id } dropoff { id } pickupWindow { from until } dropoffWindow { from until }
      pickupServiceTime dropoffServiceTime kind demand { dimension amount } equipment skills rideTimeMax loadClass
      apartFrom proofRequired notes contactName contactPhone priority codAmount { amount currency }"""
    changed = (await update(house, ride, 1, selection, **changes, codAmount=900))["transport"]
    places = {name: {"id": changes.pop(f"{name}PlaceId")} for name in ("pickup", "dropoff")}
    money = {"amount": 900, "currency": "GEL"}
    id = house.gid("Transport", ride)
    assert changed == {"id": id, "version": 2, "status": "PENDING", **changes, **places, "codAmount": money}
    assert await update(house, ride, 1, notes="Late") == {"__typename": "VersionConflict", "currentVersion": 2}
    linked = {"subjectId": house.gid("Pet", pet), "outboundId": None, "codAmount": None}
    changed = (await update(house, ride, 2, "subject { id } codAmount { amount }", **linked))["transport"]
    assert (changed["subject"], changed["codAmount"]) == ({"id": linked["subjectId"]}, None)
    assert await _change(house, ride, 3, outboundId=house.gid("Transport", there)) == [("BAD_USER_INPUT", "outboundId")]
    assert await events(house) == ["TRANSPORT_UPDATED", "TRANSPORT_UPDATED"]
    details = await house.all("SELECT changes FROM event_details WHERE organization_id = $1 ORDER BY seq")
    assert json.loads(details[0]["changes"])["notes"] == [None, "Ring."]


async def test_several_windows_become_one_and_one_several(house: House) -> None:
    ride = await house.transport(await house.customer())
    parts = [window(house.at(time(hour)), house.at(time(hour, 30))) for hour in (9, 10)]
    selection = "pickupWindow { from until } pickupWindows { from until }"
    whole = {"from": parts[0]["from"], "until": parts[1]["until"]}
    changed = (await update(house, ride, 1, selection, pickupWindows=parts))["transport"]
    assert (changed["pickupWindow"], changed["pickupWindows"]) == (whole, parts)
    changed = (await update(house, ride, 2, selection, pickupWindow=whole))["transport"]
    assert (changed["pickupWindow"], changed["pickupWindows"]) == (whole, [whole])


async def test_a_change_must_fit_what_stays(house: House) -> None:
    customer, other = await house.customer(), await house.customer()
    ride = await house.transport(customer)
    before = await row(house, "transports", ride)
    late = window(house.at(time(12)), house.at(time(13)))
    wrong: list[tuple[Json, tuple[str, str | None]]] = [
        ({"pickupWindow": late}, ("BAD_USER_INPUT", "dropoffWindow")),
        ({"dropoffPlaceId": house.gid("Place", before["pickup_place_id"])}, ("BAD_USER_INPUT", "dropoffPlaceId")),
        ({"pickupPlaceId": house.gid("Place", await house.place(other))}, ("NOT_FOUND", None)),
        ({"subjectId": house.gid("Pet", await house.pet(other))}, ("NOT_FOUND", None)),
        ({"outboundId": house.gid("Transport", ride)}, ("BAD_USER_INPUT", "outboundId")),
        ({"demand": []}, ("BAD_USER_INPUT", "demand")),
        ({"contactPhone": "7"}, ("BAD_USER_INPUT", "contactPhone")),
        ({"codAmount": 0}, ("BAD_USER_INPUT", "codAmount")),
    ]
    async with nothing_changes(house):
        for change, expected in wrong:
            assert (change, await _change(house, ride, 1, **change)) == (change, [expected])


# with a booking


async def test_a_ride_of_a_booking_stays_its_ride(house: House) -> None:
    visit = await Visit.of(house)
    booking = await visit.booking("CONFIRMED")
    ride = await house.transport(visit.customer_id, booking_id=booking, subject_id=visit.pet, kind="TO_SITE")
    other = house.gid("Pet", await house.pet(visit.customer_id))
    async with nothing_changes(house):
        for change in ({"kind": "FROM_SITE"}, {"subjectId": other}):
            assert await _change(house, ride, 1, **change) == [("BAD_USER_INPUT", None)]
    assert (await update(house, ride, 1, equipment=["ramp"]))["transport"]["version"] == 2


async def test_what_was_changed_stays_when_the_booking_is_moved(house: House) -> None:
    """Windows move along, and the way back still knows the way there."""
    visit = await Visit.of(house)
    home = {"placeId": house.gid("Place", visit.home)}
    selection = "... on BookSlotSuccess { booking { id version } }"
    wanted = visit.wanted | {"pickup": home, "dropoff": home}
    booked = (await house.client("STAFF").act("bookSlot", wanted, selection))["booking"]
    there = await house.value("SELECT id FROM transports WHERE organization_id = $1 AND kind = 'TO_SITE'")
    parts = [window(house.at(time(hour)), house.at(time(hour, 30))) for hour in (8, 9)]
    kept: Json = {"equipment": ["ramp"], "priority": "HIGH", "contactName": "Eka", "proofRequired": ["CODE"]}
    await update(house, there, 1, pickupWindows=parts, **kept)
    later = await house.slot(visit.service, house.at(time(12)))
    moved = {"bookingId": booked["id"], "version": booked["version"], "slotId": house.gid("Slot", later)}
    fields = """kind equipment priority contactName code pickupWindows { from until } outbound { kind }
      status"""
    answer = await house.client("STAFF").act(
        "rescheduleBooking", moved, f"... on RescheduleBookingSuccess {{ booking {{ transports {{ {fields} }} }} }}"
    )
    rides = [ride for ride in answer["booking"]["transports"] if ride["status"] == "PENDING"]
    to_site, back = sorted(rides, key=lambda ride: str(ride["kind"]), reverse=True)
    two = timedelta(hours=2)
    assert to_site["pickupWindows"] == [
        window(house.at(time(hour)) + two, house.at(time(hour, 30)) + two) for hour in (8, 9)
    ]
    assert (to_site["equipment"], to_site["priority"], to_site["contactName"]) == (["ramp"], "HIGH", "Eka")
    assert to_site["code"] is not None
    assert (back["kind"], back["outbound"], back["equipment"]) == ("FROM_SITE", {"kind": "TO_SITE"}, [])


# on a route


@pytest.mark.parametrize("status", ["DRAFT", "OPTIMIZED"])
async def test_what_a_plan_was_made_of_takes_a_transport_off_it(house: House, status: str) -> None:
    customer, driver = await house.customer(), await house.driver()
    other, ride = await house.transport(customer), await house.transport(customer)
    route = await house.route(driver, [other, ride], status)
    assert (await update(house, ride, 1, **FREE, codAmount=5))["transport"]["status"] == "ASSIGNED"
    assert await events(house) == ["TRANSPORT_UPDATED"]
    # what stays as it was changes no plan
    assert (await update(house, ride, 2, pickupServiceTime=180))["transport"]["status"] == "ASSIGNED"
    late = window(house.at(time(10)), house.at(time(11)))
    assert (await update(house, ride, 3, pickupWindow=late))["transport"]["status"] == "PENDING"
    found = await row(house, "transports", ride)
    assert (found["driver_id"], found["route_id"]) == (None, None)
    stops = await house.all("SELECT transport_id, status FROM stops WHERE organization_id = $1 ORDER BY sequence")
    assert [tuple(stop) for stop in stops] == [(other, "PLANNED")] * 2 + [(ride, "CANCELLED")] * 2
    assert (await row(house, "transports", other))["status"] == "ASSIGNED"
    told = await house.all("SELECT type, driver_id, route_id FROM events WHERE organization_id = $1 ORDER BY seq")
    assert [tuple(event) for event in told if event["type"] == "TRANSPORT_UNASSIGNED"] == [
        ("TRANSPORT_UNASSIGNED", driver, route)
    ]


@pytest.mark.parametrize(
    ("route", "status"),
    [("PUBLISHED", "ASSIGNED"), ("IN_PROGRESS", "EN_ROUTE"), ("IN_PROGRESS", "PICKED_UP"), ("IN_PROGRESS", "FAILED")],
)
async def test_what_a_driver_has_seen_changes_little(house: House, route: str, status: str) -> None:
    ride = await house.transport(await house.customer())
    await house.route(await house.driver(), [ride], route)
    await house.pool.execute("UPDATE transports SET status = $2 WHERE id = $1", ride, status)
    place = house.gid("Place", await house.place())
    async with nothing_changes(house):
        for change in ({"dropoffPlaceId": place}, {"equipment": ["ramp"]}, {"codAmount": 5}, {"rideTimeMax": 900}):
            assert await _change(house, ride, 1, **change) == [("BAD_USER_INPUT", None)]
    changed = (await update(house, ride, 1, "notes", **FREE, proofRequired=["PHOTO"]))["transport"]
    assert (changed["status"], changed["notes"], changed["version"]) == (status, "Ring.", 2)
    assert await events(house) == ["TRANSPORT_UPDATED"]


@pytest.mark.parametrize("status", ["DELIVERED", "RETURNED", "CANCELLED"])
async def test_what_is_over_stays_as_it_was(house: House, status: TransportStatus) -> None:
    ride = await house.transport(await house.customer())
    await house.route(await house.driver(), [ride], "COMPLETED")
    await house.pool.execute("UPDATE transports SET status = $2 WHERE id = $1", ride, status)
    async with nothing_changes(house):
        assert await _change(house, ride, 1, notes="Late") == [("BAD_USER_INPUT", None)]


async def test_drivers_and_customers_do_not_change_transports(house: House) -> None:
    customer, driver = house.people["CUSTOMER"].viewer.customer_id, house.people["DRIVER"].viewer.driver_id
    assert customer
    assert driver
    ride = await house.transport(customer)
    await house.route(driver, [ride])
    input = {"transportId": house.gid("Transport", ride), "version": 1, "notes": "Late"}
    async with nothing_changes(house):
        for role in ("CUSTOMER", "DRIVER"):
            assert await errors(house.client(role), "updateTransport", input) == [("FORBIDDEN", None)]


# pins

PIN = "pin { driver { id } route { id } }"


async def test_a_pin_moves_what_nobody_has_seen(house: House) -> None:
    customer, driver, other = await house.customer(), await house.driver(), await house.driver()
    ride = await house.transport(customer)
    route = await house.route(driver, [ride], "OPTIMIZED")
    here = {"routeId": house.gid("Route", route), "driverId": house.gid("Driver", driver)}
    pinned = (await update(house, ride, 1, PIN, pin=here))["transport"]
    assert (pinned["status"], pinned["pin"]) == (
        "ASSIGNED",
        {"driver": {"id": here["driverId"]}, "route": {"id": here["routeId"]}},
    )
    assert (await update(house, ride, 2, PIN, pin=None))["transport"]["pin"] is None
    away = (await update(house, ride, 3, PIN, pin={"driverId": house.gid("Driver", other)}))["transport"]
    assert (away["status"], away["pin"]) == ("PENDING", {"driver": {"id": house.gid("Driver", other)}, "route": None})


async def test_a_pin_holds_what_was_seen_where_it_is(house: House) -> None:
    customer, driver = await house.customer(), await house.driver()
    ride = await house.transport(customer)
    route = await house.route(driver, [ride], "PUBLISHED")
    elsewhere = await house.route(await house.driver(), [], "OPTIMIZED")
    async with nothing_changes(house):
        wrong = {"routeId": house.gid("Route", elsewhere)}
        assert await _change(house, ride, 1, pin=wrong) == [("BAD_USER_INPUT", "pin")]
    here = {"routeId": house.gid("Route", route)}
    assert (await update(house, ride, 1, PIN, pin=here))["transport"]["pin"]["route"] == {"id": here["routeId"]}


async def test_a_transport_does_not_leave_the_day_of_its_route(house: House) -> None:
    route = await house.route(await house.driver(), [], "OPTIMIZED")
    ride = await house.transport(await house.customer(), pinned_route_id=route)
    day = timedelta(days=1)
    next_day = {
        "pickupWindow": window(house.at(time(9)) + day, house.at(time(10)) + day),
        "dropoffWindow": window(house.at(time(9)) + day, house.at(time(11)) + day),
    }
    async with nothing_changes(house):
        assert await _change(house, ride, 1, **next_day) == [("BAD_USER_INPUT", "pin")]
    assert (await update(house, ride, 1, PIN, **next_day, pin=None))["transport"]["pin"] is None


# the code


async def test_a_code_lasts_as_long_as_it_is_asked_for(house: House) -> None:
    ride = await house.transport(await house.customer())
    code = (await update(house, ride, 1, "code", proofRequired=["CODE"]))["transport"]["code"]
    assert len(code) == 6
    again = (await update(house, ride, 2, "code", proofRequired=["PHOTO", "CODE"]))["transport"]["code"]
    assert again == code
    assert (await update(house, ride, 3, "code", proofRequired=["PHOTO"]))["transport"]["code"] is None
    kept = await house.all("SELECT changes::text FROM event_details WHERE organization_id = $1")
    assert [found for found in kept if code in str(found[0])] == []


# at once


async def test_two_who_change_it_at_once_do_not_overwrite_each_other(house: House) -> None:
    ride = await house.transport(await house.customer())
    answers = await asyncio.gather(*(update(house, ride, 1, notes=f"Note {number}") for number in range(6)))
    assert sorted(answer["__typename"] for answer in answers) == ["UpdateTransportSuccess"] + ["VersionConflict"] * 5
    assert await events(house) == ["TRANSPORT_UPDATED"]


async def test_a_transport_that_is_published_meanwhile_keeps_its_windows(house: House) -> None:
    """Whoever changes it waits for the publisher, who has the route, and then finds it seen."""
    ride = await house.transport(await house.customer())
    await house.route(await house.driver(), [ride], "OPTIMIZED")
    publish = {"date": house.day.isoformat()}
    late = window(house.at(time(10)), house.at(time(11)))
    input = {"transportId": house.gid("Transport", ride), "version": 1, "pickupWindow": late}
    published, changed = await asyncio.gather(
        house.client("DISPATCHER").act("publishRoutes", publish, "__typename"),
        errors(house.client("STAFF"), "updateTransport", input),
    )
    status = (await row(house, "transports", ride))["status"]
    if changed:
        assert (changed, status) == ([("BAD_USER_INPUT", None)], "ASSIGNED")
    else:
        assert status == "PENDING"
    assert published["__typename"] in ("PublishRoutesSuccess", "NothingToPublish")

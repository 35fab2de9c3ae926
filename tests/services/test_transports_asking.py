"""What a transport may ask for."""

from dataclasses import replace
from datetime import time, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.context import Server
from app.services.identity import write_token
from tests.client import Client, Json
from tests.factories.houses import House
from tests.rides import create, wanted, window
from tests.statements import counting
from tests.steps import errors, events, key, nothing_changes

WINDOWS = """pickupWindow { from until } pickupWindows { from until }
  dropoffWindow { from until } dropoffWindows { from until }"""
NEEDS = """pickupServiceTime dropoffServiceTime equipment skills rideTimeMax loadClass apartFrom
  contactName contactPhone proofRequired demand { dimension amount }"""


async def test_a_transport_says_all_that_it_needs(house: House) -> None:
    customer = await house.customer()
    plain = await create(house, await wanted(house, customer), NEEDS)
    assert plain == {
        "id": plain["id"],
        "pickupServiceTime": 180,
        "dropoffServiceTime": 180,
        "equipment": [],
        "skills": [],
        "rideTimeMax": None,
        "loadClass": None,
        "apartFrom": [],
        "contactName": None,
        "contactPhone": None,
        "proofRequired": [],
        "demand": [{"dimension": "SEATS", "amount": 1}],
    }
    needs = {
        "pickupServiceTime": 0,
        "dropoffServiceTime": 900,
        "equipment": ["oxygen", "ramp"],
        "skills": ["paramedic"],
        "rideTimeMax": 2_700,
        "loadClass": "dog",
        "apartFrom": ["cat", "dog"],
        "contactName": "Nurse Eka",
        "contactPhone": "+995555987654",
        "proofRequired": ["BARCODE", "SIGNATURE"],
        "demand": [{"dimension": "CRATES", "amount": 2}, {"dimension": "MASS_G", "amount": 40_000}],
    }
    typed = {
        "equipment": ["ramp", " oxygen ", "ramp"],
        "apartFrom": ["dog", "cat"],
        "contactName": " Nurse  Eka ",
        "contactPhone": "555 98 76 54",
        "proofRequired": ["SIGNATURE", "BARCODE", "SIGNATURE"],
    }
    ride = await create(house, await wanted(house, customer, **needs | typed), NEEDS)
    assert ride == {"id": ride["id"], **needs}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"pickupServiceTime": -1}, "pickupServiceTime"),
        ({"dropoffServiceTime": 4 * 3600 + 1}, "dropoffServiceTime"),
        ({"rideTimeMax": 59}, "rideTimeMax"),
        ({"equipment": [""]}, "equipment"),
        ({"skills": [str(number) for number in range(51)]}, "skills"),
        ({"loadClass": "x" * 201}, "loadClass"),
        ({"apartFrom": ["a\x00b"]}, "apartFrom"),
        ({"contactPhone": "7"}, "contactPhone"),
        ({"demand": []}, "demand"),
        ({"customerId": None}, "customerId"),
        ({"pickupPlaceId": None}, "pickupPlaceId"),
        ({"pickupWindow": None}, "pickupWindow"),
        ({"dropoffWindow": None}, "dropoffWindow"),
    ],
)
async def test_what_it_needs_must_make_sense(house: House, change: Json, field: str) -> None:
    input = await wanted(house, await house.customer())
    async with nothing_changes(house):
        assert await errors(house.client("STAFF"), "createTransport", input | change) == [("BAD_USER_INPUT", field)]


# windows


async def test_a_transport_has_several_windows(house: House) -> None:
    """In order, however they are given; from the earliest to the latest is the whole window."""
    nine, eleven, three = (
        window(house.at(time(hour)), house.at(time(hour)) + timedelta(minutes=30)) for hour in (9, 11, 15)
    )
    input = await wanted(house, await house.customer(), pickupWindows=[three, nine, eleven], pickupWindow=None)
    ride = await create(house, input, WINDOWS)
    assert ride["pickupWindows"] == [nine, eleven, three]
    assert ride["pickupWindow"] == {"from": nine["from"], "until": three["until"]}
    assert ride["dropoffWindows"] == [ride["dropoffWindow"]] == [input["dropoffWindow"]]


async def test_windows_have_gaps_and_an_end(house: House) -> None:
    begin = house.at(time(6))

    def at(*hours: float) -> list[Json]:
        pairs = zip(hours[::2], hours[1::2], strict=True)
        return [window(begin + timedelta(hours=start), begin + timedelta(hours=end)) for start, end in pairs]

    input = await wanted(house, await house.customer())
    mistakes: list[tuple[Json, str]] = [
        ({"pickupWindows": at(0, 1), "pickupWindow": at(0, 1)[0]}, "pickupWindows"),
        ({"pickupWindows": [], "pickupWindow": None}, "pickupWindows"),
        ({"pickupWindows": at(0, 2, 1, 3), "pickupWindow": None}, "pickupWindows"),
        ({"pickupWindows": at(0, 1, 1, 2), "pickupWindow": None}, "pickupWindows"),
        ({"pickupWindows": at(0, 1, 3, 2), "pickupWindow": None}, "pickupWindows"),
        ({"pickupWindows": at(0, 1, 23, 24.5), "pickupWindow": None}, "pickupWindows"),
        ({"pickupWindows": at(*(number / 2 for number in range(22))), "pickupWindow": None}, "pickupWindows"),
        ({"dropoffWindows": at(0, 1, 2, 3), "dropoffWindow": None}, "dropoffWindow"),
    ]
    async with nothing_changes(house):
        for mistake, field in mistakes:
            found = await errors(house.client("STAFF"), "createTransport", input | mistake)
            assert (mistake, found) == (mistake, [("BAD_USER_INPUT", field)])


# the way back

LINKED = f"""kind customer {{ id }} subject {{ id }} pickup {{ id }} dropoff {{ id }} outbound {{ id }} {NEEDS}
  returns {{ edges {{ node {{ id }} }} }}"""


async def test_the_way_back_needs_only_its_times(house: House) -> None:
    customer = await house.customer()
    patient = house.gid("Patient", await house.patient(customer))
    there_input = await wanted(
        house,
        customer,
        subjectId=patient,
        kind="TO_SITE",
        equipment=["ramp"],
        rideTimeMax=1_800,
        contactName="Eka",
        proofRequired=["PHOTO"],
        pickupServiceTime=600,
    )
    there = await create(house, there_input, LINKED)
    times = {
        "pickupWindow": window(house.at(time(15)), house.at(time(16))),
        "dropoffWindow": window(house.at(time(15)), house.at(time(18))),
    }
    back = await create(house, {"outboundId": there["id"], **times}, LINKED)
    assert back == {
        **there,
        "id": back["id"],
        "kind": "FROM_SITE",
        "pickup": there["dropoff"],
        "dropoff": there["pickup"],
        "outbound": {"id": there["id"]},
        "proofRequired": [],
        "pickupServiceTime": 180,
    }
    query = f"query There($id: ID!) {{ node(id: $id) {{ ... on Transport {{ {LINKED} }} }} }}"
    found = (await house.client("STAFF").run(query, {"id": there["id"]}))["node"]
    assert found["returns"] == {"edges": [{"node": {"id": back["id"]}}]}
    elsewhere = house.gid("Place", await house.place(customer))
    other = {"outboundId": there["id"], **times, "dropoffPlaceId": elsewhere, "equipment": [], "kind": "POINT_TO_POINT"}
    ride = await create(house, other, LINKED)
    assert (ride["dropoff"], ride["equipment"], ride["kind"]) == ({"id": elsewhere}, [], "POINT_TO_POINT")


async def test_the_way_back_is_for_whom_the_way_there_was(house: House) -> None:
    customer, other = await house.customer(), await house.customer()
    pet, another = await house.pet(customer), await house.pet(customer)
    there = await house.transport(customer, subject_id=pet)
    outbound = {"outboundId": house.gid("Transport", there)}
    input = await wanted(house, customer, subjectId=house.gid("Pet", pet), **outbound)
    foreign = await wanted(house, other, **outbound)
    async with nothing_changes(house):
        for wrong in (input | {"subjectId": house.gid("Pet", another)}, foreign | {"subjectId": None}):
            found = await errors(house.client("STAFF"), "createTransport", wrong)
            assert [code for code, _ in found] in (["BAD_USER_INPUT"], ["NOT_FOUND"])
    await house.pool.execute("UPDATE transports SET status = 'CANCELLED' WHERE id = $1", there)
    async with nothing_changes(house):
        found = await errors(house.client("STAFF"), "createTransport", input)
    assert found == [("BAD_USER_INPUT", "outboundId")]


# pins

PIN = "pin { driver { id } route { id } }"


async def test_a_transport_is_pinned(house: House) -> None:
    customer, driver = await house.customer(), await house.driver()
    route = house.gid("Route", await house.route(driver, []))
    who = house.gid("Driver", driver)
    for pin, expected in [
        ({"driverId": who}, {"driver": {"id": who}, "route": None}),
        ({"routeId": route}, {"driver": None, "route": {"id": route}}),
        ({"driverId": who, "routeId": route}, {"driver": {"id": who}, "route": {"id": route}}),
        ({}, None),
    ]:
        assert (await create(house, await wanted(house, customer, pin=pin), PIN))["pin"] == expected


async def test_a_pin_can_hold(house: House) -> None:
    customer, driver = await house.customer(), await house.driver()
    over = await house.route(driver, [], "COMPLETED")
    yesterday = await house.route(await house.driver(), [])
    await house.pool.execute("UPDATE routes SET date = date - 1 WHERE id = $1", yesterday)
    route = house.gid("Route", await house.route(await house.driver(), []))
    input = await wanted(house, customer)
    wrong: list[dict[str, Any]] = [
        {"routeId": house.gid("Route", over)},
        {"routeId": house.gid("Route", yesterday)},
        {"routeId": route, "driverId": house.gid("Driver", driver)},
    ]
    async with nothing_changes(house):
        for pin in wrong:
            found = await errors(house.client("STAFF"), "createTransport", input | {"pin": pin})
            assert found == [("BAD_USER_INPUT", "pin")]


async def test_customers_do_not_see_pins(house: House) -> None:
    customer = house.people["CUSTOMER"].viewer.customer_id
    assert customer
    ride = await house.transport(customer, pinned_driver_id=await house.driver())
    query = f"query Ride($id: ID!) {{ node(id: $id) {{ ... on Transport {{ {PIN} }} }} }}"
    found = await house.client("CUSTOMER").run(query, {"id": house.gid("Transport", ride)})
    assert found == {"node": {"pin": None}}


# the one-time code

CODE = "query Ride($id: ID!) { node(id: $id) { ... on Transport { code proofRequired } } }"


async def _code(house: House, ride: str, role: str) -> Any:
    return (await house.client(role).run(CODE, {"id": ride}))["node"]["code"]


async def test_a_code_is_made_that_the_driver_does_not_see(house: House) -> None:
    customer, driver = house.people["CUSTOMER"].viewer.customer_id, house.people["DRIVER"].viewer.driver_id
    assert customer
    assert driver
    input = await wanted(house, customer, proofRequired=["CODE"])
    ride = (await create(house, input, "code"))["id"]
    id: UUID = await house.value("SELECT id FROM transports WHERE organization_id = $1")
    await house.route(driver, [id])
    code = await _code(house, ride, "CUSTOMER")
    assert len(code) == 6
    assert code.isdecimal()
    assert await _code(house, ride, "STAFF") == code
    assert await _code(house, ride, "DRIVER") is None
    stored = await house.all("SELECT payload::text FROM events WHERE organization_id = $1")
    kept = await house.all("SELECT changes::text FROM event_details WHERE organization_id = $1")
    assert [row for row in [*stored, *kept] if code in str(row[0])] == []


async def test_whoever_drives_does_not_see_the_code_in_another_hat(house: House) -> None:
    dispatcher = house.people["DISPATCHER"]
    driver = await house.driver(user_id=dispatcher.user_id)
    at_the_wheel = Client(house.api, write_token(house.settings, replace(dispatcher.viewer, driver_id=driver)))
    input = await wanted(house, await house.customer(), proofRequired=["CODE"])
    mine, others = [await create(house, input, "code") for _ in range(2)]
    await house.route(driver, [key(mine["id"])])
    seen = [(await at_the_wheel.run(CODE, {"id": ride["id"]}))["node"]["code"] for ride in (mine, others)]
    assert seen == [None, others["code"]]


async def test_no_two_codes_are_the_same_by_habit(house: House) -> None:
    input = await wanted(house, await house.customer(), proofRequired=["CODE"])
    assert len({(await create(house, input, "code"))["code"] for _ in range(5)}) > 1


# lists


async def test_transports_are_chosen_by_priority_kind_and_route(house: House) -> None:
    customer = await house.customer()
    urgent = await house.transport(customer, priority="EMERGENCY", kind="TO_SITE")
    usual = await house.transport(customer, kind="FROM_SITE")
    route = await house.route(await house.driver(), [usual])
    query = "query Rides($f: TransportFilter) { transports(filter: $f) { totalCount edges { node { id } } } }"
    for filter, expected in [
        ({"priority": ["EMERGENCY", "HIGH"]}, [urgent]),
        ({"kind": ["FROM_SITE"]}, [usual]),
        ({"routeId": house.gid("Route", route)}, [usual]),
        ({"priority": ["LOW"]}, []),
        ({"priority": ["EMERGENCY"], "kind": ["FROM_SITE"]}, []),
    ]:
        found = (await house.client("STAFF").run(query, {"f": filter}))["transports"]
        ids = [house.gid("Transport", id) for id in expected]
        assert ([edge["node"]["id"] for edge in found["edges"]], found["totalCount"]) == (ids, len(ids)), filter


async def test_the_list_costs_the_same_however_long_it_is(house: House, server: Server) -> None:
    query = f"""{{ transports {{ edges {{ node {{ {PIN} {WINDOWS} {NEEDS} code outbound {{ id }}
      returns {{ totalCount edges {{ node {{ id }} }} }} }} }} }} }}"""
    seen = []
    for _ in range(2):
        for _ in range(4):
            customer, driver = await house.customer(), await house.driver()
            there = await house.transport(customer, pinned_driver_id=driver)
            route = await house.route(driver, [])
            await house.transport(customer, outbound_id=there, pinned_route_id=route)
        with counting(server) as statements:
            await house.client("STAFF").run(query)
        seen.append((len(statements.setup), len(statements.data)))
    # the page, the ways there and back and how many these are, pinned drivers and routes
    assert seen == [(1, 6)] * 2


async def test_everything_asked_for_is_one_event(house: House) -> None:
    await create(house, await wanted(house, await house.customer(), proofRequired=["CODE"], skills=["x"]), "")
    assert await events(house) == ["TRANSPORT_CREATED"]

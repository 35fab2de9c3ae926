"""Transports: with a booking or alone, and called off."""

import asyncio
from datetime import time, timedelta

import pytest

from app.models import TransportStatus
from app.models.transports import TRANSPORT_MACHINE
from tests.client import Json
from tests.factories.houses import House
from tests.rides import wanted, window
from tests.steps import Visit, errors, events, eventually, nothing_changes, row, somebody_waits

RIDE = """kind status priority notes codAmount { amount currency } demand { dimension amount }
  pickupWindow { from until } dropoffWindow { from until } pickup { id } dropoff { id } booking { id } subject { id }"""


# with a booking


async def _legs(visit: Visit, **legs: Json) -> list[Json]:
    selection = f"... on BookSlotSuccess {{ booking {{ transports {{ {RIDE} }} }} }}"
    found: list[Json] = (await visit.customer.client.act("bookSlot", visit.wanted | legs, selection))["booking"][
        "transports"
    ]
    return found


async def test_rides_of_a_booking_fit_its_times(house: House) -> None:
    visit = await Visit.of(house)
    home, site = house.gid("Place", visit.home), await _site(house, visit)
    there, back = await _legs(visit, pickup={"placeId": home, "notes": " Ring. "}, dropoff={"placeId": home})
    assert there.items() >= {"kind": "TO_SITE", "pickup": {"id": home}, "dropoff": {"id": site}}.items()
    assert there["pickupWindow"] == window(house.at(time(8)), house.at(time(10)))
    assert there["dropoffWindow"] == window(house.at(time(8)), house.at(time(10)))
    assert back.items() >= {"kind": "FROM_SITE", "pickup": {"id": site}, "dropoff": {"id": home}}.items()
    assert back["pickupWindow"] == window(house.at(time(14)), house.at(time(16)))
    assert back["dropoffWindow"] == window(house.at(time(14)), house.at(time(16)))
    assert (there["notes"], back["notes"]) == ("Ring.", None)
    assert [ride["demand"] for ride in (there, back)] == [[{"dimension": "CRATES", "amount": 1}]] * 2
    assert await events(house) == ["BOOKING_CREATED", "TRANSPORT_CREATED", "TRANSPORT_CREATED"]


async def _site(house: House, visit: Visit) -> str:
    return house.gid("Place", (await row(house, "services", visit.service))["place_id"])


async def test_customers_choose_the_times_of_their_rides(house: House) -> None:
    visit = await Visit.of(house)
    there = {"placeId": house.gid("Place", visit.home), **window(house.at(time(6)), house.at(time(7)))}
    back = {"placeId": house.gid("Place", visit.home), **window(house.at(time(18)), house.at(time(19)))}
    to_site, from_site = await _legs(visit, pickup=there, dropoff=back)
    assert to_site["pickupWindow"] == window(house.at(time(6)), house.at(time(7)))
    assert to_site["dropoffWindow"] == window(house.at(time(6)), house.at(time(10)))
    assert from_site["pickupWindow"] == window(house.at(time(14)), house.at(time(19)))
    assert from_site["dropoffWindow"] == window(house.at(time(18)), house.at(time(19)))


async def test_a_hold_is_booked_with_rides(house: House) -> None:
    visit = await Visit.of(house)
    await visit.booking("HELD")
    (there,) = await _legs(visit, pickup={"placeId": house.gid("Place", visit.home)})
    assert (there["kind"], await visit.taken()) == ("TO_SITE", 1)


@pytest.mark.parametrize("leg", ["pickup", "dropoff"])
async def test_rides_go_to_the_customers_own_places(house: House, leg: str) -> None:
    visit = await Visit.of(house)
    foreign = house.gid("Place", await house.place(await house.customer()))
    for role, place in (("CUSTOMER", foreign), ("STAFF", foreign), ("STAFF", await _site(house, visit))):
        async with nothing_changes(house):
            found = await errors(house.client(role), "bookSlot", visit.wanted | {leg: {"placeId": place}})
        assert found == [("NOT_FOUND", None)]


@pytest.mark.parametrize("leg", ["pickup", "dropoff"])
@pytest.mark.parametrize(("start", "hours"), [(time(9), 0), (time(9), -1), (time(9), 25)])
async def test_a_window_ends_within_a_day(house: House, leg: str, start: time, hours: int) -> None:
    visit = await Visit.of(house)
    begin = house.at(start)
    bad = {"placeId": house.gid("Place", visit.home), **window(begin, begin + timedelta(hours=hours))}
    async with nothing_changes(house):
        assert await errors(visit.customer.client, "bookSlot", visit.wanted | {leg: bad}) == [("BAD_USER_INPUT", leg)]


async def test_the_way_back_of_a_booking_is_linked_to_the_way_there(house: House) -> None:
    visit = await Visit.of(house)
    home = {"placeId": house.gid("Place", visit.home)}
    linked = (
        "... on BookSlotSuccess { booking { transports { id outbound { id } returns { edges { node { id } } } } } }"
    )
    answer = await visit.customer.client.act("bookSlot", visit.wanted | {"pickup": home, "dropoff": home}, linked)
    there, back = answer["booking"]["transports"]
    assert (there["outbound"], back["outbound"]) == (None, {"id": there["id"]})
    assert there["returns"] == {"edges": [{"node": {"id": back["id"]}}]}
    assert back["returns"] == {"edges": []}


@pytest.mark.parametrize(
    ("kind", "type_name", "dimension"),
    [("pet", "Pet", "CRATES"), ("patient", "Patient", "WHEELCHAIRS"), ("car", "Car", "SEATS")],
)
async def test_a_ride_has_room_for_its_subject(house: House, kind: str, type_name: str, dimension: str) -> None:
    visit = await Visit.of(house)
    subject = {"subjectId": house.gid(type_name, await getattr(house, kind)(visit.customer_id))}
    selection = f"... on BookSlotSuccess {{ booking {{ transports {{ {RIDE} }} }} }}"
    wanted = visit.wanted | subject | {"pickup": {"placeId": house.gid("Place", visit.home)}}
    answer = await visit.customer.client.act("bookSlot", wanted, selection)
    assert answer["booking"]["transports"][0]["demand"] == [{"dimension": dimension, "amount": 1}]


# alone


async def test_a_transport_alone(house: House) -> None:
    customer = await house.customer()
    patient = house.gid("Patient", await house.patient(customer, "STRETCHER"))
    input = await wanted(house, customer, subjectId=patient, codAmount=1_500, priority="HIGH", notes=" Oxygen. ")
    ride = (await house.client("STAFF").act("createTransport", input, f"transport {{ {RIDE} }}"))["transport"]
    assert ride == {
        "kind": "POINT_TO_POINT",
        "status": "PENDING",
        "priority": "HIGH",
        "notes": "Oxygen.",
        "codAmount": {"amount": 1_500, "currency": "GEL"},
        "demand": [{"dimension": "STRETCHERS", "amount": 1}],
        "pickupWindow": input["pickupWindow"],
        "dropoffWindow": input["dropoffWindow"],
        "pickup": {"id": input["pickupPlaceId"]},
        "dropoff": {"id": input["dropoffPlaceId"]},
        "booking": None,
        "subject": {"id": patient},
    }
    load = await wanted(house, customer, demand=[{"dimension": "MASS_G", "amount": 12_000}])
    ride = (await house.client("STAFF").act("createTransport", load, f"transport {{ {RIDE} }}"))["transport"]
    assert (ride["demand"], ride["subject"], ride["codAmount"]) == (load["demand"], None, None)
    assert await events(house) == ["TRANSPORT_CREATED", "TRANSPORT_CREATED"]


async def test_a_transport_must_make_sense(house: House) -> None:
    customer = await house.customer()
    nine, ten, eleven = (house.at(time(hour)) for hour in (9, 10, 11))
    good = await wanted(house, customer)
    mistakes: list[tuple[Json, str | None]] = [
        ({"pickupWindow": window(ten, nine)}, "pickupWindow"),
        ({"dropoffWindow": window(ten, ten)}, "dropoffWindow"),
        ({"pickupWindow": window(ten, eleven), "dropoffWindow": window(nine, ten)}, "dropoffWindow"),
        ({"dropoffPlaceId": good["pickupPlaceId"]}, "dropoffPlaceId"),
        ({"codAmount": 0}, "codAmount"),
        ({"codAmount": -5}, "codAmount"),
        ({"notes": "a\x00b"}, "notes"),
        ({"demand": [{"dimension": "SEATS", "amount": 0}]}, None),
    ]
    async with nothing_changes(house):
        for mistake, field in mistakes:
            found = await errors(house.client("STAFF"), "createTransport", good | mistake)
            assert (mistake, found) == (mistake, [("BAD_USER_INPUT", field)])


async def test_a_transport_joins_what_belongs_together(house: House) -> None:
    customer, other = await house.customer(), await house.customer()
    good = await wanted(house, customer)
    foreign: list[Json] = [
        {"pickupPlaceId": house.gid("Place", await house.place(other))},
        {"dropoffPlaceId": house.gid("Place", await house.place(other))},
        {"subjectId": house.gid("Pet", await house.pet(other))},
    ]
    async with nothing_changes(house):
        for change in foreign:
            assert await errors(house.client("STAFF"), "createTransport", good | change) == [("NOT_FOUND", None)]


# called off

CANCELLED = """... on CancelTransportSuccess { transport { status version } }
  ... on InvalidTransition { currentStatus message }"""


@pytest.mark.parametrize("status", TransportStatus)
async def test_cancelling_keeps_to_the_machine(house: House, status: TransportStatus) -> None:
    ride = await house.transport(await house.customer())
    if status not in (TransportStatus.PENDING, TransportStatus.CANCELLED):
        await house.route(await house.driver(status="ON_ROUTE"), [ride], "IN_PROGRESS")
    await house.pool.execute("UPDATE transports SET status = $2 WHERE id = $1", ride, status.value)
    before = await row(house, "transports", ride)
    answer = await house.client("STAFF").act(
        "cancelTransport", {"transportId": house.gid("Transport", ride)}, CANCELLED
    )
    if TransportStatus.CANCELLED in TRANSPORT_MACHINE.transitions.get(status, ()):
        assert answer["transport"] == {"status": "CANCELLED", "version": 2}
        assert "TRANSPORT_CANCELLED" in await events(house)
    else:
        message = f"A transport that is {status} cannot become CANCELLED."
        assert answer == {"__typename": "InvalidTransition", "currentStatus": status, "message": message}
        assert (await row(house, "transports", ride), await events(house)) == (before, [])


async def test_a_ride_that_is_planned_meanwhile_leaves_its_route(house: House) -> None:
    """Who cancels waits for the planner that has the transport, and then finds it on a route."""
    customer = await house.customer()
    other, ride = await house.transport(customer), await house.transport(customer)
    route = await house.route(await house.driver(), [other], "OPTIMIZED")
    await house.pool.execute("DELETE FROM stops WHERE route_id = $1", route)
    async with house.pool.acquire() as planner:
        transaction = planner.transaction()
        await transaction.start()
        planned = await planner.fetchrow(
            "UPDATE transports t SET status = 'ASSIGNED', route_id = r.id, driver_id = r.driver_id "
            "FROM routes r WHERE r.id = $2 AND t.id = $1 RETURNING t.*",
            ride,
            route,
        )
        assert planned
        for sequence, kind in enumerate(("PICKUP", "DROPOFF"), 1):
            await planner.execute(
                "INSERT INTO stops (organization_id, route_id, transport_id, place_id, sequence, kind, status, "
                "planned_at) VALUES ($1, $2, $3, $4, $5, $6, 'PLANNED', now())",
                house.id,
                route,
                ride,
                planned[f"{kind.lower()}_place_id"],
                sequence,
                kind,
            )
        cancelling = asyncio.create_task(
            house.client("STAFF").act("cancelTransport", {"transportId": house.gid("Transport", ride)}, CANCELLED)
        )
        await eventually(lambda: somebody_waits(house))
        await transaction.commit()
    assert (await cancelling)["transport"]["status"] == "CANCELLED"
    stops = await house.all("SELECT status FROM stops WHERE organization_id = $1 AND transport_id = $2", ride)
    assert [stop["status"] for stop in stops] == ["CANCELLED", "CANCELLED"]


async def test_customers_do_not_cancel_transports_themselves(house: House) -> None:
    me = house.people["CUSTOMER"].viewer.customer_id
    assert me
    ride = {"transportId": house.gid("Transport", await house.transport(me))}
    async with nothing_changes(house):
        assert await errors(house.client("CUSTOMER"), "cancelTransport", ride) == [("FORBIDDEN", None)]

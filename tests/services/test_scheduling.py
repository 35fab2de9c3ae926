"""Services and slots."""

from datetime import time, timedelta
from typing import Any

import pytest

from app.models import SlotStatus
from tests.client import Json
from tests.factories.houses import House
from tests.steps import Visit, errors, events, nothing_changes

SERVICE = """service { version name description kind durationS bufferBeforeS bufferAfterS active
  price { amount currency } place { label } policy {
    opensBeforeS noticeS bookableFrom bookableUntil cancellationNoticeS freeCancellationNoticeS confirmation
    cancellationFee { amount { amount currency } percent } noShowFee { amount { amount currency } percent }
    customerPlacesMax waitlistMax waitlistOfferS } }"""
POLICY = {
    "opensBeforeS": None,
    "noticeS": 0,
    "bookableFrom": None,
    "bookableUntil": None,
    "cancellationNoticeS": 0,
    "freeCancellationNoticeS": 0,
    "confirmation": "BY_STAFF",
    "cancellationFee": None,
    "noShowFee": None,
    "customerPlacesMax": None,
    "waitlistMax": 50,
    "waitlistOfferS": 3600,
}
"""Of a service that says nothing about it."""
SLOT = "slot { version startsAt endsAt capacity taken available status }"
SLOT_ANSWER = f"""... on UpdateSlotSuccess {{ {SLOT} }}
  ... on SlotInUse {{ taken message }} ... on VersionConflict {{ currentVersion message }}"""


async def test_a_service_is_added(house: House) -> None:
    place = house.gid("Place", await house.place(label="Hotel"))
    input = {"name": "  Day   care ", "placeId": place, "durationS": 3600, "price": 4500, "description": " Walks. "}
    answer = await house.client("OWNER").act("createService", input, SERVICE)
    assert answer["service"] == {
        "version": 1,
        "name": "Day care",
        "description": "Walks.",
        "kind": "APPOINTMENT",
        "durationS": 3600,
        "bufferBeforeS": 0,
        "bufferAfterS": 0,
        "active": True,
        "price": {"amount": 4500, "currency": "GEL"},
        "place": {"label": "Hotel"},
        "policy": POLICY,
    }
    assert await events(house) == ["SERVICE_CREATED"]


async def test_a_service_has_a_policy(house: House) -> None:
    place, owner = house.gid("Place", await house.place()), house.client("OWNER")
    given = {
        "opensBeforeS": 30 * 24 * 3600,
        "noticeS": 3600,
        "bookableFrom": house.at(time(0)).isoformat(),
        "cancellationNoticeS": 7200,
        "freeCancellationNoticeS": 24 * 3600,
        "cancellationFee": {"percent": 50},
        "noShowFee": {"amount": 2000},
        "confirmation": "AUTOMATIC",
        "customerPlacesMax": 2,
        "waitlistMax": 5,
        "waitlistOfferS": 600,
    }
    wanted = {"name": "Groom", "placeId": place, "durationS": 3600, "price": 4500, "kind": "STAY", "policy": given}
    made = (await owner.act("createService", wanted | {"bufferAfterS": 900}, f"{SERVICE} service {{ id }}"))["service"]
    fees = {
        "cancellationFee": {"amount": None, "percent": 50},
        "noShowFee": {"amount": {"amount": 2000, "currency": "GEL"}, "percent": None},
    }
    assert made["policy"] == POLICY | given | fees
    assert (made["kind"], made["bufferBeforeS"], made["bufferAfterS"]) == ("STAY", 0, 900)
    change = {"opensBeforeS": None, "cancellationFee": {"amount": 900}, "noShowFee": None, "customerPlacesMax": None}
    changed = (
        await owner.act(
            "updateService",
            {"serviceId": made["id"], "version": 1, "policy": change},
            f"... on UpdateServiceSuccess {{ {SERVICE} }}",
        )
    )["service"]
    fee = {"amount": {"amount": 900, "currency": "GEL"}, "percent": None}
    assert changed["policy"] == made["policy"] | change | {"cancellationFee": fee}


@pytest.mark.parametrize(
    ("policy", "field"),
    [
        ({"cancellationNoticeS": -1}, "cancellationNoticeS"),
        ({"noticeS": 366 * 24 * 3600 + 1}, "noticeS"),
        ({"opensBeforeS": 0}, "opensBeforeS"),
        ({"opensBeforeS": 60, "noticeS": 60}, None),
        ({"cancellationFee": {"percent": 101}}, "cancellationFee"),
        ({"cancellationFee": {"amount": -1}}, "cancellationFee"),
        ({"noShowFee": {"amount": 1, "percent": 1}}, None),
        ({"noShowFee": {}}, None),
        ({"customerPlacesMax": 0}, "customerPlacesMax"),
        ({"waitlistMax": -1}, "waitlistMax"),
        ({"waitlistOfferS": 59}, "waitlistOfferS"),
        ({"bookableFrom": "2026-12-01T00:00:00Z", "bookableUntil": "2026-12-01T00:00:00Z"}, None),
    ],
)
async def test_a_policy_must_make_sense(house: House, policy: Json, field: str | None) -> None:
    place = await house.place()
    valid = {"name": "Bath", "placeId": house.gid("Place", place), "durationS": 3600, "price": 100}
    changed = {"serviceId": house.gid("Service", await house.service(place_id=place)), "version": 1}
    async with nothing_changes(house):
        for verb, input in (("createService", valid), ("updateService", changed)):
            assert await errors(house.client("OWNER"), verb, input | {"policy": policy}) == [("BAD_USER_INPUT", field)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "x" * 201),
        ("name", "a\x00b"),
        ("description", "x" * 5_001),
        ("durationS", 59),
        ("durationS", 366 * 24 * 3600 + 1),
        ("price", -1),
        ("price", 10**12 + 1),
        ("bufferBeforeS", -1),
        ("bufferAfterS", 366 * 24 * 3600 + 1),
    ],
)
async def test_a_service_must_make_sense(house: House, field: str, value: Any) -> None:
    place = await house.place()
    valid = {"name": "Bath", "placeId": house.gid("Place", place), "durationS": 3600, "price": 100}
    changed = {"serviceId": house.gid("Service", await house.service(place_id=place)), "version": 1, field: value}
    async with nothing_changes(house):
        assert await errors(house.client("OWNER"), "createService", valid | {field: value}) == [
            ("BAD_USER_INPUT", field)
        ]
        assert await errors(house.client("OWNER"), "updateService", changed) == [("BAD_USER_INPUT", field)]


async def test_a_service_is_rendered_at_a_place_of_the_house(house: House) -> None:
    home = house.gid("Place", await house.place(await house.customer()))
    input = {"name": "Bath", "placeId": home, "durationS": 3600, "price": 100}
    async with nothing_changes(house):
        assert await errors(house.client("OWNER"), "createService", input) == [("BAD_USER_INPUT", "placeId")]


async def test_a_service_changes_from_the_version_that_was_seen(house: House) -> None:
    id = house.gid("Service", await house.service(description="Walks."))
    answer = f"... on UpdateServiceSuccess {{ {SERVICE} }} ... on VersionConflict {{ currentVersion message }}"
    change = {"serviceId": id, "version": 1, "price": 5000, "description": None, "active": False}
    changed = (await house.client("OWNER").act("updateService", change, answer))["service"]
    assert (changed["version"], changed["price"]["amount"], changed["description"]) == (2, 5000, None)
    assert (changed["name"], changed["active"]) == ("Day care", False)
    async with nothing_changes(house):
        assert await house.client("OWNER").act("updateService", change, answer) == {
            "__typename": "VersionConflict",
            "currentVersion": 2,
            "message": "Somebody else has changed this in the meantime; look at it again.",
        }


async def test_a_slot_lasts_as_long_as_its_service(house: House) -> None:
    service = house.gid("Service", await house.service(duration_s=5400))
    input = {"serviceId": service, "startsAt": house.at(time(9)).isoformat(), "capacity": 3}
    slot = (await house.client("OWNER").act("createSlot", input, SLOT))["slot"]
    assert slot == {
        "version": 1,
        "startsAt": house.at(time(9)).isoformat(),
        "endsAt": house.at(time(10, 30)).isoformat(),
        "capacity": 3,
        "taken": 0,
        "available": 3,
        "status": "OPEN",
    }
    given = input | {"endsAt": house.at(time(18)).isoformat()}
    assert (await house.client("OWNER").act("createSlot", given, SLOT))["slot"]["endsAt"] == given["endsAt"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"capacity": -1}, "capacity"),
        ({"capacity": 10_001}, "capacity"),
        ({"endsAt": "2026-01-01T09:00:00Z", "startsAt": "2026-01-01T09:00:00Z"}, "endsAt"),
        ({"endsAt": "2027-01-03T09:00:00Z", "startsAt": "2026-01-01T09:00:00Z"}, "endsAt"),
    ],
)
async def test_a_slot_must_make_sense(house: House, change: Json, field: str) -> None:
    service = await house.service()
    input = {"serviceId": house.gid("Service", service), "startsAt": house.at(time(9)).isoformat(), "capacity": 3}
    changed = {"slotId": house.gid("Slot", await house.slot(service)), "version": 1, **change}
    async with nothing_changes(house):
        assert await errors(house.client("OWNER"), "createSlot", input | change) == [("BAD_USER_INPUT", field)]
        assert await errors(house.client("OWNER"), "updateSlot", changed) == [("BAD_USER_INPUT", field)]


@pytest.mark.parametrize("instant", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"])
async def test_a_slot_at_the_end_of_time_is_a_mistake(house: House, instant: str) -> None:
    input = {"serviceId": house.gid("Service", await house.service()), "startsAt": instant, "capacity": 3}
    async with nothing_changes(house):
        answer = await house.client("OWNER").post(
            "mutation Act($input: CreateSlotInput!) { createSlot(input: $input) { slot { id } } }", {"input": input}
        )
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]


async def _slot_with_bookings(house: House, taken: int) -> str:
    visit = await Visit.of(house)
    for _ in range(taken):
        await visit.booking()
    return house.gid("Slot", visit.slot)


async def test_a_slot_cannot_shrink_below_what_is_taken(house: House) -> None:
    id = await _slot_with_bookings(house, 3)
    async with nothing_changes(house):
        answer = await house.client("OWNER").act("updateSlot", {"slotId": id, "version": 1, "capacity": 2}, SLOT_ANSWER)
    message = "Places of this slot are taken; it cannot move or shrink below them."
    assert answer == {"__typename": "SlotInUse", "taken": 3, "message": message}
    answer = await house.client("OWNER").act("updateSlot", {"slotId": id, "version": 1, "capacity": 3}, SLOT_ANSWER)
    assert (answer["slot"]["capacity"], answer["slot"]["available"], answer["slot"]["version"]) == (3, 0, 2)


@pytest.mark.parametrize("field", ["startsAt", "endsAt"])
async def test_a_slot_with_bookings_cannot_move(house: House, field: str) -> None:
    taken, free = await _slot_with_bookings(house, 1), house.gid("Slot", await house.slot())
    later = house.at(time(10 if field == "startsAt" else 14)) + timedelta(minutes=30)
    change = {"version": 1, field: later.isoformat()}
    async with nothing_changes(house):
        answer = await house.client("OWNER").act("updateSlot", {"slotId": taken, **change}, SLOT_ANSWER)
    assert (answer["__typename"], answer["taken"]) == ("SlotInUse", 1)
    moved = await house.client("OWNER").act("updateSlot", {"slotId": free, **change}, SLOT_ANSWER)
    assert moved["slot"][field] == later.isoformat()


async def test_a_slot_with_bookings_can_close(house: House) -> None:
    id = await _slot_with_bookings(house, 1)
    change = {"slotId": id, "version": 1, "status": SlotStatus.CLOSED.value}
    slot = (await house.client("OWNER").act("updateSlot", change, SLOT_ANSWER))["slot"]
    assert (slot["status"], slot["taken"], slot["available"]) == ("CLOSED", 1, 0)


async def test_a_slot_changes_from_the_version_that_was_seen(house: House) -> None:
    """Bookings change `taken`, not the version: staff can go on editing."""
    id = await _slot_with_bookings(house, 1)
    change = {"slotId": id, "version": 1, "capacity": 20}
    assert (await house.client("OWNER").act("updateSlot", change, SLOT_ANSWER))["slot"]["version"] == 2
    async with nothing_changes(house):
        answer = await house.client("OWNER").act("updateSlot", change, SLOT_ANSWER)
    assert (answer["__typename"], answer["currentVersion"]) == ("VersionConflict", 2)


@pytest.mark.parametrize("version", [0, 7, 2**31 - 1])
async def test_a_version_that_never_was_conflicts(house: House, version: int) -> None:
    id = house.gid("Slot", await house.slot())
    answer = await house.client("OWNER").act(
        "updateSlot", {"slotId": id, "version": version, "capacity": 20}, SLOT_ANSWER
    )
    assert (answer["__typename"], answer["currentVersion"]) == ("VersionConflict", 1)

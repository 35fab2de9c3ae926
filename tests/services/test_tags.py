"""Tags: given out, exchanged, scanned."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest

from app import clock
from app.models import Role
from tests.client import Client, Json
from tests.factories.houses import ZONE, House
from tests.steps import Visit, errors, events, key, latest, nothing_changes, row

TAG = "tag { id kind status uid label subject { id } }"
REGISTERED = f"... on RegisterTagSuccess {{ {TAG} }} ... on AlreadyExists {{ field }}"
REPLACED = f"""... on ReplaceTagSuccess {{ {TAG} replaced {{ status retiredAt replacedBy {{ id }} }} }}
  ... on InvalidTransition {{ currentStatus }} ... on AlreadyExists {{ field }}"""
SCANNED = """... on ScanTagSuccess { scan { id kind scannedAt } subject { id name } booking { id status } }
  ... on Problem { message }"""
UNKNOWN = {"__typename": "TagUnknown", "message": "This tag is not known here."}


class Here(Visit):
    """A visit that is going on, and a tag on the pet."""

    @classmethod
    async def of(cls, house: House, **service: object) -> "Here":
        visit = await super().of(house, **service)
        assert isinstance(visit, Here)
        visit.staff = house.people["STAFF"].client
        visit.slot = await house.slot(visit.service, today(12))
        visit.tag = await visit.tagged("NFC", "04A2B3C4D5E680")
        return visit

    staff: Client
    tag: UUID

    async def tagged(self, kind: str, uid: str, status: str = "ACTIVE") -> UUID:
        return await self.house.insert(
            "tags", kind=kind, status=status, uid=uid, subject_id=self.pet, customer_id=self.customer_id
        )

    async def scan(self, kind: str = "CHECK_IN", client: Client | None = None, **more: object) -> Json:
        wanted = {"tagUid": "04A2B3C4D5E680", "kind": kind, **more}
        return await (client or self.staff).act("scanTag", wanted, SCANNED)


def today(hour: int) -> datetime:
    return datetime.combine(clock.now().astimezone(ZONE), time(hour), ZONE).astimezone(UTC)


async def test_a_tag_is_registered(house: House) -> None:
    visit, staff = await Visit.of(house), house.people["STAFF"].client
    pet = house.gid("Pet", visit.pet)
    before = await latest(staff)
    chip = await staff.act(
        "registerTag", {"subjectId": pet, "kind": "NFC", "uid": "04:a2:b3:c4", "label": "Collar"}, REGISTERED
    )
    expected = {"kind": "NFC", "status": "ACTIVE", "uid": "04A2B3C4", "label": "Collar", "subject": {"id": pet}}
    assert chip["tag"] == expected | {"id": chip["tag"]["id"]}
    codes = [await staff.act("registerTag", {"subjectId": pet, "kind": "QR"}, REGISTERED) for _ in range(2)]
    first, second = (code["tag"]["uid"] for code in codes)
    assert len(first) == len(second) == 16
    assert first != second
    assert before
    assert (await events(house))[-3:] == ["TAG_REGISTERED"] * 3
    listed = await staff.run(
        "query Tags($id: ID!) { node(id: $id) { ... on Pet { tags { edges { node { uid } } } } } }", {"id": pet}
    )
    uids = [edge["node"]["uid"] for edge in listed["node"]["tags"]["edges"]]
    assert uids == [second, first, "04A2B3C4"]


@pytest.mark.parametrize(
    ("kind", "uid"),
    [
        ("NFC", None),
        ("NFC", "04A2"),
        ("NFC", "04A2B3C4D"),
        ("NFC", "ZZZZZZZZ"),
        ("QR", " "),
        ("QR", "a\nb"),
        ("QR", "x" * 101),
    ],
)
async def test_a_uid_is_one_that_a_tag_can_have(house: House, kind: str, uid: str | None) -> None:
    visit, staff = await Visit.of(house), house.people["STAFF"].client
    wanted = {"subjectId": house.gid("Pet", visit.pet), "kind": kind, "uid": uid}
    async with nothing_changes(house):
        assert await errors(staff, "registerTag", wanted) == [("BAD_USER_INPUT", "uid")]


async def test_a_uid_is_given_out_once(house: House) -> None:
    visit = await Here.of(house)
    wanted = {"subjectId": house.gid("Pet", visit.pet), "kind": "NFC", "uid": "04 a2 b3 c4 d5 e6 80"}
    assert await visit.staff.act("registerTag", wanted, REGISTERED) == {"__typename": "AlreadyExists", "field": "uid"}


async def test_a_lost_tag_is_replaced(house: House) -> None:
    visit = await Here.of(house)
    old = {"tagId": house.gid("Tag", visit.tag)}
    answer = await visit.staff.act("replaceTag", old | {"kind": "QR"}, REPLACED)
    assert answer["replaced"]["status"] == "RETIRED"
    assert answer["replaced"]["replacedBy"] == {"id": answer["tag"]["id"]}
    assert await visit.scan() == UNKNOWN
    found = await visit.staff.act("scanTag", {"tagUid": answer["tag"]["uid"], "kind": "SIGHTING"}, SCANNED)
    assert found["subject"]["id"] == house.gid("Pet", visit.pet)
    refused = {"__typename": "InvalidTransition", "currentStatus": "RETIRED"}
    async with nothing_changes(house):
        assert await visit.staff.act("replaceTag", old | {"kind": "QR"}, REPLACED) == refused


async def test_who_comes_and_goes_is_checked_in_and_out(house: House) -> None:
    visit = await Here.of(house)
    booking = await visit.booking("CONFIRMED")
    gid = house.gid("Booking", booking)
    came = await visit.scan(location="Reception")
    assert came["booking"] == {"id": gid, "status": "CHECKED_IN"}
    assert came["subject"] == {"id": house.gid("Pet", visit.pet), "name": "Bim"}
    left = await visit.scan("CHECK_OUT")
    assert left["booking"] == {"id": gid, "status": "COMPLETED"}
    told = ["BOOKING_CHECKED_IN", "TAG_SCANNED", "BOOKING_COMPLETED", "TAG_SCANNED"]
    assert (await events(house))[-4:] == told
    scan = await row(house, "tag_scans", key(came["scan"]["id"]))
    assert (scan["booking_id"], scan["location"], scan["scanned_by"]) == (
        booking,
        "Reception",
        house.people["STAFF"].user_id,
    )
    assert (await row(house, "tags", visit.tag))["last_scanned_at"] > scan["scanned_at"]


@pytest.mark.parametrize("status", [None, "PENDING", "CANCELLED", "COMPLETED"])
async def test_a_scan_is_kept_even_if_there_is_nothing_to_move(house: House, status: str | None) -> None:
    visit = await Here.of(house)
    if status:
        await visit.booking(status)
    answer = await visit.scan()
    assert answer["booking"] is None
    assert (await events(house))[-1] == "TAG_SCANNED"
    assert (await row(house, "tag_scans", key(answer["scan"]["id"])))["booking_id"] is None


async def test_of_two_bookings_the_nearer_one_moves(house: House) -> None:
    visit = await Here.of(house)
    for hour in (0, 12, 23):
        visit.slot = await house.slot(visit.service, today(hour))
        await visit.booking("CONFIRMED")
    times = [today(hour) for hour in (0, 12, 23)]
    nearest = min(times, key=lambda at: abs(at - clock.now()))
    answer = await visit.scan()
    assert (await row(house, "bookings", key(answer["booking"]["id"])))["starts_at"] == nearest


async def test_tomorrows_booking_is_left_alone(house: House) -> None:
    visit = await Here.of(house)
    visit.slot = await house.slot(visit.service, today(12) + timedelta(days=1))
    await visit.booking("CONFIRMED")
    assert (await visit.scan())["booking"] is None


async def test_a_stay_is_checked_in_on_a_later_day(house: House) -> None:
    visit = await Here.of(house, kind="STAY")
    visit.slot = await house.slot(visit.service, today(12) - timedelta(days=1), ends_at=today(12) + timedelta(days=2))
    booking = await visit.booking("CONFIRMED")
    assert (await visit.scan())["booking"]["id"] == house.gid("Booking", booking)


async def test_repeated_within_a_minute_it_counts_once(house: House) -> None:
    visit = await Here.of(house)
    await visit.booking("CONFIRMED")
    at = clock.now() - timedelta(minutes=5)
    first = await visit.scan(at=at.isoformat())
    async with nothing_changes(house):
        for seconds in (0, 59, -59):
            assert await visit.scan(at=(at + timedelta(seconds=seconds)).isoformat()) == first
    other = await visit.scan(at=(at + timedelta(seconds=60)).isoformat())
    assert other["scan"]["id"] != first["scan"]["id"]
    assert other["booking"] is None
    assert (await visit.scan("SIGHTING", at=at.isoformat()))["scan"]["kind"] == "SIGHTING"


async def test_late_words_do_not_turn_back_the_clock(house: House) -> None:
    visit = await Here.of(house)
    now = clock.now()
    await visit.scan(at=now.isoformat())
    await visit.scan(at=(now - timedelta(days=1)).isoformat())
    assert (await row(house, "tags", visit.tag))["last_scanned_at"] == now


@pytest.mark.parametrize("hours", [1, 30])
async def test_who_left_before_they_came_left_another_time(house: House, hours: int) -> None:
    """A departure that a phone tells late is not that of whoever has come since."""
    visit = await Here.of(house)
    booking = await visit.booking("CONFIRMED")
    await visit.scan("CHECK_IN")
    late = (clock.now() - timedelta(hours=hours)).isoformat()
    assert (await visit.scan("CHECK_OUT", at=late))["booking"] is None
    assert (await row(house, "bookings", booking))["status"] == "CHECKED_IN"
    assert (await visit.scan("CHECK_OUT"))["booking"]["status"] == "COMPLETED"


@pytest.mark.parametrize("days", [-3, 1])
async def test_a_scan_is_told_within_two_days(house: House, days: int) -> None:
    visit = await Here.of(house)
    at = (clock.now() + timedelta(days=days)).isoformat()
    async with nothing_changes(house):
        wanted = {"tagUid": "04A2B3C4D5E680", "kind": "CHECK_IN", "at": at}
        assert await errors(visit.staff, "scanTag", wanted) == [("BAD_USER_INPUT", "at")]


@pytest.mark.parametrize("scanned", ["04:a2:b3:c4:d5:e6:80", " 04A2B3C4D5E680 ", "https://way.post/t/04A2B3C4D5E680"])
async def test_a_tag_is_read_in_many_ways(house: House, scanned: str) -> None:
    visit = await Here.of(house)
    answer = await visit.staff.act("scanTag", {"tagUid": scanned, "kind": "SIGHTING"}, SCANNED)
    assert answer["subject"]["id"] == house.gid("Pet", visit.pet)


async def test_a_code_that_says_the_very_same_comes_first(house: House) -> None:
    visit = await Here.of(house)
    chipped, visit.pet = visit.pet, await house.pet(visit.customer_id)
    codes = ["https://way.post/t/04A2B3C4D5E680", "04:A2:B3:C4:D5:E6:80"]
    for code in codes:
        await visit.tagged("QR", code)
    for scanned, pet in (*((code, visit.pet) for code in codes), ("04-A2-B3-C4-D5-E6-80", chipped)):
        answer = await visit.staff.act("scanTag", {"tagUid": scanned, "kind": "SIGHTING"}, SCANNED)
        assert answer["subject"]["id"] == house.gid("Pet", pet)


async def test_who_does_not_come_any_more_gets_no_other_tag(house: House) -> None:
    visit = await Here.of(house)
    await house.pool.execute("UPDATE subjects SET archived_at = now() WHERE id = $1", visit.pet)
    async with nothing_changes(house):
        found = await errors(visit.staff, "replaceTag", {"tagId": house.gid("Tag", visit.tag), "kind": "QR"})
        assert found == [("BAD_USER_INPUT", "subjectId")]


async def test_what_is_not_ours_is_unknown(house: House, stranger: House) -> None:
    """Absent, retired, another organization's, of a subject that comes no more, and to a driver somebody else's."""
    theirs = await Here.of(stranger)
    visit = Here(house)
    visit.staff = house.people["STAFF"].client
    visit.pet = await house.pet(visit.customer_id)
    assert theirs.tag
    assert await visit.scan() == UNKNOWN
    await visit.tagged("NFC", "04A2B3C4D5E680", "RETIRED")
    async with nothing_changes(house):
        assert await visit.scan() == UNKNOWN
    await visit.tagged("QR", "archived")
    await house.pool.execute("UPDATE subjects SET archived_at = now() WHERE id = $1", visit.pet)
    assert await visit.staff.act("scanTag", {"tagUid": "archived", "kind": "SIGHTING"}, SCANNED) == UNKNOWN
    visit.pet = await house.pet(visit.customer_id)
    await visit.tagged("QR", "stranger")
    driver = house.people["DRIVER"].client
    assert await driver.act("scanTag", {"tagUid": "stranger", "kind": "SIGHTING"}, SCANNED) == UNKNOWN


async def test_a_driver_scans_whom_they_bring(house: House) -> None:
    visit = await Here.of(house)
    booking = await visit.booking("CONFIRMED")
    driver = house.people["DRIVER"]
    assert driver.viewer.driver_id
    ride = await house.transport(
        visit.customer_id, booking_id=booking, subject_id=visit.pet, kind="TO_SITE", pickup_place_id=visit.home
    )
    await house.route(driver.viewer.driver_id, [ride])
    answer = await visit.scan(client=driver.client)
    assert answer["booking"] == {"id": house.gid("Booking", booking), "status": "CHECKED_IN"}
    assert (await row(house, "tag_scans", key(answer["scan"]["id"])))["driver_id"] == driver.viewer.driver_id


async def test_a_driver_learns_nothing_of_a_booking_that_is_none_of_theirs(house: House) -> None:
    """Not even by scanning within a minute of whoever checked the subject in."""
    visit, driver = await Here.of(house), house.people["DRIVER"]
    assert driver.viewer.driver_id
    await visit.booking("CONFIRMED")
    ride = await house.transport(visit.customer_id, subject_id=visit.pet, pickup_place_id=visit.home)
    await house.route(driver.viewer.driver_id, [ride])
    first = await visit.scan()
    again = await visit.scan(client=driver.client)
    assert first["booking"]["status"] == "CHECKED_IN"
    assert (again["scan"]["id"], again["booking"]) == (first["scan"]["id"], None)


async def test_a_customer_sees_the_tags_of_their_own(house: House) -> None:
    visit = await Here.of(house)
    await visit.scan("SIGHTING")
    query = "{ tags { edges { node { uid scans { edges { node { kind } } } } } } }"
    assert (await visit.customer.client.run(query))["tags"]["edges"] == [
        {"node": {"uid": "04A2B3C4D5E680", "scans": {"edges": [{"node": {"kind": "SIGHTING"}}]}}}
    ]
    somebody = await house.person(Role.CUSTOMER)
    assert (await somebody.client.run(query))["tags"]["edges"] == []

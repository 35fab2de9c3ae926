"""Calendars as calendar programs read them: by URL, without signing in; read back here by two parsers."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import jwt
import pytest
import vobject
from icalendar import Calendar
from uuid_utils.compat import uuid7

from app import clock
from app.context import Server
from tests.client import Client
from tests.factories.houses import House
from tests.statements import counting
from tests.steps import Visit

FEED = "feed { id url }"
LONG = "ძაღლის დაბანა, თმის შეჭრა; ფრჩხილების მოვლა და ყურების გაწმენდა — \\ სრული მომსახურება მთელი დღე"


async def feed_of(house: House, **owner: UUID) -> str:
    """The path of a new calendar."""
    ((name, id),) = owner.items()
    given = {f"{name}Id": house.gid(name.title(), id)}
    made = await house.client("STAFF").act("createCalendarFeed", {"name": "Calendar", "owner": given}, FEED)
    return str(made["feed"]["url"]).removeprefix("http://127.0.0.1:8000")


async def get(house: House, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(timeout=60, trust_env=False, verify=False) as http:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return await http.request(method, f"http://{house.api}{path}", headers=sent)


async def events_of(house: House, path: str) -> list[Any]:
    """The events of a calendar, as both parsers agree on them."""
    answer = await get(house, path)
    assert answer.status_code == 200
    return parsed(answer.content)


def parsed(content: bytes) -> list[Any]:
    calendar = Calendar.from_ical(content)
    assert isinstance(calendar, Calendar)
    other = vobject.readOne(content.decode())
    assert other.validate(raiseException=True)
    theirs = {event.uid.value: event for event in getattr(other, "vevent_list", [])}
    assert len(calendar.events) == len(theirs)
    for event in calendar.events:
        assert event.errors == []
        twin = theirs[event["UID"]]
        assert (twin.summary.value, twin.dtstart.value) == (event["SUMMARY"], event.start)
        assert (twin.location.value, twin.description.value) == (event["LOCATION"], event["DESCRIPTION"])
    return list(calendar.events)


# what stands in it


async def test_a_customer_reads_their_bookings(house: House) -> None:
    site = await house.place(address=None, label="Hotel")
    visit = await Visit.of(house, name="Bath", place_id=site)
    id = await visit.booking("CONFIRMED", number="K7PM2X", notes="Bites.\nA bit.", version=3)
    other = await house.customer()
    await house.booking(other, await house.pet(other), visit.slot)
    changed = clock.now() + timedelta(days=1)
    await house.pool.execute("UPDATE subjects SET updated_at = $2 WHERE id = $1", visit.pet, changed)
    place = await house.pool.fetchrow("SELECT * FROM places WHERE id = $1", site)
    assert place

    (event,) = await events_of(house, await feed_of(house, customer=visit.customer_id))
    assert event["UID"] == f"{id}@{house.slug}.waypost"
    assert (event["SUMMARY"], event["STATUS"], event["SEQUENCE"]) == ("Bath: Bim", "CONFIRMED", 3)
    assert (event.start, event.end) == (house.at(time(10)), house.at(time(14)))
    assert event["DESCRIPTION"] == "Booking K7PM2X\nFor Bim\nBites.\nA bit."
    assert event["LOCATION"] == place["address"]
    assert (event["GEO"].latitude, event["GEO"].longitude) == (place["latitude"], place["longitude"])
    assert event["DTSTAMP"].dt == event["LAST-MODIFIED"].dt == changed.replace(microsecond=0)


async def test_the_calendar_says_what_it_is(house: House) -> None:
    path = await feed_of(house, customer=await house.customer())
    answer = await get(house, path)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    lines = answer.content.decode().split("\r\n")
    assert (lines[0], lines[-2:]) == ("BEGIN:VCALENDAR", ["END:VCALENDAR", ""])
    assert "VERSION:2.0" in lines
    assert "PRODID:-//Waypost//Calendars//EN" in lines
    assert "X-WR-CALNAME:Calendar" in lines
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H" in lines
    assert [line for line in lines if line.startswith("METHOD")] == []
    assert parsed(answer.content) == []


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("HELD", "TENTATIVE"),
        ("PENDING", "TENTATIVE"),
        ("CONFIRMED", "CONFIRMED"),
        ("CHECKED_IN", "CONFIRMED"),
        ("COMPLETED", "CONFIRMED"),
        ("NO_SHOW", "CONFIRMED"),
        ("CANCELLED", "CANCELLED"),
        ("DECLINED", "CANCELLED"),
        ("EXPIRED", None),
    ],
)
async def test_a_booking_stands_as_far_as_it_is_agreed(house: House, status: str, shown: str | None) -> None:
    visit = await Visit.of(house)
    await visit.booking(status)
    found = await events_of(house, await feed_of(house, customer=visit.customer_id))
    assert [event["STATUS"] for event in found] == ([shown] if shown else [])


async def test_long_lines_and_georgian_text_come_through(house: House) -> None:
    visit = await Visit.of(house, name=LONG)
    notes = "ფრთხილად, ის იკბინება!\r\nზარი არ მუშაობს; დარეკეთ.\rბ\x07\x1b\u2028" + "გრძელი " * 60
    await visit.booking(notes=notes, number="K7PM2X")
    path = await feed_of(house, customer=visit.customer_id)
    (event,) = await events_of(house, path)
    assert event["SUMMARY"] == f"{LONG}: Bim"
    assert event["DESCRIPTION"].split("\n") == [
        "Booking K7PM2X",
        "For Bim",
        "ფრთხილად, ის იკბინება!",
        "ზარი არ მუშაობს; დარეკეთ.",
        "ბ",
        "გრძელი " * 60,
    ]
    lines = (await get(house, path)).content.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert [line for line in lines if b"\r" in line or b"\n" in line] == []


async def test_text_cannot_become_a_property(house: House) -> None:
    visit = await Visit.of(house, name="Bath\r\nEND:VEVENT\rATTACH:http://example.org\u2028X:Y")
    await visit.booking()
    (event,) = await events_of(house, await feed_of(house, customer=visit.customer_id))
    assert event["SUMMARY"] == "Bath END:VEVENT ATTACH:http://example.org X:Y: Bim"
    assert "ATTACH" not in event


async def test_a_driver_reads_shifts_and_the_stops_of_published_routes(house: House) -> None:
    driver, customer = await house.driver(), await house.customer()
    pet = await house.pet(customer)
    door = await house.place(customer, access_notes="Ring twice.")
    ride = await house.transport(
        customer, subject_id=pet, pickup_place_id=door, notes="A cage.", pickup_service_s=300, dropoff_service_s=0
    )
    route = await house.route(driver, [ride], status="PUBLISHED")
    await house.route(await house.driver(), [await house.transport(customer)])
    shift, *stops = await events_of(house, await feed_of(house, driver=driver))
    assert shift["SUMMARY"].startswith("Shift: WP-")
    assert (shift.start, shift.end) == (house.at(time(7)), house.at(time(20)))
    rows = await house.all("SELECT * FROM stops WHERE organization_id = $1 AND route_id = $2 ORDER BY sequence", route)
    assert [event["UID"] for event in stops] == [f"{stop['id']}@{house.slug}.waypost" for stop in rows]
    pickup, dropoff = stops
    assert (pickup["SUMMARY"], dropoff["SUMMARY"]) == ("Pickup: Bim", "Dropoff: Bim")
    assert (pickup.start, pickup.end) == (house.at(time(9, 10)), house.at(time(9, 15)))
    assert (dropoff.start, "DTEND" in dropoff) == (house.at(time(9, 20)), False)
    assert pickup["DESCRIPTION"] == "Stop 1\nFor Bim\nRing twice.\nA cage."
    address = await house.value("SELECT address FROM places WHERE organization_id = $1 AND id = $2", door)
    assert pickup["LOCATION"] == address


@pytest.mark.parametrize(
    ("status", "seen"),
    [("DRAFT", 0), ("OPTIMIZED", 0), ("PUBLISHED", 2), ("IN_PROGRESS", 2), ("COMPLETED", 0), ("CANCELLED", 0)],
)
async def test_stops_show_while_the_driver_has_them_ahead(house: House, status: str, seen: int) -> None:
    driver = await house.driver()
    await house.route(driver, [await house.transport(await house.customer())], status=status)
    _, *stops = await events_of(house, await feed_of(house, driver=driver))
    assert len(stops) == seen
    # nobody rides along: it is called after the place
    assert [event["SUMMARY"] for event in stops] == ["Pickup: Home", "Dropoff: Site"][:seen]


async def test_a_stop_that_fell_out_is_called_off(house: House) -> None:
    driver = await house.driver()
    route = await house.route(driver, [await house.transport(await house.customer())])
    await house.pool.execute("UPDATE stops SET status = 'SKIPPED' WHERE route_id = $1 AND sequence = 1", route)
    _, first, second = await events_of(house, await feed_of(house, driver=driver))
    assert (first["STATUS"], second["STATUS"]) == ("CANCELLED", "CONFIRMED")


async def _used(house: House, booking: UUID, resource: UUID, number: int = 1) -> None:
    """A unit, kept a quarter of an hour longer on both ends."""
    unit = await house.value(
        "SELECT id FROM resource_units WHERE organization_id = $1 AND resource_id = $2 AND number = $3",
        resource,
        number,
    )
    during = asyncpg.Range(house.at(time(9, 45)), house.at(time(14, 15)))
    await house.insert("allocations", booking_id=booking, unit_id=unit, during=during)


async def test_a_resource_shows_the_bookings_that_use_it(house: House) -> None:
    visit, bay, other = await Visit.of(house), await house.resource(capacity=2), await house.resource()
    mine, elsewhere, _ = await visit.booking(), await visit.booking(), await visit.booking()
    await _used(house, mine, bay)
    await _used(house, mine, bay, number=2)
    await _used(house, elsewhere, other)
    (event,) = await events_of(house, await feed_of(house, resource=bay))
    assert event["UID"] == f"{mine}@{house.slug}.waypost"
    # buffers are the house's business
    assert (event.start, event.end) == (house.at(time(10)), house.at(time(14)))


# how much of it


async def _bookings_at(house: House, visit: Visit, *instants: datetime) -> list[str]:
    slots = [await house.slot(visit.service, instant) for instant in instants]
    ids = [await house.booking(visit.customer_id, visit.pet, slot) for slot in slots]
    return [f"{id}@{house.slug}.waypost" for id in ids]


async def test_a_calendar_reaches_ninety_days_back_and_a_year_ahead(house: House) -> None:
    visit, now = await Visit.of(house), clock.now()
    path = await feed_of(house, customer=visit.customer_id)
    instants = [now + timedelta(days=days) for days in (-92, -89, 0, 365, 367)]
    _, *seen, _ = await _bookings_at(house, visit, *instants)
    assert [event["UID"] for event in await events_of(house, path)] == seen


async def test_a_calendar_that_is_too_long_keeps_what_is_near(house: House) -> None:
    """A booking every four hours, 2,100 of them: the last hundred are left out."""
    visit = await Visit.of(house)
    await house.pool.execute(
        "INSERT INTO bookings (organization_id, number, status, customer_id, subject_id, service_id, slot_id, "
        "starts_at, ends_at, cancel_before, cancel_free_before, price_minor, currency) "
        "SELECT $1, 'N' || hour, 'CONFIRMED', $2, $3, $4, $5, at, at + interval '1 h', at, at, 0, 'GEL' "
        "FROM generate_series(4, 8400, 4) AS hour, LATERAL (SELECT now() + make_interval(hours => hour)) AS t (at)",
        house.id,
        visit.customer_id,
        visit.pet,
        visit.service,
        visit.slot,
    )
    calendar = await get(house, await feed_of(house, customer=visit.customer_id))
    starts = sorted(event.start for event in Calendar.from_ical(calendar.content).events)
    assert len(starts) == 2_000
    assert clock.now() + timedelta(hours=7_999) < starts[-1] <= clock.now() + timedelta(hours=8_000)


async def test_more_bookings_take_no_more_statements(house: House, server: Server) -> None:
    visit, bay = await Visit.of(house, name="Bath"), await house.resource(capacity=20)
    customers, bays = await feed_of(house, customer=visit.customer_id), await feed_of(house, resource=bay)
    for count in (2, 20):
        while await visit.taken() < min(count, 10):
            await visit.booking()
        made = await house.all("SELECT id FROM bookings WHERE organization_id = $1 ORDER BY id")
        for _ in range(count - len(made)):
            pet, slot = await house.pet(visit.customer_id), await house.slot()
            await house.booking(visit.customer_id, pet, slot)
        made = await house.all("SELECT id FROM bookings WHERE organization_id = $1 ORDER BY id")
        used = await house.all("SELECT booking_id FROM allocations WHERE organization_id = $1 AND unit_id IS NOT NULL")
        for number, booking in enumerate(made[len(used) :], len(used) + 1):
            await _used(house, booking["id"], bay, number)
        for path in (customers, bays):
            with counting(server, house.id) as statements:
                assert len(await events_of(house, path)) == count
            assert len(statements.data) == 2, statements.report()


async def test_more_stops_take_no_more_statements(house: House, server: Server) -> None:
    for count in (1, 10):
        driver, customer = await house.driver(), await house.customer()
        await house.route(driver, [await house.transport(customer) for _ in range(count)])
        path = await feed_of(house, driver=driver)
        with counting(server, house.id) as statements:
            assert len(await events_of(house, path)) == 1 + 2 * count
        assert len(statements.data) == 3, statements.report()


# as HTTP


async def test_a_calendar_that_has_not_changed_is_not_sent_again(house: House) -> None:
    visit = await Visit.of(house)
    await visit.booking()
    path = await feed_of(house, customer=visit.customer_id)
    first = await get(house, path)
    assert first.headers["cache-control"] == "private, max-age=300"
    tag = first.headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = await get(house, path, if_none_match=known)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert again.headers["cache-control"] == "private, max-age=300"
    assert (await get(house, path, if_none_match='"other"')).content == first.content
    await visit.booking()
    changed = await get(house, path, if_none_match=tag)
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


async def test_a_program_may_look_at_the_head_only(house: House) -> None:
    path = await feed_of(house, customer=await house.customer())
    whole, head = await get(house, path), await get(house, path, "HEAD")
    assert (head.status_code, head.content) == (200, b"")
    for name in ("etag", "content-type", "content-length", "cache-control"):
        assert head.headers[name] == whole.headers[name]
    assert (await get(house, path, "POST")).status_code == 405


# who may read it


async def refused(house: House, path: str) -> bool:
    answer = await get(house, path)
    headers = (answer.headers["content-type"], answer.headers["cache-control"])
    return (answer.status_code, answer.text, *headers) == (
        404,
        "There is no such calendar.\n",
        "text/plain; charset=utf-8",
        "no-store",
    )


async def test_a_revoked_calendar_is_not_there(house: House) -> None:
    made = (await house.client("CUSTOMER").act("createCalendarFeed", {"name": "Phone"}, FEED))["feed"]
    path = made["url"].removeprefix("http://127.0.0.1:8000")
    tag = (await get(house, path)).headers["etag"]
    await house.client("STAFF").act("revokeCalendarFeed", {"feedId": made["id"]}, FEED)
    assert await refused(house, path)
    assert (await get(house, path, if_none_match=tag)).status_code == 404


def signed(house: House, secret: str | None = None, **claims: Any) -> str:
    given = {"aud": "calendar", "org": str(house.id), "sub": str(uuid7()), **claims}
    written = {name: value for name, value in given.items() if value is not None}
    return jwt.encode(written, secret or house.settings.token_secret.get_secret_value(), "HS256")


async def test_only_what_we_signed_is_read(house: House, stranger: House) -> None:
    path = await feed_of(house, customer=await house.customer())
    token = path.removeprefix("/calendars/").removesuffix(".ics")
    sent = jwt.decode(token, options={"verify_signature": False})
    feed = sent["sub"]
    assert not await refused(house, f"/calendars/{signed(house, sub=feed)}.ics")
    head, claims, signature = token.split(".")
    forged = [
        token[:-1],
        token[: len(token) // 2],
        f"{head}.{claims}.",
        f"{head}.{claims}.{signature[::-1]}",
        f"{head}.{claims[:-2]}.{signature}",
        signed(house, sub=feed, secret="another secret that is long enough to be one"),
        jwt.encode(sent, "", "none"),
        signed(house),
        signed(house, sub=feed, org=str(stranger.id)),
        signed(house, sub=feed, org=str(uuid7())),
        signed(house, sub=feed, org="nonsense"),
        signed(house, sub=feed, org=7),
        signed(house, sub="nonsense"),
        signed(house, sub=None),
        signed(house, sub=feed, org=None),
        signed(house, sub=feed, aud=None),
        signed(house, sub=feed, aud="other"),
        "x",
        "%00",
        "%F0%9F%92%A9",
        "a.b.c",
        "." * 5_000,
    ]
    for wrong in forged:
        assert await refused(house, f"/calendars/{wrong}.ics"), wrong


async def test_an_access_token_is_no_calendar_and_a_calendar_no_access(house: House) -> None:
    client = house.client("CUSTOMER")
    made = (await client.act("createCalendarFeed", {"name": "Phone"}, FEED))["feed"]
    assert await refused(house, f"/calendars/{client.token}.ics")
    token = made["url"].rsplit("/", 1)[1].removesuffix(".ics")
    assert await Client(house.api, token).codes("{ viewer { role } }") == ["UNAUTHENTICATED"]

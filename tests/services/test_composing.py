"""What a message says when its time has come, and whether it is still true then."""

from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from babel.dates import format_date, format_datetime
from uuid_utils.compat import uuid7

from app import clock
from app.access import Viewer
from app.db import Database
from app.models import Channel, Notification, NotificationKind
from app.services.messaging.composing import Text, compose
from app.uow import Silence, unit_of_work
from tests.factories.houses import ZONE, House
from tests.steps import Visit

Kind = NotificationKind


async def _words(
    database: Database, house: House, kind: Kind, about: UUID, channel: str = "SMS", **values: Any
) -> Text | None:
    """To a customer of the house, unless somebody else is named."""
    if not values.keys() & {"customer_id", "user_id"}:
        values["customer_id"] = house.people["CUSTOMER"].viewer.customer_id
    named = {"about_type": "Booking", "locale": "en", "cause": "a"} | values
    row = Notification(organization_id=house.id, kind=kind, channel=Channel(channel), about=about, **named)
    async with unit_of_work(database, Viewer.system(house.id), Silence()) as uow:
        return await compose(uow, row)


def _day(day: date, locale: str = "en") -> str:
    return str(format_date(day, "EEEE, d MMMM y", locale=locale))


async def _visit(house: House) -> Visit:
    return await Visit.of(house, name="Bath")


async def test_a_mail_says_what_when_and_for_whom(house: House, database: Database) -> None:
    visit = await _visit(house)
    booking = await visit.booking("CONFIRMED", number="K7PM2X")
    starts = format_datetime(house.at(time(10)), "EEEE, d MMMM y, HH:mm", tzinfo=ZONE, locale="en")
    assert await _words(database, house, Kind.BOOKING_CONFIRMED, booking, "EMAIL") == Text(
        "The House: booking K7PM2X is confirmed",
        "Dear Nino Beridze,\n\nyour booking K7PM2X is confirmed.\n\n"
        f"  What: Bath\n  For:  Bim\n  When: {starts} to 14:00\n\nThe House\n",
    )


async def test_it_is_said_in_the_language_of_the_person(house: House, database: Database) -> None:
    visit = await _visit(house)
    booking = await visit.booking("CONFIRMED", number="K7PM2X")
    day = format_date(house.day, "EEE, d MMM", locale="ka")
    expected = f"The House: ჯავშანი K7PM2X დადასტურებულია: Bath, Bim, {day}, 10:00."
    for locale in ("ka", "ka_GE"):
        found = await _words(database, house, Kind.BOOKING_CONFIRMED, booking, locale=locale)
        assert found == Text(None, expected)


@pytest.mark.parametrize(
    ("kind", "status", "said"),
    [
        (Kind.BOOKING_CONFIRMED, "CONFIRMED", True),
        (Kind.BOOKING_CONFIRMED, "CANCELLED", False),
        (Kind.BOOKING_DECLINED, "DECLINED", True),
        (Kind.BOOKING_CANCELLED, "CANCELLED", True),
        (Kind.BOOKING_TOMORROW, "CONFIRMED", True),
        (Kind.BOOKING_TOMORROW, "CANCELLED", False),
        (Kind.AFTER_VISIT, "COMPLETED", True),
        (Kind.AFTER_VISIT, "NO_SHOW", False),
    ],
)
async def test_a_booking_is_spoken_of_as_it_is(
    house: House, database: Database, kind: Kind, status: str, said: bool
) -> None:
    visit = await _visit(house)
    booking = await visit.booking(status, reason="The house is full.")
    for channel in Channel:
        assert bool(await _words(database, house, kind, booking, channel.value)) is said
    if kind is Kind.BOOKING_DECLINED:
        mail = await _words(database, house, kind, booking, "EMAIL")
        assert mail
        assert "\nThe reason: The house is full.\n" in mail.body


async def test_nothing_is_said_to_whom_or_of_what_is_gone(house: House, database: Database) -> None:
    visit = await _visit(house)
    booking = await visit.booking("CONFIRMED")
    assert await _words(database, house, Kind.BOOKING_CONFIRMED, uuid7()) is None
    assert await _words(database, house, Kind.BOOKING_CONFIRMED, booking, customer_id=uuid7()) is None
    begun = await visit.booking("CONFIRMED", starts_at=clock.now() - timedelta(minutes=1))
    owner: dict[str, Any] = {"user_id": house.people["OWNER"].user_id}
    assert await _words(database, house, Kind.BOOKING_TOMORROW, begun, **owner) is None
    await house.pool.execute("UPDATE customers SET erased_at = now() WHERE id = $1", visit.customer_id)
    assert await _words(database, house, Kind.BOOKING_CONFIRMED, booking) is None


async def _ride(house: House, visit: Visit, status: str) -> UUID:
    driver = house.people["DRIVER"].viewer.driver_id
    assert driver
    await house.pool.execute("UPDATE drivers SET display_name = 'Giorgi Kapanadze' WHERE id = $1", driver)
    ride = await house.transport(visit.customer_id, subject_id=visit.pet, pickup_place_id=visit.home)
    await house.route(driver, [ride], "IN_PROGRESS")
    await house.pool.execute("UPDATE transports SET status = $2 WHERE id = $1", ride, status)
    await house.pool.execute("UPDATE vehicles SET license_plate = 'WP-1' WHERE organization_id = $1", house.id)
    return ride


async def test_a_driver_is_announced_while_under_way(house: House, database: Database) -> None:
    visit = await _visit(house)
    ride = await _ride(house, visit, "EN_ROUTE")
    about = {"about_type": "Transport"}
    found = await _words(database, house, Kind.DRIVER_UNDER_WAY, ride, **about)
    assert found == Text(None, "The House: Giorgi is on the way for Bim, expected at 09:10 (WP-1).")
    await house.pool.execute("UPDATE stops SET status = 'ARRIVED', arrived_at = now() WHERE transport_id = $1", ride)
    assert await _words(database, house, Kind.DRIVER_UNDER_WAY, ride, **about) is None
    await house.pool.execute("UPDATE transports SET status = 'PICKED_UP' WHERE id = $1", ride)
    assert await _words(database, house, Kind.DRIVER_UNDER_WAY, ride, **about) is None


async def _care(house: House, visit: Visit, days: int, pet: UUID | None = None, title: str = "Rabies") -> UUID:
    protocol = await house.insert(
        "care_protocols",
        code=f"C{str(uuid7())[-8:].upper()}",
        name=title,
        kind="VACCINATION",
        subject_kind="PET",
        warning_days=14,
    )
    named = {"subject_id": pet or visit.pet, "customer_id": visit.customer_id, "protocol_id": protocol}
    due_on = clock.now().astimezone(ZONE).date() + timedelta(days=days)
    return await house.insert("care_dues", **named, kind="VACCINATION", title=title, due_on=due_on)


async def test_care_is_told_until_it_is_done(house: House, database: Database) -> None:
    visit = await _visit(house)
    due, day = await _care(house, visit, 7), clock.now().astimezone(ZONE).date() + timedelta(days=7)
    about = {"about_type": "CareDue"}
    found = await _words(database, house, Kind.CARE_DUE, due, **about)
    assert found == Text(None, f"The House: Rabies of Bim is due on {_day(day)}. Please make an appointment.")
    assert await _words(database, house, Kind.CARE_OVERDUE, due, **about) is None
    # it was given: the next time is in a year
    await house.pool.execute("UPDATE care_dues SET due_on = due_on + 365 WHERE id = $1", due)
    assert await _words(database, house, Kind.CARE_DUE, due, **about) is None
    far = await house.insert("reminder_rules", kind="CARE_DUE", channels=["SMS"], days_before=365)
    await house.pool.execute("UPDATE care_dues SET due_on = due_on - 100 WHERE id = $1", due)
    assert await _words(database, house, Kind.CARE_DUE, due, **about, rule=far)
    await house.pool.execute("UPDATE subjects SET archived_at = now() WHERE id = $1", visit.pet)
    assert await _words(database, house, Kind.CARE_DUE, due, **about, rule=far) is None


async def test_a_reminder_stays_true_when_its_rule_changes(house: House, database: Database) -> None:
    """Its cause is told once: what is not sent now would never be."""
    visit = await _visit(house)
    due, day = await _care(house, visit, 7), clock.now().astimezone(ZONE).date() + timedelta(days=7)
    rule = await house.insert("reminder_rules", kind="CARE_DUE", channels=["SMS"], days_before=3)

    async def words() -> Text | None:
        cause = f"CARE_DUE:{rule}:{visit.pet}:{due}:{day}"
        return await _words(database, house, Kind.CARE_DUE, due, about_type="CareDue", rule=rule, cause=cause)

    assert await words() == Text(None, f"The House: Rabies of Bim is due on {_day(day)}. Please make an appointment.")
    await house.pool.execute("UPDATE care_dues SET due_on = due_on + 30 WHERE id = $1", due)
    assert await words() is None


async def test_what_is_overdue_of_a_customer_is_one_list(house: House, database: Database) -> None:
    visit = await _visit(house)
    about = {"about_type": "Customer"}
    assert await _words(database, house, Kind.CARE_OVERDUE, visit.customer_id, **about) is None
    await _care(house, visit, -2)
    await _care(house, visit, -9, await house.pet(visit.customer_id, name="Kurzhaar"), "Distemper")
    await _care(house, visit, 3, title="Not yet")
    await _care(house, visit, -1, await house.pet(await house.customer(), name="Other"))
    await house.pool.execute(
        "UPDATE care_dues SET customer_id = (SELECT customer_id FROM subjects s WHERE s.id = subject_id)"
        " WHERE organization_id = $1",
        house.id,
    )
    found = await _words(database, house, Kind.CARE_OVERDUE, visit.customer_id, "EMAIL", **about)
    assert found
    today = clock.now().astimezone(ZONE).date()
    lines = (
        f"  Kurzhaar: Distemper, {_day(today - timedelta(days=9))}\n  Bim: Rabies, {_day(today - timedelta(days=2))}"
    )
    assert f"this is overdue:\n\n{lines}\n\nPlease" in found.body
    assert found.subject == "The House: Distemper, Rabies of Kurzhaar, Bim is overdue"


async def test_what_runs_out_in_the_fleet(house: House, database: Database) -> None:
    owner: dict[str, Any] = {"user_id": house.people["OWNER"].user_id}
    driver = await house.driver(licence_expires_on=house.day)
    found = await _words(database, house, Kind.LICENCE_EXPIRING, driver, **owner, about_type="Driver")
    assert found == Text(None, f"The House: the driving licence of Giorgi runs out on {_day(house.day)}.")
    vehicle = await house.vehicle()
    assert await _words(database, house, Kind.MAINTENANCE_DUE, vehicle, **owner, about_type="Vehicle") is None
    await house.pool.execute(
        "UPDATE vehicles SET license_plate = 'WP-9', maintenance_due_odometer_m = 90000000 WHERE id = $1", vehicle
    )
    found = await _words(database, house, Kind.MAINTENANCE_DUE, vehicle, **owner, about_type="Vehicle")
    assert found == Text(None, "The House: maintenance of WP-9 is due at 90,000 km.")


@pytest.mark.parametrize(("status", "said"), [("PUBLISHED", True), ("WITHDRAWN", False)])
async def test_news_are_told_while_they_stand(house: House, database: Database, status: str, said: bool) -> None:
    words = {"title": "Closed {{ person }}", "body": "On Friday.", "audience": "EVERYONE", "priority": "URGENT"}
    post = await house.insert("posts", **words, status=status, publish_at=clock.now())
    found = await _words(database, house, Kind.POST_PUBLISHED, post, "PUSH", about_type="Post")
    assert found == (Text("The House", "Closed {{ person }}") if said else None)


async def test_words_that_cannot_be_filled_in_give_way_to_ours(house: House, database: Database) -> None:
    visit = await _visit(house)
    booking = await visit.booking("CONFIRMED", number="K7PM2X")
    words = {"kind": "BOOKING_CONFIRMED", "channel": "SMS", "locale": "en"}
    template = await house.insert("message_templates", **words, body="{{ number }}, {{ person | upcase }}!")
    assert await _words(database, house, Kind.BOOKING_CONFIRMED, booking) == Text(None, "K7PM2X, NINO BERIDZE!")
    await house.pool.execute("UPDATE message_templates SET body = '{{ nobody }}' WHERE id = $1", template)
    found = await _words(database, house, Kind.BOOKING_CONFIRMED, booking)
    assert found
    assert found.body.endswith("Booking K7PM2X.")

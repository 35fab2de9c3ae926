"""The mail to whoever waited for a place that came free."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from babel.dates import format_datetime

from app import clock
from app.jobs.worker import Work
from tests.factories.houses import ZONE, House
from tests.mailbox import Mailbox
from tests.steps import Visit, due, eventually, nothing_due


def _in_an_hour() -> datetime:
    return clock.now() + timedelta(hours=1)


async def _offer(visit: Visit, entry: str = "OFFERED", **booking: Any) -> UUID:
    """Somebody who waited; a place is held for them."""
    held = await visit.booking(**{"status": "HELD", "held_until": _in_an_hour(), **booking})
    return await visit.house.insert(
        "waitlist_entries",
        slot_id=visit.slot,
        customer_id=visit.customer_id,
        subject_id=visit.pet,
        number=1,
        status=entry,
        booking_id=held,
    )


async def _told(house: House) -> UUID:
    """The only mail there is to be."""
    (row,) = await house.all("SELECT id FROM notifications WHERE organization_id = $1 AND channel = 'EMAIL'")
    id: UUID = row["id"]
    return id


async def test_an_offer_is_mailed(house: House, worker: Work, mailbox: Mailbox) -> None:
    visit, until = await Visit.of(house, name="Bath"), _in_an_hour()
    entry = await _offer(visit, held_until=until, number="K7PM2X")
    await due(house, "NOTIFY_WAITLIST_OFFER", entry)
    mail = await mailbox.wait_for(visit.customer.email)
    assert mail["Message-ID"] == f"<{await _told(house)}@waypost.invalid>"
    assert mail["Subject"] == "The House: a place is held for you, booking K7PM2X"
    assert (mail["From"], mail["To"]) == ("Waypost <no-reply@waypost.invalid>", visit.customer.email)
    starts, last = (
        format_datetime(instant, "EEEE, d MMMM y, HH:mm", tzinfo=ZONE, locale="en")
        for instant in (house.at(time(10)), until)
    )
    assert mail.get_content().replace("\r\n", "\n") == (
        "Dear Nino Beridze,\n\n"
        "a place that you waited for is free, and we hold it for you.\n\n"
        "  What: Bath\n"
        "  For:  Bim\n"
        f"  When: {starts} to 14:00\n\n"
        f"Book it until {last}; after that it goes to whoever waits next.\n"
        "The number of the booking is K7PM2X.\n\n"
        "The House\n"
    )
    await eventually(lambda: nothing_due(house))


async def test_a_place_that_ends_on_another_day_says_which(house: House, worker: Work, mailbox: Mailbox) -> None:
    visit = await Visit.of(house)
    entry = await _offer(visit, ends_at=house.at(time(11)) + timedelta(days=2))
    await due(house, "NOTIFY_WAITLIST_OFFER", entry)
    mail = await mailbox.wait_for(visit.customer.email)
    last = format_datetime(house.at(time(11)) + timedelta(days=2), "EEEE, d MMMM y, HH:mm", tzinfo=ZONE, locale="en")
    assert f", 10:00 to {last}\r\n" in mail.get_content()


async def test_a_mail_that_was_turned_away_comes_later(house: House, worker: Work, mailbox: Mailbox) -> None:
    visit = await Visit.of(house)
    mailbox.refuse_next = 1
    await due(house, "NOTIFY_WAITLIST_OFFER", await _offer(visit))

    async def put_off() -> bool:
        waiting = (
            "UPDATE due_work SET run_at = now() WHERE organization_id = $1 AND kind = 'SEND_NOTIFICATION' "
            "AND run_at > now() AND lease_until IS NULL"
        )
        return bool(await house.pool.execute(waiting, house.id) == "UPDATE 1")

    await eventually(put_off)
    assert mailbox.to(visit.customer.email) == []
    await eventually(lambda: nothing_due(house))
    sent = [mail["Message-ID"] for mail in mailbox.to(visit.customer.email)]
    assert sent == [f"<{await _told(house)}@waypost.invalid>"]


@pytest.mark.parametrize(
    ("entry", "booking"),
    [
        ("LEFT", {}),
        ("ACCEPTED", {"status": "PENDING", "held_until": None}),
        ("EXPIRED", {"status": "EXPIRED"}),
        ("OFFERED", {"held_until": clock.now() - timedelta(seconds=1)}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_an_offer_that_is_over_is_not_mailed(
    house: House, worker: Work, mailbox: Mailbox, entry: str, booking: dict[str, Any]
) -> None:
    visit = await Visit.of(house)
    await due(house, "NOTIFY_WAITLIST_OFFER", await _offer(visit, entry, **booking))
    await eventually(lambda: nothing_due(house))
    assert mailbox.to(visit.customer.email) == []


async def test_nobody_to_write_to(house: House, worker: Work, mailbox: Mailbox) -> None:
    visit = await Visit.of(house)
    await house.pool.execute("UPDATE customers SET email = NULL WHERE id = $1", visit.customer_id)
    before = len(mailbox.mails)
    await due(house, "NOTIFY_WAITLIST_OFFER", await _offer(visit))
    await eventually(lambda: nothing_due(house))
    assert [mail for mail in mailbox.mails[before:] if "Nino Beridze" in mail.get_content()] == []

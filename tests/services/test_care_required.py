"""Care that services ask for: on every road to a booking."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.context import Server
from app.jobs.desk import Desk, take_up
from app.settings import Settings
from tests.client import Json
from tests.factories.care import protocol, record, required
from tests.factories.houses import ZONE, House
from tests.steps import Visit, errors, events, key, row

MISSING = "... on CareMissing { message missing { dueOn protocol { name } } }"
BOOKING = "booking { id careWaivedReason status }"


class Kennel(Visit):
    """A service that asks for a vaccine."""

    by: UUID

    @classmethod
    async def of(cls, house: House, **service: Any) -> "Kennel":
        visit = await super().of(house, **service)
        assert isinstance(visit, cls)
        visit.by = await protocol(house, name="Rabies")
        await required(house, visit.service, visit.by)
        return visit

    async def vaccinate(self, until: date | None, **values: Any) -> UUID:
        day = self.house.day - timedelta(days=300)
        named = {"protocol_id": self.by, "next_due_on": until}
        return await record(self.house, self.customer_id, self.pet, day, **{**named, **values})

    async def ask(self, verb: str, role: str = "CUSTOMER", **more: Any) -> Json:
        success = f"... on {verb[0].upper()}{verb[1:]}Success {{ {BOOKING} }}"
        wanted = self.wanted if verb in ("bookSlot", "holdSlot") else {}
        return await self.house.client(role).act(verb, wanted | more, f"{success} {MISSING}")


def missing(due_on: date | None = None) -> Json:
    named = {"dueOn": due_on.isoformat() if due_on else None, "protocol": {"name": "Rabies"}}
    message = "This service asks for care that is not in date then: Rabies."
    return {"__typename": "CareMissing", "message": message, "missing": [named]}


async def test_a_service_asks_for_care(house: House) -> None:
    visit = await Visit.of(house)
    by = [house.gid("CareProtocol", await protocol(house, name=name)) for name in ("Rabies", "Cough")]
    admin, id = house.client("ADMIN"), house.gid("Service", visit.service)
    wanted = {"serviceId": id, "version": 1, "protocolIds": [*by, by[0]]}
    service = "service { version requiredCare { name } }"
    selection = f"... on SetServiceCareSuccess {{ {service} }} ... on VersionConflict {{ message }}"
    answer = await admin.act("setServiceCare", wanted, selection)
    assert answer["service"] == {"version": 2, "requiredCare": [{"name": "Cough"}, {"name": "Rabies"}]}
    assert (await admin.act("setServiceCare", wanted, selection))["__typename"] == "VersionConflict"
    answer = await admin.act("setServiceCare", {**wanted, "version": 2, "protocolIds": []}, selection)
    assert answer["service"] == {"version": 3, "requiredCare": []}
    assert await errors(admin, "setServiceCare", {**wanted, "protocolIds": by * 11}) == [], "each counts once"


@pytest.mark.parametrize("verb", ["bookSlot", "holdSlot"])
async def test_care_must_be_in_date_on_the_last_day(house: House, verb: str) -> None:
    visit = await Kennel.of(house)
    assert await visit.ask(verb) == missing()
    await visit.vaccinate(house.day - timedelta(days=1))
    assert await visit.ask(verb) == missing(house.day - timedelta(days=1))
    await visit.vaccinate(house.day, voided_at=house.at(time(1)), void_reason="Of another.")
    assert await visit.ask(verb) == missing(house.day - timedelta(days=1))
    assert (await visit.taken(), await events(house)) == (0, [])
    await visit.vaccinate(house.day)
    assert (await visit.ask(verb))["booking"]["careWaivedReason"] is None
    assert await visit.taken() == 1


async def test_the_last_day_is_that_of_the_house(house: House) -> None:
    """Until midnight it is the day before, where the organization is."""
    visit = await Kennel.of(house)
    await visit.vaccinate(house.day)
    midnight = datetime.combine(house.day + timedelta(days=1), time(), ZONE)
    for ends_at, answer in ((midnight, "BookSlotSuccess"), (midnight + timedelta(seconds=1), "CareMissing")):
        visit.slot = await house.slot(visit.service, midnight - timedelta(hours=4), ends_at=ends_at)
        assert (await visit.ask("bookSlot"))["__typename"] == answer


ONCE = [
    ({"interval_days": None}, "BookSlotSuccess"),
    ({"active": False}, "BookSlotSuccess"),
    ({"species": "CAT"}, "BookSlotSuccess"),
    ({"species": "DOG"}, "CareMissing"),
    ({"subject_kind": "CAR"}, "BookSlotSuccess"),
    ({"subject_kind": "PET"}, "CareMissing"),
]


@pytest.mark.parametrize(("of", "answer"), ONCE)
async def test_what_applies(house: House, of: Json, answer: str) -> None:
    """Once is enough where there is no interval; with one, a record that says nothing of the next time is not."""
    visit = await Kennel.of(house)
    ((column, value),) = of.items()
    await house.pool.execute(f"UPDATE care_protocols SET {column} = $2 WHERE id = $1", visit.by, value)
    await visit.vaccinate(None)
    assert (await visit.ask("bookSlot"))["__typename"] == answer


async def test_staff_may_say_why_not(house: House) -> None:
    visit = await Kennel.of(house)
    reason = {"careOverrideReason": "The vet has called."}
    for verb in ("holdSlot", "bookSlot"):
        assert await errors(visit.customer.client, verb, visit.wanted | reason) == [("FORBIDDEN", None)]
        empty = visit.wanted | {"careOverrideReason": " "}
        assert await errors(house.client("STAFF"), verb, empty) == [("BAD_USER_INPUT", "careOverrideReason")]
    held = await visit.ask("holdSlot", "STAFF", **reason)
    assert held["booking"]["careWaivedReason"] == "The vet has called."
    booked = await visit.ask("bookSlot")
    assert (booked["booking"]["id"], booked["booking"]["careWaivedReason"]) == (held["booking"]["id"], None)
    kept = await row(house, "bookings", key(held["booking"]["id"]))
    assert (kept["status"], kept["care_waived_reason"]) == ("PENDING", "The vet has called.")
    assert await events(house) == ["CARE_WAIVED", "BOOKING_HELD", "BOOKING_CREATED"]
    payload = await house.value("SELECT payload FROM events WHERE organization_id = $1 AND type = 'CARE_WAIVED'")
    assert payload == f'{{"protocol_ids": ["{visit.by}"]}}'
    await visit.vaccinate(house.day)
    visit.slot = await house.slot(visit.service)
    needless = await visit.ask("bookSlot", "STAFF", **reason)
    assert needless["booking"]["careWaivedReason"] is None


async def test_a_hold_is_looked_at_again(house: House) -> None:
    visit = await Kennel.of(house)
    shot = await visit.vaccinate(house.day)
    await visit.ask("holdSlot")
    await house.pool.execute("UPDATE care_records SET voided_at = now(), void_reason = 'x' WHERE id = $1", shot)
    assert await visit.ask("bookSlot") == missing()
    booked = await visit.ask("bookSlot", "STAFF", careOverrideReason="Known.")
    assert booked["booking"]["careWaivedReason"] == "Known."


async def test_moving(house: House) -> None:
    visit = await Kennel.of(house)
    await visit.vaccinate(house.day)
    booking = (await visit.ask("bookSlot"))["booking"]["id"]
    later = await house.slot(visit.service, house.at(time(10)) + timedelta(days=1))
    to = {"bookingId": booking, "version": 1, "slotId": house.gid("Slot", later)}
    assert await visit.ask("rescheduleBooking", **to) == missing(house.day)
    assert (await visit.taken(), (await row(house, "slots", later))["taken"]) == (1, 0)
    moved = await visit.ask("rescheduleBooking", "STAFF", **to, careOverrideReason="Known.")
    assert moved["booking"]["careWaivedReason"] == "Known."
    back = {"bookingId": booking, "version": 2, "slotId": house.gid("Slot", visit.slot)}
    moved = await visit.ask("rescheduleBooking", "STAFF", **back)
    assert moved["booking"]["careWaivedReason"] is None
    assert (await events(house))[1:] == ["BOOKING_RESCHEDULED", "CARE_WAIVED", "BOOKING_RESCHEDULED"]


async def test_stays(house: House) -> None:
    visit = await Kennel.of(house, kind="STAY")
    for night in range(3):
        starts_at = house.at(time(15)) + timedelta(days=night)
        await house.slot(visit.service, starts_at, ends_at=starts_at + timedelta(hours=20))
    await visit.vaccinate(house.day + timedelta(days=2))
    stay = {"serviceId": house.gid("Service", visit.service), "subjectId": house.gid("Pet", visit.pet)}
    nights = [{"arrival": house.day.isoformat(), "departure": (house.day + timedelta(n)).isoformat()} for n in (2, 3)]
    assert await visit.ask("bookStay", **stay, **nights[1]) == missing(house.day + timedelta(days=2))
    booked = (await visit.ask("bookStay", **stay, **nights[0]))["booking"]["id"]
    longer = {"bookingId": booked, "version": 1, **nights[1]}
    assert await visit.ask("rescheduleStay", **longer) == missing(house.day + timedelta(days=2))
    assert (await visit.ask("rescheduleStay", "STAFF", **longer, careOverrideReason="x"))["booking"]["id"] == booked


async def test_groups_are_booked_together_or_not(house: House) -> None:
    visit = await Kennel.of(house)
    await visit.vaccinate(house.day)
    other = {**visit.wanted, "subjectId": house.gid("Pet", await house.pet(visit.customer_id))}
    both = {"bookings": [visit.wanted, other]}
    selection = "... on BookGroupSuccess { group { bookings { id careWaivedReason } } } " + MISSING
    assert await visit.customer.client.act("bookGroup", both, selection) == missing()
    assert (await visit.taken(), await events(house)) == (0, [])
    reason = {"careOverrideReason": "Known."}
    booked = (await house.client("STAFF").act("bookGroup", both | reason, selection))["group"]["bookings"]
    assert sorted(str(booking["careWaivedReason"]) for booking in booked) == ["Known.", "None"]


async def test_standing_bookings_leave_out_what_is_not_in_date(
    house: House, settings: Settings, server: Server
) -> None:
    visit = await Kennel.of(house)
    for number in range(1, 3):
        await house.slot(visit.service, house.at(time(10)) + timedelta(days=number))
    await visit.vaccinate(house.day + timedelta(days=1))
    wanted = {
        "subjectId": house.gid("Pet", visit.pet),
        "serviceId": house.gid("Service", visit.service),
        "rule": "FREQ=DAILY;COUNT=3",
        "startsAt": datetime.combine(house.day, time(10)).isoformat(),
    }
    selection = "... on CreateSeriesSuccess { series { bookings { totalCount } } missed { localAt outcome } }"
    made = await visit.customer.client.act("createSeries", wanted, selection)
    third = datetime.combine(house.day + timedelta(days=2), time(10)).isoformat()
    assert made["series"] == {"bookings": {"totalCount": 2}}
    assert made["missed"] == [{"localAt": third, "outcome": "CARE_MISSING"}]
    await house.pool.execute("UPDATE subjects SET archived_at = now() WHERE id = $1", visit.pet)
    assert await errors(visit.customer.client, "createSeries", wanted) == [("BAD_USER_INPUT", "subjectId")]
    work = "UPDATE due_work SET run_at = now() WHERE organization_id = $1 AND kind = 'EXTEND_SERIES' RETURNING id"
    await take_up(Desk(settings, server.database, server.wakes), id=await house.value(work))
    outcomes = await house.all("SELECT outcome FROM occurrences WHERE organization_id = $1 ORDER BY local_at")
    assert [found["outcome"] for found in outcomes] == ["BOOKED", "BOOKED", "NOT_ALLOWED"]


async def test_a_place_goes_to_whoever_may_have_it(house: House, settings: Settings, server: Server) -> None:
    """Who is passed over keeps waiting, and is offered the next place once something was done for them."""
    visit = await Kennel.of(house)
    slot = await house.slot(visit.service, capacity=2)
    strangers = [await house.pet(await house.customer()) for _ in range(2)]
    booked = [await house.booking(visit.customer_id, pet, slot) for pet in strangers]
    ready = await house.customer()
    second = await house.pet(ready)
    first_entry = await house.waitlist_entry(visit.customer_id, visit.pet, slot)
    second_entry = await house.waitlist_entry(ready, second, slot)
    await record(house, ready, second, house.day, protocol_id=visit.by, next_due_on=house.day + timedelta(days=9))
    staff = house.client("STAFF")
    for booking in booked:
        await staff.act("cancelBooking", {"bookingId": house.gid("Booking", booking)}, "")
    entries = [(await row(house, "waitlist_entries", id))["status"] for id in (first_entry, second_entry)]
    assert entries == ["WAITING", "OFFERED"]
    done = {"subjectId": house.gid("Pet", visit.pet), "performedOn": (house.day - timedelta(days=1)).isoformat()}
    await staff.act("recordCare", done | {"protocolId": house.gid("CareProtocol", visit.by)}, "")
    desk = Desk(settings, server.database, server.wakes)
    for work in await house.all("SELECT id FROM due_work WHERE organization_id = $1 AND kind = 'OFFER_PLACES'"):
        await take_up(desk, id=work["id"])
    assert (await row(house, "waitlist_entries", first_entry))["status"] == "OFFERED"


async def test_who_does_not_come_any_more_leaves_the_line(house: House) -> None:
    visit = await Visit.of(house)
    slot = await house.slot(visit.service, capacity=1)
    booking = await house.booking(visit.customer_id, await house.pet(visit.customer_id), slot)
    entry = await house.waitlist_entry(visit.customer_id, visit.pet, slot)
    await house.pool.execute("UPDATE subjects SET archived_at = now() WHERE id = $1", visit.pet)
    await house.client("STAFF").act("cancelBooking", {"bookingId": house.gid("Booking", booking)}, "")
    assert (await row(house, "waitlist_entries", entry))["status"] == "EXPIRED"

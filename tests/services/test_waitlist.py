"""Waiting for a place of a full slot."""

from datetime import time, timedelta
from uuid import UUID

import pytest

from app import clock
from app.jobs.worker import Work
from app.models import Role
from tests.client import Json
from tests.factories.houses import House, Person
from tests.steps import Visit, due, errors, events, eventually, key, nothing_changes, row

JOINED = """... on JoinWaitlistSuccess { entry { id status position booking { id } } }
  ... on SlotAvailable { slot { id } } ... on WaitlistClosed { message } ... on SlotClosed { message }
  ... on AlreadyExists { field }"""
LEFT = "... on LeaveWaitlistSuccess { entry { status position } } ... on InvalidTransition { currentStatus }"
ENTRIES = """query Mine($filter: WaitlistFilter) { waitlist(filter: $filter) { edges { node {
  id status position booking { id status heldUntil } } } } }"""
BOOKED = "... on BookSlotSuccess { booking { id status } } ... on SlotFull { waitlistOpen }"


class Line:
    """A slot with one place, which is booked, and customers who wait for it."""

    def __init__(self, house: House, visit: Visit, booking: UUID) -> None:
        self.house, self.visit, self.booking = house, visit, booking
        self.waiting: list[tuple[Person, Json, str]] = []

    @classmethod
    async def of(cls, house: House, waiting: int, **service: object) -> "Line":
        visit = await Visit.of(house, **service)
        visit.slot = await house.slot(visit.service, capacity=1)
        line = cls(house, visit, await visit.booking("CONFIRMED"))
        for _ in range(waiting):
            await line.join()
        return line

    async def join(self) -> Json:
        person = await self.house.person(Role.CUSTOMER)
        assert person.viewer.customer_id
        pet = self.house.gid("Pet", await self.house.pet(person.viewer.customer_id))
        wanted = {"slotId": self.house.gid("Slot", self.visit.slot), "subjectId": pet}
        answer = await person.client.act("joinWaitlist", wanted, JOINED)
        self.waiting.append((person, wanted, answer["entry"]["id"] if "entry" in answer else ""))
        return answer

    async def cancel(self, booking: str | None = None) -> None:
        id = booking or self.house.gid("Booking", self.booking)
        await self.house.client("STAFF").act("cancelBooking", {"bookingId": id}, "")

    async def seen(self, number: int) -> Json:
        """The entry as its owner sees it."""
        person, _, id = self.waiting[number]
        edges = (await person.client.run(ENTRIES))["waitlist"]["edges"]
        (found,) = (edge["node"] for edge in edges if edge["node"]["id"] == id)
        return dict(found)

    async def statuses(self) -> list[str]:
        rows = await self.house.all("SELECT status FROM waitlist_entries WHERE organization_id = $1 ORDER BY number")
        return [entry["status"] for entry in rows]


async def test_who_comes_first_is_first_in_line(house: House) -> None:
    line = await Line.of(house, 0)
    answers = [await line.join() for _ in range(3)]
    assert [(answer["entry"]["status"], answer["entry"]["position"]) for answer in answers] == [
        ("WAITING", 1),
        ("WAITING", 2),
        ("WAITING", 3),
    ]
    assert await events(house) == ["WAITLIST_JOINED"] * 3
    # others' entries are counted, not shown
    person, wanted, _ = line.waiting[1]
    mine = await person.client.run(ENTRIES, {"filter": {"slotId": wanted["slotId"]}})
    assert [edge["node"]["position"] for edge in mine["waitlist"]["edges"]] == [2]


async def test_there_must_be_something_to_wait_for(house: House) -> None:
    visit = await Visit.of(house)
    async with nothing_changes(house):
        answer = await visit.customer.client.act("joinWaitlist", visit.wanted, JOINED)
        assert answer == {"__typename": "SlotAvailable", "slot": {"id": visit.wanted["slotId"]}}
    await house.pool.execute(
        "UPDATE slots SET capacity = 0, starts_at = now() - interval '1 h' WHERE id = $1", visit.slot
    )
    async with nothing_changes(house):
        closed = await visit.customer.client.act("joinWaitlist", visit.wanted, JOINED)
        assert closed["__typename"] == "SlotClosed"


async def test_nobody_waits_for_what_is_not_offered(house: House) -> None:
    visit = await Visit.of(house)
    await house.pool.execute("UPDATE slots SET capacity = 0 WHERE id = $1", visit.slot)
    await house.pool.execute("UPDATE services SET active = false WHERE id = $1", visit.service)
    client = visit.customer.client
    async with nothing_changes(house):
        assert (await client.act("joinWaitlist", visit.wanted, JOINED))["__typename"] == "SlotClosed"
        assert await client.act("bookSlot", visit.wanted, BOOKED) == {"__typename": "SlotFull", "waitlistOpen": False}


async def test_nobody_waits_twice(house: House) -> None:
    line = await Line.of(house, 1)
    person, wanted, _ = line.waiting[0]
    async with nothing_changes(house):
        again = await person.client.act("joinWaitlist", wanted, JOINED)
        assert again == {"__typename": "AlreadyExists", "field": "subjectId"}


@pytest.mark.parametrize("most", [0, 1])
async def test_a_line_has_an_end(house: House, most: int) -> None:
    line = await Line.of(house, most, waitlist_max=most)
    answer = await line.join()
    assert answer["__typename"] == "WaitlistClosed"
    person, wanted, _ = line.waiting[-1]
    assert await person.client.act("bookSlot", wanted, BOOKED) == {"__typename": "SlotFull", "waitlistOpen": False}


async def test_a_place_that_comes_free_is_held_for_the_first(house: House) -> None:
    line = await Line.of(house, 2)
    await line.cancel()
    assert await line.statuses() == ["OFFERED", "WAITING"]
    assert (await events(house))[2:] == ["BOOKING_CANCELLED", "BOOKING_HELD", "WAITLIST_OFFERED"]
    assert await line.visit.taken() == 1
    first, second = await line.seen(0), await line.seen(1)
    assert (first["status"], first["position"], first["booking"]["status"]) == ("OFFERED", None, "HELD")
    assert (second["status"], second["position"], second["booking"]) == ("WAITING", 1, None)
    # nobody else gets it
    person, wanted, _ = line.waiting[1]
    assert await person.client.act("bookSlot", wanted, BOOKED) == {"__typename": "SlotFull", "waitlistOpen": True}


async def test_an_offer_is_accepted_by_booking(house: House) -> None:
    line = await Line.of(house, 2)
    await line.cancel()
    offered = (await line.seen(0))["booking"]["id"]
    person, wanted, _ = line.waiting[0]
    booked = await person.client.act("bookSlot", wanted, BOOKED)
    assert booked["booking"] == {"id": offered, "status": "PENDING"}
    assert await line.statuses() == ["ACCEPTED", "WAITING"]
    assert (await events(house))[-2:] == ["BOOKING_CREATED", "WAITLIST_ACCEPTED"]


async def test_an_offer_lasts_as_long_as_the_service_says(house: House) -> None:
    line = await Line.of(house, 1, waitlist_offer_s=1800)
    await line.cancel()
    offered = await row(house, "bookings", key((await line.seen(0))["booking"]["id"]))
    assert timedelta(minutes=29) < offered["held_until"] - clock.now() <= timedelta(minutes=30)


async def test_an_offer_that_runs_out_passes_on(house: House, worker: Work) -> None:
    line = await Line.of(house, 3)
    await line.cancel()
    for number, statuses in enumerate(
        (["EXPIRED", "OFFERED", "WAITING"], ["EXPIRED", "EXPIRED", "OFFERED"], ["EXPIRED"] * 3)
    ):
        held = key((await line.seen(number))["booking"]["id"])
        await house.all("DELETE FROM due_work WHERE organization_id = $1 AND kind = 'EXPIRE_HOLD'")
        await due(house, "EXPIRE_HOLD", held)

        async def passed_on(wanted: list[str] = statuses) -> bool:
            return await line.statuses() == wanted

        await eventually(passed_on)
    assert await line.visit.taken() == 0


@pytest.mark.parametrize("verb", ["leaveWaitlist", "cancelBooking"])
async def test_an_offer_that_is_turned_down_passes_on(house: House, verb: str) -> None:
    line = await Line.of(house, 2)
    await line.cancel()
    person, _, entry = line.waiting[0]
    input = {"entryId": entry} if verb == "leaveWaitlist" else {"bookingId": (await line.seen(0))["booking"]["id"]}
    answer = await person.client.act(verb, input, LEFT if verb == "leaveWaitlist" else "")
    if verb == "leaveWaitlist":
        assert answer["entry"] == {"status": "LEFT", "position": None}
    assert await line.statuses() == ["LEFT", "OFFERED"]
    assert (await line.seen(1))["booking"]["status"] == "HELD"
    assert await line.visit.taken() == 1


async def test_leaving_the_line(house: House) -> None:
    line = await Line.of(house, 2)
    person, wanted, entry = line.waiting[0]
    assert (await person.client.act("leaveWaitlist", {"entryId": entry}, LEFT))["entry"]["status"] == "LEFT"
    assert (await line.seen(1))["position"] == 1
    async with nothing_changes(house):
        again = await person.client.act("leaveWaitlist", {"entryId": entry}, LEFT)
        assert again == {"__typename": "InvalidTransition", "currentStatus": "LEFT"}
    # and coming back is coming last
    assert (await person.client.act("joinWaitlist", wanted, JOINED))["entry"]["position"] == 2


async def test_nobody_leaves_for_somebody_else(house: House) -> None:
    line = await Line.of(house, 2)
    async with nothing_changes(house):
        input = {"entryId": line.waiting[0][2]}
        assert await errors(line.waiting[1][0].client, "leaveWaitlist", input) == [("NOT_FOUND", None)]


async def test_more_room_is_offered(house: House) -> None:
    line = await Line.of(house, 3)
    change = {"slotId": house.gid("Slot", line.visit.slot), "version": 1, "capacity": 3}
    await house.client("OWNER").act("updateSlot", change, "")
    assert await line.statuses() == ["OFFERED", "OFFERED", "WAITING"]
    assert await line.visit.taken() == 3


async def test_a_closed_slot_offers_nothing(house: House) -> None:
    line = await Line.of(house, 1)
    await house.pool.execute("UPDATE slots SET status = 'CLOSED' WHERE id = $1", line.visit.slot)
    await line.cancel()
    assert (await line.statuses(), await line.visit.taken()) == (["WAITING"], 0)


@pytest.mark.parametrize("verb", ["declineBooking", "rescheduleBooking"])
async def test_every_way_to_free_a_place_counts(house: House, verb: str) -> None:
    line = await Line.of(house, 1)
    other = await house.slot(line.visit.service, house.at(time(18)))
    await house.pool.execute("UPDATE bookings SET status = 'PENDING' WHERE id = $1", line.booking)
    booking = {"bookingId": house.gid("Booking", line.booking)}
    move = {"version": 1, "slotId": house.gid("Slot", other)}
    await house.client("STAFF").act(verb, booking | (move if verb == "rescheduleBooking" else {"reason": "No."}), "")
    assert await line.statuses() == ["OFFERED"]


async def test_a_resource_that_comes_free_is_offered_too(house: House, worker: Work) -> None:
    """The bay is in use by another service; when that ends, those who wait for the bay's slot are served by a job."""
    bay, visit = await house.resource(), await Visit.of(house)
    await house.requirement(visit.service, resource_id=bay)
    other = await house.service(name="Oil change")
    await house.requirement(other, resource_id=bay)
    staff = house.client("STAFF")
    elsewhere = visit.wanted | {"slotId": house.gid("Slot", await house.slot(other, house.at(time(12))))}
    booked = await staff.act("bookSlot", elsewhere, BOOKED)
    joined = await visit.customer.client.act("joinWaitlist", visit.wanted, JOINED)
    assert joined["entry"]["position"] == 1
    await staff.act("cancelBooking", {"bookingId": booked["booking"]["id"]}, "")

    is_offered = "SELECT status = 'OFFERED' FROM waitlist_entries WHERE organization_id = $1"

    async def offered() -> bool:
        return bool(await house.value(is_offered))

    await eventually(offered)
    assert await visit.taken() == 1


async def test_a_place_without_its_resource_is_no_offer(house: House) -> None:
    """The booking was made before the service needed a bay; the bay is in use elsewhere when its place comes free."""
    line = await Line.of(house, 1)
    bay, other = await house.resource(), await house.service(name="Oil change")
    for service in (line.visit.service, other):
        await house.requirement(service, resource_id=bay)
    elsewhere = line.visit.wanted | {"slotId": house.gid("Slot", await house.slot(other, house.at(time(12))))}
    await house.client("STAFF").act("bookSlot", elsewhere, BOOKED)
    answer = await house.client("STAFF").act(
        "cancelBooking",
        {"bookingId": house.gid("Booking", line.booking)},
        "... on CancelBookingSuccess { booking { status number customer { name } slot { taken } } }",
    )
    assert (answer["booking"]["status"], answer["booking"]["slot"]) == ("CANCELLED", {"taken": 0})
    assert await line.statuses() == ["WAITING"]
    assert await house.value("SELECT count(*) FROM bookings WHERE organization_id = $1 AND status = 'HELD'") == 0


async def test_who_books_waits_no_more(house: House) -> None:
    """A place may come free without an offer: what the service needed was in use."""
    visit = await Visit.of(house)
    await house.waitlist_entry(visit.customer_id, visit.pet, visit.slot)
    await visit.customer.client.act("bookSlot", visit.wanted, BOOKED)
    assert await house.value("SELECT status FROM waitlist_entries WHERE organization_id = $1") == "ACCEPTED"
    assert await events(house) == ["BOOKING_CREATED", "WAITLIST_ACCEPTED"]


async def test_waiting_ends_when_the_slot_begins(house: House, worker: Work) -> None:
    line = await Line.of(house, 1)
    await house.all("DELETE FROM due_work WHERE organization_id = $1 AND kind = 'END_WAITING'")
    await house.pool.execute("UPDATE slots SET starts_at = now() - interval '1 s' WHERE id = $1", line.visit.slot)
    await due(house, "END_WAITING", key(line.waiting[0][2]))

    async def ended() -> bool:
        return await line.statuses() == ["EXPIRED"]

    await eventually(ended)
    assert (await events(house))[-1] == "WAITLIST_EXPIRED"


async def test_a_slot_that_was_moved_later_is_waited_for_longer(house: House, worker: Work) -> None:
    line = await Line.of(house, 1)
    entry = key(line.waiting[0][2])
    await house.all("DELETE FROM due_work WHERE organization_id = $1 AND kind = 'END_WAITING'")
    await due(house, "END_WAITING", entry)
    again = "SELECT run_at FROM due_work WHERE organization_id = $1 AND kind = 'END_WAITING' AND ref_id = $2"

    async def put_off() -> bool:
        return bool(await house.value(again, entry) == house.at(time(10)))

    await eventually(put_off)
    assert await line.statuses() == ["WAITING"]


# the line is no way around a policy

REFUSED = """... on OutsideBookingWindow { closesAt } ... on CustomerLimitReached { limit }
  ... on JoinWaitlistSuccess { entry { status } }"""


async def test_customers_wait_for_what_they_could_book(house: House) -> None:
    late = int((house.at(time(10)) - clock.now()).total_seconds()) + 60
    visit = await Visit.of(house, notice_s=late)
    await house.pool.execute("UPDATE slots SET capacity = 0 WHERE id = $1", visit.slot)
    async with nothing_changes(house):
        refused = await visit.customer.client.act("joinWaitlist", visit.wanted, REFUSED)
        assert refused["__typename"] == "OutsideBookingWindow"
    assert (await house.client("STAFF").act("joinWaitlist", visit.wanted, REFUSED))["entry"]["status"] == "WAITING"


async def test_customers_wait_for_as_many_places_as_they_may_have(house: House) -> None:
    visit = await Visit.of(house, customer_places_max=1)
    visit.slot = await house.slot(visit.service, capacity=1)
    await visit.booking("CONFIRMED")
    other = visit.wanted | {"subjectId": house.gid("Pet", await house.pet(visit.customer_id))}
    async with nothing_changes(house):
        refused = await visit.customer.client.act("joinWaitlist", other, REFUSED)
        assert refused == {"__typename": "CustomerLimitReached", "limit": 1}


async def test_who_has_enough_places_by_then_is_passed_over(house: House) -> None:
    """Two pets of one customer wait for a slot of which a customer can have one place."""
    line = await Line.of(house, 1, customer_places_max=1)
    person, wanted, _ = line.waiting[0]
    assert person.viewer.customer_id
    second = wanted | {"subjectId": house.gid("Pet", await house.pet(person.viewer.customer_id))}
    await person.client.act("joinWaitlist", second, JOINED)
    await line.join()
    change = {"slotId": house.gid("Slot", line.visit.slot), "version": 1, "capacity": 3}
    await house.client("OWNER").act("updateSlot", change, "")
    assert await line.statuses() == ["OFFERED", "EXPIRED", "OFFERED"]


async def test_who_books_otherwise_turns_an_offer_down(house: House, worker: Work) -> None:
    """The offer was for one place; a group takes another for the same pet, and the offered one goes to the next."""
    line = await Line.of(house, 2)
    await line.cancel()
    person, wanted, _ = line.waiting[0]
    await house.pool.execute("UPDATE slots SET capacity = 2 WHERE id = $1", line.visit.slot)
    grouped = await person.client.act("bookGroup", {"bookings": [wanted]}, "")
    assert grouped["__typename"] == "BookGroupSuccess"

    async def passed_on() -> bool:
        return await line.statuses() == ["ACCEPTED", "OFFERED"]

    await eventually(passed_on)
    assert await line.visit.taken() == 2


async def test_a_service_that_is_offered_again_serves_its_lines(house: House, worker: Work) -> None:
    line = await Line.of(house, 1)
    await house.pool.execute("UPDATE services SET active = false WHERE id = $1", line.visit.service)
    await line.cancel()
    assert await line.statuses() == ["WAITING"]
    change = {"serviceId": house.gid("Service", line.visit.service), "version": 1, "active": True}
    await house.client("OWNER").act("updateService", change, "")

    async def offered() -> bool:
        return await line.statuses() == ["OFFERED"]

    await eventually(offered)

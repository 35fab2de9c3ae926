"""Many who want the same thing at once: exactly as many get it as there is, and everybody hears the truth."""

import random
from collections import Counter
from dataclasses import dataclass
from datetime import time, timedelta
from uuid import UUID

import asyncpg
import pytest

from app.models import BookingStatus as Status
from tests.client import Client, Json
from tests.conftest import Urls
from tests.factories.houses import House
from tests.invariants import all_hold, bookings_agree, capacity_adds_up, log_is_whole, watched
from tests.races.crowd import at_once, crowd
from tests.realm import own_api, realm
from tests.sizes import measured, sizes
from tests.steps import PASSWORD, Visit, events, set_password

BOOKED = "... on BookSlotSuccess { booking { id status } }"
HELD = "... on HoldSlotSuccess { booking { id status } }"
STATE = "... on InvalidTransition { currentStatus }"


@dataclass(frozen=True)
class Rush:
    callers: int
    places: int
    slots: int = 1
    rounds: int = 1


async def slots_of(house: House, rush: Rush) -> list[UUID]:
    service = await house.service()
    return [
        await house.slot(service, house.at(time(6)) + timedelta(minutes=number), rush.places)
        for number in range(rush.slots)
    ]


async def pets_of(house: House, count: int) -> list[str]:
    customer_id = house.people["CUSTOMER"].viewer.customer_id
    assert customer_id
    return [house.gid("Pet", await house.pet(customer_id)) for _ in range(count)]


async def take(client: Client, verb: str, house: House, slot: UUID, pet: str) -> Json:
    selection = BOOKED if verb == "bookSlot" else HELD
    return await client.act(verb, {"slotId": house.gid("Slot", slot), "subjectId": pet}, selection)


def kinds(answers: list[Json]) -> Counter[str]:
    return Counter(answer["__typename"] for answer in answers)


@sizes(Rush(callers=60, places=10), Rush(callers=200, places=10, rounds=20))
async def test_a_slot_takes_as_many_as_it_has_places(
    house: House, size: Rush, capsys: pytest.CaptureFixture[str]
) -> None:
    (pet,) = await pets_of(house, 1)
    heard, taken = Counter[str](), {}
    async with crowd(house.client("CUSTOMER")) as customers:
        with measured(capsys, f"{size.callers} at once for {size.places} places, {size.rounds} times") as figures:
            for _ in range(size.rounds):
                (slot,) = await slots_of(house, size)
                answers = await at_once(take(customers, "bookSlot", house, slot, pet) for _ in range(size.callers))
                assert kinds(answers) == {"BookSlotSuccess": size.places, "SlotFull": size.callers - size.places}
                heard += kinds(answers)
                taken[slot] = size.places
            figures.update(heard)
    assert await capacity_adds_up(house) == taken
    assert await events(house) == ["BOOKING_CREATED"] * size.places * size.rounds
    assert list((await bookings_agree(house)).values()) == [Status.PENDING] * size.places * size.rounds
    await log_is_whole(house)


@sizes(Rush(callers=60, places=5, slots=4), Rush(callers=200, places=10, slots=6))
async def test_several_slots_at_once(house: House, size: Rush) -> None:
    slots = await slots_of(house, size)
    (pet,) = await pets_of(house, 1)
    wanted = [slots[number % size.slots] for number in range(size.callers)]
    async with crowd(house.client("CUSTOMER")) as customers, watched(house) as watch:
        answers = await at_once(take(customers, "bookSlot", house, slot, pet) for slot in wanted)
    assert kinds(answers)["BookSlotSuccess"] == size.places * size.slots
    assert await capacity_adds_up(house) == dict.fromkeys(slots, size.places)
    assert watch.looks > 1
    await all_hold(house)


@sizes(Rush(callers=40, places=8), Rush(callers=200, places=10))
async def test_a_hold_is_a_place_until_it_is_booked(house: House, size: Rush) -> None:
    """Every other caller holds first; whoever holds a place can book it, and nobody needs a second one for that."""
    (slot,) = await slots_of(house, size)
    pets = await pets_of(house, size.callers)

    async def come(number: int) -> list[str]:
        verbs = ("holdSlot", "bookSlot") if number % 2 else ("bookSlot",)
        answers = []
        for verb in verbs:
            answers.append((await take(customers, verb, house, slot, pets[number]))["__typename"])
            if answers[-1] == "SlotFull":
                break
        return answers

    async with crowd(house.client("CUSTOMER")) as customers, watched(house):
        stories = Counter(map(tuple, await at_once(map(come, range(size.callers)))))
    assert set(stories) <= {("BookSlotSuccess",), ("HoldSlotSuccess", "BookSlotSuccess"), ("SlotFull",)}
    assert stories[("SlotFull",)] == size.callers - size.places
    assert await capacity_adds_up(house) == {slot: size.places}
    assert list((await bookings_agree(house)).values()) == [Status.PENDING] * size.places
    held = stories[("HoldSlotSuccess", "BookSlotSuccess")]
    assert Counter(await events(house)) == Counter(BOOKING_CREATED=size.places, BOOKING_HELD=held)


@sizes(Rush(callers=16, places=3, slots=2, rounds=5), Rush(callers=60, places=5, slots=4, rounds=25))
async def test_places_that_come_back_are_given_out_again(
    house: House, size: Rush, capsys: pytest.CaptureFixture[str]
) -> None:
    slots = await slots_of(house, size)
    (pet,) = await pets_of(house, 1)

    async def come(seed: int) -> int:
        dice, booked = random.Random(seed), 0
        for last in [False] * (size.rounds - 1) + [True]:
            answer = await take(customers, "bookSlot", house, dice.choice(slots), pet)
            if answer["__typename"] == "BookSlotSuccess":
                booked += 1
                if not last:
                    cancelled = await customers.act("cancelBooking", {"bookingId": answer["booking"]["id"]}, "")
                    assert cancelled["__typename"] == "CancelBookingSuccess"
        return booked

    with measured(capsys, "booking and cancelling") as figures:
        async with crowd(house.client("STAFF")) as customers, watched(house) as watch:
            booked = sum(await at_once(map(come, range(size.callers))))
        figures.update(booked=booked, looks=watch.looks)
    statuses = Counter((await bookings_agree(house)).values())
    assert statuses.total() == booked
    assert sum((await capacity_adds_up(house)).values()) == statuses[Status.PENDING]
    assert watch.looks > 1
    await log_is_whole(house)


async def test_the_database_itself_refuses_to_oversell(house: House, urls: Urls) -> None:
    """With all the rights of the server, and without its rules."""
    visit = await Visit.of(house)
    booking = await visit.booking()
    oversell = "UPDATE slots SET capacity = 1 WHERE organization_id = $1 AND id = $2"
    await house.pool.execute(oversell, house.id, visit.slot)
    server = await asyncpg.connect(urls.server)
    try:
        for statement, refusal in (
            (f"UPDATE slots SET taken = taken + 1 WHERE id = '{visit.slot}'", asyncpg.CheckViolationError),
            (f"UPDATE slots SET taken = -1 WHERE id = '{visit.slot}'", asyncpg.CheckViolationError),
            (f"UPDATE slots SET capacity = 0 WHERE id = '{visit.slot}'", asyncpg.CheckViolationError),
            (
                "INSERT INTO allocations (organization_id, booking_id, slot_id, during) "
                f"SELECT organization_id, '{booking}', (SELECT id FROM slots WHERE id = '{visit.slot}'), during "
                "FROM allocations",
                asyncpg.IntegrityConstraintViolationError,
            ),
            (f"UPDATE allocations SET quantity = 2 WHERE booking_id = '{booking}'", asyncpg.RaiseError),
        ):
            with pytest.raises(refusal):
                async with server.transaction():
                    await server.execute("SELECT set_config('app.current_org_id', $1, true)", str(house.id))
                    await server.execute(statement)
    finally:
        await server.close()
    assert await capacity_adds_up(house) == {visit.slot: 1}


async def test_the_database_counts_what_is_allocated(house: House, urls: Urls) -> None:
    """A booking too many, slipped past the server's rules, breaks the CHECK by the trigger that counts."""
    visit = await Visit.of(house)
    full = await house.slot(visit.service, capacity=0)
    booking = await visit.booking("DECLINED")
    server = await asyncpg.connect(urls.server)
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with server.transaction():
            await server.execute("SELECT set_config('app.current_org_id', $1, true)", str(house.id))
            await server.execute(
                "INSERT INTO allocations (organization_id, booking_id, slot_id, during) "
                "SELECT organization_id, $2, id, tstzrange(starts_at, ends_at) FROM slots WHERE id = $1",
                full,
                booking,
            )
    await server.close()
    assert refused.value.constraint_name == "ck_slots_taken"
    assert await capacity_adds_up(house) == {visit.slot: 0, full: 0}


DECISIONS: dict[str, Json] = {"confirmBooking": {}, "declineBooking": {"reason": "full"}, "cancelBooking": {}}


async def decide(house: House, verbs: list[str]) -> tuple[list[Json], list[str]]:
    """Decide on one new booking in several ways at once; answers what each heard, and what happened."""
    visit = await Visit.of(house)
    head = await log_is_whole(house)
    async with crowd(house.client("STAFF")) as staff:
        booking = (await staff.act("bookSlot", visit.wanted, BOOKED))["booking"]["id"]
        answers = await at_once(staff.act(verb, {"bookingId": booking, **DECISIONS[verb]}, STATE) for verb in verbs)
    return answers, (await events(house, head))[1:]


@sizes(10, 50)
async def test_a_booking_is_decided_once(house: House, size: int) -> None:
    answers, happened = await decide(house, ["confirmBooking", "declineBooking"] * size)
    (winner,) = (answer for answer in answers if answer["__typename"] != "InvalidTransition")
    outcome = {"ConfirmBookingSuccess": "CONFIRMED", "DeclineBookingSuccess": "DECLINED"}[winner["__typename"]]
    assert happened == [f"BOOKING_{outcome}"]
    refused = [answer["currentStatus"] for answer in answers if answer is not winner]
    assert refused == [outcome] * (2 * size - 1)
    await all_hold(house)


@sizes(5, 30)
async def test_a_booking_takes_only_legal_steps(house: House, size: int) -> None:
    """A confirmed booking may still be cancelled: two may win, one after the other, and nobody else."""
    for _ in range(size):
        answers, happened = await decide(house, [*DECISIONS] * 4)
        assert happened in (
            ["BOOKING_DECLINED"],
            ["BOOKING_CANCELLED"],
            ["BOOKING_CONFIRMED", "BOOKING_CANCELLED"],
        )
        assert kinds(answers)["InvalidTransition"] == 12 - len(happened)
    await all_hold(house)


@sizes(20, 100)
async def test_of_those_who_saw_one_version_one_changes_it(house: House, size: int) -> None:
    customer = house.gid("Customer", await house.customer())
    async with crowd(house.client("STAFF")) as staff:
        answers = await at_once(
            staff.act(
                "updateCustomer",
                {"customerId": customer, "version": 1, "name": f"Name {number}"},
                "... on UpdateCustomerSuccess { customer { name version } } ... on VersionConflict { currentVersion }",
            )
            for number in range(size)
        )
    (winner,) = (answer["customer"] for answer in answers if answer["__typename"] == "UpdateCustomerSuccess")
    assert winner["version"] == 2
    conflicts = [answer["currentVersion"] for answer in answers if answer["__typename"] == "VersionConflict"]
    assert conflicts == [2] * (size - 1)
    kept = await house.value("SELECT name FROM customers WHERE organization_id = $1 AND version = 2")
    assert kept == winner["name"]
    assert await events(house) == ["CUSTOMER_UPDATED"]


@sizes(20, 100)
async def test_a_day_is_planned_once_at_a_time(names: dict[str, str], worker_number: int, size: int) -> None:
    # where no worker takes the run up, and so ends it
    async with realm(names, worker_number) as own, own_api(own.settings) as api:
        house = await own.house(api)
        await plan_at_once(house, size)


async def plan_at_once(house: House, size: int) -> None:
    async with crowd(house.client("DISPATCHER")) as dispatchers:
        answers = await at_once(
            dispatchers.act(
                "optimizeRoutes",
                {"date": house.day.isoformat(), "timeLimit": 1},
                "... on OptimizeRoutesSuccess { planningRun { id } } ... on PlanningRunActive { planningRun { id } }",
            )
            for _ in range(size)
        )
    assert kinds(answers) == {"OptimizeRoutesSuccess": 1, "PlanningRunActive": size - 1}
    assert len({answer["planningRun"]["id"] for answer in answers}) == 1
    assert await events(house) == ["PLANNING_REQUESTED"]


@sizes(10, 40)
async def test_a_refresh_token_has_one_successor(house: House, size: int) -> None:
    """However often a phone asks at once, one of the answers is good and the others lead nowhere."""
    person = house.people["CUSTOMER"]
    await set_password(house, person)
    async with crowd(Client(house.api, None)) as phones:
        sign_in = "mutation In($input: SignInInput!) { signIn(input: $input) { refreshToken } }"
        first = await phones.run(sign_in, {"input": {"email": person.email, "password": PASSWORD}})
        refresh = "mutation Next($input: RefreshSessionInput!) { refreshSession(input: $input) { refreshToken } }"
        wanted = {"input": {"refreshToken": first["signIn"]["refreshToken"]}}
        answers = await at_once(phones.run(refresh, wanted) for _ in range(size))
        tokens = {answer["refreshSession"]["refreshToken"] for answer in answers}
        assert len(tokens) == size
        unused = "SELECT count(*) FROM sessions WHERE organization_id = $1 AND user_id = $2 AND token_hash <> $3"
        family = person.viewer.session_family_id
        assert family
        lives = unused + " AND used_at IS NULL AND revoked_at IS NULL"
        assert await house.value(lives, person.user_id, family.bytes) == 1
        codes = [await phones.codes(refresh, {"input": {"refreshToken": token}}) for token in tokens]
    assert sorted(codes) == [[], *[["UNAUTHENTICATED"]] * (size - 1)]


@sizes(20, 60)
async def test_a_customer_has_fifty_places(house: House, size: int) -> None:
    customer = house.people["CUSTOMER"]
    assert customer.viewer.customer_id
    for _ in range(45):
        await house.place(customer.viewer.customer_id)
    create = "mutation Add($input: CreatePlaceInput!) { createPlace(input: $input) { place { id } } }"
    place = {"label": "Home", "address": "Rustaveli Avenue 1", "point": {"latitude": 41.7, "longitude": 44.8}}
    async with crowd(customer.client) as phones:
        answers = await at_once(phones.codes(create, {"input": place}) for _ in range(size))
    assert Counter(map(tuple, answers)) == {(): 5, ("BAD_USER_INPUT",): size - 5}
    count = await house.value("SELECT count(*) FROM places WHERE organization_id = $1 AND customer_id IS NOT NULL")
    assert count == 50

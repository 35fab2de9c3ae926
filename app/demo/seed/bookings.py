"""Bookings behind us, of today and ahead; what they take of the slots; and tomorrow's rides."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from asyncpg import Range

from app.demo.seed.businesses import Volume
from app.demo.seed.catalogue import Slot, Slots
from app.demo.seed.clientele import Subject
from app.demo.seed.draft import Draft, json_of
from app.models import BookingStatus, Priority, ServiceKind, TransportKind, TransportStatus
from app.services.bookings import ALPHABET, NUMBER_LENGTH
from app.services.transports import LEG_SLACK

S = BookingStatus

# How bookings end, of a hundred, and how they stand before. None is held: a hold lives for minutes only.
BEHIND = {S.COMPLETED: 86, S.NO_SHOW: 4, S.CANCELLED: 6, S.DECLINED: 3, S.EXPIRED: 1}
UNDER_WAY = {S.CHECKED_IN: 95, S.NO_SHOW: 5}
AHEAD = {S.CONFIRMED: 68, S.PENDING: 24, S.CANCELLED: 6, S.DECLINED: 2}

UNSERVED = (S.CANCELLED, S.DECLINED, S.EXPIRED)
"""What has given its place back."""

REASONS = {S.CANCELLED: "Our plans have changed.", S.DECLINED: "We are full that day."}
NOTES = ("Please call on arrival.", "A bit shy at first.", "Had a small breakfast.", "Brings an own blanket.")
SERVICE_S = 180


def book(draft: Draft, volume: Volume, slots: Slots, subjects: Sequence[Subject]) -> None:
    """Spread the bookings over the days; tomorrow has enough of them for its rides."""
    numbers = _numbers(draft, volume.bookings)
    for day, count in _spread(draft, volume, list(slots)):
        booked = zip(_free_places(draft, slots[day], count), _guests(draft, subjects, day, count), strict=True)
        rides = volume.rides_tomorrow if day == draft.tomorrow else 0
        taken: Counter[UUID] = Counter()
        for index, (slot, subject) in enumerate(booked):
            # a ride is for somebody who comes
            status = S.CONFIRMED if index < rides else _status(draft, slot)
            booking_id = _add_booking(draft, next(numbers), status, slot, subject)
            if status not in UNSERVED:
                _allocate(draft, booking_id, slot, taken[slot.id])
                taken[slot.id] += 1
            if index < rides:
                _fetch_and_bring_back(draft, booking_id, slot, subject)


def _spread(draft: Draft, volume: Volume, days: Sequence[date]) -> list[tuple[date, int]]:
    """Evenly, with the remainder from tomorrow on; tomorrow's rides come on top."""
    each, rest = divmod(volume.bookings - volume.rides_tomorrow, len(days))
    first = days.index(draft.tomorrow)
    counts = [each + ((index - first) % len(days) < rest) for index in range(len(days))]
    counts[first] += volume.rides_tomorrow
    return list(zip(days, counts, strict=True))


def _free_places(draft: Draft, slots: Sequence[Slot], count: int) -> list[Slot]:
    """Places to book, drawn without replacement. One of each slot is left: visitors should find something free."""
    places = [slot for slot in slots for _ in range(slot.capacity - 1)]
    return draft.random.sample(places, count)


def _guests(draft: Draft, subjects: Sequence[Subject], day: date, count: int) -> list[Subject]:
    """Nobody is booked twice a day by us. Tomorrow the first two come, whose customers can sign in and follow it."""
    if day != draft.tomorrow:
        return draft.random.sample(subjects, count)
    return [*subjects[:2], *draft.random.sample(subjects[2:], count - 2)]


def _numbers(draft: Draft, count: int) -> Iterator[str]:
    """Booking numbers as people read them to each other, all different."""
    base = len(ALPHABET)
    for number in draft.random.sample(range(base**NUMBER_LENGTH), count):
        yield "".join(ALPHABET[number // base**place % base] for place in range(NUMBER_LENGTH))


def _status(draft: Draft, slot: Slot) -> BookingStatus:
    shares = AHEAD if slot.starts_at > draft.now else UNDER_WAY if slot.ends_at > draft.now else BEHIND
    return draft.random.choices(list(shares), weights=list(shares.values()))[0]


def _add_booking(draft: Draft, number: str, status: BookingStatus, slot: Slot, subject: Subject) -> UUID:
    made_at = min(slot.starts_at, draft.now) - timedelta(minutes=draft.random.randrange(60, 14 * 24 * 60))
    return draft.add(
        "bookings",
        number=number,
        status=status.value,
        customer_id=subject.customer.id,
        subject_id=subject.id,
        service_id=slot.service.id,
        slot_id=slot.id,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        nights=1 if slot.service.offer.kind is ServiceKind.STAY else None,
        cancel_before=slot.starts_at - slot.service.offer.cancellation_notice,
        cancel_free_before=slot.starts_at - slot.service.offer.cancellation_notice,
        price_minor=slot.service.offer.price_minor,
        currency=draft.business.currency,
        notes=draft.random.choice(NOTES) if draft.random.random() < 0.15 else None,
        reason=REASONS.get(status),
        created_at=made_at,
        updated_at=made_at,
    )


def _allocate(draft: Draft, booking_id: UUID, slot: Slot, number: int) -> None:
    """A place, and of what the service needs the unit that goes with its number in the slot."""
    during = Range(slot.starts_at, slot.ends_at)
    draft.add("allocations", booking_id=booking_id, slot_id=slot.id, unit_id=None, during=during)
    if slot.service.units:
        unit_id = slot.service.units[number]
        draft.add("allocations", booking_id=booking_id, slot_id=None, unit_id=unit_id, during=during)


def _fetch_and_bring_back(draft: Draft, booking_id: UUID, slot: Slot, subject: Subject) -> None:
    """The two rides as `bookSlot` makes them when the customer names no times."""
    home, site = subject.customer.home_id, slot.service.place_id
    before = (slot.starts_at - LEG_SLACK, slot.starts_at)
    after = (slot.ends_at, slot.ends_at + LEG_SLACK)
    _add_ride(draft, booking_id, subject, TransportKind.TO_SITE, (home, site), before)
    _add_ride(draft, booking_id, subject, TransportKind.FROM_SITE, (site, home), after)


def _add_ride(
    draft: Draft,
    booking_id: UUID,
    subject: Subject,
    kind: TransportKind,
    way: tuple[UUID, UUID],
    window: tuple[datetime, datetime],
) -> None:
    draft.add(
        "transports",
        kind=kind.value,
        status=TransportStatus.PENDING.value,
        priority=Priority.NORMAL.value,
        booking_id=booking_id,
        customer_id=subject.customer.id,
        subject_id=subject.id,
        pickup_place_id=way[0],
        dropoff_place_id=way[1],
        pickup_from=window[0],
        pickup_until=window[1],
        dropoff_from=window[0],
        dropoff_until=window[1],
        pickup_service_s=SERVICE_S,
        dropoff_service_s=SERVICE_S,
        demand=json_of(subject.demand),
    )

"""What stands in a calendar: bookings, shifts and stops as entries, each with no more than its readers may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from icalendar import STATUS

from app.models import Booking, BookingStatus, Place, Route, Service, Shift, Stop, StopKind, StopStatus, Transport

TENTATIVE = (BookingStatus.HELD, BookingStatus.PENDING)
CALLED_OFF = (BookingStatus.CANCELLED, BookingStatus.DECLINED, BookingStatus.EXPIRED)
LEFT_OUT = (StopStatus.CANCELLED, StopStatus.SKIPPED, StopStatus.FAILED)
STOPS = {StopKind.PICKUP: "Pickup", StopKind.DROPOFF: "Dropoff"}


@dataclass(frozen=True)
class Entry:
    """One event of a calendar. `version` goes up when the row changes, `changed_at` with whatever else it shows."""

    id: UUID
    version: int
    changed_at: datetime
    starts_at: datetime
    ends_at: datetime
    status: STATUS
    summary: str
    place: Place
    lines: Sequence[str]


def of_booking(booking: Booking, service: Service, place: Place, subject: str, changed_at: datetime) -> Entry:
    return Entry(
        booking.id,
        booking.version,
        changed_at,
        booking.starts_at,
        booking.ends_at,
        _standing(booking.status),
        f"{service.name}: {subject}",
        place,
        _lines(f"Booking {booking.number}", f"For {subject}", booking.notes),
    )


def _standing(status: BookingStatus) -> STATUS:
    if status in TENTATIVE:
        return STATUS.TENTATIVE
    return STATUS.CANCELLED if status in CALLED_OFF else STATUS.CONFIRMED


def of_shift(shift: Shift, place: Place, license_plate: str, changed_at: datetime) -> Entry:
    return Entry(
        shift.id,
        shift.version,
        changed_at,
        shift.starts_at,
        shift.ends_at,
        STATUS.CONFIRMED,
        f"Shift: {license_plate}",
        place,
        _lines(f"Vehicle {license_plate}", f"From {place.label}"),
    )


def of_stop(
    stop: Stop, route: Route, transport: Transport, place: Place, subject: str | None, changed_at: datetime
) -> Entry:
    """As planned. A stop has no version of its own: each of its changes is one of its route's."""
    pickup = stop.kind is StopKind.PICKUP
    service_s = transport.pickup_service_s if pickup else transport.dropoff_service_s
    return Entry(
        stop.id,
        route.version,
        changed_at,
        stop.planned_at,
        stop.planned_at + timedelta(seconds=service_s),
        STATUS.CANCELLED if stop.status in LEFT_OUT else STATUS.CONFIRMED,
        f"{STOPS[stop.kind]}: {subject or place.label}",
        place,
        _lines(f"Stop {stop.sequence}", f"For {subject}" if subject else None, place.access_notes, transport.notes),
    )


def _lines(*lines: str | None) -> list[str]:
    return [line for line in lines if line]

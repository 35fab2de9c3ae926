"""Transports: asked for with a booking or alone, called off before the pickup."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.errors import BadUserInput, NotFound
from app.models import (
    Booking,
    Customer,
    Dimension,
    EventType,
    Mobility,
    Patient,
    Pet,
    Place,
    Route,
    Service,
    Subject,
    Transport,
    TransportKind,
    TransportStatus,
)
from app.services import routes, values
from app.uow import UnitOfWork

LEG_SLACK = timedelta(hours=2)
"""How long before and after a booking its rides may be, unless the customer says otherwise."""

ROOM = {
    Mobility.WALKING: Dimension.SEATS,
    Mobility.WHEELCHAIR: Dimension.WHEELCHAIRS,
    Mobility.STRETCHER: Dimension.STRETCHERS,
}
OPEN = (TransportStatus.PENDING, TransportStatus.ASSIGNED, TransportStatus.EN_ROUTE)


def demand_of(subject: Subject | None) -> dict[str, int]:
    """The room that a subject takes in a vehicle."""
    if isinstance(subject, Patient):
        return {ROOM[subject.mobility].value: 1}
    if isinstance(subject, Pet):
        return {Dimension.CRATES.value: 1}
    return {Dimension.SEATS.value: 1}


async def _add(uow: UnitOfWork, transport: Transport) -> Transport:
    await uow.add(transport)
    uow.emit(EventType.TRANSPORT_CREATED, transport)
    return transport


async def _leg(uow: UnitOfWork, booking: Booking, subject: Subject, place_id: UUID, **given: Any) -> Transport:
    place = await uow.get(Place, place_id)
    if place.customer_id != booking.customer_id:
        raise NotFound("place")
    notes = values.text(given.pop("notes", None), "notes")
    return await _add(
        uow,
        Transport(
            booking_id=booking.id,
            customer_id=booking.customer_id,
            subject_id=subject.id,
            demand=demand_of(subject),
            notes=notes,
            **given,
        ),
    )


async def leg_to_site(
    uow: UnitOfWork,
    booking: Booking,
    subject: Subject,
    place_id: UUID,
    from_: datetime | None = None,
    until: datetime | None = None,
    notes: str | None = None,
) -> Transport:
    """A ride to the service's place, there when the booking begins."""
    service = await uow.fetch(Service, booking.service_id)
    earliest, latest = (from_ or booking.starts_at - LEG_SLACK, until or booking.starts_at)
    _check_window(earliest, latest, "pickup")
    return await _leg(
        uow,
        booking,
        subject,
        place_id,
        kind=TransportKind.TO_SITE,
        pickup_place_id=place_id,
        dropoff_place_id=service.place_id,
        pickup_from=earliest,
        pickup_until=latest,
        dropoff_from=earliest,
        dropoff_until=max(booking.starts_at, latest),
        notes=notes,
    )


async def leg_from_site(
    uow: UnitOfWork,
    booking: Booking,
    subject: Subject,
    place_id: UUID,
    from_: datetime | None = None,
    until: datetime | None = None,
    notes: str | None = None,
) -> Transport:
    """A ride from the service's place, once the booking is over."""
    service = await uow.fetch(Service, booking.service_id)
    earliest, latest = from_ or booking.ends_at, until or booking.ends_at + LEG_SLACK
    _check_window(earliest, latest, "dropoff")
    return await _leg(
        uow,
        booking,
        subject,
        place_id,
        kind=TransportKind.FROM_SITE,
        pickup_place_id=service.place_id,
        dropoff_place_id=place_id,
        pickup_from=min(booking.ends_at, earliest),
        pickup_until=latest,
        dropoff_from=earliest,
        dropoff_until=latest,
        notes=notes,
    )


async def add_legs(
    uow: UnitOfWork,
    booking: Booking,
    subject: Subject,
    pickup: dict[str, Any] | None,
    dropoff: dict[str, Any] | None,
) -> None:
    """The rides there and back that a customer wants with a booking."""
    if pickup:
        await leg_to_site(uow, booking, subject, **pickup)
    if dropoff:
        await leg_from_site(uow, booking, subject, **dropoff)


async def follow_booking(
    uow: UnitOfWork, booking: Booking, subject: Subject, started_at: datetime, ended_at: datetime
) -> None:
    """Ask for the open rides of a booking that was moved anew, as long before and after it as they were."""
    for ride in await cancel_of_booking(uow, booking):
        moved_to_site = ride.kind is TransportKind.TO_SITE
        shift = booking.starts_at - started_at if moved_to_site else booking.ends_at - ended_at
        place_id = ride.pickup_place_id if moved_to_site else ride.dropoff_place_id
        window = (ride.pickup_from, ride.pickup_until) if moved_to_site else (ride.dropoff_from, ride.dropoff_until)
        leg = leg_to_site if moved_to_site else leg_from_site
        await leg(uow, booking, subject, place_id, window[0] + shift, window[1] + shift, ride.notes)


def _check_window(earliest: datetime, latest: datetime, field: str) -> None:
    if not earliest < latest <= earliest + timedelta(days=1):
        raise BadUserInput("A time window ends after it begins, within a day.", field)


async def create_transport(
    uow: UnitOfWork,
    customer_id: UUID,
    pickup_place_id: UUID,
    dropoff_place_id: UUID,
    pickup_window: dict[str, datetime],
    dropoff_window: dict[str, datetime],
    subject_id: UUID | None = None,
    demand: dict[str, int] | None = None,
    notes: str | None = None,
    cod_minor: int | None = None,
    **given: Any,
) -> Transport:
    """A transport alone. Places are the customer's or the organization's own; the subject is the customer's."""
    customer = await uow.get(Customer, customer_id)
    subject = await uow.get(Subject, subject_id) if subject_id else None
    if subject is not None and subject.customer_id != customer.id:
        raise NotFound("subject")
    if pickup_place_id == dropoff_place_id:
        raise BadUserInput("A transport goes from one place to another.", "dropoffPlaceId")
    for place_id in (pickup_place_id, dropoff_place_id):
        place = await uow.get(Place, place_id)
        if place.customer_id not in (None, customer.id):
            raise NotFound("place")
    _check_window(pickup_window["from_"], pickup_window["until"], "pickupWindow")
    _check_window(dropoff_window["from_"], dropoff_window["until"], "dropoffWindow")
    if dropoff_window["until"] <= pickup_window["from_"]:
        raise BadUserInput("The dropoff must be possible after the pickup.", "dropoffWindow")
    currency = (await values.organization(uow)).currency if cod_minor is not None else None
    return await _add(
        uow,
        Transport(
            customer_id=customer.id,
            subject_id=subject_id,
            pickup_place_id=pickup_place_id,
            dropoff_place_id=dropoff_place_id,
            pickup_from=pickup_window["from_"],
            pickup_until=pickup_window["until"],
            dropoff_from=dropoff_window["from_"],
            dropoff_until=dropoff_window["until"],
            demand=demand or demand_of(subject),
            notes=values.text(notes, "notes"),
            cod_minor=cod_minor if cod_minor is None else values.between(cod_minor, 1, 10**12, "codAmount"),
            currency=currency,
            **given,
        ),
    )


async def cancel_transport(uow: UnitOfWork, transport_id: UUID) -> Transport:
    transport = await uow.get(Transport, transport_id)
    await _cancel(uow, transport)
    return transport


async def cancel_of_booking(uow: UnitOfWork, booking: Booking) -> Sequence[Transport]:
    """Call off every ride of a booking that has not begun, and answer them; one that is on board must be finished."""
    rides = await uow.scalars(
        select(Transport)
        .where(
            Transport.organization_id == booking.organization_id,
            Transport.booking_id == booking.id,
            Transport.status.in_(OPEN),
        )
        # their routes are locked in turn: by id, as everywhere
        .order_by(Transport.route_id, Transport.id)
    )
    for ride in rides:
        await _cancel(uow, ride)
    return rides


async def _cancel(uow: UnitOfWork, transport: Transport) -> None:
    route = await _route_of(uow, transport)
    await uow.transition(transport, TransportStatus.CANCELLED)
    uow.emit(EventType.TRANSPORT_CANCELLED, transport)
    if route is not None:
        await routes.drop_stops(uow, route, transport)


async def _route_of(uow: UnitOfWork, transport: Transport) -> Route | None:
    """The route that a transport is on, both locked. Whoever waited for a planner looks again: it may be on another."""
    while True:
        route_id = transport.route_id
        route = await uow.fetch(Route, route_id, lock=True) if route_id else None
        await uow.fetch(Transport, transport.id, lock=True)
        if transport.route_id == route_id:
            return route

"""The rides there and back that belong to a booking."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.errors import NotFound
from app.models import Booking, Place, Service, Subject, Transport, TransportKind
from app.services.transports import terms
from app.services.transports.ending import cancel_of_booking
from app.services.transports.making import add
from app.services.transports.windows import End, Span, columns, windows
from app.uow import UnitOfWork

LEG_SLACK = timedelta(hours=2)
"""How long before and after a booking its rides may be, unless the customer says otherwise."""
KEPT = (
    "priority",
    "demand",
    "notes",
    "pickup_service_s",
    "dropoff_service_s",
    "required_equipment",
    "required_skills",
    "ride_s_max",
    "load_class",
    "apart_from",
    "contact_name",
    "contact_phone",
    "cod_minor",
    "currency",
    "proof_required",
)
"""What stays of a ride when its booking is moved."""


@dataclass(frozen=True)
class Leg:
    """A ride between the customer's place and the service's.

    ours, theirs: which end is at the service's place and which at the customer's, whose window the customer chooses.
    moment: which time of the booking the ride must meet; usual: the customer's window around it.
    met: the window at the service's place, from the customer's and that moment.
    """

    kind: TransportKind
    ours: End
    theirs: End
    moment: Callable[[Booking], datetime]
    usual: tuple[timedelta, timedelta]
    met: Callable[[Span, datetime], Span]


TO_SITE = Leg(
    TransportKind.TO_SITE,
    ours="dropoff",
    theirs="pickup",
    moment=lambda booking: booking.starts_at,
    usual=(-LEG_SLACK, timedelta()),
    met=lambda span, begin: (span[0], max(span[1], begin)),
)
FROM_SITE = Leg(
    TransportKind.FROM_SITE,
    ours="pickup",
    theirs="dropoff",
    moment=lambda booking: booking.ends_at,
    usual=(timedelta(), LEG_SLACK),
    met=lambda span, end: (min(span[0], end), span[1]),
)
LEGS = {leg.kind: leg for leg in (TO_SITE, FROM_SITE)}


async def add_leg(
    uow: UnitOfWork,
    leg: Leg,
    booking: Booking,
    subject: Subject,
    place_id: UUID,
    from_: datetime | None = None,
    until: datetime | None = None,
    **given: Any,
) -> Transport:
    """A ride from or to a place of the customer's, there when the booking begins or gone once it is over."""
    moment = leg.moment(booking)
    chosen = (from_ or moment + leg.usual[0], until or moment + leg.usual[1])
    return await _add(uow, leg, booking, subject, place_id, [chosen], await terms.checked(uow, given))


async def _add(
    uow: UnitOfWork,
    leg: Leg,
    booking: Booking,
    subject: Subject,
    place_id: UUID,
    chosen: list[Span],
    wanted: dict[str, Any],
) -> Transport:
    place = await uow.get(Place, place_id)
    if place.customer_id != booking.customer_id:
        raise NotFound("place")
    service = await uow.fetch(Service, booking.service_id)
    theirs = columns(leg.theirs, chosen, leg.theirs)
    around = leg.met((theirs[f"{leg.theirs}_from"], theirs[f"{leg.theirs}_until"]), leg.moment(booking))
    ride = {
        "kind": leg.kind,
        "booking_id": booking.id,
        "customer_id": booking.customer_id,
        "subject_id": subject.id,
        f"{leg.theirs}_place_id": place.id,
        f"{leg.ours}_place_id": service.place_id,
        f"{leg.ours}_from": around[0],
        f"{leg.ours}_until": around[1],
        "demand": terms.demand_of(subject),
    }
    return await add(uow, Transport(**{**ride, **theirs, **wanted}))


async def add_legs(
    uow: UnitOfWork,
    booking: Booking,
    subject: Subject,
    pickup: dict[str, Any] | None,
    dropoff: dict[str, Any] | None,
) -> None:
    """The rides there and back that a customer wants with a booking."""
    there = await add_leg(uow, TO_SITE, booking, subject, **pickup) if pickup else None
    if dropoff:
        await add_leg(uow, FROM_SITE, booking, subject, **dropoff, outbound_id=there.id if there else None)


async def follow_booking(
    uow: UnitOfWork, booking: Booking, subject: Subject, started_at: datetime, ended_at: datetime
) -> None:
    """Ask for the open rides of a booking that was moved anew, as long before and after it as they were."""
    moved = {TransportKind.TO_SITE: booking.starts_at - started_at, TransportKind.FROM_SITE: booking.ends_at - ended_at}
    again: dict[UUID, UUID] = {}
    # the way there first: the way back names it
    for ride in sorted(await cancel_of_booking(uow, booking), key=lambda ride: ride.outbound_id is not None):
        leg, by = LEGS[ride.kind], moved[ride.kind]
        place_id = getattr(ride, f"{leg.theirs}_place_id")
        chosen = [(earliest + by, latest + by) for earliest, latest in windows(ride, leg.theirs)]
        kept = {name: getattr(ride, name) for name in KEPT}
        kept["outbound_id"] = again.get(ride.outbound_id, ride.outbound_id) if ride.outbound_id else None
        again[ride.id] = (await _add(uow, leg, booking, subject, place_id, chosen, kept)).id

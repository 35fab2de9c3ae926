"""What a transport asks for, checked; and the one-time code of those that ask for one."""

from collections.abc import Mapping
from secrets import randbelow
from typing import Any
from uuid import UUID

from app.errors import BadUserInput, NotFound
from app.models import (
    Customer,
    Dimension,
    Mobility,
    Patient,
    Pet,
    Place,
    ProofKind,
    Subject,
    Transport,
    TransportStatus,
)
from app.services import values
from app.services.transports.windows import End, Span, columns
from app.uow import UnitOfWork

ROOM = {
    Mobility.WALKING: Dimension.SEATS,
    Mobility.WHEELCHAIR: Dimension.WHEELCHAIRS,
    Mobility.STRETCHER: Dimension.STRETCHERS,
}
SERVICE_S_MAX = 4 * 3600
COD_MAX = 10**12
ENDS: tuple[End, End] = ("pickup", "dropoff")


def demand_of(subject: Subject | None) -> dict[str, int]:
    """The room that a subject takes in a vehicle."""
    if isinstance(subject, Patient):
        return {ROOM[subject.mobility].value: 1}
    if isinstance(subject, Pet):
        return {Dimension.CRATES.value: 1}
    return {Dimension.SEATS.value: 1}


def _demand(value: Mapping[str, int]) -> dict[str, int]:
    if not value:
        raise BadUserInput("A transport takes some room.", "demand")
    return dict(value)


def _optional_name(value: str | None, field: str) -> str | None:
    return values.name(value, field) if value else None


CHECKS: dict[str, values.Check] = {
    "demand": _demand,
    "notes": lambda value: values.text(value, "notes"),
    "pickup_service_s": lambda value: values.between(value, 0, SERVICE_S_MAX, "pickupServiceTime"),
    "dropoff_service_s": lambda value: values.between(value, 0, SERVICE_S_MAX, "dropoffServiceTime"),
    "required_equipment": lambda value: values.names(value, "equipment"),
    "required_skills": lambda value: values.names(value, "skills"),
    "ride_s_max": lambda value: value if value is None else values.between(value, 60, values.DAY_S, "rideTimeMax"),
    "load_class": lambda value: _optional_name(value, "loadClass"),
    "apart_from": lambda value: values.names(value, "apartFrom"),
    "contact_name": lambda value: _optional_name(value, "contactName"),
    "cod_minor": lambda value: value if value is None else values.between(value, 1, COD_MAX, "codAmount"),
    "proof_required": lambda value: sorted({ProofKind(kind).value for kind in value}),
}


async def checked(uow: UnitOfWork, given: Mapping[str, Any]) -> dict[str, Any]:
    """Columns for what was given; windows are spans, and money is in the organization's currency."""
    found = values.checked({name: value for name, value in given.items() if name not in WINDOWS}, CHECKS)
    if "contact_phone" in found:
        found["contact_phone"] = await values.phone(uow, found["contact_phone"], "contactPhone")
    if "cod_minor" in found:
        currency = (await values.organization(uow)).currency
        found["currency"] = currency if found["cod_minor"] is not None else None
    for end in ENDS:
        found |= _windows(end, given)
    return found


WINDOWS = tuple(f"{end}_{many}" for end in ENDS for many in ("window", "windows"))


def _windows(end: End, given: Mapping[str, Any]) -> dict[str, Any]:
    one, several = given.get(f"{end}_window"), given.get(f"{end}_windows")
    if one is None and several is None:
        return {}
    if one is not None and several is not None:
        raise BadUserInput("Give one time window, or several in a list.", f"{end}Windows")
    if one is not None:
        return columns(end, [_span(one)], f"{end}Window")
    return columns(end, [_span(part) for part in several or ()], f"{end}Windows")


def _span(window: Mapping[str, Any]) -> Span:
    return window["from_"], window["until"]


async def check_people(uow: UnitOfWork, customer_id: UUID, subject_id: UUID | None) -> Subject | None:
    """The subject is the customer's."""
    customer = await uow.get(Customer, customer_id)
    subject = await uow.get(Subject, subject_id) if subject_id else None
    if subject is not None and subject.customer_id != customer.id:
        raise NotFound("subject")
    return subject


async def check_places(uow: UnitOfWork, customer_id: UUID, pickup_place_id: UUID, dropoff_place_id: UUID) -> None:
    """Two places, each the customer's or the organization's own."""
    if pickup_place_id == dropoff_place_id:
        raise BadUserInput("A transport goes from one place to another.", "dropoffPlaceId")
    for place_id in (pickup_place_id, dropoff_place_id):
        place = await uow.get(Place, place_id)
        if place.customer_id not in (None, customer_id):
            raise NotFound("place")


async def check_outbound(uow: UnitOfWork, outbound_id: UUID, customer_id: UUID, subject_id: UUID | None) -> Transport:
    """The way there of a way back: of the same customer and subject."""
    outbound = await uow.get(Transport, outbound_id)
    if outbound.customer_id != customer_id or outbound.subject_id != subject_id:
        raise BadUserInput("The way back is for whom the way there was.", "outboundId")
    if outbound.status is TransportStatus.CANCELLED:
        raise BadUserInput("The way there was called off.", "outboundId")
    return outbound


def keep_code(transport: Transport) -> None:
    """Whoever must show a code has one. It is set apart from other changes, so that no record of them tells it."""
    # a transport that is not stored yet has no defaults
    if ProofKind.CODE not in (transport.proof_required or ()):
        transport.code = None
    elif transport.code is None:
        transport.code = f"{randbelow(10**6):06}"

"""Transports alone, and the way back of another."""

from typing import Any
from uuid import UUID

from app.errors import BadUserInput
from app.models import EventType, Transport, TransportKind
from app.services.transports import pins, terms
from app.services.transports.windows import check_order, hull
from app.uow import UnitOfWork

REVERSED = {
    TransportKind.TO_SITE: TransportKind.FROM_SITE,
    TransportKind.FROM_SITE: TransportKind.TO_SITE,
    TransportKind.POINT_TO_POINT: TransportKind.POINT_TO_POINT,
}
NEEDS = (
    "demand",
    "required_equipment",
    "required_skills",
    "ride_s_max",
    "load_class",
    "apart_from",
    "contact_name",
    "contact_phone",
)
"""What is needed on the way back as on the way there."""
DEMANDED = {"customer_id": "customerId", "pickup_place_id": "pickupPlaceId", "dropoff_place_id": "dropoffPlaceId"}


async def add(uow: UnitOfWork, transport: Transport) -> Transport:
    terms.keep_code(transport)
    await uow.add(transport)
    uow.emit(EventType.TRANSPORT_CREATED, transport)
    return transport


async def create_transport(
    uow: UnitOfWork, outbound_id: UUID | None = None, pin: dict[str, UUID] | None = None, **given: Any
) -> Transport:
    """A transport of its own, or the way back of another: then what is left out is as on the way there, reversed."""
    wanted = await terms.checked(uow, given)
    if outbound_id is not None:
        wanted = _as_on(await uow.get(Transport, outbound_id), wanted)
    for column, field in DEMANDED.items():
        if column not in wanted:
            raise BadUserInput(f"`{field}` is needed, unless this is the way back of another transport.", field)
    for end in terms.ENDS:
        if f"{end}_from" not in wanted:
            raise BadUserInput("A time window is needed.", f"{end}Window")
    subject = await terms.check_people(uow, wanted["customer_id"], wanted.get("subject_id"))
    await terms.check_places(uow, wanted["customer_id"], wanted["pickup_place_id"], wanted["dropoff_place_id"])
    if outbound_id is not None:
        await terms.check_outbound(uow, outbound_id, wanted["customer_id"], wanted.get("subject_id"))
    wanted.setdefault("kind", TransportKind.POINT_TO_POINT)
    wanted.setdefault("demand", terms.demand_of(subject))
    if pin is not None:
        wanted |= await pins.checked(uow, pin, wanted["pickup_from"])
    transport = Transport(**wanted)
    check_order(hull(transport, "pickup"), hull(transport, "dropoff"))
    return await add(uow, transport)


def _as_on(there: Transport, wanted: dict[str, Any]) -> dict[str, Any]:
    """What was asked for of the way back, and for the rest what the way there says."""
    same = {
        "customer_id": there.customer_id,
        "subject_id": there.subject_id,
        "pickup_place_id": there.dropoff_place_id,
        "dropoff_place_id": there.pickup_place_id,
        "kind": REVERSED[there.kind],
        "outbound_id": there.id,
        **{name: getattr(there, name) for name in NEEDS},
    }
    return {**same, **wanted}

"""Transports changed after they were asked for."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.errors import BadUserInput
from app.models import EventType, Route, RouteStatus, Transport, TransportStatus
from app.services import routes
from app.services.transports import pins, terms
from app.services.transports.ending import route_of
from app.services.transports.windows import check_order
from app.uow import UnitOfWork

OVER = (TransportStatus.DELIVERED, TransportStatus.RETURNED, TransportStatus.CANCELLED)
UNSEEN = (RouteStatus.DRAFT, RouteStatus.OPTIMIZED)
ANY_TIME = {"notes", "contact_name", "contact_phone", "priority", "proof_required"}
"""What can change when the driver has seen the transport."""
PINS = {"pinned_driver_id", "pinned_route_id"}
UNPLANNED = ANY_TIME | PINS | {"cod_minor", "currency", "outbound_id"}
"""What a plan does not depend on."""
OF_BOOKING = {"kind", "subject_id"}
"""What follows from the booking of a ride that has one."""


async def update_transport(uow: UnitOfWork, transport_id: UUID, version: int, **given: Any) -> Transport:
    """Until its driver has seen it, anything can change; what a plan was made of takes it off its route."""
    transport = await uow.get(Transport, transport_id)
    route = await route_of(uow, transport)
    settled = _settled(transport, route)
    pin = {"pin": given.pop("pin")} if "pin" in given else {}
    changes = await terms.checked(uow, given)
    _check_allowed(transport, changes, settled=settled)
    await _check_together(uow, transport, changes)
    changes |= await _pins(uow, transport, changes, pin)
    before = {name: getattr(transport, name) for name in changes}
    await uow.change(transport, version, changes)
    terms.keep_code(transport)
    uow.emit(EventType.TRANSPORT_UPDATED, transport)
    agreed = pins.agree(transport)
    if settled and pin and not agreed:
        raise BadUserInput("The driver has seen this transport; it stays where it is.", "pin")
    changed = {name for name, value in before.items() if getattr(transport, name) != value}
    if route is not None and not settled and (changed - UNPLANNED or not agreed):
        await _take_off(uow, route, transport)
    return transport


def _settled(transport: Transport, route: Route | None) -> bool:
    """Whether a driver knows of it."""
    if transport.status is TransportStatus.PENDING:
        return False
    return transport.status is not TransportStatus.ASSIGNED or route is None or route.status not in UNSEEN


def _check_allowed(transport: Transport, changes: Mapping[str, Any], *, settled: bool) -> None:
    if transport.status in OVER:
        raise BadUserInput("This transport is over; it cannot change any more.")
    if settled and changes.keys() - ANY_TIME:
        raise BadUserInput(
            "The driver has seen this transport: only notes, contact, priority, proofs and the pin can change."
        )
    if transport.booking_id is not None and changes.keys() & OF_BOOKING:
        raise BadUserInput("For whom this ride is, and which way, follows from its booking.")


async def _check_together(uow: UnitOfWork, transport: Transport, changes: Mapping[str, Any]) -> None:
    """Whether the transport makes sense when all of it is changed."""

    def then(name: str) -> Any:
        return changes.get(name, getattr(transport, name))

    if "subject_id" in changes:
        await terms.check_people(uow, transport.customer_id, changes["subject_id"])
    if changes.keys() & {"pickup_place_id", "dropoff_place_id"}:
        await terms.check_places(uow, transport.customer_id, then("pickup_place_id"), then("dropoff_place_id"))
    if changes.get("outbound_id") is not None:
        await terms.check_outbound(uow, changes["outbound_id"], transport.customer_id, then("subject_id"))
        if changes["outbound_id"] == transport.id:
            raise BadUserInput("A transport is not its own way back.", "outboundId")
    check_order((then("pickup_from"), then("pickup_until")), (then("dropoff_from"), then("dropoff_until")))


async def _pins(
    uow: UnitOfWork, transport: Transport, changes: Mapping[str, Any], pin: Mapping[str, Any]
) -> dict[str, UUID | None]:
    """The columns of the pin that is wanted; a route to which the transport stays pinned must be of its new day."""
    if not pin and "pickup_from" not in changes:
        return {}
    stays = {"driver_id": transport.pinned_driver_id, "route_id": transport.pinned_route_id}
    return await pins.checked(uow, pin.get("pin", stays), changes.get("pickup_from", transport.pickup_from))


async def _take_off(uow: UnitOfWork, route: Route, transport: Transport) -> None:
    """The plan of it holds no more: it waits for the next one."""
    uow.emit(EventType.TRANSPORT_UNASSIGNED, transport)
    await uow.transition(transport, TransportStatus.PENDING, driver_id=None, route_id=None)
    await routes.drop_stops(uow, route, transport)

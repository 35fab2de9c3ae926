"""Who must drive a transport, whatever a planner finds."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from app.errors import BadUserInput
from app.models import Driver, Route, RouteStatus, Transport
from app.services import values
from app.uow import UnitOfWork

OVER = (RouteStatus.COMPLETED, RouteStatus.CANCELLED)


async def checked(
    uow: UnitOfWork, pin: Mapping[str, UUID | None] | None, pickup_from: datetime
) -> dict[str, UUID | None]:
    """Columns of a pin; without one, those that free a transport."""
    driver_id, route_id = (pin or {}).get("driver_id"), (pin or {}).get("route_id")
    if driver_id is not None:
        await uow.get(Driver, driver_id)
    if route_id is not None:
        await _check_route(uow, await uow.get(Route, route_id), driver_id, pickup_from)
    return {"pinned_driver_id": driver_id, "pinned_route_id": route_id}


async def _check_route(uow: UnitOfWork, route: Route, driver_id: UUID | None, pickup_from: datetime) -> None:
    if route.status in OVER:
        raise BadUserInput("This route is over.", "pin")
    if driver_id not in (None, route.driver_id):
        raise BadUserInput("Somebody else drives this route.", "pin")
    zone = ZoneInfo((await values.organization(uow)).time_zone)
    if pickup_from.astimezone(zone).date() != route.date:
        raise BadUserInput("This route is of another day.", "pin")


def agree(transport: Transport) -> bool:
    """Whether a transport is on the route, and with the driver, that it is pinned to."""
    return transport.pinned_driver_id in (None, transport.driver_id) and transport.pinned_route_id in (
        None,
        transport.route_id,
    )

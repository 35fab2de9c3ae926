"""Taking a shift back."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, exists, select, update

from app.errors import BadUserInput
from app.models import Driver, EventType, Proof, Route, Shift, Stop, StopStatus, Transport, Vehicle
from app.models.base import among
from app.services import routes
from app.services.fleet.shifts import unseen_route
from app.uow import UnitOfWork

DEALT_WITH = (StopStatus.ARRIVED, StopStatus.DONE, StopStatus.FAILED)


async def remove_shift(uow: UnitOfWork, shift_id: UUID) -> tuple[Driver, Vehicle]:
    """Take a shift back, unless its driver has seen its route; routes that were called off go with it.

    Answers whose shift it was.
    """
    shift = await uow.get(Shift, shift_id, lock=True)
    route = await unseen_route(uow, shift)
    if route is not None:
        await routes.call_off(uow, route)
    await _forget_routes(uow, shift)
    await uow.session.delete(shift)
    await uow.flush()
    uow.emit(EventType.SHIFT_REMOVED, shift)
    return await uow.fetch(Driver, shift.driver_id), await uow.fetch(Vehicle, shift.vehicle_id)


async def _forget_routes(uow: UnitOfWork, shift: Shift) -> None:
    """The routes of a shift, all of them called off, with their stops. Where something was done, they are kept."""
    mine = (Route.organization_id == shift.organization_id) & (Route.shift_id == shift.id)
    ids = await uow.scalars(select(Route.id).where(mine).order_by(Route.id).with_for_update())
    if not ids:
        return
    if await _was_driven(uow, shift, ids):
        raise BadUserInput("Something was done on a route of this shift; the shift cannot be taken back.")
    tenant = Transport.organization_id == shift.organization_id
    for column in (Transport.route_id, Transport.pinned_route_id):
        # what was cancelled on the way still names its route
        await uow.session.execute(
            update(Transport)
            .where(tenant, among(column, ids))
            .values({column: None})
            .execution_options(synchronize_session=False)
        )
    await uow.session.execute(delete(Route).where(mine).execution_options(synchronize_session=False))


async def _was_driven(uow: UnitOfWork, shift: Shift, ids: Sequence[UUID]) -> bool:
    stops = select(Stop.id).where(Stop.organization_id == shift.organization_id, among(Stop.route_id, ids))
    proven = exists().where(Proof.organization_id == Stop.organization_id, Proof.stop_id == Stop.id)
    return await uow.first(stops.where(Stop.status.in_(DEALT_WITH) | proven).limit(1)) is not None

"""Stops that could not be dealt with, and the way back of what could not be delivered."""

from datetime import datetime
from uuid import UUID

from app.models import (
    EventType,
    Stop,
    StopFailureReason,
    StopKind,
    StopStatus,
    Transport,
    TransportStatus,
)
from app.services import values
from app.services.routes.returning import plan_return
from app.services.routes.tour import OPEN, Tour
from app.settings import Settings
from app.uow import UnitOfWork


async def fail_stop(
    uow: UnitOfWork,
    settings: Settings,
    stop_id: UUID,
    reason: StopFailureReason,
    notes: str | None = None,
    at: datetime | None = None,
) -> tuple[Stop, Transport, Stop | None]:
    """Give a stop up; answers it, its transport and the next stop.

    Without its pickup a transport has no dropoff. What cannot be left goes back to where it came from; if it cannot be
    left there either, the house must see to it.
    """
    notes = values.text(notes, "notes")
    tour, stop = await Tour.at(uow, stop_id)
    failed_at, ride = await tour.moment(at), tour.ride(stop)
    if stop.status is StopStatus.FAILED:
        return stop, ride, tour.next_stop
    tour.expect(stop, StopStatus.FAILED)
    await tour.set_out()
    if stop.kind is StopKind.DROPOFF:
        await tour.take_aboard(stop, failed_at)
    await give_up(tour, stop, reason, notes, failed_at)
    back = await plan_return(tour, settings, stop, failed_at) if stop.kind is StopKind.DROPOFF else None
    await tour.redirect()
    await tour.follow(settings)
    if back is not None and back.eta is not None:
        back.planned_at = back.eta
    following = await tour.go_on()
    await tour.touch()
    return stop, ride, following


async def give_up(tour: Tour, stop: Stop, reason: StopFailureReason, notes: str | None, at: datetime) -> None:
    """The stop fails, and with it its transport; one that is on its way back has failed before."""
    uow, ride = tour.uow, tour.ride(stop)
    await uow.transition(stop, StopStatus.FAILED, failure_reason=reason, notes=notes or stop.notes, done_at=at)
    uow.emit(EventType.STOP_FAILED, stop, tour.route, ride, payload={"reason": reason})
    if stop.kind is StopKind.RETURN:
        return
    await tour.set_out_for(stop)
    await uow.transition(ride, TransportStatus.FAILED)
    uow.emit(EventType.TRANSPORT_FAILED, ride, payload={"reason": reason})
    if stop.kind is StopKind.PICKUP:
        dropoff = tour.other(stop, StopKind.DROPOFF)
        if dropoff is not None and dropoff.status in OPEN:
            await tour.call_off(dropoff)

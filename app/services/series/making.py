"""How a standing booking begins, and how it goes on by itself."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.errors import BadUserInput, SlotClosed
from app.models import (
    EventType,
    Occurrence,
    Resource,
    Series,
    SeriesStatus,
    Service,
    ServiceKind,
    Subject,
    WorkKind,
)
from app.services import due_work, values
from app.services.bookings.making import check_subject
from app.services.recurrence import Rule
from app.services.series import times
from app.services.series.ahead import book_ahead
from app.services.series.ending import end
from app.uow import UnitOfWork


async def create_series(
    uow: UnitOfWork,
    subject_id: UUID,
    service_id: UUID,
    rule: str,
    starts_at: datetime,
    resource_id: UUID | None = None,
    notes: str | None = None,
    exceptions: Sequence[datetime] = (),
    extras: Sequence[datetime] = (),
    *,
    horizon_days: int,
) -> tuple[Series, list[Occurrence]]:
    """Begin a standing booking and book it up to the horizon; answers the times that could not be booked too."""
    subject = await uow.get(Subject, subject_id)
    check_subject(subject)
    service = await _appointment(uow, service_id)
    times.check_begin(starts_at, uow.now)
    if resource_id is not None:
        await uow.get(Resource, resource_id)
    series = await uow.add(
        Series(
            customer_id=subject.customer_id,
            subject_id=subject.id,
            service_id=service.id,
            resource_id=resource_id,
            rule=Rule.parse(rule).text,
            time_zone=(await values.organization(uow)).time_zone,
            starts_at_local=starts_at,
            except_local=times.listed(exceptions, "exceptions"),
            extra_local=times.listed(extras, "extras"),
            notes=values.text(notes, "notes"),
        )
    )
    times.check(series, uow.now, horizon_days)
    uow.emit(EventType.SERIES_CREATED, series)
    ahead = await book_ahead(uow, series, horizon_days)
    await come_back(uow, series)
    return series, ahead.missed


async def _appointment(uow: UnitOfWork, service_id: UUID) -> Service:
    service = await uow.get(Service, service_id)
    if service.kind is not ServiceKind.APPOINTMENT:
        raise BadUserInput("A standing booking is of appointments, not of nights.", "serviceId")
    if not service.active:
        raise SlotClosed("This service is not offered any more.")
    return service


async def come_back(uow: UnitOfWork, series: Series) -> None:
    """Book the next day when it comes; one piece of work for each series."""
    await due_work.leave_once(uow, WorkKind.EXTEND_SERIES, series.id, times.tomorrow(series, uow.now))


async def extend_series(uow: UnitOfWork, series_id: UUID, horizon_days: int) -> None:
    """Roll on: book what has come within the horizon and what was missed and is free now; end what has no time left."""
    series = await uow.get(Series, series_id, lock=True)
    if series.status is SeriesStatus.ENDED:
        return
    if times.is_over(series, uow.now):
        await end(uow, series)
        return
    if series.paused_until and series.paused_until < times.wall(series, uow.now).date():
        await uow.transition(series, SeriesStatus.ACTIVE, paused_from=None, paused_until=None)
        uow.emit(EventType.SERIES_RESUMED, series)
    ahead = await book_ahead(uow, series, horizon_days)
    if ahead.booked or ahead.unheard:
        uow.emit(EventType.SERIES_EXTENDED, series, payload={"booked": ahead.booked, "missed": ahead.unheard})
    await come_back(uow, series)

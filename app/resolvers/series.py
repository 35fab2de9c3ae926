"""Standing bookings."""

from app.access import Permission
from app.context import Info
from app.loaders import series as relations
from app.resolvers.verbs import Nodes, connection, mutation
from app.schema.bookings import Booking
from app.schema.problems import InvalidTransition, SlotClosed, VersionConflict
from app.schema.series import (
    CancelSeriesInput,
    CreateSeriesInput,
    Occurrence,
    PauseSeriesInput,
    ResumeSeriesInput,
    Series,
    SeriesFilter,
    SeriesOrder,
    UpdateSeriesInput,
)
from app.services import series
from app.uow import UnitOfWork

connection(
    "series",
    relations.SERIES,
    Series,
    "Standing bookings that the viewer sees, the latest first.",
    Permission.BOOKINGS_READ,
    filter=SeriesFilter,
    order_by=SeriesOrder,
)

SERIES = {"series": (Series, "The standing booking, as it is now.")}
MISSED = {"missed": (list[Occurrence], "Times up to the horizon that could not be booked; tried again every day.")}
CANCELLED = {"cancelled": (list[Booking], "What was called off.")}
KEPT = {"kept": (list[Booking], "What could not be called off any more.")}
UNCHANGEABLE = (VersionConflict, InvalidTransition)


def _horizon(info: Info) -> int:
    return info.context.server.settings.series_horizon_days


@mutation(
    "Make a standing booking. It is booked ahead at once, further every day, and does not wait until its service opens "
    "for booking; a customer gets no more places than one may have.",
    Permission.BOOKINGS_MAKE,
    answers={**SERIES, **MISSED},
    refusals=(SlotClosed,),
)
async def create_series(info: Info, uow: UnitOfWork, input: CreateSeriesInput) -> Nodes:
    made, missed = await series.create_series(uow, **input.values(), horizon_days=_horizon(info))
    return {"series": made, "missed": missed}


@mutation(
    "Change all times of a standing booking that are to come, or one and the following. Bookings are moved where there "
    "is a place, by the same rules as alone; those left over are called off, and what is missing is booked.",
    Permission.BOOKINGS_MAKE,
    answers={
        "series": (Series, "The standing booking as it goes on; a new one, if others come before `from`."),
        **MISSED,
        "kept": (list[Booking], "Bookings that stay where they were: they could be neither moved nor called off."),
    },
    refusals=UNCHANGEABLE,
)
async def update_series(info: Info, uow: UnitOfWork, input: UpdateSeriesInput) -> Nodes:
    changed, fitted = await series.update_series(uow, **input.values(), horizon_days=_horizon(info))
    return {"series": changed, "missed": fitted.missed, "kept": fitted.kept}


@mutation(
    "End a standing booking now or with one of its times, and call off what is booked from there on: each booking by "
    "the same rules as alone.",
    Permission.BOOKINGS_MAKE,
    answers={**SERIES, **CANCELLED, **KEPT},
    refusals=UNCHANGEABLE,
)
async def cancel_series(info: Info, uow: UnitOfWork, input: CancelSeriesInput) -> Nodes:
    ended, called = await series.cancel_series(uow, **input.values())
    return {"series": ended, "cancelled": called.cancelled, "kept": called.kept}


@mutation(
    "Let a standing booking rest: what is booked on these days is called off, each booking by the same rules as alone.",
    Permission.BOOKINGS_MAKE,
    answers={**SERIES, **CANCELLED, **KEPT},
    refusals=UNCHANGEABLE,
)
async def pause_series(info: Info, uow: UnitOfWork, input: PauseSeriesInput) -> Nodes:
    paused, called = await series.pause_series(uow, **input.values())
    return {"series": paused, "cancelled": called.cancelled, "kept": called.kept}


@mutation(
    "Let a standing booking go on, and book again what its pause called off, where there is a place.",
    Permission.BOOKINGS_MAKE,
    answers={**SERIES, **MISSED},
    refusals=UNCHANGEABLE,
)
async def resume_series(info: Info, uow: UnitOfWork, input: ResumeSeriesInput) -> Nodes:
    resumed, missed = await series.resume_series(uow, **input.values(), horizon_days=_horizon(info))
    return {"series": resumed, "missed": missed}

"""Figures over many slots and bookings."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from strawberry.types.nodes import SelectedField, Selection

from app.access import Permission
from app.context import Info
from app.loaders import analytics
from app.loaders.analytics import Scope
from app.models import Service
from app.resolvers.verbs import query
from app.schema.analytics import BookingStatistics, DayAvailability, From, ServiceIds, To
from app.schema.scalars import decode_id

AVAILABILITY_DAYS_MAX = 92
STATISTICS_DAYS_MAX = 366


@query(
    "How many places each day has, at most 92 days: those of open slots of services that are offered. What a service "
    "needs besides places is not asked; `slots` tells what can be booked.",
    Permission.CATALOGUE_READ,
    answers=list[DayAvailability],
    cost=30,
)
async def availability(info: Info, from_: From, to: To, service_ids: ServiceIds = None) -> Any:
    scope = await _scope(info, Scope.of(from_, to, AVAILABILITY_DAYS_MAX), service_ids)
    by_service = any("services" in _names(field.selections) for field in info.selected_fields)
    return await analytics.availability(info.context.reads, scope, by_service=by_service)


@query(
    "How many bookings there were and what came of them, at most 366 days.",
    Permission.REPORTS_READ,
    answers=BookingStatistics,
    cost=100,
)
async def booking_statistics(info: Info, from_: From, to: To, service_ids: ServiceIds = None) -> Any:
    scope = await _scope(info, Scope.of(from_, to, STATISTICS_DAYS_MAX), service_ids)
    return await analytics.booking_figures(info.context.reads, scope)


async def _scope(info: Info, period: Scope, service_ids: ServiceIds) -> Scope:
    """Of all services, or of some, which must be there."""
    if service_ids is None:
        return period
    keys = [decode_id(id, "Service") for id in service_ids]
    await asyncio.gather(*(info.context.loaders.get(Service, key) for key in keys))
    return replace(period, services=tuple(keys))


def _names(selections: Iterable[Selection]) -> Iterator[str]:
    """The fields that are asked for, also by way of fragments."""
    for selected in selections:
        if isinstance(selected, SelectedField):
            yield selected.name
        else:
            yield from _names(selected.selections)

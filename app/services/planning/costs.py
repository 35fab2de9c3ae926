"""What driving a shift costs, in whole units that can be compared within one problem."""

from collections.abc import Collection, Mapping
from uuid import UUID

from app.models import Shift
from app.services.routing.problem import Costs

COST_MAX = 10_000
"""Largest cost of a second or a metre, so that sums stay exact."""
PER_HOUR, PER_KM = 5, 18
"""A unit is 1/18,000 of a minor unit of money: so both a second's share of an hour and a metre's of a kilometre are
whole."""


def costs_of(shifts: Collection[Shift]) -> Mapping[UUID, Costs]:
    """Where one of a shift's two prices is missing, time and distance weigh as `Costs` has them; where both are, it
    costs what the others do on average, and if no shift has any, what `Costs` says."""
    priced = {shift.id: found for shift in shifts if (found := _priced(shift)) is not None}
    if not priced:
        return {shift.id: Costs() for shift in shifts}
    usual = (
        sum(second for second, _ in priced.values()) / len(priced),
        sum(metre for _, metre in priced.values()) / len(priced),
    )
    largest = max(max(pair) for pair in priced.values())
    scale = min(1.0, COST_MAX / largest) if largest else 1.0
    return {shift.id: _scaled(*priced.get(shift.id, usual), scale) for shift in shifts}


def _priced(shift: Shift) -> tuple[float, float] | None:
    """Cost of a second and of a metre."""
    weights = Costs()
    hour, km = shift.cost_per_hour_minor, shift.cost_per_km_minor
    if hour is None and km is None:
        return None
    second = hour * PER_HOUR if hour is not None else (km or 0) * PER_KM * weights.second / weights.metre
    metre = km * PER_KM if km is not None else second * weights.metre / weights.second
    return second, metre


def _scaled(second: float, metre: float, scale: float) -> Costs:
    weights, cost = Costs(), round(second * scale)
    return Costs(vehicle=weights.vehicle // weights.second * cost, second=cost, metre=round(metre * scale))


def money(shift: Shift, metres: int, seconds: int) -> int | None:
    """The same in minor units of the organization's currency; None if the shift has no price."""
    if shift.cost_per_hour_minor is None and shift.cost_per_km_minor is None:
        return None
    return round((shift.cost_per_hour_minor or 0) * seconds / 3600 + (shift.cost_per_km_minor or 0) * metres / 1000)

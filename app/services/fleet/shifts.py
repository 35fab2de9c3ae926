"""Who drives what when: shifts, one by one or by a rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.errors import BadUserInput
from app.models import Driver, EventType, Route, RouteStatus, Shift, Vehicle
from app.services import routes, values
from app.services.customers import own_place
from app.services.recurrence import Rule, instant
from app.uow import UnitOfWork

SHIFT_MAX = timedelta(hours=24)
SHIFTS_MAX = 100
"""Most shifts that are made at once."""
AHEAD_MAX = timedelta(days=366)
BREAKS_MAX = 4
"""Most breaks of a shift: a planner tries each in every place."""
BREAK_S = (60, 4 * 3600)
COST_MAX = 10**9
UNSEEN = (RouteStatus.DRAFT, RouteStatus.OPTIMIZED)


@dataclass(frozen=True)
class Rest:
    """A break of `duration_s`, to be begun from `from_` until `until`."""

    from_: datetime
    until: datetime
    duration_s: int

    def stored(self) -> dict[str, Any]:
        from_, until = (at.astimezone(UTC).isoformat() for at in (self.from_, self.until))
        return {"from": from_, "until": until, "duration_s": self.duration_s}


def rests(shift: Shift) -> list[Rest]:
    """The breaks of a shift, in order."""
    return [
        Rest(datetime.fromisoformat(rest["from"]), datetime.fromisoformat(rest["until"]), rest["duration_s"])
        for rest in shift.breaks
    ]


def _limit(value: int | None, field: str) -> int | None:
    return None if value is None else values.between(value, 60, values.DAY_S, field)


def _cost(value: int | None, field: str) -> int | None:
    return None if value is None else values.between(value, 0, COST_MAX, field)


CHECKS: dict[str, values.Check] = {
    "duration_s_max": lambda value: _limit(value, "durationMax"),
    "driving_s_max": lambda value: _limit(value, "drivingMax"),
    "cost_per_hour_minor": lambda value: _cost(value, "costPerHour"),
    "cost_per_km_minor": lambda value: _cost(value, "costPerKm"),
    "breaks": lambda value: [Rest(**given) for given in value],
}
REFERENCES: dict[str, Any] = {"driver_id": Driver, "vehicle_id": Vehicle}
PLACES = ("start_place_id", "end_place_id")


async def create_shift(uow: UnitOfWork, **given: Any) -> Shift:
    """Without an end place, the route is over where its last stop is."""
    wanted = values.checked(given, CHECKS)
    await _check_references(uow, wanted)
    return await _add(uow, wanted)


async def create_shifts(uow: UnitOfWork, rule: str, until: date, **given: Any) -> list[Shift]:
    """The same shift on every day of a rule, counted from the first one on, at the same times by the local clock."""
    wanted = values.checked(given, CHECKS)
    _check_times(wanted["starts_at"], wanted["ends_at"])
    await _check_references(uow, wanted)
    zone = ZoneInfo((await values.organization(uow)).time_zone)
    first = wanted["starts_at"].astimezone(zone).replace(tzinfo=None)
    if not first.date() <= until <= first.date() + AHEAD_MAX:
        raise BadUserInput(f"Shifts are made for {AHEAD_MAX.days} days at most.", "until")
    end = datetime.combine(until + timedelta(days=1), time())
    begins = list(Rule.parse(rule).times(first, end, zone))
    if not 1 <= len(begins) <= SHIFTS_MAX:
        raise BadUserInput(f"A rule makes 1 to {SHIFTS_MAX} shifts at once.", "rule")
    return [await _add(uow, _moved(wanted, begin - first, zone)) for begin in begins]


def _moved(wanted: Mapping[str, Any], by: timedelta, zone: ZoneInfo) -> dict[str, Any]:
    """A shift on another day, by the local clock."""

    def later(at: datetime) -> datetime:
        return instant(at.astimezone(zone).replace(tzinfo=None) + by, zone)

    moved = [Rest(later(rest.from_), later(rest.until), rest.duration_s) for rest in wanted.get("breaks", ())]
    times = {"starts_at": later(wanted["starts_at"]), "ends_at": later(wanted["ends_at"])}
    return {**wanted, **times, "breaks": moved}


async def _add(uow: UnitOfWork, wanted: Mapping[str, Any]) -> Shift:
    _check_times(wanted["starts_at"], wanted["ends_at"])
    breaks = _checked_breaks(wanted.get("breaks", ()), wanted["starts_at"], wanted["ends_at"])
    shift = await uow.add(Shift(**{**wanted, "breaks": breaks}))
    uow.emit(EventType.SHIFT_CREATED, shift)
    return shift


async def update_shift(uow: UnitOfWork, shift_id: UUID, version: int, **given: Any) -> Shift:
    """A shift whose route its driver has seen stays as it is; a route that nobody has seen is called off."""
    shift = await uow.get(Shift, shift_id, lock=True)
    changes = values.checked(given, CHECKS)
    await _check_references(uow, changes)
    starts_at, ends_at = changes.get("starts_at", shift.starts_at), changes.get("ends_at", shift.ends_at)
    _check_times(starts_at, ends_at)
    breaks = _checked_breaks(changes.get("breaks", rests(shift)), starts_at, ends_at)
    if "breaks" in changes:
        changes["breaks"] = breaks
    route = await unseen_route(uow, shift)
    former = shift.driver_id
    await uow.change(shift, version, changes)
    if route is not None:
        await routes.call_off(uow, route)
    uow.emit(EventType.SHIFT_UPDATED, shift, former_driver_id=former if former != shift.driver_id else None)
    return shift


async def unseen_route(uow: UnitOfWork, shift: Shift) -> Route | None:
    """The route that stands of a shift, locked. One that its driver has seen keeps the shift as it is."""
    standing = select(Route).where(
        Route.organization_id == shift.organization_id,
        Route.shift_id == shift.id,
        Route.status != RouteStatus.CANCELLED,
    )
    route = await uow.first(standing.with_for_update())
    if route is not None and route.status not in UNSEEN:
        raise BadUserInput("The route of this shift is published; the shift cannot change any more.")
    return route


async def _check_references(uow: UnitOfWork, wanted: Mapping[str, Any]) -> None:
    for field, model in REFERENCES.items():
        if field in wanted:
            await uow.get(model, wanted[field])
    for field in PLACES:
        if wanted.get(field) is not None:
            await own_place(uow, wanted[field])


def _check_times(starts_at: datetime, ends_at: datetime) -> None:
    if not starts_at < ends_at <= starts_at + SHIFT_MAX:
        raise BadUserInput("A shift ends after it begins, within 24 hours.", "endsAt")


def _checked_breaks(breaks: Sequence[Rest], starts_at: datetime, ends_at: datetime) -> list[dict[str, Any]]:
    """As they are stored; one after the other, each within the shift."""
    if len(breaks) > BREAKS_MAX:
        raise BadUserInput(f"A shift has at most {BREAKS_MAX} breaks.", "breaks")
    earliest = starts_at
    for rest in breaks:
        values.between(rest.duration_s, *BREAK_S, "duration")
        if not earliest <= rest.from_ <= rest.until:
            raise BadUserInput("Breaks come one after the other, each begun within the shift.", "breaks")
        earliest = rest.until + timedelta(seconds=rest.duration_s)
        if earliest > ends_at:
            raise BadUserInput("A break is over before the shift is.", "breaks")
    return [rest.stored() for rest in breaks]

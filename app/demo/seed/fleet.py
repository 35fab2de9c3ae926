"""Vehicles, drivers and their teams, where they are now, and who drives what on which day."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

from app.demo import names
from app.demo.seed.businesses import VehicleKind, Volume
from app.demo.seed.draft import Draft, json_of
from app.demo.seed.staff import Member
from app.demo.tbilisi import ADDRESSES, Site
from app.models import Dimension, DriverStatus, Role

SHIFT_HOURS = (8, 20)
LUNCH = ((12, 30), (14, 0))
LUNCH_S = 30 * 60
DRIVING_S_MAX = 9 * 3600
COST_PER_HOUR_MINOR = 1_200
COST_PER_KM_MINOR = 60
TEAMS = ("Saburtalo", "Isani")
SKILLS = {
    Dimension.CRATES: "animal handling",
    Dimension.WHEELCHAIRS: "patient transfer",
    Dimension.STRETCHERS: "first aid",
}
"""What whoever drives a vehicle with such room can do."""


def park(draft: Draft, volume: Volume, sites: Mapping[Site, UUID], members: Sequence[Member]) -> None:
    """As many vehicles as drivers, each with a shift on every day ahead, from the first site and back to it."""
    base_id = sites[draft.business.sites[0]]
    teams = [draft.add("teams", name=name) for name in TEAMS]
    types = [_add_type(draft, number) for number in range(len(draft.business.vehicle_kinds))]
    users = [member for member in members if member.role is Role.DRIVER]
    for number in range(volume.drivers):
        kind = number % len(types)
        user = users[number] if number < len(users) else None
        driver_id = _hire(draft, number, user, teams[number % len(teams)], draft.business.vehicle_kinds[kind])
        vehicle_id = _buy(draft, number, types[kind])
        _plan_shifts(draft, volume.days_ahead, driver_id, vehicle_id, base_id)


def _add_type(draft: Draft, number: int) -> UUID:
    kind = draft.business.vehicle_kinds[number]
    return draft.add("vehicle_types", name=kind.name, capacity=json_of(kind.capacity), equipment=list(kind.equipment))


def _buy(draft: Draft, number: int, type_id: UUID) -> UUID:
    driven_km = draft.random.randrange(20_000, 180_000)
    return draft.add(
        "vehicles",
        type_id=type_id,
        license_plate=names.license_plate(draft.business.first_of_staff + number),
        equipment=["child seat"] if number % 2 else [],
        odometer_m=driven_km * 1_000,
        maintenance_due_on=_in_days(draft, 60, 360),
        maintenance_due_odometer_m=(driven_km // 15_000 + 1) * 15_000_000 + 1_000_000,
    )


def _in_days(draft: Draft, least: int, most: int) -> date:
    return draft.today + timedelta(days=draft.random.randrange(least, most))


def _hire(draft: Draft, number: int, user: Member | None, team_id: UUID, kind: VehicleKind) -> UUID:
    """Those who use the app are at work; the others have not said so."""
    person = draft.business.first_of_staff + 100 + number
    driver_id = draft.add(
        "drivers",
        user_id=user and user.user_id,
        display_name=user.full_name if user else names.person(person).latin,
        phone=names.phone(person),
        status=(DriverStatus.AVAILABLE if user else DriverStatus.OFF_DUTY).value,
        team_id=team_id,
        skills=sorted(SKILLS[dimension] for dimension in kind.capacity if dimension in SKILLS),
        licence_number=f"GE {100_000 + person}",
        licence_expires_on=_in_days(draft, 60, 3_000),
    )
    last_seen = draft.random.choice(ADDRESSES)
    draft.add(
        "positions",
        driver_id=driver_id,
        latitude=last_seen.latitude,
        longitude=last_seen.longitude,
        heading_deg=float(draft.random.randrange(360)),
        speed_mps=0.0,
        recorded_at=draft.now - timedelta(minutes=draft.random.randrange(1, 60)),
    )
    return driver_id


def _plan_shifts(draft: Draft, days_ahead: int, driver_id: UUID, vehicle_id: UUID, base_id: UUID) -> None:
    begin, end = SHIFT_HOURS
    for day in (draft.today + timedelta(days=number) for number in range(days_ahead + 1)):
        draft.add(
            "shifts",
            driver_id=driver_id,
            vehicle_id=vehicle_id,
            starts_at=draft.at(day, begin),
            ends_at=draft.at(day, end),
            start_place_id=base_id,
            end_place_id=base_id,
            breaks=_lunch(draft, day),
            driving_s_max=DRIVING_S_MAX,
            cost_per_hour_minor=COST_PER_HOUR_MINOR,
            cost_per_km_minor=COST_PER_KM_MINOR,
        )


def _lunch(draft: Draft, day: date) -> str:
    """Of the driver, as COPY takes it."""
    from_, until = (draft.at(day, *moment).isoformat() for moment in LUNCH)
    return json.dumps([{"from": from_, "until": until, "duration_s": LUNCH_S}])

"""Vehicles, drivers, where they are now, and who drives what on which day."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from app.demo import names
from app.demo.seed.businesses import Volume
from app.demo.seed.draft import Draft, json_of
from app.demo.seed.staff import Member
from app.demo.tbilisi import ADDRESSES, Site
from app.models import DriverStatus, Role

SHIFT_HOURS = (8, 20)


def park(draft: Draft, volume: Volume, sites: Mapping[Site, UUID], members: Sequence[Member]) -> None:
    """As many vehicles as drivers, each with a shift on every day ahead, from the first site and back to it."""
    base_id = sites[draft.business.sites[0]]
    types = [_add_type(draft, number) for number in range(len(draft.business.vehicle_kinds))]
    users = [member for member in members if member.role is Role.DRIVER]
    for number in range(volume.drivers):
        driver_id = _hire(draft, number, users[number] if number < len(users) else None)
        vehicle_id = draft.add(
            "vehicles",
            type_id=types[number % len(types)],
            license_plate=names.license_plate(draft.business.first_of_staff + number),
        )
        _plan_shifts(draft, volume.days_ahead, driver_id, vehicle_id, base_id)


def _add_type(draft: Draft, number: int) -> UUID:
    kind = draft.business.vehicle_kinds[number]
    return draft.add("vehicle_types", name=kind.name, capacity=json_of(kind.capacity), equipment=list(kind.equipment))


def _hire(draft: Draft, number: int, user: Member | None) -> UUID:
    """Those who use the app are at work; the others have not said so."""
    person = draft.business.first_of_staff + 100 + number
    driver_id = draft.add(
        "drivers",
        user_id=user and user.user_id,
        display_name=user.full_name if user else names.person(person).latin,
        phone=names.phone(person),
        status=(DriverStatus.AVAILABLE if user else DriverStatus.OFF_DUTY).value,
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
        )

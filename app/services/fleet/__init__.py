"""Drivers and their teams, vehicles, shifts, who is away, and what runs out."""

from app.services.fleet.absences import create_absence, remove_absence
from app.services.fleet.availability import plannable
from app.services.fleet.drivers import (
    check_member,
    create_driver,
    create_team,
    set_driver_status,
    update_driver,
    update_team,
)
from app.services.fleet.removal import remove_shift
from app.services.fleet.shifts import create_shift, create_shifts, rests, update_shift
from app.services.fleet.vehicles import (
    create_vehicle,
    create_vehicle_type,
    drove,
    update_vehicle,
    update_vehicle_type,
)
from app.services.fleet.warning import warn_of_licence, warn_of_maintenance

__all__ = [
    "check_member",
    "create_absence",
    "create_driver",
    "create_shift",
    "create_shifts",
    "create_team",
    "create_vehicle",
    "create_vehicle_type",
    "drove",
    "plannable",
    "remove_absence",
    "remove_shift",
    "rests",
    "set_driver_status",
    "update_driver",
    "update_shift",
    "update_team",
    "update_vehicle",
    "update_vehicle_type",
    "warn_of_licence",
    "warn_of_maintenance",
]

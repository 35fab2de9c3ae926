"""Relations of shifts and absences."""

from app.loaders.base import Listing, ToOne
from app.models import Absence, Driver, Place, Shift, Vehicle

SHIFTS = Listing(
    Shift,
    "starts_at",
    orders={"STARTS_AT": "starts_at"},
    filters={
        "driver_id": lambda id: Shift.driver_id == id,
        "from_": lambda instant: Shift.ends_at > instant,
        "to": lambda instant: Shift.starts_at < instant,
    },
    referents={"driver_id": Driver},
)
ABSENCES = Listing(
    Absence,
    "starts_at",
    filters={
        "driver_id": lambda id: Absence.driver_id == id,
        "vehicle_id": lambda id: Absence.vehicle_id == id,
        "from_": lambda instant: Absence.ends_at > instant,
        "to": lambda instant: Absence.starts_at < instant,
    },
    referents={"driver_id": Driver, "vehicle_id": Vehicle},
)
SHIFT_DRIVER = ToOne(Driver, "driver_id")
SHIFT_VEHICLE = ToOne(Vehicle, "vehicle_id")
SHIFT_START = ToOne(Place, "start_place_id")
SHIFT_END = ToOne(Place, "end_place_id")
ABSENCE_DRIVER = ToOne(Driver, "driver_id")
ABSENCE_VEHICLE = ToOne(Vehicle, "vehicle_id")

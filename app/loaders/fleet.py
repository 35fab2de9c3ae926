"""Relations of drivers, vehicles and shifts."""

from app.loaders.base import Listing, ToOne
from app.models import Driver, Place, Position, Route, RouteStatus, Shift, Vehicle, VehicleType

DRIVERS = Listing(
    Driver,
    "display_name",
    orders={"DISPLAY_NAME": "display_name"},
    filters={"status": lambda statuses: Driver.status.in_(statuses)},
)
VEHICLES = Listing(Vehicle, "license_plate", filters={"active": lambda active: Vehicle.active == active})
VEHICLE_TYPES = Listing(VehicleType, "name")
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
DRIVER_POSITION = ToOne(Position, "id", remote="driver_id")
DRIVER_ROUTES = Listing(
    Route,
    "starts_at",
    remote="driver_id",
    filters={
        "date": lambda date: Route.date == date,
        "standing": lambda standing: (Route.status != RouteStatus.CANCELLED) == standing,
    },
)
VEHICLE_TYPE = ToOne(VehicleType, "type_id")
SHIFT_DRIVER = ToOne(Driver, "driver_id")
SHIFT_VEHICLE = ToOne(Vehicle, "vehicle_id")
SHIFT_START = ToOne(Place, "start_place_id")
SHIFT_END = ToOne(Place, "end_place_id")

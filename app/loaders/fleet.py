"""Relations of drivers, teams and vehicles."""

from app.loaders.base import Listing, ToOne
from app.models import Absence, Driver, Position, Route, RouteStatus, Team, Vehicle, VehicleType

TEAMS = Listing(Team, "name")
DRIVERS = Listing(
    Driver,
    "display_name",
    orders={"DISPLAY_NAME": "display_name"},
    filters={
        "status": lambda statuses: Driver.status.in_(statuses),
        "team_id": lambda id: Driver.team_id == id,
    },
    referents={"team_id": Team},
)
VEHICLES = Listing(Vehicle, "license_plate", filters={"active": lambda active: Vehicle.active == active})
VEHICLE_TYPES = Listing(VehicleType, "name")
TEAM_DRIVERS = Listing(Driver, "display_name", remote="team_id")
DRIVER_TEAM = ToOne(Team, "team_id")
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
DRIVER_ABSENCES = Listing(Absence, "-starts_at", remote="driver_id")
VEHICLE_ABSENCES = Listing(Absence, "-starts_at", remote="vehicle_id")
VEHICLE_TYPE = ToOne(VehicleType, "type_id")

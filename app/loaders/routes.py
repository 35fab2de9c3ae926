"""Relations of routes and stops."""

from app.loaders.base import Listing, ToMany, ToOne
from app.models import Driver, Place, Route, Stop, Transport, Vehicle

ROUTES = Listing(
    Route,
    "starts_at",
    orders={"STARTS_AT": "starts_at"},
    filters={
        "date": lambda date: Route.date == date,
        "status": lambda statuses: Route.status.in_(statuses),
        "driver_id": lambda id: Route.driver_id == id,
    },
    referents={"driver_id": Driver},
)
ROUTE_DRIVER = ToOne(Driver, "driver_id")
ROUTE_VEHICLE = ToOne(Vehicle, "vehicle_id")
ROUTE_STOPS = ToMany(Stop, "route_id", ("sequence",))
STOP_ROUTE = ToOne(Route, "route_id")
STOP_PLACE = ToOne(Place, "place_id")
STOP_TRANSPORT = ToOne(Transport, "transport_id")

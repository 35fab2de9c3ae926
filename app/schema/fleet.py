"""Drivers, vehicles and shifts."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app import models
from app.context import Info
from app.loaders import fleet as relations
from app.loaders.base import Request
from app.models.base import Vocabulary
from app.models.fleet import DriverStatus
from app.pagination import Page
from app.schema.customers import Place, Point, point
from app.schema.fields import column, derived, to_one, vocabulary
from app.schema.inputs import Amount, AmountInput, Direction, Values, vector
from app.schema.nodes import Node, node

if TYPE_CHECKING:
    from app.schema.routes import Route

vocabulary(DriverStatus, "What a driver is doing.")


@node(models.VehicleType, "What vehicles of one kind can carry.")
class VehicleType(Node):
    version: int = column("Goes up with every change; an update names the one it saw.")
    name: str = column("What it is called.")
    capacity: list[Amount] = derived(lambda type: vector(type.capacity), "Room, dimension by dimension.")
    equipment: list[str] = column("What is on board.")


@node(models.Vehicle, "A vehicle.")
class Vehicle(Node):
    version: int = column("Goes up with every change; an update names the one it saw.")
    license_plate: str = column("As on the plate.")
    active: bool = column("Whether it is in use.")
    type: VehicleType = to_one(relations.VEHICLE_TYPE, "What it can carry.")


@strawberry.type(description="Where a driver was last seen.")
class Position:
    point: Point = derived(point, "Where.")
    heading: float | None = derived(lambda position: position.heading_deg, "Degrees clockwise from north.")
    speed: float | None = derived(lambda position: position.speed_mps, "Metres per second.")
    recorded_at: datetime = column("When.")


@node(models.Driver, "A person who drives.")
class Driver(Node):
    version: int = column("Goes up with every change; an update names the one it saw.")
    display_name: str = column("What customers may call them.")
    status: DriverStatus = column("What they are doing.")
    position: Position | None = to_one(
        relations.DRIVER_POSITION, "Where they were last seen; customers see it while the driver is under way for them."
    )

    @strawberry.field(description="E.164; for the driver and the people of the house.")
    def phone(root: strawberry.Parent[models.Driver], info: Info) -> str | None:
        viewer = info.context.viewer
        return root.phone if viewer.sees_everything or viewer.driver_id == root.id else None

    @strawberry.field(description="Their route of a day; the first, if they have two shifts.")
    async def route(
        root: strawberry.Parent[models.Driver],
        info: Info,
        date: Annotated[date, strawberry.argument(description="In the organization's calendar.")],
    ) -> Annotated["Route", strawberry.lazy("app.schema.routes")] | None:
        routes = relations.DRIVER_ROUTES
        request = Request(routes, Page(1), routes.ordering(None), (("date", date), ("standing", True)))
        found = await info.context.loaders.page(request, root.id)
        return found.rows[0] if found.rows else None


@node(models.Shift, "A driver with a vehicle, from one place to another, for a time.")
class Shift(Node):
    version: int = column("Goes up with every change; an update names the one it saw.")
    starts_at: datetime = column("When it begins.")
    ends_at: datetime = column("When it ends.")
    driver: Driver = to_one(relations.SHIFT_DRIVER, "Who drives.")
    vehicle: Vehicle = to_one(relations.SHIFT_VEHICLE, "In what.")
    start_place: Place = to_one(relations.SHIFT_START, "Where the vehicle stands at the begin.")
    end_place: Place = to_one(relations.SHIFT_END, "Where it must be at the end.")


class DriverOrderField(Vocabulary):
    DISPLAY_NAME = "DISPLAY_NAME", "By name."


vocabulary(DriverOrderField, "What drivers can be ordered by.")


@strawberry.input(description="An order of drivers.")
class DriverOrder:
    field: DriverOrderField = column("By what.")
    direction: Direction = column("Which way.", default=Direction.ASC)


@strawberry.input(description="Which drivers are wanted.")
class DriverFilter(Values):
    status: list[DriverStatus] | None = column("Doing one of these.", default=None)


@strawberry.input(description="Which vehicles are wanted.")
class VehicleFilter(Values):
    active: bool | None = column("In use, or not.", default=None)


@strawberry.input(description="Which shifts are wanted; all conditions hold at once.")
class ShiftFilter(Values):
    driver_id: strawberry.ID | None = column("Of this driver.", default=None)
    from_: datetime | None = column("Ending after this instant.", name="from", default=None)
    to: datetime | None = column("Beginning before this instant.", default=None)


@strawberry.input(description="A new vehicle type.")
class CreateVehicleTypeInput(Values):
    name: str = column("What it is called; unique.")
    capacity: list[AmountInput] = column("Room, dimension by dimension.")
    equipment: list[str] = column("What is on board.", default=())


@strawberry.input(description="What to change of a vehicle type; what is left out stays.")
class UpdateVehicleTypeInput(Values):
    vehicle_type_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
    name: strawberry.Maybe[str] = column("What it is called; unique.")
    capacity: strawberry.Maybe[list[AmountInput]] = column("Room, dimension by dimension.")
    equipment: strawberry.Maybe[list[str]] = column("What is on board.")


@strawberry.input(description="A new vehicle.")
class CreateVehicleInput(Values):
    vehicle_type_id: strawberry.ID = column("What it can carry.")
    license_plate: str = column("As on the plate; unique.")


@strawberry.input(description="What to change of a vehicle; what is left out stays.")
class UpdateVehicleInput(Values):
    vehicle_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
    vehicle_type_id: strawberry.Maybe[strawberry.ID] = column("What it can carry.")
    license_plate: strawberry.Maybe[str] = column("As on the plate; unique.")
    active: strawberry.Maybe[bool] = column("Whether it is in use.")


@strawberry.input(description="A new driver.")
class CreateDriverInput(Values):
    display_name: str = column("What customers may call them.")
    phone: str | None = column("In any usual notation; kept as E.164.", default=None)
    user_id: strawberry.ID | None = column("The member of the organization who drives.", default=None)


@strawberry.input(description="What to change of a driver; what is left out stays.")
class UpdateDriverInput(Values):
    driver_id: strawberry.ID = column("Whom.")
    version: int = column("The version that was seen.")
    display_name: strawberry.Maybe[str] = column("What customers may call them.")
    phone: strawberry.Maybe[str | None] = column("In any usual notation; kept as E.164.")
    user_id: strawberry.Maybe[strawberry.ID | None] = column("The member of the organization who drives.")


@strawberry.input(description="A new shift.")
class CreateShiftInput(Values):
    driver_id: strawberry.ID = column("Who drives.")
    vehicle_id: strawberry.ID = column("In what.")
    starts_at: datetime = column("When it begins.")
    ends_at: datetime = column("When it ends.")
    start_place_id: strawberry.ID = column("Where the vehicle stands at the begin: the organization's own place.")
    end_place_id: strawberry.ID = column("Where it must be at the end: the organization's own place.")


@strawberry.input(description="What to change of a shift; what is left out stays.")
class UpdateShiftInput(Values):
    shift_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
    starts_at: strawberry.Maybe[datetime] = column("When it begins.")
    ends_at: strawberry.Maybe[datetime] = column("When it ends.")
    start_place_id: strawberry.Maybe[strawberry.ID] = column("Where the vehicle stands at the begin.")
    end_place_id: strawberry.Maybe[strawberry.ID] = column("Where it must be at the end.")

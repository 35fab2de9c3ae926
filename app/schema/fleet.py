"""Drivers and their teams, vehicles and their types."""

import datetime as dt
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from app import models
from app.context import Info
from app.errors import BadUserInput
from app.loaders import fleet as relations
from app.loaders.base import Request
from app.loaders.positions import POSITION_DRIVER, track
from app.models.base import Vocabulary
from app.models.fleet import DriverStatus
from app.pagination import Page
from app.schema.customers import Point, point
from app.schema.fields import Connection, column, derived, listing, to_one, vocabulary
from app.schema.inputs import Amount, AmountInput, Direction, Values, vector
from app.schema.nodes import Node, node

if TYPE_CHECKING:
    from app.schema.routes import Route
    from app.schema.shifts import Absence

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
    capacity: list[Amount] | None = derived(
        lambda vehicle: vector(vehicle.capacity) if vehicle.capacity else None,
        "Its own room, dimension by dimension; null: that of its type.",
    )
    equipment: list[str] = column("What is on board besides that of its type.")
    odometer: int = derived(lambda vehicle: vehicle.odometer_m, "How far it has driven, in metres.")
    maintenance_due_on: date | None = column("From this day on it is not planned: it must go to the workshop.")
    maintenance_due_odometer: int | None = derived(
        lambda vehicle: vehicle.maintenance_due_odometer_m, "Once it has driven so far, in metres, it is not planned."
    )
    absences: Connection[Annotated["Absence", strawberry.lazy("app.schema.shifts")]] = listing(
        relations.VEHICLE_ABSENCES, "When it is away, the latest first."
    )


@strawberry.type(description="Where a driver was last seen.")
class Position:
    driver: Annotated["Driver", strawberry.lazy("app.schema.fleet")] = to_one(POSITION_DRIVER, "Who.")
    point: Point = derived(point, "Where.")
    heading: float | None = derived(
        lambda position: position.heading_deg, "Degrees clockwise from north; null if the phone did not say."
    )
    speed: float | None = derived(
        lambda position: position.speed_mps, "Metres per second; null if the phone did not say."
    )
    recorded_at: datetime = column("When.")


def confided(pick: Callable[[models.Driver], Any], description: str) -> Any:
    """What only the driver and the people of the house may know."""

    def resolve(root: strawberry.Parent[models.Driver], info: Info) -> Any:
        viewer = info.context.viewer
        return pick(root) if viewer.sees_everything or viewer.driver_id == root.id else None

    del resolve.__annotations__["return"]
    return strawberry.field(resolver=resolve, description=description)


@strawberry.type(description="Where a driver was at an instant.")
class TrackPoint:
    point: Point = derived(point, "Where.")
    heading: float | None = derived(
        lambda point: point.heading_deg, "Degrees clockwise from north; null if the phone did not say."
    )
    speed: float | None = derived(lambda point: point.speed_mps, "Metres per second; null if the phone did not say.")
    recorded_at: datetime = column("When.")


TRACK_MAX = timedelta(hours=48)


@node(models.Driver, "A person who drives.")
class Driver(Node):
    version: int = column("Goes up with every change; an update names the one it saw.")
    display_name: str = column("What customers may call them.")
    status: DriverStatus = column("What they are doing.")
    position: Position | None = to_one(
        relations.DRIVER_POSITION,
        "Where they were last seen; customers see it while the driver is under way for them. Null if nobody knows.",
    )

    phone: str | None = confided(lambda driver: driver.phone, "E.164; for the driver and the people of the house.")
    team: Annotated["Team", strawberry.lazy("app.schema.fleet")] | None = to_one(
        relations.DRIVER_TEAM, "The team they belong to, if the viewer sees teams."
    )
    skills: list[str] = column("What they can do that a transport may need.")
    licence_number: str | None = confided(
        lambda driver: driver.licence_number, "Of the driving licence; for the driver and the people of the house."
    )
    licence_expires_on: dt.date | None = confided(
        lambda driver: driver.licence_expires_on,
        "The last day of the driving licence, after which they are not planned; for the driver and the house.",
    )
    absences: Connection[Annotated["Absence", strawberry.lazy("app.schema.shifts")]] = listing(
        relations.DRIVER_ABSENCES, "When they are away, the latest first; for the driver and the people of the house."
    )

    @strawberry.field(
        description="Where they were within a span of at most 48 hours: at most 500 points, evenly chosen if there are "
        "more. For the driver and the people of the house; nothing for others."
    )
    async def track(
        root: strawberry.Parent[models.Driver],
        info: Info,
        from_: Annotated[datetime, strawberry.argument(name="from", description="The first instant of it.")],
        to: Annotated[datetime, strawberry.argument(description="The first instant after it.")],
    ) -> list[TrackPoint]:
        if not timedelta() < to - from_ <= TRACK_MAX:
            raise BadUserInput("A track ends after it begins, within 48 hours.", "to")
        return await info.context.loaders.compute(track(from_, to), root.id)  # type: ignore[no-any-return]

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


@node(models.Team, "Drivers who belong together: a district, a shift crew, a depot.")
class Team(Node):
    version: int = column("Goes up with every change; an update names the one it saw.")
    name: str = column("What it is called.")
    drivers: Connection[Driver] = listing(relations.TEAM_DRIVERS, "Who belongs to it, as far as the viewer sees them.")


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
    team_id: strawberry.ID | None = column("Of this team.", default=None)


@strawberry.input(description="Which vehicles are wanted.")
class VehicleFilter(Values):
    active: bool | None = column("In use, or not.", default=None)


@strawberry.input(description="A new team.")
class CreateTeamInput(Values):
    name: str = column("What it is called; unique.")


@strawberry.input(description="What to change of a team; what is left out stays.")
class UpdateTeamInput(Values):
    team_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
    name: strawberry.Maybe[str] = column("What it is called; unique.")


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
    capacity: list[AmountInput] | None = column("Its own room; left out, that of its type.", default=None)
    equipment: list[str] = column("What is on board besides that of its type.", default=())
    odometer_m: int = column("How far it has driven, in metres.", name="odometer", default=0)
    maintenance_due_on: date | None = column("From which day on it must be in the workshop.", default=None)
    maintenance_due_odometer_m: int | None = column(
        "After how many metres it must be in the workshop.", name="maintenanceDueOdometer", default=None
    )


@strawberry.input(description="What to change of a vehicle; what is left out stays.")
class UpdateVehicleInput(Values):
    vehicle_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
    vehicle_type_id: strawberry.Maybe[strawberry.ID] = column("What it can carry.")
    license_plate: strawberry.Maybe[str] = column("As on the plate; unique.")
    active: strawberry.Maybe[bool] = column("Whether it is in use.")
    capacity: strawberry.Maybe[list[AmountInput] | None] = column("Its own room; null: that of its type.")
    equipment: strawberry.Maybe[list[str]] = column("What is on board besides that of its type.")
    odometer_m: strawberry.Maybe[int] = column("How far it has driven, in metres.", name="odometer")
    maintenance_due_on: strawberry.Maybe[date | None] = column("From which day on it must be in the workshop.")
    maintenance_due_odometer_m: strawberry.Maybe[int | None] = column(
        "After how many metres it must be in the workshop.", name="maintenanceDueOdometer"
    )


@strawberry.input(description="A new driver.")
class CreateDriverInput(Values):
    display_name: str = column("What customers may call them.")
    phone: str | None = column("In any usual notation; kept as E.164.", default=None)
    user_id: strawberry.ID | None = column("The member of the organization who drives.", default=None)
    team_id: strawberry.ID | None = column("The team they belong to.", default=None)
    skills: list[str] = column("What they can do that a transport may need.", default=())
    licence_number: str | None = column("Of the driving licence.", default=None)
    licence_expires_on: date | None = column("The last day of the driving licence.", default=None)


@strawberry.input(description="What to change of a driver; what is left out stays.")
class UpdateDriverInput(Values):
    driver_id: strawberry.ID = column("Whom.")
    version: int = column("The version that was seen.")
    display_name: strawberry.Maybe[str] = column("What customers may call them.")
    phone: strawberry.Maybe[str | None] = column("In any usual notation; kept as E.164.")
    user_id: strawberry.Maybe[strawberry.ID | None] = column("The member of the organization who drives.")
    team_id: strawberry.Maybe[strawberry.ID | None] = column("The team they belong to.")
    skills: strawberry.Maybe[list[str]] = column("What they can do that a transport may need.")
    licence_number: strawberry.Maybe[str | None] = column("Of the driving licence.")
    licence_expires_on: strawberry.Maybe[date | None] = column("The last day of the driving licence.")


@strawberry.input(description="What a driver does now.")
class SetDriverStatusInput(Values):
    driver_id: strawberry.ID | None = column("Whom; left out: the viewer.", default=None)
    status: DriverStatus = column("On duty, off duty or, for the house alone, suspended; `ON_ROUTE` comes of itself.")

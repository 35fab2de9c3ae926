"""Drivers and their teams, vehicles and their types."""

from app.access import Permission
from app.context import Info
from app.loaders import fleet as relations
from app.resolvers.verbs import Nodes, connection, mutation
from app.schema.fleet import (
    CreateDriverInput,
    CreateTeamInput,
    CreateVehicleInput,
    CreateVehicleTypeInput,
    Driver,
    DriverFilter,
    DriverOrder,
    SetDriverStatusInput,
    Team,
    UpdateDriverInput,
    UpdateTeamInput,
    UpdateVehicleInput,
    UpdateVehicleTypeInput,
    Vehicle,
    VehicleFilter,
    VehicleType,
)
from app.schema.problems import AlreadyExists, InvalidTransition, VersionConflict
from app.services import fleet
from app.uow import UnitOfWork

connection(
    "drivers",
    relations.DRIVERS,
    Driver,
    "Drivers that the viewer sees.",
    Permission.FLEET_READ,
    filter=DriverFilter,
    order_by=DriverOrder,
)
connection("vehicles", relations.VEHICLES, Vehicle, "Vehicles.", Permission.FLEET_READ, filter=VehicleFilter)
connection("vehicle_types", relations.VEHICLE_TYPES, VehicleType, "Vehicle types.", Permission.FLEET_READ)
connection("teams", relations.TEAMS, Team, "Teams of drivers that the viewer sees.", Permission.FLEET_READ)

NEW = (AlreadyExists,)
CHANGED = (VersionConflict, AlreadyExists)


def _warning_days(info: Info) -> int:
    return info.context.server.settings.warning_days


@mutation("Add a team.", Permission.FLEET_WRITE, answers={"team": (Team, "The team.")}, refusals=NEW)
async def create_team(info: Info, uow: UnitOfWork, input: CreateTeamInput) -> Nodes:
    return {"team": await fleet.create_team(uow, **input.values())}


@mutation("Change a team.", Permission.FLEET_WRITE, answers={"team": (Team, "The team, changed.")}, refusals=CHANGED)
async def update_team(info: Info, uow: UnitOfWork, input: UpdateTeamInput) -> Nodes:
    return {"team": await fleet.update_team(uow, **input.values())}


@mutation(
    "Add a vehicle type.",
    Permission.FLEET_WRITE,
    answers={"vehicle_type": (VehicleType, "The vehicle type.")},
    refusals=NEW,
)
async def create_vehicle_type(info: Info, uow: UnitOfWork, input: CreateVehicleTypeInput) -> Nodes:
    return {"vehicle_type": await fleet.create_vehicle_type(uow, **input.values())}


@mutation(
    "Change a vehicle type.",
    Permission.FLEET_WRITE,
    answers={"vehicle_type": (VehicleType, "The vehicle type, changed.")},
    refusals=CHANGED,
)
async def update_vehicle_type(info: Info, uow: UnitOfWork, input: UpdateVehicleTypeInput) -> Nodes:
    return {"vehicle_type": await fleet.update_vehicle_type(uow, **input.values())}


@mutation("Add a vehicle.", Permission.FLEET_WRITE, answers={"vehicle": (Vehicle, "The vehicle.")}, refusals=NEW)
async def create_vehicle(info: Info, uow: UnitOfWork, input: CreateVehicleInput) -> Nodes:
    return {"vehicle": await fleet.create_vehicle(uow, warning_days=_warning_days(info), **input.values())}


@mutation(
    "Change a vehicle.",
    Permission.FLEET_WRITE,
    answers={"vehicle": (Vehicle, "The vehicle, changed.")},
    refusals=CHANGED,
)
async def update_vehicle(info: Info, uow: UnitOfWork, input: UpdateVehicleInput) -> Nodes:
    return {"vehicle": await fleet.update_vehicle(uow, warning_days=_warning_days(info), **input.values())}


@mutation("Add a driver.", Permission.FLEET_WRITE, answers={"driver": (Driver, "The driver.")}, refusals=NEW)
async def create_driver(info: Info, uow: UnitOfWork, input: CreateDriverInput) -> Nodes:
    return {"driver": await fleet.create_driver(uow, warning_days=_warning_days(info), **input.values())}


@mutation(
    "Change a driver.", Permission.FLEET_WRITE, answers={"driver": (Driver, "The driver, changed.")}, refusals=CHANGED
)
async def update_driver(info: Info, uow: UnitOfWork, input: UpdateDriverInput) -> Nodes:
    return {"driver": await fleet.update_driver(uow, warning_days=_warning_days(info), **input.values())}


@mutation(
    "Say what a driver does now: drivers of themselves, the house of anyone.",
    Permission.ROUTES_DRIVE,
    answers={"driver": (Driver, "The driver, as they are now.")},
    refusals=(InvalidTransition,),
)
async def set_driver_status(info: Info, uow: UnitOfWork, input: SetDriverStatusInput) -> Nodes:
    return {"driver": await fleet.set_driver_status(uow, **input.values())}

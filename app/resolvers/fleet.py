"""Drivers, vehicles and shifts."""

from app.access import Permission
from app.context import Info
from app.loaders import fleet as relations
from app.resolvers.verbs import Nodes, connection, mutation
from app.schema.fleet import (
    CreateDriverInput,
    CreateShiftInput,
    CreateVehicleInput,
    CreateVehicleTypeInput,
    Driver,
    DriverFilter,
    DriverOrder,
    Shift,
    ShiftFilter,
    UpdateDriverInput,
    UpdateShiftInput,
    UpdateVehicleInput,
    UpdateVehicleTypeInput,
    Vehicle,
    VehicleFilter,
    VehicleType,
)
from app.schema.problems import AlreadyExists, VersionConflict
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
connection(
    "shifts",
    relations.SHIFTS,
    Shift,
    "Who drives what when.",
    Permission.FLEET_READ,
    filter=ShiftFilter,
)

NEW = (AlreadyExists,)
CHANGED = (VersionConflict, AlreadyExists)


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
    return {"vehicle": await fleet.create_vehicle(uow, **input.values())}


@mutation(
    "Change a vehicle.",
    Permission.FLEET_WRITE,
    answers={"vehicle": (Vehicle, "The vehicle, changed.")},
    refusals=CHANGED,
)
async def update_vehicle(info: Info, uow: UnitOfWork, input: UpdateVehicleInput) -> Nodes:
    return {"vehicle": await fleet.update_vehicle(uow, **input.values())}


@mutation("Add a driver.", Permission.FLEET_WRITE, answers={"driver": (Driver, "The driver.")}, refusals=NEW)
async def create_driver(info: Info, uow: UnitOfWork, input: CreateDriverInput) -> Nodes:
    return {"driver": await fleet.create_driver(uow, **input.values())}


@mutation(
    "Change a driver.", Permission.FLEET_WRITE, answers={"driver": (Driver, "The driver, changed.")}, refusals=CHANGED
)
async def update_driver(info: Info, uow: UnitOfWork, input: UpdateDriverInput) -> Nodes:
    return {"driver": await fleet.update_driver(uow, **input.values())}


@mutation("Add a shift.", Permission.FLEET_WRITE, answers={"shift": (Shift, "The shift.")}, refusals=NEW)
async def create_shift(info: Info, uow: UnitOfWork, input: CreateShiftInput) -> Nodes:
    return {"shift": await fleet.create_shift(uow, **input.values())}


@mutation(
    "Change a shift.", Permission.FLEET_WRITE, answers={"shift": (Shift, "The shift, changed.")}, refusals=CHANGED
)
async def update_shift(info: Info, uow: UnitOfWork, input: UpdateShiftInput) -> Nodes:
    return {"shift": await fleet.update_shift(uow, **input.values())}

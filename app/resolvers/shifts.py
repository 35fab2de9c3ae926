"""Shifts, and who is away."""

from app.access import Permission
from app.context import Info
from app.loaders import shifts as relations
from app.resolvers.verbs import Nodes, connection, mutation
from app.schema.fleet import Driver, Vehicle
from app.schema.problems import AlreadyExists, VersionConflict
from app.schema.shifts import (
    Absence,
    AbsenceFilter,
    CreateAbsenceInput,
    CreateShiftInput,
    CreateShiftsInput,
    RemoveAbsenceInput,
    RemoveShiftInput,
    Shift,
    ShiftFilter,
    UpdateShiftInput,
)
from app.services import fleet
from app.uow import UnitOfWork

connection("shifts", relations.SHIFTS, Shift, "Who drives what when.", Permission.FLEET_READ, filter=ShiftFilter)
connection(
    "absences",
    relations.ABSENCES,
    Absence,
    "When drivers and vehicles are away, as far as the viewer sees it.",
    Permission.FLEET_READ,
    filter=AbsenceFilter,
)


@mutation("Add a shift.", Permission.FLEET_WRITE, answers={"shift": (Shift, "The shift.")}, refusals=(AlreadyExists,))
async def create_shift(info: Info, uow: UnitOfWork, input: CreateShiftInput) -> Nodes:
    return {"shift": await fleet.create_shift(uow, **input.values())}


@mutation(
    "Add shifts on every day of a rule, all of them or none.",
    Permission.FLEET_WRITE,
    answers={"shifts": (list[Shift], "The shifts, the earliest first.")},
    refusals=(AlreadyExists,),
)
async def create_shifts(info: Info, uow: UnitOfWork, input: CreateShiftsInput) -> Nodes:
    return {"shifts": await fleet.create_shifts(uow, **input.values())}


@mutation(
    "Change a shift. A route of it that its driver has not seen is called off.",
    Permission.FLEET_WRITE,
    answers={"shift": (Shift, "The shift, changed.")},
    refusals=(VersionConflict, AlreadyExists),
)
async def update_shift(info: Info, uow: UnitOfWork, input: UpdateShiftInput) -> Nodes:
    return {"shift": await fleet.update_shift(uow, **input.values())}


@mutation(
    "Take a shift back, with the routes of it that were called off or that its driver has not seen.",
    Permission.FLEET_WRITE,
    answers={"driver": (Driver, "Who would have driven."), "vehicle": (Vehicle, "In what.")},
)
async def remove_shift(info: Info, uow: UnitOfWork, input: RemoveShiftInput) -> Nodes:
    driver, vehicle = await fleet.remove_shift(uow, **input.values())
    return {"driver": driver, "vehicle": vehicle}


@mutation(
    "Say when a driver or a vehicle is away: no shift that reaches into that time is planned any more.",
    Permission.FLEET_WRITE,
    answers={"absence": (Absence, "The absence.")},
)
async def create_absence(info: Info, uow: UnitOfWork, input: CreateAbsenceInput) -> Nodes:
    return {"absence": await fleet.create_absence(uow, **input.values())}


@mutation(
    "Take an absence back.",
    Permission.FLEET_WRITE,
    answers={
        "driver": (Driver | None, "Who is there after all, if it is a driver."),
        "vehicle": (Vehicle | None, "What is there after all, if it is a vehicle."),
    },
)
async def remove_absence(info: Info, uow: UnitOfWork, input: RemoveAbsenceInput) -> Nodes:
    driver, vehicle = await fleet.remove_absence(uow, **input.values())
    return {"driver": driver, "vehicle": vehicle}

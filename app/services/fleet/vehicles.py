"""Vehicles and their types."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.errors import BadUserInput
from app.models import EventType, Vehicle, VehicleType
from app.services import values
from app.services.fleet import warning
from app.uow import UnitOfWork

ODOMETER_MAX_M = 2_000_000_000
"""Two million kilometres: no vehicle gets there, and GraphQL's integers end soon after."""


def _capacity(value: Mapping[str, int] | None) -> dict[str, int] | None:
    """None is as its type has."""
    if value is None:
        return None
    if not value:
        raise BadUserInput("A vehicle has room for something.", "capacity")
    return dict(value)


def _odometer(value: int | None, field: str) -> int | None:
    return None if value is None else values.between(value, 0, ODOMETER_MAX_M, field)


TYPE_CHECKS: dict[str, values.Check] = {
    "name": lambda value: values.name(value, "name"),
    "equipment": lambda value: values.names(value, "equipment"),
    "capacity": _capacity,
}
VEHICLE_CHECKS: dict[str, values.Check] = {
    "license_plate": lambda value: values.name(value, "licensePlate").upper(),
    "equipment": lambda value: values.names(value, "equipment"),
    "capacity": _capacity,
    "odometer_m": lambda value: _odometer(value, "odometer"),
    "maintenance_due_odometer_m": lambda value: _odometer(value, "maintenanceDueOdometer"),
}


async def create_vehicle_type(uow: UnitOfWork, **given: Any) -> VehicleType:
    type_ = await uow.add(VehicleType(**values.checked(given, TYPE_CHECKS)))
    uow.emit(EventType.VEHICLE_TYPE_CREATED, type_)
    return type_


async def update_vehicle_type(uow: UnitOfWork, vehicle_type_id: UUID, version: int, **changes: Any) -> VehicleType:
    type_ = await uow.get(VehicleType, vehicle_type_id)
    await uow.change(type_, version, values.checked(changes, TYPE_CHECKS))
    uow.emit(EventType.VEHICLE_TYPE_UPDATED, type_)
    return type_


async def create_vehicle(uow: UnitOfWork, vehicle_type_id: UUID, *, warning_days: int, **given: Any) -> Vehicle:
    type_ = await uow.get(VehicleType, vehicle_type_id)
    vehicle = await uow.add(Vehicle(type_id=type_.id, **values.checked(given, VEHICLE_CHECKS)))
    uow.emit(EventType.VEHICLE_CREATED, vehicle)
    await warning.watch_maintenance(uow, vehicle, warning_days)
    await warning.read_odometer(uow, vehicle)
    return vehicle


async def update_vehicle(
    uow: UnitOfWork, vehicle_id: UUID, version: int, *, warning_days: int, **changes: Any
) -> Vehicle:
    vehicle = await uow.get(Vehicle, vehicle_id, lock=True)
    if "vehicle_type_id" in changes:
        changes["type_id"] = (await uow.get(VehicleType, changes.pop("vehicle_type_id"))).id
    day = warning.maintenance_day(vehicle)
    reading: warning.Reading | None = warning.Reading.of(vehicle)
    await uow.change(vehicle, version, values.checked(changes, VEHICLE_CHECKS))
    uow.emit(EventType.VEHICLE_UPDATED, vehicle)
    if warning.maintenance_day(vehicle) != day:
        await warning.watch_maintenance(uow, vehicle, warning_days)
        # what waited to be said of the vehicle is withdrawn: of its odometer, it is said again
        reading = None
    await warning.read_odometer(uow, vehicle, reading)
    return vehicle


async def drove(uow: UnitOfWork, vehicle_id: UUID, metres: int) -> None:
    """A vehicle has driven so far; it may be due for maintenance now."""
    if metres <= 0:
        return
    vehicle = await uow.fetch(Vehicle, vehicle_id, lock=True)
    reading = warning.Reading.of(vehicle)
    driven = min(vehicle.odometer_m + metres, ODOMETER_MAX_M)
    await uow.change(vehicle, vehicle.version, {"odometer_m": driven})
    uow.emit(EventType.VEHICLE_UPDATED, vehicle)
    await warning.read_odometer(uow, vehicle, reading)

"""Drivers, vehicles and shifts."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.errors import BadUserInput, NotFound
from app.models import Driver, EventType, Membership, Route, RouteStatus, Shift, Vehicle, VehicleType
from app.services import routes, values
from app.services.customers import own_place
from app.uow import UnitOfWork

SHIFT_MAX = timedelta(hours=24)
EQUIPMENT_MAX = 50


def _equipment(value: tuple[str, ...]) -> list[str]:
    if len(value) > EQUIPMENT_MAX:
        raise BadUserInput(f"At most {EQUIPMENT_MAX} pieces of equipment.", "equipment")
    return sorted({values.name(item, "equipment") for item in value})


def _capacity(value: Any) -> dict[str, int]:
    if not value:
        raise BadUserInput("A vehicle type has room for something.", "capacity")
    return dict(value)


TYPE_CHECKS: dict[str, values.Check] = {
    "name": lambda value: values.name(value, "name"),
    "equipment": _equipment,
    "capacity": _capacity,
}
VEHICLE_CHECKS = {"license_plate": lambda value: values.name(value, "licensePlate").upper()}


async def create_vehicle_type(uow: UnitOfWork, **given: Any) -> VehicleType:
    type_ = await uow.add(VehicleType(**values.checked(given, TYPE_CHECKS)))
    uow.emit(EventType.VEHICLE_TYPE_CREATED, type_)
    return type_


async def update_vehicle_type(uow: UnitOfWork, vehicle_type_id: UUID, version: int, **changes: Any) -> VehicleType:
    type_ = await uow.get(VehicleType, vehicle_type_id)
    await uow.change(type_, version, values.checked(changes, TYPE_CHECKS))
    uow.emit(EventType.VEHICLE_TYPE_UPDATED, type_)
    return type_


async def create_vehicle(uow: UnitOfWork, vehicle_type_id: UUID, **given: Any) -> Vehicle:
    type_ = await uow.get(VehicleType, vehicle_type_id)
    vehicle = await uow.add(Vehicle(type_id=type_.id, **values.checked(given, VEHICLE_CHECKS)))
    uow.emit(EventType.VEHICLE_CREATED, vehicle)
    return vehicle


async def update_vehicle(uow: UnitOfWork, vehicle_id: UUID, version: int, **changes: Any) -> Vehicle:
    vehicle = await uow.get(Vehicle, vehicle_id)
    if "vehicle_type_id" in changes:
        changes["type_id"] = (await uow.get(VehicleType, changes.pop("vehicle_type_id"))).id
    await uow.change(vehicle, version, values.checked(changes, VEHICLE_CHECKS))
    uow.emit(EventType.VEHICLE_UPDATED, vehicle)
    return vehicle


async def _driver_values(uow: UnitOfWork, given: dict[str, Any]) -> dict[str, Any]:
    checked = values.checked(given, {"display_name": lambda value: values.name(value, "displayName")})
    if "phone" in given:
        checked["phone"] = await values.phone(uow, given["phone"])
    if given.get("user_id"):
        await check_member(uow, given["user_id"])
    return checked


async def check_member(uow: UnitOfWork, user_id: UUID) -> None:
    """Only a member of this organization can drive or work for it."""
    membership = select(Membership.id).where(
        Membership.organization_id == uow.viewer.organization_id, Membership.user_id == user_id
    )
    if await uow.first(membership) is None:
        raise NotFound("user")


async def create_driver(uow: UnitOfWork, **given: Any) -> Driver:
    driver = await uow.add(Driver(**await _driver_values(uow, given)))
    uow.emit(EventType.DRIVER_CREATED, driver)
    return driver


async def update_driver(uow: UnitOfWork, driver_id: UUID, version: int, **changes: Any) -> Driver:
    driver = await uow.get(Driver, driver_id)
    await uow.change(driver, version, await _driver_values(uow, changes))
    uow.emit(EventType.DRIVER_UPDATED, driver)
    return driver


async def create_shift(
    uow: UnitOfWork,
    driver_id: UUID,
    vehicle_id: UUID,
    starts_at: datetime,
    ends_at: datetime,
    start_place_id: UUID,
    end_place_id: UUID,
) -> Shift:
    driver, vehicle = await uow.get(Driver, driver_id), await uow.get(Vehicle, vehicle_id)
    start, end = await own_place(uow, start_place_id), await own_place(uow, end_place_id)
    _check_times(starts_at, ends_at)
    shift = await uow.add(
        Shift(
            driver_id=driver.id,
            vehicle_id=vehicle.id,
            starts_at=starts_at,
            ends_at=ends_at,
            start_place_id=start.id,
            end_place_id=end.id,
        )
    )
    uow.emit(EventType.SHIFT_CREATED, shift)
    return shift


async def update_shift(uow: UnitOfWork, shift_id: UUID, version: int, **changes: Any) -> Shift:
    """A shift whose route its driver has seen stays as it is; a route that nobody has seen is called off."""
    shift = await uow.get(Shift, shift_id, lock=True)
    for field in ("start_place_id", "end_place_id"):
        if field in changes:
            await own_place(uow, changes[field])
    _check_times(changes.get("starts_at", shift.starts_at), changes.get("ends_at", shift.ends_at))
    standing = select(Route).where(Route.shift_id == shift.id, Route.status != RouteStatus.CANCELLED)
    route = await uow.first(standing.with_for_update())
    if route is not None and route.status not in (RouteStatus.DRAFT, RouteStatus.OPTIMIZED):
        raise BadUserInput("The route of this shift is published; the shift cannot change any more.")
    await uow.change(shift, version, changes)
    if route is not None:
        await routes.call_off(uow, route)
    uow.emit(EventType.SHIFT_UPDATED, shift)
    return shift


def _check_times(starts_at: datetime, ends_at: datetime) -> None:
    if not starts_at < ends_at <= starts_at + SHIFT_MAX:
        raise BadUserInput("A shift ends after it begins, within 24 hours.", "endsAt")

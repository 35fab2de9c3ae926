"""Drivers and their teams."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.errors import BadUserInput, Forbidden, NotFound
from app.models import Driver, DriverStatus, EventType, Membership, Team
from app.services import values
from app.services.fleet import warning
from app.uow import UnitOfWork

TEAM_CHECKS: dict[str, values.Check] = {"name": lambda value: values.name(value, "name")}
DRIVER_CHECKS: dict[str, values.Check] = {
    "display_name": lambda value: values.name(value, "displayName"),
    "skills": lambda value: values.names(value, "skills"),
    "licence_number": lambda value: values.name(value, "licenceNumber") if value else None,
}


async def create_team(uow: UnitOfWork, **given: Any) -> Team:
    team = await uow.add(Team(**values.checked(given, TEAM_CHECKS)))
    uow.emit(EventType.TEAM_CREATED, team)
    return team


async def update_team(uow: UnitOfWork, team_id: UUID, version: int, **changes: Any) -> Team:
    team = await uow.get(Team, team_id)
    await uow.change(team, version, values.checked(changes, TEAM_CHECKS))
    uow.emit(EventType.TEAM_UPDATED, team)
    return team


async def _driver_values(uow: UnitOfWork, given: dict[str, Any]) -> dict[str, Any]:
    checked = values.checked(given, DRIVER_CHECKS)
    if "phone" in given:
        checked["phone"] = await values.phone(uow, given["phone"])
    if given.get("user_id"):
        await check_member(uow, given["user_id"])
    if given.get("team_id"):
        await uow.get(Team, given["team_id"])
    return checked


async def check_member(uow: UnitOfWork, user_id: UUID) -> None:
    """Only a member of this organization can drive or work for it."""
    membership = select(Membership.id).where(
        Membership.organization_id == uow.viewer.organization_id, Membership.user_id == user_id
    )
    if await uow.first(membership) is None:
        raise NotFound("user")


async def create_driver(uow: UnitOfWork, *, warning_days: int, **given: Any) -> Driver:
    driver = await uow.add(Driver(**await _driver_values(uow, given)))
    uow.emit(EventType.DRIVER_CREATED, driver)
    await warning.watch_licence(uow, driver, warning_days)
    return driver


async def update_driver(uow: UnitOfWork, driver_id: UUID, version: int, *, warning_days: int, **changes: Any) -> Driver:
    driver = await uow.get(Driver, driver_id, lock=True)
    expires_on = driver.licence_expires_on
    await uow.change(driver, version, await _driver_values(uow, changes))
    uow.emit(EventType.DRIVER_UPDATED, driver)
    if driver.licence_expires_on != expires_on:
        await warning.watch_licence(uow, driver, warning_days)
    return driver


async def set_driver_status(uow: UnitOfWork, status: DriverStatus, driver_id: UUID | None = None) -> Driver:
    """Drivers say themselves that they are on duty, or not; the house says it for anyone, and suspends them.

    Whoever is in that state already stays in it: a phone that lost the answer asks again.
    """
    wanted = driver_id or uow.viewer.driver_id
    if wanted is None:
        raise BadUserInput("Say which driver: you are none.", "driverId")
    if status is DriverStatus.ON_ROUTE:
        raise BadUserInput("A driver is on a route by starting it.", "status")
    driver = await uow.get(Driver, wanted, lock=True)
    if not uow.viewer.sees_everything and DriverStatus.SUSPENDED in (status, driver.status):
        raise Forbidden("Only the house suspends drivers and lets them drive again.")
    if driver.status is not status:
        await uow.transition(driver, status)
        uow.emit(EventType.DRIVER_STATUS_CHANGED, driver, payload={"status": status})
    return driver

"""Members of an organization: given other roles, removed, gone."""

from uuid import UUID

from sqlalchemy import select

from app.errors import NotFound, Unauthenticated
from app.models import Driver, EventType, Membership, Role
from app.services.identity.invitations import check_rank, withdraw
from app.services.identity.sessions import end_sessions
from app.uow import UnitOfWork


async def _member(uow: UnitOfWork, membership_id: UUID) -> Membership:
    """Of this organization: people see their own memberships elsewhere, but do not change them from here."""
    membership = await uow.get(Membership, membership_id, lock=True)
    if membership.organization_id != uow.viewer.organization_id:
        raise NotFound("membership")
    return membership


async def change_member_role(uow: UnitOfWork, membership_id: UUID, version: int, role: Role) -> Membership:
    """Access tokens of before are good for nothing; refreshed, they say the new role. Raises `LastOwner`."""
    membership = await _member(uow, membership_id)
    check_rank(uow.viewer, role, membership.role)
    before = membership.role
    await uow.change(membership, version, {"role": role})
    uow.emit(EventType.MEMBER_ROLE_CHANGED, membership, payload={"from": before, "to": role})
    await withdraw(uow, membership.user_id, role)
    return membership


async def remove_member(uow: UnitOfWork, membership_id: UUID) -> Membership:
    """Their sign-ins here end at once; their account stays, and so does what they did. Raises `LastOwner`."""
    membership = await _member(uow, membership_id)
    check_rank(uow.viewer, membership.role)
    await _remove(uow, membership)
    return membership


async def leave_organization(uow: UnitOfWork) -> None:
    """Be a member no more. Raises `LastOwner`."""
    mine = (Membership.organization_id == uow.viewer.organization_id, Membership.user_id == uow.viewer.user_id)
    membership = await uow.first(select(Membership).where(*mine).with_for_update())
    if membership is None:
        raise Unauthenticated()
    await _remove(uow, membership)


async def _remove(uow: UnitOfWork, membership: Membership) -> None:
    await uow.session.delete(membership)
    await uow.flush()
    uow.emit(EventType.MEMBER_REMOVED, membership, payload={"role": membership.role})
    await _take_off(uow, membership.user_id)
    await withdraw(uow, membership.user_id, None)
    await end_sessions(uow, membership.user_id)


async def _take_off(uow: UnitOfWork, user_id: UUID) -> None:
    """Only a member drives: invited again as something else, they see no rides of before. A customer stays who they
    are: what is kept about a person is theirs."""
    drives = select(Driver).where(Driver.organization_id == uow.viewer.organization_id, Driver.user_id == user_id)
    driver = await uow.first(drives.with_for_update())
    if driver is not None:
        await uow.change(driver, driver.version, {"user_id": None})
        uow.emit(EventType.DRIVER_UPDATED, driver)

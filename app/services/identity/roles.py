"""What roles may do in an organization, and who needs a second factor there."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.access import PEOPLE_OF_THE_HOUSE, ROLE_PERMISSIONS, ROLE_PERMISSIONS_MAX, Permission
from app.errors import BadUserInput, Conflict, VersionConflict
from app.models import EventType, Role, RolePolicy
from app.services import values
from app.services.identity.front import actor
from app.services.identity.sessions import has_second_factor
from app.services.identity.tokens import known
from app.uow import ReadUnit, UnitOfWork


@dataclass(frozen=True)
class RoleRules:
    """What holds for a role. Version 0: nothing was ever said about it."""

    role: Role
    version: int
    permissions: list[Permission]
    permissions_max: list[Permission]
    second_factor_required: bool


def _rules(role: Role, policy: RolePolicy | None) -> RoleRules:
    granted = ROLE_PERMISSIONS[role]
    if policy is not None and policy.permissions is not None:
        granted = known(policy.permissions)
    return RoleRules(
        role=role,
        version=policy.version if policy else 0,
        permissions=_listed(granted),
        permissions_max=_listed(ROLE_PERMISSIONS_MAX[role]),
        second_factor_required=policy is not None and policy.second_factor_required,
    )


def _listed(permissions: frozenset[Permission]) -> list[Permission]:
    return [permission for permission in Permission if permission in permissions]


async def roles(unit: ReadUnit | UnitOfWork) -> list[RoleRules]:
    """Of the viewer's organization, in the order in which roles are listed."""
    found = await unit.scalars(select(RolePolicy).where(RolePolicy.organization_id == unit.viewer.organization_id))
    by_role = {policy.role: policy for policy in found}
    return [_rules(role, by_role.get(role)) for role in Role]


async def update_role_permissions(
    uow: UnitOfWork, role: Role, version: int, permissions: Sequence[Permission] | None = None
) -> RoleRules:
    """What a role may do from now on; None: what it may by default. Access tokens of before are good for nothing."""
    if role is Role.OWNER:
        raise BadUserInput("An owner may do everything.", "role")
    wanted = None if permissions is None else set(permissions)
    excess = (wanted or set()) - ROLE_PERMISSIONS_MAX[role]
    if excess:
        raise BadUserInput(f"This role cannot be allowed: {', '.join(sorted(excess))}.", "permissions")
    policy = await _policy(uow, role, version)
    await uow.change(policy, policy.version, {"permissions": None if wanted is None else sorted(wanted)})
    uow.emit(EventType.ROLE_PERMISSIONS_CHANGED, await values.organization(uow), payload={"role": role})
    return _rules(role, policy)


async def _policy(uow: UnitOfWork, role: Role, version: int) -> RolePolicy:
    """The role's, made if there is none. Raises `VersionConflict` unless it is the version that was seen."""
    org = uow.viewer.organization_id
    fresh = {"organization_id": org, "role": role, "version": 0}
    await uow.session.execute(insert(RolePolicy).values(fresh).on_conflict_do_nothing())
    mine = select(RolePolicy).where(RolePolicy.organization_id == org, RolePolicy.role == role)
    policy = (await uow.session.execute(mine.with_for_update().execution_options(populate_existing=True))).scalar_one()
    if policy.version != version:
        raise VersionConflict(policy.version)
    return policy


async def require_second_factor(uow: UnitOfWork, required: bool) -> list[RoleRules]:
    """Whether the people of the house need one. Access tokens of before are good for nothing; those who have none add
    one as they sign in."""
    if required and not await has_second_factor(uow.session, actor(uow)):
        raise Conflict("Add a second factor of your own first.")
    changed = [
        rules
        for rules in await roles(uow)
        if rules.role in PEOPLE_OF_THE_HOUSE and rules.second_factor_required is not required
    ]
    for rules in changed:
        policy = await _policy(uow, rules.role, rules.version)
        await uow.change(policy, policy.version, {"second_factor_required": required})
    if changed:
        organization = await values.organization(uow)
        uow.emit(EventType.SECOND_FACTOR_REQUIRED, organization, payload={"required": required})
    return await roles(uow)

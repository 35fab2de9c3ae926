"""Members of the organization, invitations to it, and what roles may do."""

from typing import Annotated, Any

import strawberry

from app.access import Permission
from app.context import Info
from app.loaders import identity as relations
from app.resolvers.identity import front
from app.resolvers.verbs import Nodes, connection, mutation, public, query, session
from app.schema.identity import Membership
from app.schema.members import (
    AcceptInvitationInput,
    AcceptInvitationPayload,
    ChangeMemberRoleInput,
    Invitation,
    InvitationFilter,
    InvitationPreview,
    InviteMemberInput,
    LeaveOrganizationPayload,
    MemberFilter,
    RemoveMemberInput,
    RequireSecondFactorInput,
    ResendInvitationInput,
    RevokeInvitationInput,
    RoleRules,
    UpdateRolePermissionsInput,
)
from app.schema.problems import AlreadyExists, InvalidTransition, LastOwner, VersionConflict
from app.services import identity
from app.uow import UnitOfWork

INVITATION = {"invitation": (Invitation, "The invitation, as it is now.")}

connection(
    "members",
    relations.MEMBERS,
    Membership,
    "Who belongs to the organization, whoever came first first.",
    Permission.MEMBERS_READ,
    filter=MemberFilter,
)
connection(
    "invitations",
    relations.INVITATIONS,
    Invitation,
    "Who was invited, the latest first.",
    Permission.MEMBERS_READ,
    filter=InvitationFilter,
)


@query("What each role may do in the organization.", Permission.MEMBERS_READ, answers=list[RoleRules])
async def roles(info: Info) -> Any:
    return await identity.roles(info.context.reads)


@query("An invitation, for whoever holds its link.", answers=InvitationPreview, public=True)
async def invitation(
    info: Info, token: Annotated[str, strawberry.argument(description="What the link ends with.")]
) -> Any:
    return await identity.look_at_invitation(front(info), token)


@mutation(
    "Invite somebody to the organization: a link is sent, good for a week.",
    Permission.MEMBERS_WRITE,
    answers=INVITATION,
    refusals=(AlreadyExists,),
)
async def invite_member(info: Info, uow: UnitOfWork, input: InviteMemberInput) -> Nodes:
    return {"invitation": await identity.invite_member(uow, **input.values())}


@mutation(
    "Send another link, good for a week; the one of before leads nowhere.",
    Permission.MEMBERS_WRITE,
    answers=INVITATION,
    refusals=(InvalidTransition,),
)
async def resend_invitation(info: Info, uow: UnitOfWork, input: ResendInvitationInput) -> Nodes:
    return {"invitation": await identity.resend_invitation(uow, **input.values())}


@mutation("Take an invitation back.", Permission.MEMBERS_WRITE, answers=INVITATION, refusals=(InvalidTransition,))
async def revoke_invitation(info: Info, uow: UnitOfWork, input: RevokeInvitationInput) -> Nodes:
    return {"invitation": await identity.revoke_invitation(uow, **input.values())}


@public("Become a member by an invitation.", AcceptInvitationPayload)
async def accept_invitation(
    info: Info,
    input: Annotated[AcceptInvitationInput, strawberry.argument(description="The link, and who follows it.")],
) -> Any:
    caller = info.context.caller
    if caller is not None:
        # an access token alone proves nothing: its session must still stand
        await info.context.reads.open()
        await info.context.renew()
    user_id = caller.user_id if caller else None
    return await identity.accept_invitation(front(info), viewer_id=user_id, **input.values())


@mutation(
    "Give a member another role. What they have open must be refreshed.",
    Permission.MEMBERS_WRITE,
    answers={"membership": (Membership, "The membership, as it is now.")},
    refusals=(VersionConflict, LastOwner),
)
async def change_member_role(info: Info, uow: UnitOfWork, input: ChangeMemberRoleInput) -> Nodes:
    return {"membership": await identity.change_member_role(uow, **input.values())}


@mutation(
    "Remove a member: their sign-ins here end at once.",
    Permission.MEMBERS_WRITE,
    answers={"removed": (bool, "Always true.")},
    refusals=(LastOwner,),
)
async def remove_member(info: Info, uow: UnitOfWork, input: RemoveMemberInput) -> Nodes:
    await identity.remove_member(uow, **input.values())
    return {"removed": True}


@session("Be a member of the organization no more.", LeaveOrganizationPayload)
async def leave_organization(info: Info) -> Any:
    async with info.context.write() as uow:
        await identity.leave_organization(uow)
    return LeaveOrganizationPayload(left=True)


@mutation(
    "Say what a role may do. What its people have open must be refreshed.",
    Permission.ROLES_WRITE,
    answers={"role": (RoleRules, "What holds for the role now.")},
    refusals=(VersionConflict,),
)
async def update_role_permissions(info: Info, uow: UnitOfWork, input: UpdateRolePermissionsInput) -> Nodes:
    return {"role": await identity.update_role_permissions(uow, **input.values())}


@mutation(
    "Say whether the people of the house need a second factor. Those who have none can add one as they sign in.",
    Permission.ROLES_WRITE,
    answers={"roles": (list[RoleRules], "What holds for each role now.")},
    refusals=(VersionConflict,),
)
async def require_second_factor(info: Info, uow: UnitOfWork, input: RequireSecondFactorInput) -> Nodes:
    return {"roles": await identity.require_second_factor(uow, **input.values())}

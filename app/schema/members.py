"""Members of an organization, invitations to it, and what roles may do."""

from datetime import datetime

import strawberry

from app import clock, models
from app.access import Permission
from app.loaders import identity as relations
from app.models.identity import InvitationStatus, Role
from app.schema.fields import column, derived, to_one, vocabulary
from app.schema.identity import User
from app.schema.inputs import Values
from app.schema.nodes import Node, node

vocabulary(InvitationStatus, "What has become of an invitation.")


def _status(invitation: models.Invitation) -> InvitationStatus:
    late = invitation.status is InvitationStatus.PENDING and invitation.expires_at <= clock.now()
    return InvitationStatus.EXPIRED if late else invitation.status


@node(models.Invitation, "Somebody who was invited to become a member.")
class Invitation(Node):
    email: str = column("Where it was sent to.")
    role: Role = column("What they shall be.")
    status: InvitationStatus = derived(_status, "What has become of it.")
    expires_at: datetime = column("Until when it can be accepted.")
    created_at: datetime = column("When it was made.")
    invited_by: User | None = to_one(relations.INVITATION_INVITER, "Who made it; null if they are no member any more.")


@strawberry.type(description="What holds for a role in the organization.")
class RoleRules:
    role: Role = column("Which role.")
    version: int = column("Goes up with every change, from 0; an update names the one it saw.")
    permissions: list[Permission] = column("What it may do.")
    permissions_max: list[Permission] = column("What it can be allowed.")
    second_factor_required: bool = column("Whether its people need a second factor.")


@strawberry.type(description="What whoever holds the link of an invitation may know.")
class InvitationPreview:
    organization_name: str = column("Whose it is.")
    email: str = column("Whom it is for.")
    role: Role = column("What they shall be.")
    expires_at: datetime = column("Until when it can be accepted.")
    invited_by: str | None = column("Who made it; null if they are no member any more.")
    has_account: bool = column("Whether they have an account already: then they accept by it.")


@strawberry.input(description="Which members are wanted.")
class MemberFilter(Values):
    role: list[Role] | None = column("In one of these roles.", default=None)


@strawberry.input(description="Which invitations are wanted.")
class InvitationFilter(Values):
    status: list[InvitationStatus] | None = column(
        "In one of these states; those that ran out are still PENDING here until somebody is invited anew.",
        default=None,
    )


@strawberry.input(description="Somebody to invite.")
class InviteMemberInput(Values):
    email: str = column("Where the link is sent to.")
    role: Role = column("What they shall be. Owners make owners; admins anybody else.")


@strawberry.input(description="An invitation to send again.")
class ResendInvitationInput(Values):
    invitation_id: strawberry.ID = column("Which.")


@strawberry.input(description="An invitation to take back.")
class RevokeInvitationInput(Values):
    invitation_id: strawberry.ID = column("Which.")


@strawberry.input(description="How an invitation is accepted.")
class AcceptInvitationInput(Values):
    token: str = column("What the link ends with.")
    full_name: str | None = column("Of somebody who has no account yet.", default=None)
    password: str | None = column(
        "A new one, of somebody who has no account yet; else the one there is, unless they are signed in.", default=None
    )


@strawberry.type(description="Somebody is a member, and signs in as such.")
class AcceptInvitationPayload:
    organization: str = column("Slug of the organization.")
    email: str = column("What they sign in with.")
    role: Role = column("What they are there.")


@strawberry.input(description="Another role for a member.")
class ChangeMemberRoleInput(Values):
    membership_id: strawberry.ID = column("Whose.")
    version: int = column("The version that was seen.")
    role: Role = column("Which.")


@strawberry.input(description="A member to remove.")
class RemoveMemberInput(Values):
    membership_id: strawberry.ID = column("Whose membership ends.")


@strawberry.type(description="The viewer is a member no more; the session has ended.")
class LeaveOrganizationPayload:
    left: bool = column("Always true.")


@strawberry.input(description="What a role may do from now on.")
class UpdateRolePermissionsInput(Values):
    role: Role = column("Which; an owner may do everything.")
    version: int = column("The version that was seen; 0 where nothing was ever said.")
    permissions: list[Permission] | None = column("All that it may do; null: what it may by default.", default=None)


@strawberry.input(description="Whether the people of the house need a second factor.")
class RequireSecondFactorInput(Values):
    required: bool = column("Owners, admins, dispatchers and staff sign in with one from now on, or need none.")

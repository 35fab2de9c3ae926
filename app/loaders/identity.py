"""Relations of organizations and users."""

from sqlalchemy import text

from app.loaders.base import Listing, ToMany, ToOne
from app.models import Invitation, Membership, Organization, User
from app.models.policies import CURRENT_ORG

MEMBERSHIP_ORGANIZATION = ToOne(Organization, "organization_id")
MEMBERSHIP_USER = ToOne(User, "user_id")
INVITATION_INVITER = ToOne(User, "invited_by")
SESSION_ORGANIZATION = ToOne(Organization, "organization_id")
MEMBERS = Listing(
    Membership,
    "created_at",
    filters={"role": lambda roles: Membership.role.in_(roles)},
    # people see where else they belong, but that is not on this list
    where=lambda: [Membership.organization_id == text(CURRENT_ORG)],
)
INVITATIONS = Listing(Invitation, "-created_at", filters={"status": lambda statuses: Invitation.status.in_(statuses)})
USER_MEMBERSHIPS = ToMany(Membership, "user_id", ("created_at", "id"))
EVENT_ACTOR = ToOne(User, "actor_user_id")

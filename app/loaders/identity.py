"""Relations of organizations and users."""

from app.loaders.base import ToMany, ToOne
from app.models import Membership, Organization, User

MEMBERSHIP_ORGANIZATION = ToOne(Organization, "organization_id")
USER_MEMBERSHIPS = ToMany(Membership, "user_id", ("created_at", "id"))
EVENT_ACTOR = ToOne(User, "actor_user_id")

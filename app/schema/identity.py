"""Who acts: organizations, users, the viewer."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from app import models
from app.access import Permission
from app.access import Viewer as ViewerRow
from app.context import Info
from app.loaders import identity as relations
from app.models.identity import Role
from app.schema.fields import column, derived, to_many, to_one, vocabulary
from app.schema.nodes import Node, node
from app.schema.scalars import encode_id
from app.services.identity.sessions import has_second_factor, open_sessions

if TYPE_CHECKING:
    from app.schema.customers import Customer
    from app.schema.fleet import Driver

vocabulary(Role, "What a person is in an organization.")
vocabulary(Permission, "What a role allows.")


@strawberry.interface(description="Who did something: a person, the organization, or the system.")
class Actor:
    display_name: str = column("What to call them.")


@node(models.Organization, "A business that runs on Waypost.")
class Organization(Node, Actor):
    name: str = column("What it is called.")
    slug: str = column("Its name in addresses and at sign-in.")
    time_zone: str = column("IANA zone in which its days begin and end.")
    currency: str = column("ISO 4217; what its prices are in.")
    country: str = column("ISO 3166; how its phone numbers are read.")
    locale: str = column("The language it speaks to its customers.")
    display_name: str = derived(lambda organization: organization.name, "What to call it.")


@node(models.User, "A person who signs in.")
class User(Node, Actor):
    email: str = column("The address they sign in with.")
    full_name: str = column("Their name.")
    email_confirmed_at: datetime | None = column("When they proved that the address is theirs, if they did.")
    memberships: list["Membership"] = to_many(
        relations.USER_MEMBERSHIPS, "The organizations they belong to, as far as the viewer may know."
    )
    display_name: str = derived(lambda user: user.full_name, "What to call them.")


@strawberry.type(description="Waypost itself: what it does unasked, such as letting a hold run out.")
class System(Actor):
    pass


@node(models.Membership, "What a user is in one organization.")
class Membership(Node):
    role: Role = column("What they are there.")
    version: int = column("Goes up with every change; an update names the one it saw.")
    created_at: datetime = column("Since when.")
    organization: Organization = to_one(relations.MEMBERSHIP_ORGANIZATION, "Where.")
    user: User = to_one(relations.MEMBERSHIP_USER, "Who.")


@strawberry.type(description="A sign-in of the viewer's that goes on, on some device.")
class Session:
    id: strawberry.ID = derived(lambda session: encode_id("Session", session.id), "Names it to `revokeSession`.")
    started_at: datetime = column("When it began.")
    last_used_at: datetime = column("When it was last gone on with: access tokens are renewed every few minutes.")
    ip: str | None = column("Where from, at that time; null if that is not known.")
    user_agent: str | None = column("What the program calls itself; null if it does not say.")
    is_current: bool = column("Whether it is the one that asks.")
    organization: Organization = to_one(relations.SESSION_ORGANIZATION, "Where.")


@strawberry.type(description="Who is asking: a user in one organization, with the hats they wear there.")
class Viewer:
    role: Role = column("What they are in the organization.")

    @strawberry.field(description="The person.")
    async def user(root: strawberry.Parent[ViewerRow], info: Info) -> User:
        user: User = await info.context.loaders.get(models.User, root.user_id or root.organization_id)
        return user

    @strawberry.field(description="The organization they act in.")
    async def organization(root: strawberry.Parent[ViewerRow], info: Info) -> Organization:
        organization: Organization = await info.context.loaders.get(models.Organization, root.organization_id)
        return organization

    @strawberry.field(description="What they may do there.")
    def permissions(root: strawberry.Parent[ViewerRow]) -> list[Permission]:
        return [permission for permission in Permission if permission in root.permissions]

    @strawberry.field(description="Their sign-ins that go on, in whatever organization; of many, the last used.")
    async def sessions(root: strawberry.Parent[ViewerRow], info: Info) -> list[Session]:
        found: Any = await open_sessions(info.context.reads, root)
        return found  # type: ignore[no-any-return]

    @strawberry.field(description="Whether signing in asks them for a code.")
    async def has_second_factor(root: strawberry.Parent[ViewerRow], info: Info) -> bool:
        return root.user_id is not None and await has_second_factor(info.context.reads, root.user_id)

    @strawberry.field(description="Their customer's record, if they are one.")
    async def customer(
        root: strawberry.Parent[ViewerRow],
        info: Info,
    ) -> Annotated["Customer", strawberry.lazy("app.schema.customers")] | None:
        return await info.context.loaders.one(models.Customer, root.customer_id) if root.customer_id else None

    @strawberry.field(description="Their driver's record, if they drive.")
    async def driver(
        root: strawberry.Parent[ViewerRow],
        info: Info,
    ) -> Annotated["Driver", strawberry.lazy("app.schema.fleet")] | None:
        return await info.context.loaders.one(models.Driver, root.driver_id) if root.driver_id else None


@strawberry.type(description="A sign-in: a short-lived access token and the refresh token that gets the next one.")
class SessionTokens:
    access_token: str = column("Send as `Authorization: Bearer …`, or in the payload of `connection_init`.")
    refresh_token: str = column("Good for one use.")
    expires_at: datetime = column("When the access token ends.")
    viewer: Viewer = column("Who is signed in.")


@strawberry.input(description="An email and a password.")
class SignInInput:
    email: str = column("In any case.")
    password: str = column("As it was set.")
    organization: str | None = column("Slug of the organization; needed by people of several.", default=None)


@strawberry.input(description="A refresh token.")
class RefreshSessionInput:
    refresh_token: str = column("The latest that was given out.")


@strawberry.input(description="Where to act from now on.")
class SwitchOrganizationInput:
    organization: str = column("Slug of an organization that the viewer belongs to.")


@strawberry.type(description="The session has ended.")
class SignOutPayload:
    signed_out: bool = column("Always true.")

"""Invitations, members, and what roles may do."""

import asyncio
from datetime import time

import pytest
import pytest_asyncio

from app.access import ROLE_PERMISSIONS
from app.context import Server
from app.jobs.worker import Work
from app.models import Role
from tests.client import Client, Json
from tests.factories.houses import House, Person
from tests.mailbox import Mailbox
from tests.provider import Provider
from tests.services.test_identity_accounts import NEW, TOKENS, link, mailed
from tests.services.test_identity_oidc import back
from tests.statements import counting
from tests.steps import PASSWORD, errors, events, set_password

NOON = time(12)

INVITED = "... on InviteMemberSuccess { invitation { id email role status invitedBy { id } } }"
MEMBERS = "{ members(first: 50) { totalCount edges { node { id role version user { email } } } } }"


async def invite(client: Client, email: str, role: str = "STAFF") -> Json:
    answer = await client.act("inviteMember", {"email": email, "role": role}, INVITED)
    assert answer["__typename"] == "InviteMemberSuccess"
    found: Json = answer["invitation"]
    return found


async def invited(client: Client, mailbox: Mailbox, email: str, role: str = "STAFF") -> str:
    """The token of an invitation that came by mail."""
    await invite(client, email, role)
    path, token = link(await mailed(mailbox, email, "you are invited"))
    assert path == "invitation"
    return token


async def member(house: House, person: Person) -> Json:
    edges = (await house.client("OWNER").run(MEMBERS))["members"]["edges"]
    return next(edge["node"] for edge in edges if edge["node"]["user"]["email"] == person.email)


async def end(client: Client, member: Json) -> str:
    answer = await client.act("removeMember", {"membershipId": member["id"]}, "")
    return str(answer["__typename"])


@pytest_asyncio.fixture
async def person(stranger: House) -> Person:
    """Of another house."""
    await set_password(stranger, stranger.people["STAFF"])
    return stranger.people["STAFF"]


async def test_somebody_new_joins_by_the_link(house: House, anonymous: Client, mailbox: Mailbox, worker: Work) -> None:
    admin, email = house.client("ADMIN"), f"nino-{house.id}@example.org"
    token = await invited(admin, mailbox, email, "DISPATCHER")
    preview = (
        "query I($token: String!) { invitation(token: $token) { organizationName email role invitedBy hasAccount } }"
    )
    assert (await anonymous.run(preview, {"token": token}))["invitation"] == {
        "organizationName": "The House",
        "email": email,
        "role": "DISPATCHER",
        "invitedBy": "Admin",
        "hasAccount": False,
    }
    again = await admin.act("inviteMember", {"email": email.upper(), "role": "STAFF"}, "")
    assert again["__typename"] == "AlreadyExists"
    wanted = {"token": token, "fullName": "Nino Beridze", "password": NEW}
    for wrong, field in (
        ({"password": "tiny"}, "password"),
        ({"fullName": " "}, "fullName"),
        ({"token": "x"}, "token"),
    ):
        assert await errors(anonymous, "acceptInvitation", {**wanted, **wrong}) == [("BAD_USER_INPUT", field)]
    at_once = await asyncio.gather(*(errors(anonymous, "acceptInvitation", wanted) for _ in range(3)))
    assert at_once.count([]) == 1
    assert {code for found in at_once for code, _ in found} <= {"BAD_USER_INPUT", "UNAUTHENTICATED"}
    tokens = await anonymous.act(
        "signIn", {"email": email, "password": NEW}, f"{TOKENS} viewer {{ role user {{ fullName emailConfirmedAt }} }}"
    )
    assert tokens["viewer"]["role"] == "DISPATCHER"
    assert tokens["viewer"]["user"]["fullName"] == "Nino Beridze"
    assert tokens["viewer"]["user"]["emailConfirmedAt"]
    assert await errors(admin, "inviteMember", {"email": email, "role": "STAFF"}) == [("BAD_USER_INPUT", "email")]
    assert (await events(house))[-2:] == ["MEMBER_INVITED", "MEMBER_JOINED"]
    codes = await anonymous.codes(preview, {"token": token})
    assert codes == ["BAD_USER_INPUT"]


async def test_who_has_an_account_proves_that_it_is_theirs(
    house: House, person: Person, anonymous: Client, mailbox: Mailbox, worker: Work, provider: Provider
) -> None:
    owner = house.client("OWNER")
    token = await invited(owner, mailbox, person.email)
    wanted: Json = {"token": token}
    assert await errors(anonymous, "acceptInvitation", wanted) == [("UNAUTHENTICATED", None)]
    guess = {**wanted, "fullName": "Somebody", "password": "a guess at random"}
    assert await errors(anonymous, "acceptInvitation", guess) == [("UNAUTHENTICATED", None)]
    assert await errors(house.client("STAFF"), "acceptInvitation", wanted) == [("UNAUTHENTICATED", None)]
    assert await errors(person.client, "acceptInvitation", wanted) == []
    switched = await person.client.act("switchOrganization", {"organization": house.slug}, TOKENS)
    assert not await Client(house.api, switched["accessToken"]).codes("{ eventSeq }")
    assert await end(owner, await member(house, person)) == "RemoveMemberSuccess"
    assert await Client(house.api, switched["accessToken"]).codes("{ eventSeq }") == ["UNAUTHENTICATED"]
    assert not await person.client.codes("{ eventSeq }"), "elsewhere they are who they were"
    email = f"guest-{house.id}@example.org"
    found = await back(anonymous, provider, email)
    token = await invited(owner, mailbox, email, "CUSTOMER")
    other = await back(anonymous, provider, f"other-{email}")
    assert await errors(anonymous, "finishOidcSignIn", {**other, "invitation": token}) == [
        ("BAD_USER_INPUT", "invitation")
    ]
    joined = await anonymous.act(
        "finishOidcSignIn", {**found, "invitation": token}, f"{TOKENS} viewer {{ role user {{ fullName }} }}"
    )
    assert joined["viewer"] == {"role": "CUSTOMER", "user": {"fullName": "Nino Beridze"}}
    assert await errors(anonymous, "signIn", {"email": email, "password": ""}) == [("UNAUTHENTICATED", None)]


async def test_invitations_are_sent_again_taken_back_and_run_out(
    house: House, anonymous: Client, mailbox: Mailbox, worker: Work
) -> None:
    owner, email = house.client("OWNER"), f"gela-{house.id}@example.org"
    first = await invited(owner, mailbox, email)
    listed = "{ invitations { edges { node { id status email } } } }"
    (edge,) = (await owner.run(listed))["invitations"]["edges"]
    id = edge["node"]["id"]
    again = await owner.act("resendInvitation", {"invitationId": id}, "")
    assert again["__typename"] == "ResendInvitationSuccess"
    preview = "query I($token: String!) { invitation(token: $token) { email } }"
    assert await anonymous.codes(preview, {"token": first}) == ["BAD_USER_INPUT"], "the link of before leads nowhere"
    assert (await owner.act("revokeInvitation", {"invitationId": id}, ""))["__typename"] == "RevokeInvitationSuccess"
    for verb in ("revokeInvitation", "resendInvitation"):
        assert (await owner.act(verb, {"invitationId": id}, ""))["__typename"] == "InvalidTransition"
    late = await invite(owner, email)
    await house.pool.execute("UPDATE invitations SET expires_at = now() WHERE status = 'PENDING'")
    (newest, _) = (await owner.run(listed))["invitations"]["edges"]
    assert newest["node"] == {"id": late["id"], "status": "EXPIRED", "email": email}
    assert (await invite(owner, email))["status"] == "PENDING"


async def test_nobody_decides_on_who_stands_above_them(house: House) -> None:
    admin, owner = house.client("ADMIN"), house.client("OWNER")
    boss, staff = await member(house, house.people["OWNER"]), await member(house, house.people["STAFF"])
    assert await errors(admin, "inviteMember", {"email": "x@example.org", "role": "OWNER"}) == [("FORBIDDEN", None)]
    for whom, role in ((staff, "OWNER"), (boss, "STAFF")):
        wanted = {"membershipId": whom["id"], "version": whom["version"], "role": role}
        assert await errors(admin, "changeMemberRole", wanted) == [("FORBIDDEN", None)]
    assert await errors(admin, "removeMember", {"membershipId": boss["id"]}) == [("FORBIDDEN", None)]
    wanted = {"membershipId": staff["id"], "version": staff["version"], "role": "OWNER"}
    assert (await owner.act("changeMemberRole", wanted, ""))["__typename"] == "ChangeMemberRoleSuccess"
    assert (await owner.act("changeMemberRole", wanted, ""))["__typename"] == "VersionConflict"
    assert await house.client("STAFF").codes("{ eventSeq }") == ["UNAUTHENTICATED"], "until it is refreshed"

    # what an admin has sent does not outlive the office
    chief = await member(house, house.people["ADMIN"])
    invitations = "{ invitations { edges { node { email status } } } }"
    for name, role in (("mine", "ADMIN"), ("other", "CUSTOMER")):
        await invite(admin, f"{name}@example.org", role)
    await invite(owner, "owner@example.org", "OWNER")
    wanted = {"membershipId": chief["id"], "version": chief["version"], "role": "STAFF"}
    hurried = [errors(admin, "inviteMember", {"email": f"{n}@example.org", "role": "ADMIN"}) for n in range(4)]
    fallen, *_ = await asyncio.gather(owner.act("changeMemberRole", wanted, ""), asyncio.gather(*hurried))
    assert fallen["__typename"] == "ChangeMemberRoleSuccess"
    nodes = [edge["node"] for edge in (await owner.run(invitations))["invitations"]["edges"]]
    assert [node["email"] for node in nodes if node["status"] == "PENDING"] == ["owner@example.org"]
    assert (await events(house)).count("INVITATION_REVOKED") == len(nodes) - 1 >= 2


async def test_the_last_owner_stays_however_many_leave_at_once(house: House) -> None:
    """The database is the judge: each of two owners sees another one as they go."""
    owners = [house.people["OWNER"], *[await house.person(Role.OWNER, f"Owner {number}") for number in range(3)]]
    leaving = "mutation { leaveOrganization { left } }"
    codes = await asyncio.gather(*(owner.client.codes(leaving) for owner in owners))
    assert sorted(codes) == [[], [], [], ["CONFLICT"]]
    (last,) = [owner for owner, found in zip(owners, codes, strict=True) if found]
    mine = (await last.client.run(MEMBERS))["members"]["edges"]
    own = next(edge["node"] for edge in mine if edge["node"]["user"]["email"] == last.email)
    assert await end(last.client, own) == "LastOwner"
    wanted = {"membershipId": own["id"], "version": own["version"], "role": "STAFF"}
    assert (await last.client.act("changeMemberRole", wanted, ""))["__typename"] == "LastOwner"
    assert (await events(house)).count("MEMBER_REMOVED") == 3


async def test_who_is_removed_is_out_at_once(house: House, person: Person) -> None:
    client, owner = house.client("STAFF"), house.client("OWNER")
    async with client.subscribe("subscription { events { type } }") as stream:
        assert await end(owner, await member(house, house.people["STAFF"])) == "RemoveMemberSuccess"
        last = await stream.message()
        while last["type"] == "next" and "errors" not in last["payload"]:
            last = await stream.message()
        assert "UNAUTHENTICATED" in str(last)
    assert await client.codes("{ eventSeq }") == ["UNAUTHENTICATED"]
    driver = house.people["DRIVER"]
    rogue = await member(house, driver)
    both = await asyncio.gather(*(errors(owner, "removeMember", {"membershipId": rogue["id"]}) for _ in range(2)))
    assert sorted(both) == [[], [("NOT_FOUND", None)]]
    hat = "SELECT user_id FROM drivers WHERE id = $1"
    assert await house.pool.fetchval(hat, driver.viewer.driver_id) is None, "invited again, they drive no more"
    assert (await events(house)).count("DRIVER_UPDATED") == 1
    elsewhere = "SELECT id FROM memberships WHERE user_id = $1"
    foreign = house.gid("Membership", await house.pool.fetchval(elsewhere, person.user_id))
    assert await errors(owner, "removeMember", {"membershipId": foreign}) == [("NOT_FOUND", None)]
    assert await errors(owner, "inviteMember", {"email": "nonsense", "role": "STAFF"}) == [("BAD_USER_INPUT", "email")]


async def test_what_a_role_may_do_is_data(house: House, anonymous: Client) -> None:
    owner, staff = house.client("OWNER"), house.people["STAFF"]
    await set_password(house, staff)
    tokens = await anonymous.act("signIn", {"email": staff.email, "password": PASSWORD}, TOKENS)
    fewer = sorted(ROLE_PERMISSIONS[Role.STAFF] - {"CUSTOMERS_WRITE"} | {"ROUTES_PLAN"})
    changed = "... on UpdateRolePermissionsSuccess { role { role version permissions } }"
    wanted = {"role": "STAFF", "version": 0, "permissions": fewer}
    both = await asyncio.gather(*(owner.act("updateRolePermissions", wanted, changed) for _ in range(2)))
    assert sorted(answer["__typename"] for answer in both) == ["UpdateRolePermissionsSuccess", "VersionConflict"]
    assert await Client(house.api, tokens["accessToken"]).codes("{ eventSeq }") == ["UNAUTHENTICATED"], "at once"
    tokens = await anonymous.act(
        "refreshSession", {"refreshToken": tokens["refreshToken"]}, f"{TOKENS} viewer {{ permissions }}"
    )
    assert sorted(tokens["viewer"]["permissions"]) == fewer
    client = Client(house.api, tokens["accessToken"])
    assert await errors(client, "createCustomer", {"name": "Nino"}) == [("FORBIDDEN", None)]
    assert not await client.codes("{ customers { edges { node { id } } } }")
    assert not await house.client("DISPATCHER").codes("{ eventSeq }"), "other roles are as they were"

    for role, permission in (("CUSTOMER", "EVENTS_READ"), ("DRIVER", "REPORTS_READ"), ("STAFF", "MEMBERS_WRITE")):
        version = 1 if role == "STAFF" else 0
        much = {"role": role, "version": version, "permissions": [permission]}
        assert await errors(owner, "updateRolePermissions", much) == [("BAD_USER_INPUT", "permissions")]
    none = {"role": "OWNER", "version": 0, "permissions": []}
    assert await errors(owner, "updateRolePermissions", none) == [("BAD_USER_INPUT", "role")]
    assert await errors(house.client("ADMIN"), "updateRolePermissions", none) == [("FORBIDDEN", None)]
    back_again = await owner.act("updateRolePermissions", {"role": "STAFF", "version": 1}, changed)
    assert back_again["role"]["version"] == 2
    assert set(back_again["role"]["permissions"]) == ROLE_PERMISSIONS[Role.STAFF]
    rules = (await owner.run("{ roles { role version permissions permissionsMax secondFactorRequired } }"))["roles"]
    assert [found["role"] for found in rules] == [role.value for role in Role]
    assert all(set(found["permissions"]) <= set(found["permissionsMax"]) for found in rules)


LISTS = (
    "{ members(first: 50) { edges { node { role user { email } organization { slug } } } } }",
    "{ invitations(first: 50) { edges { node { email invitedBy { email } } } } }",
)


@pytest.mark.parametrize("query", LISTS)
async def test_lists_take_as_many_statements_however_long_they_are(house: House, server: Server, query: str) -> None:
    counts, owner = [], house.people["OWNER"]
    for number in range(2):
        for _ in range(1 + 20 * number):
            guest = (await house.person(Role.STAFF)).email
            await house.insert(
                "invitations",
                email=guest,
                role="STAFF",
                status="PENDING",
                expires_at=house.at(NOON),
                invited_by=owner.user_id,
            )
        with counting(server) as statements:
            await owner.client.run(query)
        counts.append(len(statements.data))
    assert counts[0] == counts[1]

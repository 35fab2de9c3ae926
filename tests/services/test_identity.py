"""Signing in, staying signed in, signing out."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio

from app import clock
from app.services.identity import write_token
from tests.client import Client, Json
from tests.factories.houses import House, Person
from tests.steps import PASSWORD, errors, eventually, nothing_changes, set_password, somebody_waits

TOKENS = "accessToken refreshToken expiresAt viewer { role organization { slug } user { email } }"
ME = "{ viewer { role organization { slug } user { email memberships { organization { slug } role } } } }"


@pytest_asyncio.fixture
async def person(house: House) -> Person:
    """Somebody with a password."""
    await set_password(house, house.people["STAFF"])
    return house.people["STAFF"]


async def sign_in(client: Client, person: Person, **more: str) -> Json:
    return await _session(client, "signIn", {"email": person.email, "password": PASSWORD, **more})


async def refresh(client: Client, token: str) -> Json:
    return await _session(client, "refreshSession", {"refreshToken": token})


async def _session(client: Client, verb: str, input: Json) -> Json:
    """Tokens, or the codes of what went wrong."""
    name = f"{verb[0].upper()}{verb[1:]}Input"
    mutation = f"mutation Act($input: {name}!) {{ {verb}(input: $input) {{ {TOKENS} }} }}"
    answer = await client.post(mutation, {"input": input})
    if answer.get("errors"):
        return {"codes": [error["extensions"]["code"] for error in answer["errors"]]}
    found: Json = answer["data"][verb]
    return found


REFUSED = {"codes": ["UNAUTHENTICATED"]}


async def lives(house: House, access_token: str) -> bool:
    """Whether an access token is good for anything that reads rows."""
    codes = await Client(house.api, access_token).codes("{ eventSeq }")
    assert codes in ([], ["UNAUTHENTICATED"])
    return not codes


async def join(person: Person, house: House, role: str = "CUSTOMER") -> None:
    await house.insert("memberships", user_id=person.user_id, role=role)


# signing in


async def test_a_member_signs_in(house: House, person: Person, anonymous: Client) -> None:
    tokens = await sign_in(anonymous, person)
    assert tokens["viewer"] == {
        "role": "STAFF",
        "organization": {"slug": house.slug},
        "user": {"email": person.email},
    }
    assert await lives(house, tokens["accessToken"])


async def test_a_wrong_password_and_a_wrong_email_are_answered_alike(person: Person, anonymous: Client) -> None:
    query = "mutation In($input: SignInInput!) { signIn(input: $input) { accessToken } }"
    answers = [
        await anonymous.post(query, {"input": {"email": email, "password": password}})
        for email, password in (
            (person.email, "wrong"),
            ("nobody@example.org", PASSWORD),
            ("", ""),
            (person.email, ""),
            (f"{person.email}\x00", PASSWORD),
            (person.email, f"{PASSWORD}\x00"),
        )
    ]
    assert [answer["data"] for answer in answers] == [None] * 6
    assert answers[0]["errors"][0]["message"] == "Email or password is wrong."
    assert answers[0]["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}
    assert all(answer == answers[0] for answer in answers)


async def test_people_of_several_organizations_name_one(
    house: House, stranger: House, person: Person, anonymous: Client
) -> None:
    await join(person, stranger)
    query = "mutation In($input: SignInInput!) { signIn(input: $input) { accessToken } }"
    answer = await anonymous.post(query, {"input": {"email": person.email, "password": PASSWORD}})
    assert [error["extensions"] for error in answer["errors"]] == [{"code": "BAD_USER_INPUT", "field": "organization"}]
    assert await sign_in(anonymous, person, password="wrong") == REFUSED
    there = await sign_in(anonymous, person, organization=stranger.slug)
    assert there["viewer"].items() >= {"role": "CUSTOMER", "organization": {"slug": stranger.slug}}.items()
    here = await sign_in(anonymous, person, organization=house.slug)
    assert here["viewer"]["role"] == "STAFF"


@pytest.mark.parametrize("slug", ["no-such-house", "a\x00b"])
async def test_nobody_signs_in_where_they_do_not_belong(
    stranger: House, person: Person, anonymous: Client, slug: str
) -> None:
    assert await sign_in(anonymous, person, organization=stranger.slug) == {"codes": ["NOT_FOUND"]}
    assert await sign_in(anonymous, person, organization=slug) == {"codes": ["NOT_FOUND"]}


async def test_people_of_no_organization_cannot_sign_in(house: House, person: Person, anonymous: Client) -> None:
    await house.pool.execute("DELETE FROM memberships WHERE user_id = $1", person.user_id)
    assert await sign_in(anonymous, person) == REFUSED


# refreshing


async def test_tokens_follow_each_other(house: House, person: Person, anonymous: Client) -> None:
    tokens = [await sign_in(anonymous, person)]
    for _ in range(3):
        tokens.append(await refresh(anonymous, tokens[-1]["refreshToken"]))
    assert len({token["refreshToken"] for token in tokens}) == 4
    assert [await lives(house, token["accessToken"]) for token in tokens] == [True] * 4


async def test_a_lost_answer_is_asked_for_again(person: Person, anonymous: Client) -> None:
    first = await sign_in(anonymous, person)
    lost = await refresh(anonymous, first["refreshToken"])
    found = await refresh(anonymous, first["refreshToken"])
    assert await refresh(anonymous, lost["refreshToken"]) == REFUSED
    assert "accessToken" in await refresh(anonymous, found["refreshToken"])


async def test_reuse_after_the_successor_was_used_ends_the_family(
    house: House, person: Person, anonymous: Client
) -> None:
    first = await sign_in(anonymous, person)
    second = await refresh(anonymous, first["refreshToken"])
    third = await refresh(anonymous, second["refreshToken"])
    other = await sign_in(anonymous, person)
    assert await refresh(anonymous, first["refreshToken"]) == REFUSED
    assert await refresh(anonymous, third["refreshToken"]) == REFUSED
    assert [await lives(house, token["accessToken"]) for token in (first, second, third)] == [False] * 3
    assert await lives(house, other["accessToken"])


async def test_reuse_after_a_minute_ends_the_family(house: House, person: Person, anonymous: Client) -> None:
    first = await sign_in(anonymous, person)
    second = await refresh(anonymous, first["refreshToken"])
    await house.pool.execute(
        "UPDATE sessions SET used_at = used_at - interval '61 seconds' WHERE user_id = $1 AND used_at IS NOT NULL",
        person.user_id,
    )
    assert await refresh(anonymous, first["refreshToken"]) == REFUSED
    assert await refresh(anonymous, second["refreshToken"]) == REFUSED
    assert not await lives(house, second["accessToken"])


@pytest.mark.parametrize("token", ["", "nonsense", "a\x00b"])
async def test_a_token_that_never_was(anonymous: Client, token: str) -> None:
    assert await refresh(anonymous, token) == REFUSED


async def test_an_unused_token_expires(house: House, person: Person, anonymous: Client) -> None:
    first = await sign_in(anonymous, person)
    await house.pool.execute("UPDATE sessions SET expires_at = now() WHERE user_id = $1", person.user_id)
    assert await refresh(anonymous, first["refreshToken"]) == REFUSED


async def test_a_token_spent_many_times_at_once_leaves_one_that_works(person: Person, anonymous: Client) -> None:
    first = await sign_in(anonymous, person)
    answers = await asyncio.gather(*(refresh(anonymous, first["refreshToken"]) for _ in range(8)))
    assert all("refreshToken" in answer for answer in answers)
    again = await asyncio.gather(*(refresh(anonymous, answer["refreshToken"]) for answer in answers))
    assert sum("refreshToken" in answer for answer in again) == 1
    assert [answer for answer in again if "refreshToken" not in answer] == [REFUSED] * 7


async def test_a_token_that_is_replaced_while_it_is_spent(house: House, person: Person, anonymous: Client) -> None:
    first = await sign_in(anonymous, person)
    second = await refresh(anonymous, first["refreshToken"])
    async with house.pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT FROM sessions WHERE user_id = $1 ORDER BY id FOR UPDATE", person.user_id)
        spending = asyncio.create_task(refresh(anonymous, second["refreshToken"]))
        await eventually(lambda: somebody_waits(house))
        await connection.execute("DELETE FROM sessions WHERE user_id = $1 AND previous_id IS NOT NULL", person.user_id)
    assert await spending == REFUSED


# ending


async def test_signing_out_ends_the_session_and_no_other(house: House, person: Person, anonymous: Client) -> None:
    first, other = await sign_in(anonymous, person), await sign_in(anonymous, person)
    second = await refresh(anonymous, first["refreshToken"])
    answer = await Client(house.api, second["accessToken"]).run("mutation { signOut { signedOut } }")
    assert answer == {"signOut": {"signedOut": True}}
    assert await refresh(anonymous, second["refreshToken"]) == REFUSED
    tokens = [token["accessToken"] for token in (first, second, other)]
    assert [await lives(house, token) for token in tokens] == [False, False, True]


async def test_signing_out_ends_what_was_refreshed_just_then(house: House, person: Person, anonymous: Client) -> None:
    first = await sign_in(anonymous, person)
    async with house.pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT FROM sessions WHERE user_id = $1 ORDER BY id FOR UPDATE", person.user_id)
        refreshing = asyncio.create_task(refresh(anonymous, first["refreshToken"]))
        await eventually(lambda: somebody_waits(house))
        leaving = asyncio.create_task(Client(house.api, first["accessToken"]).run("mutation { signOut { signedOut } }"))
        await eventually(lambda: somebody_waits(house, 2))
    await refreshing
    assert (await leaving)["signOut"] == {"signedOut": True}
    tokens = "SELECT family_id, revoked_at IS NULL AS lives FROM sessions WHERE user_id = $1 ORDER BY id"
    here, *family = await house.pool.fetch(tokens, person.user_id)
    assert (here["family_id"], here["lives"]) == (person.viewer.session_family_id, True)
    assert [token["lives"] for token in family] == [False, False]


async def test_an_access_token_expires(house: House, person: Person) -> None:
    late = replace(person.viewer, expires_at=clock.now() - timedelta(seconds=1))
    assert not await lives(house, write_token(house.settings, late))
    assert await lives(house, write_token(house.settings, person.viewer))


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
async def test_a_forged_token_is_nobodys(house: House, token: str) -> None:
    assert not await lives(house, token)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE memberships SET role = 'CUSTOMER' WHERE user_id = $1",
        "DELETE FROM memberships WHERE user_id = $1",
        "DELETE FROM sessions WHERE user_id = $1",
        "UPDATE customers SET user_id = $1 WHERE organization_id = (SELECT organization_id FROM memberships "
        "WHERE user_id = $1) AND user_id IS NOT NULL",
    ],
)
async def test_a_token_dies_with_what_it_says(house: House, person: Person, change: str) -> None:
    """Demoted, dismissed, without a session, with another hat: the token of before is refused."""
    assert await lives(house, person.client.token or "")
    await house.pool.execute(change, person.user_id)
    assert not await lives(house, person.client.token or "")


async def test_a_demoted_member_writes_nothing(house: House, person: Person) -> None:
    await house.pool.execute("UPDATE memberships SET role = 'CUSTOMER' WHERE user_id = $1", person.user_id)
    async with nothing_changes(house):
        assert await errors(person.client, "createCustomer", {"name": "Nino"}) == [("UNAUTHENTICATED", None)]


# elsewhere


async def test_people_switch_to_another_organization(
    house: House, stranger: House, person: Person, anonymous: Client
) -> None:
    await join(person, stranger, "DRIVER")
    here = await sign_in(anonymous, person, organization=house.slug)
    client = Client(house.api, here["accessToken"])
    there = await _session(client, "switchOrganization", {"organization": stranger.slug})
    assert there["viewer"].items() >= {"role": "DRIVER", "organization": {"slug": stranger.slug}}.items()
    me = (await Client(house.api, there["accessToken"]).run(ME))["viewer"]
    assert (me["role"], me["organization"]) == ("DRIVER", {"slug": stranger.slug})
    assert me["user"]["memberships"] == [
        {"organization": {"slug": house.slug}, "role": "STAFF"},
        {"organization": {"slug": stranger.slug}, "role": "DRIVER"},
    ]
    assert await lives(house, here["accessToken"])
    await refresh(anonymous, there["refreshToken"])
    assert (await Client(house.api, here["accessToken"]).run(ME))["viewer"]["role"] == "STAFF"


@pytest.mark.parametrize("slug", ["no-such-house", "a\x00b"])
async def test_nobody_switches_to_where_they_do_not_belong(
    house: House, stranger: House, person: Person, slug: str
) -> None:
    for organization in (stranger.slug, slug):
        answer = await _session(person.client, "switchOrganization", {"organization": organization})
        assert answer == {"codes": ["NOT_FOUND"]}

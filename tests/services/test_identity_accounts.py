"""Passwords, addresses and sign-ins: what people do with their own account."""

import asyncio
import re
import time
from email.message import EmailMessage
from ipaddress import IPv6Address

import pytest
import pytest_asyncio

from app.context import Server
from app.errors import RateLimited
from app.jobs.worker import Work
from app.services.identity import hasher, throttle
from tests.client import Client, Json
from tests.factories.houses import House, Person
from tests.mailbox import Mailbox
from tests.scenes.stage import QUICK
from tests.steps import PASSWORD, errors, events, eventually, set_password

NEW = "a wholly other phrase"
TOKENS = "accessToken refreshToken"
LINK = re.compile(r"http://127\.0\.0\.1:8000/account/([a-z-]+)#token=(\S+)")


@pytest_asyncio.fixture
async def person(house: House) -> Person:
    await set_password(house, house.people["STAFF"])
    return house.people["STAFF"]


async def sign_in(client: Client, person: Person, password: str = PASSWORD) -> Json:
    return await client.act("signIn", {"email": person.email, "password": password}, TOKENS)


async def lives(house: House, token: str) -> bool:
    return not await Client(house.api, token).codes("{ eventSeq }")


async def mailed(mailbox: Mailbox, address: str, about: str) -> EmailMessage:
    """The mail to an address whose subject says this."""

    async def there() -> bool:
        return any(about in str(mail["Subject"]) for mail in mailbox.to(address))

    await eventually(there)
    return [mail for mail in mailbox.to(address) if about in str(mail["Subject"])][-1]


def link(mail: EmailMessage) -> tuple[str, str]:
    """Where a link leads, and its token."""
    found = LINK.search(mail.get_content())
    assert found
    return found[1], found[2]


# passwords


async def test_a_forgotten_password_is_set_anew_once(
    house: House, stranger: House, person: Person, anonymous: Client, mailbox: Mailbox, worker: Work
) -> None:
    await stranger.insert("memberships", user_id=person.user_id, role="CUSTOMER")
    there = await anonymous.act(
        "signIn", {"email": person.email, "password": PASSWORD, "organization": stranger.slug}, TOKENS
    )
    for email in (person.email, "nobody@example.org", "no\u0000body", ""):
        began = time.monotonic()
        answer = await anonymous.act("requestPasswordReset", {"email": email}, "requested")
        assert answer["requested"] is True
        assert time.monotonic() - began >= 0.3, "as long, whether or not there is such an account"
    path, token = link(await mailed(mailbox, person.email, "set a new password"))
    assert path == "reset-password"
    for weak in ("short", "password1234", "x" * 129, "a" * 40, "no\u0000body knows this"):
        wanted = {"token": token, "password": weak}
        assert await errors(anonymous, "resetPassword", wanted) == [("BAD_USER_INPUT", "password")], weak
    for forged in ("", "a.b.c", str(person.client.token), token[:-2] + "xx"):
        wanted = {"token": forged, "password": NEW}
        assert await errors(anonymous, "resetPassword", wanted) == [("BAD_USER_INPUT", "token")]
    used = await asyncio.gather(
        *(errors(anonymous, "resetPassword", {"token": token, "password": NEW}) for _ in range(4))
    )
    assert sorted(used) == [[], *[[("BAD_USER_INPUT", "token")]] * 3], "of those who race, one wins"
    assert not await lives(house, person.client.token or "")
    assert not await lives(stranger, there["accessToken"])
    assert await errors(anonymous, "signIn", {"email": person.email, "password": PASSWORD}) == [
        ("UNAUTHENTICATED", None)
    ]
    assert await anonymous.act("signIn", {"email": person.email, "password": NEW, "organization": house.slug}, TOKENS)
    assert "PASSWORD_CHANGED" in await events(house)
    assert "If that was not you" in (await mailed(mailbox, person.email, "was changed")).get_content()
    left = "SELECT count(*) FROM account_mails WHERE user_id = $1"

    async def gone() -> bool:
        return int(await house.pool.fetchval(left, person.user_id) or 0) == 0

    await eventually(gone)


async def test_a_password_is_changed_by_who_knows_it(
    house: House, person: Person, anonymous: Client, mailbox: Mailbox, worker: Work
) -> None:
    elsewhere = f"elsewhere-{person.email}"
    assert await errors(person.client, "changeEmail", {"email": elsewhere, "password": PASSWORD}) == []
    _, before = link(await mailed(mailbox, elsewhere, "confirm your new address"))
    here, other = await sign_in(anonymous, person), await sign_in(anonymous, person)
    client = Client(house.api, here["accessToken"])
    wanted = {"currentPassword": "not this one", "newPassword": NEW}
    assert await errors(client, "changePassword", wanted) == [("BAD_USER_INPUT", "currentPassword")]
    wanted["currentPassword"] = PASSWORD
    assert await errors(client, "changePassword", {**wanted, "newPassword": "tiny"}) == [
        ("BAD_USER_INPUT", "newPassword")
    ]
    both = await asyncio.gather(*(errors(client, "changePassword", wanted) for _ in range(2)))
    assert [] in both, "one of two wins"
    assert [await lives(house, token["accessToken"]) for token in (here, other)] == [True, False]
    assert await sign_in(anonymous, person, NEW)
    assert await errors(anonymous, "confirmEmail", {"token": before}) == [("BAD_USER_INPUT", "token")]


async def test_hashes_follow_the_parameters_of_today(house: House, person: Person, anonymous: Client) -> None:
    weak = QUICK.hash(PASSWORD)
    await house.pool.execute("UPDATE users SET password_hash = $2 WHERE id = $1", person.user_id, weak)
    await sign_in(anonymous, person)
    found = await house.pool.fetchval("SELECT password_hash FROM users WHERE id = $1", person.user_id)
    assert not hasher().check_needs_rehash(found)
    await sign_in(anonymous, person)


async def test_guesses_are_slowed_down_and_others_are_not(server: Server, house: House, anonymous: Client) -> None:
    person, other = house.people["STAFF"], house.people["ADMIN"]
    weak = QUICK.hash(PASSWORD)
    people = [person.user_id, other.user_id]
    await house.pool.execute("UPDATE users SET password_hash = $2 WHERE id = ANY($1)", people, weak)
    wrong = {"email": person.email, "password": "a guess"}
    codes = [(await errors(anonymous, "signIn", wrong))[0][0] for _ in range(11)]
    assert codes == ["UNAUTHENTICATED"] * 10 + ["RATE_LIMITED"]
    query = "mutation In($input: SignInInput!) { signIn(input: $input) { accessToken } }"
    (error,) = (await anonymous.post(query, {"input": wrong}))["errors"]
    assert 0 < error["extensions"]["retryAfterS"] <= 60
    assert (await sign_in(anonymous, other))["accessToken"], "another account is not held up"

    async def admit(account: str, address: str) -> bool:
        settings = server.settings.model_copy(update={"tries_of_address_max": 3})
        try:
            await throttle.admit(server.buckets, settings, account=account, address=address)
        except RateLimited:
            return False
        return True

    here, there = str(IPv6Address(house.id.int)), str(IPv6Address(house.people["STAFF"].user_id.int))
    beside = str(IPv6Address(house.id.int ^ 1))
    assert [await admit(f"{number}", here) for number in range(4)] == [True] * 3 + [False], "all accounts in turn"
    assert not await admit("0", beside), "who has an address of IPv6 has many"
    assert await admit("0", there), "the owner, elsewhere, is not locked out"
    # a second factor is not guessed from many addresses
    code = f"code:{throttle._short(str(house.id))}"
    await server.buckets.take(code, cost=throttle.CODES.burst - 1, size=throttle.CODES.burst, leak_per_s=0.001)
    await throttle.admit_code(server.buckets, account=str(house.id))
    with pytest.raises(RateLimited):
        await throttle.admit_code(server.buckets, account=str(house.id))


# addresses


async def test_addresses_are_proved_and_changed_by_links(
    house: House, person: Person, anonymous: Client, mailbox: Mailbox, worker: Work
) -> None:
    client, new = person.client, f"new-{person.email}"
    assert (await client.run("mutation { requestEmailConfirmation { requested } }"))["requestEmailConfirmation"]
    path, token = link(await mailed(mailbox, person.email, "confirm your address"))
    assert path == "confirm-email"
    assert await errors(anonymous, "confirmEmail", {"token": token}) == []
    assert await errors(anonymous, "confirmEmail", {"token": token}) == [("BAD_USER_INPUT", "token")]
    me = "{ viewer { user { email emailConfirmedAt } } }"
    assert (await client.run(me))["viewer"]["user"]["emailConfirmedAt"]
    assert await client.codes("mutation { requestEmailConfirmation { requested } }") == ["CONFLICT"]
    wanted = {"email": new, "password": PASSWORD}
    assert await errors(client, "changeEmail", {**wanted, "password": "?"}) == [("BAD_USER_INPUT", "password")]
    assert await errors(client, "changeEmail", {**wanted, "email": "nonsense"}) == [("BAD_USER_INPUT", "email")]
    taken = house.people["OWNER"].email
    assert await errors(client, "changeEmail", {**wanted, "email": taken}) == []
    assert await errors(client, "changeEmail", wanted) == []
    _, token = link(await mailed(mailbox, new, "confirm your new address"))
    assert (await client.run(me))["viewer"]["user"]["email"] == person.email, "until the link is followed"
    used = await asyncio.gather(*(errors(anonymous, "confirmEmail", {"token": token}) for _ in range(3)))
    assert sorted(used) == [[], *[[("BAD_USER_INPUT", "token")]] * 2]
    assert (await client.run(me))["viewer"]["user"]["email"] == new
    assert "tell us at once" in (await mailed(mailbox, person.email, "your address was changed")).get_content()
    assert mailbox.to(taken) == [], "nobody hears that somebody wanted their address"
    assert [type for type in await events(house) if "EMAIL" in type] == ["EMAIL_CONFIRMED", "EMAIL_CHANGED"]


# sign-ins

SESSIONS = "{ viewer { sessions { id isCurrent startedAt lastUsedAt ip userAgent organization { slug } } } }"


async def test_sign_ins_are_seen_and_ended_with_their_streams(house: House, person: Person, anonymous: Client) -> None:
    first, phone = await sign_in(anonymous, person), await sign_in(anonymous, person)
    phone = await anonymous.act("refreshSession", {"refreshToken": phone["refreshToken"]}, TOKENS)
    client = Client(house.api, first["accessToken"])
    found = (await client.run(SESSIONS))["viewer"]["sessions"]
    assert [session["isCurrent"] for session in found] == [False, True, False], "the last used first"
    assert {session["organization"]["slug"] for session in found} == {house.slug}
    assert found[0]["ip"] == "127.0.0.1"
    assert found[0]["userAgent"].startswith("python-httpx")
    assert found[0]["startedAt"] < found[0]["lastUsedAt"]
    async with Client(house.api, phone["accessToken"]).subscribe("subscription { events { type } }") as stream:
        assert await errors(client, "revokeSession", {"sessionId": found[0]["id"]}) == []
        last = await stream.message()
        while last["type"] == "next" and "errors" not in last["payload"]:
            last = await stream.message()
        assert "UNAUTHENTICATED" in str(last)
    assert await errors(client, "revokeSession", {"sessionId": found[0]["id"]}) == [], "once is enough"
    assert await errors(anonymous, "refreshSession", {"refreshToken": phone["refreshToken"]}) == [
        ("UNAUTHENTICATED", None)
    ]
    theirs = (await house.client("OWNER").run(SESSIONS))["viewer"]["sessions"][0]["id"]
    assert await errors(client, "revokeSession", {"sessionId": theirs}) == [("NOT_FOUND", None)]
    answer = await client.run("mutation { revokeOtherSessions { revoked } }")
    assert answer == {"revokeOtherSessions": {"revoked": 1}}
    assert [session["isCurrent"] for session in (await client.run(SESSIONS))["viewer"]["sessions"]] == [True]


async def test_what_is_refreshed_just_then_ends_too(house: House, person: Person, anonymous: Client) -> None:
    other = await sign_in(anonymous, person)
    refreshing = [
        anonymous.post(
            "mutation R($input: RefreshSessionInput!) { refreshSession(input: $input) { accessToken } }",
            {"input": {"refreshToken": other["refreshToken"]}},
        )
        for _ in range(4)
    ]
    *_, ended = await asyncio.gather(*refreshing, person.client.run("mutation { revokeOtherSessions { revoked } }"))
    assert ended
    live = "SELECT count(*) FROM sessions WHERE user_id = $1 AND revoked_at IS NULL AND family_id <> $2"
    assert await house.pool.fetchval(live, person.user_id, person.viewer.session_family_id) == 0

"""The second factor, from the secret to the last recovery code."""

import asyncio
from datetime import timedelta

import pyotp
import pytest_asyncio

from app import clock
from app.buckets import PREFIX
from app.context import Server
from app.jobs.worker import Work
from app.services.identity import throttle
from tests.client import Client, Json
from tests.factories.houses import House, Person
from tests.mailbox import Mailbox
from tests.services.test_identity_accounts import TOKENS, mailed
from tests.steps import PASSWORD, errors, events, set_password

IN = "mutation In($input: SignInInput!) { signIn(input: $input) { accessToken } }"


@pytest_asyncio.fixture
async def person(house: House) -> Person:
    await set_password(house, house.people["OWNER"])
    return house.people["OWNER"]


async def refusal(client: Client, person: Person) -> Json:
    """The code and the challenge of a sign-in that needs more than a password."""
    answer = await client.post(IN, {"input": {"email": person.email, "password": PASSWORD}})
    found: Json = answer["errors"][0]["extensions"]
    return found


async def enrolled(person: Person) -> tuple[pyotp.TOTP, list[str]]:
    """An authenticator, and the recovery codes. It shows the code of half a minute ago, which is good still."""
    given = await person.client.act("enrolSecondFactor", {"password": PASSWORD}, "secret uri qrSvg")
    assert given["uri"].startswith("otpauth://totp/")
    assert given["secret"] in given["uri"]
    assert given["qrSvg"].startswith("<svg")
    totp = pyotp.TOTP(given["secret"])
    answer = await person.client.act("confirmSecondFactor", {"code": earlier(totp, 1)}, "recoveryCodes")
    return totp, answer["recoveryCodes"]


async def forgive(server: Server, person: Person) -> None:
    """Forget the tries of so far: these tests have no time to wait."""
    await server.redis.delete(f"{PREFIX}try:127.0.0.1:{throttle._short(str(person.user_id))}")


def earlier(totp: pyotp.TOTP, steps: int) -> str:
    return totp.at(clock.now() - timedelta(seconds=30 * steps))


async def test_signing_in_with_a_second_factor(
    house: House, person: Person, anonymous: Client, mailbox: Mailbox, worker: Work, server: Server
) -> None:
    assert await errors(person.client, "enrolSecondFactor", {"password": "?"}) == [("BAD_USER_INPUT", "password")]
    assert await errors(anonymous, "enrolSecondFactor", {"password": PASSWORD}) == [("UNAUTHENTICATED", None)]
    assert await errors(person.client, "confirmSecondFactor", {"code": "123456"}) == [("CONFLICT", None)]
    totp, recovery = await enrolled(person)
    assert len({*recovery}) == 10
    assert await errors(person.client, "enrolSecondFactor", {"password": PASSWORD}) == [("CONFLICT", None)]
    assert "asks for a code" in (await mailed(mailbox, person.email, "second factor was added")).get_content()
    stored = await house.pool.fetchrow("SELECT * FROM second_factors WHERE user_id = $1", person.user_id)
    assert stored
    assert totp.secret.encode() not in stored["secret"]

    refused = await refusal(anonymous, person)
    assert refused.keys() == {"code", "challenge"}
    assert refused["code"] == "SECOND_FACTOR_REQUIRED"
    challenge = refused["challenge"]
    used = totp.at(stored["last_step"] * 30)
    for wrong in ("000000", "", "x" * 10_000, used, earlier(totp, 5)):
        wanted = {"challenge": challenge, "code": wrong}
        assert await errors(anonymous, "completeSignIn", wanted) == [("UNAUTHENTICATED", None)], wrong[:6]
    for forged in ("", "a.b.c", person.client.token, challenge[:-2] + "xx"):
        wanted = {"challenge": forged, "code": totp.now()}
        assert await errors(anonymous, "completeSignIn", wanted) == [("BAD_USER_INPUT", "challenge")]
    await forgive(server, person)
    code = {"challenge": challenge, "code": totp.now()}
    at_once = await asyncio.gather(*(errors(anonymous, "completeSignIn", code) for _ in range(2)))
    assert sorted(at_once) == [[], [("UNAUTHENTICATED", None)]], "a code is good once"

    lost = {"challenge": challenge, "code": recovery[0].lower()}
    tokens = await anonymous.act("completeSignIn", lost, TOKENS)
    assert not await Client(house.api, tokens["accessToken"]).codes("{ eventSeq }")
    assert [type for type in await events(house) if "CODE" in type or "FACTOR" in type] == [
        "SECOND_FACTOR_ADDED",
        "RECOVERY_CODE_USED",
    ]


async def test_recovery_codes_are_good_once_and_the_factor_can_go(
    house: House, person: Person, anonymous: Client, server: Server
) -> None:
    _, recovery = await enrolled(person)
    challenge = (await refusal(anonymous, person))["challenge"]
    lost = {"challenge": challenge, "code": recovery[3]}
    at_once = await asyncio.gather(*(errors(anonymous, "completeSignIn", lost) for _ in range(3)))
    assert sorted(at_once) == [[], *[[("UNAUTHENTICATED", None)]] * 2]
    wanted = {"password": PASSWORD, "code": recovery[3]}
    assert await errors(person.client, "removeSecondFactor", wanted) == [("BAD_USER_INPUT", "code")]
    wanted["code"] = recovery[4]
    assert await errors(person.client, "removeSecondFactor", {**wanted, "password": "?"}) == [
        ("BAD_USER_INPUT", "password")
    ]
    assert await errors(person.client, "removeSecondFactor", wanted) == []
    assert await anonymous.act("signIn", {"email": person.email, "password": PASSWORD}, TOKENS)
    assert await errors(anonymous, "completeSignIn", {**lost, "code": recovery[5]}) == [("BAD_USER_INPUT", "challenge")]
    await forgive(server, person)
    other = {"currentPassword": PASSWORD, "newPassword": "a wholly other phrase"}
    await enrolled(person)
    challenge = (await refusal(anonymous, person))["challenge"]
    assert await errors(person.client, "changePassword", other) == []
    assert await errors(anonymous, "completeSignIn", {"challenge": challenge, "code": "000000"}) == [
        ("BAD_USER_INPUT", "challenge")
    ], "another password voids what the old one began"


async def test_a_house_that_asks_for_a_second_factor(house: House, person: Person, anonymous: Client) -> None:
    staff, customer = house.people["STAFF"], house.people["CUSTOMER"]
    await set_password(house, staff)
    before = await anonymous.act("signIn", {"email": staff.email, "password": PASSWORD}, TOKENS)
    assert await errors(person.client, "requireSecondFactor", {"required": True}) == [("CONFLICT", None)]
    await enrolled(person)
    assert await errors(person.client, "requireSecondFactor", {"required": True}) == []
    assert await Client(house.api, before["accessToken"]).codes("{ eventSeq }") == ["UNAUTHENTICATED"], "at once"
    assert not await customer.client.codes("{ eventSeq }"), "customers need none"
    assert await errors(anonymous, "refreshSession", {"refreshToken": before["refreshToken"]}) == [
        ("UNAUTHENTICATED", None)
    ], "a refresh token adds no second factor"
    refused = await refusal(anonymous, staff)
    assert refused["code"] == "SECOND_FACTOR_MISSING"
    challenge = refused["challenge"]
    given = await anonymous.act("enrolSecondFactor", {"challenge": challenge}, "secret")
    totp = pyotp.TOTP(given["secret"])
    wanted = {"challenge": challenge, "code": "12345x"}
    assert await errors(anonymous, "confirmSecondFactor", wanted) == [("BAD_USER_INPUT", "code")]
    assert await errors(anonymous, "confirmSecondFactor", {**wanted, "code": earlier(totp, 1)}) == []
    refused = await refusal(anonymous, staff)
    assert refused["code"] == "SECOND_FACTOR_REQUIRED"
    done = {"challenge": refused["challenge"], "code": totp.now()}
    tokens = await anonymous.act("completeSignIn", done, TOKENS)
    assert not await Client(house.api, tokens["accessToken"]).codes("{ eventSeq }")
    owner = (await refusal(anonymous, person))["challenge"]
    assert owner, "whoever demanded it has one"

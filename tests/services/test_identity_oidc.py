"""Signing in by a provider of OpenID Connect: a real one, which signs with a key of its own and checks PKCE."""

import time
from typing import Any

import pytest

from app.services.identity import providers
from tests.client import Client, Json
from tests.factories.houses import House, Person
from tests.provider import REDIRECT, Provider
from tests.services.test_identity_accounts import TOKENS
from tests.steps import errors, events


async def begin(client: Client, provider: Provider) -> Json:
    wanted = {"provider": provider.name, "redirectUri": REDIRECT}
    return await client.act("startOidcSignIn", wanted, "url state verifier")


async def back(client: Client, provider: Provider, email: str, **said: Any) -> Json:
    """What the client has in hand once the browser is back."""
    started = await begin(client, provider)
    code = provider.consent(started["url"], email, **said)
    return {"code": code, "state": started["state"], "verifier": started["verifier"]}


async def finish(client: Client, wanted: Json) -> list[tuple[str, str | None]]:
    return await errors(client, "finishOidcSignIn", wanted)


@pytest.fixture
def person(house: House) -> Person:
    return house.people["STAFF"]


async def test_a_verified_address_is_known_and_stays_known_by_its_subject(
    house: House, person: Person, anonymous: Client, provider: Provider
) -> None:
    options = "{ signInOptions { password providers { name displayName } } }"
    assert (await anonymous.run(options))["signInOptions"] == {
        "password": True,
        "providers": [{"name": "keys", "displayName": "Keys & Co"}],
    }
    wanted = await back(anonymous, provider, person.email.upper(), subject=f"me {person.user_id}")
    tokens = await anonymous.act("finishOidcSignIn", wanted, f"{TOKENS} viewer {{ user {{ email }} }}")
    assert tokens["viewer"]["user"]["email"] == person.email
    assert not await Client(house.api, tokens["accessToken"]).codes("{ eventSeq }")
    assert await finish(anonymous, wanted) == [("UNAUTHENTICATED", None)], "a code is good once"
    moved = await back(
        anonymous, provider, "elsewhere@example.org", subject=f"me {person.user_id}", email_verified=False
    )
    assert await finish(anonymous, moved) == []
    assert (await events(house)).count("IDENTITY_LINKED") == 1
    heir = await back(anonymous, provider, person.email, subject="whoever was given the address next")
    assert await finish(anonymous, heir) == [("UNAUTHENTICATED", None)]


async def test_nobody_comes_in_who_is_not_known(anonymous: Client, person: Person, provider: Provider) -> None:
    refused = [("UNAUTHENTICATED", None)]
    assert await finish(anonymous, await back(anonymous, provider, "stranger@example.org")) == refused
    for verified in (False, None, "true", 1):
        wanted = await back(anonymous, provider, person.email, email_verified=verified, subject="x")
        assert await finish(anonymous, wanted) == refused, verified


async def test_what_is_not_for_us_is_worth_nothing(person: Person, anonymous: Client, provider: Provider) -> None:
    now = int(time.time())
    lies: list[dict[str, Any]] = [
        {"nonce": "another"},
        {"nonce": None},
        {"iss": "https://elsewhere.example.org"},
        {"aud": "another client"},
        {"aud": ["waypost client", "another client"]},
        {"aud": ["waypost client", "another client"], "azp": "another client"},
        {"azp": "another client"},
        {"exp": now - 120},
        {"exp": None},
        {"exp": "never"},
        {"iat": None},
        {"sub": None},
        {"sub": 7},
        {"sub": "a\x00b"},
        {"sub": "x" * 256},
        {"alg": "none"},
        {"alg": "HS256"},
    ]
    for lie in lies:
        wanted = await back(anonymous, provider, person.email, **lie)
        assert await finish(anonymous, wanted) == [("UNAUTHENTICATED", None)], lie
    wanted = await back(anonymous, provider, person.email, aud=["waypost client"], alg="PS256")
    assert await finish(anonymous, wanted) == []


async def test_an_answer_is_worth_nothing_to_who_did_not_begin(
    person: Person, anonymous: Client, provider: Provider
) -> None:
    mine, other = await back(anonymous, provider, person.email), await begin(anonymous, provider)
    for wrong, field in (
        ({"verifier": other["verifier"]}, "verifier"),
        ({"verifier": "ü"}, "verifier"),
        ({"state": other["state"]}, "verifier"),
        ({"state": "a.b.c"}, "state"),
        ({"state": person.client.token}, "state"),
        ({"code": "x" * 5_000}, "code"),
        ({"code": "a\x00b"}, "code"),
    ):
        assert await finish(anonymous, {**mine, **wrong}) == [("BAD_USER_INPUT", field)], wrong.keys()
    pushed = {"state": other["state"], "verifier": other["verifier"], "code": mine["code"]}
    assert await finish(anonymous, pushed) == [("UNAUTHENTICATED", None)], "the provider checks PKCE"
    wanted = {"provider": provider.name, "redirectUri": REDIRECT}
    assert await errors(anonymous, "startOidcSignIn", {**wanted, "provider": "x"}) == [("NOT_FOUND", None)]
    for uri in (f"{REDIRECT}/more", "https://evil.example.org", ""):
        assert await errors(anonymous, "startOidcSignIn", {**wanted, "redirectUri": uri}) == [
            ("BAD_USER_INPUT", "redirectUri")
        ]


async def test_keys_change_and_providers_fail(person: Person, anonymous: Client, provider: Provider) -> None:
    assert await finish(anonymous, await back(anonymous, provider, person.email)) == []
    asked = provider.asked_for_keys
    assert await finish(anonymous, await back(anonymous, provider, person.email)) == []
    assert provider.asked_for_keys == asked, "keys are kept"
    provider.rotate()
    assert await finish(anonymous, await back(anonymous, provider, person.email)) == []
    assert provider.asked_for_keys == asked + 1
    wanted = await back(anonymous, provider, person.email)
    provider.down = True
    try:
        assert await finish(anonymous, wanted) == [("UNAVAILABLE", None)]
        providers.forget()
        named = {"provider": provider.name, "redirectUri": REDIRECT}
        assert await errors(anonymous, "startOidcSignIn", named) == [("UNAVAILABLE", None)]
    finally:
        provider.down = False
    assert await finish(anonymous, wanted) == [], "it was not used up"

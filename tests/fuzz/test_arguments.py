"""Every argument of every root field, with values that nobody means well with.

Whatever comes, the answer is JSON, each error has a code, none is our own fault, and no text shows how it is made.
`make test` throws the same dice each time; `make soak` throws others, and prints how to throw them again.
"""

import os
import random
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import orjson
import pytest
from starlette.applications import Starlette
from websockets.exceptions import ConnectionClosedError

from app.models import Role
from app.resolvers.verbs import VERBS, Verb
from app.settings import Settings
from tests.asking import document, field_of, name_of
from tests.client import Client, Json
from tests.factories.houses import House, make_house
from tests.fuzz.hostile import Dice, written
from tests.realm import own_api
from tests.scenes import SCENES, Stage, nodes
from tests.sizes import measured, sizes

SEED = "WAYPOST_FUZZ_SEED"
LEAK = re.compile(
    r"Traceback|\.py\b|site-packages|/work|/root|/home|/tmp|sqlalchemy|asyncpg|psycopg|strawberry|graphql\.|pydantic"
    r"|\bSELECT\b.*\bFROM\b|INSERT INTO|UPDATE \w+ SET|violates|constraint \"|relation \"|column \"|\$\d+::"
    r"|<class|object at 0x|NoneType|\b[A-Z]\w+(?:Error|Exception)\b|UUID\('|datetime\.|Viewer\("
)
"""What only those may see who wrote it."""
MESSAGE_MAX = 2_000
SOME = 20
MALFORMED = 4400
WAIT_S = 0.3
"""How long a stream may be silent to count as one that was accepted."""


@dataclass(frozen=True)
class Fuzz:
    """`rounds`: through all root fields."""

    rounds: int
    reproducible: bool


@dataclass
class Callers:
    admin: Client
    customer: Client
    nobody: Client

    def any(self, dice: random.Random) -> Client:
        return dice.choices((self.admin, self.customer, self.nobody), (7, 2, 1))[0]


@asynccontextmanager
async def patient(settings: Settings) -> AsyncIterator[str]:
    """An API that lets everybody ask as much as they like."""
    much: dict[str, Any] = {
        name: 10**9
        for name in type(settings).model_fields
        if name.endswith(("points_max", "points_per_s")) or name.startswith(("tries_of", "sockets_per"))
    }
    async with own_api(settings, **much) as api:
        yield api


async def known_ids(*houses: House) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for house in houses:
        for name, id in (await nodes(await Stage.set_up(house, Role.OWNER))).items():
            found.setdefault(name, []).append(id)
    return found


def asked(size: Fuzz, dice: random.Random) -> Iterator[Verb]:
    fuzzed = [verb for verb in VERBS if field_of(verb).args]
    for _ in range(size.rounds):
        dice.shuffle(fuzzed)
        yield from fuzzed


@sizes(Fuzz(rounds=1, reproducible=True), Fuzz(rounds=15, reproducible=False))
async def test_no_argument_breaks_anything(
    superuser: asyncpg.Pool, settings: Settings, app: Starlette, size: Fuzz, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = os.environ.get(SEED) or ("1" if size.reproducible else str(random.randrange(10**6)))
    async with patient(settings) as api:
        ours, theirs = [await make_house(superuser, settings, api) for _ in range(2)]
        callers = Callers(ours.client("ADMIN"), ours.client("CUSTOMER"), Client(api, None))
        dice = Dice(await known_ids(ours, theirs), random.Random(seed))
        with measured(capsys, f"fuzzing with {SEED}={seed}") as figures:
            found = [await thrown(callers, dice, verb) for verb in asked(size, dice.random)]
            broken = [what for what in found if isinstance(what, str)]
            figures |= {"requests": len(found), "accepted": found.count(True), "broken": len(broken)}
        assert broken == [], "\n\n".join(broken[:20])
        for client in (callers.admin, callers.customer):
            assert (await client.run("{ viewer { user { id } } }"))["viewer"]["user"]["id"]


@sizes(Fuzz(rounds=0, reproducible=True), Fuzz(rounds=4, reproducible=False))
async def test_one_wrong_value_among_good_ones_breaks_nothing(
    superuser: asyncpg.Pool, settings: Settings, app: Starlette, size: Fuzz, capsys: pytest.CaptureFixture[str]
) -> None:
    """It comes further than a request of which nothing makes sense. The scenes take long: in short, some verbs do."""
    seed = os.environ.get(SEED) or ("1" if size.reproducible else str(random.randrange(10**6)))
    async with patient(settings) as api:
        house = await make_house(superuser, settings, api)
        dice = Dice(await known_ids(house), random.Random(seed), honest=0.9, meek=0.1)
        fuzzed = sorted((verb for verb in VERBS if field_of(verb).args), key=name_of)
        found: list[bool | str] = []
        with measured(capsys, f"spoiling with {SEED}={seed}") as figures:
            for verb in fuzzed if size.rounds else dice.random.sample(fuzzed, SOME):
                stage = await Stage.set_up(house, Role.OWNER)
                good = await SCENES[verb.field.python_name].build(stage)
                for _ in range(size.rounds or 2):
                    variables = dice.spoilt(field_of(verb).args, good)
                    found.append(await answered(stage.actor.client, verb, variables))
            broken = [what for what in found if isinstance(what, str)]
            figures |= {"requests": len(found), "accepted": found.count(True), "broken": len(broken)}
        assert broken == [], "\n\n".join(broken[:20])


async def thrown(callers: Callers, dice: Dice, verb: Verb) -> bool | str:
    """Whether it was accepted; or what broke."""
    dice.honest = 0.7 if dice.random.random() < 0.2 else 0.998
    dice.meek = dice.random.choice((0.2, 0.8, 0.95))
    return await answered(callers.any(dice.random), verb, dice.arguments(field_of(verb).args))


async def answered(client: Client, verb: Verb, variables: Json) -> bool | str:
    try:
        if verb.kind == "Subscription":
            return await _followed(client, verb, variables)
        return await _asked(client, verb, variables)
    except AssertionError as broken:
        return f"{name_of(verb)} with {written(variables)[:2_000]!r}:\n{str(broken)[:1_500]}"


async def _asked(client: Client, verb: Verb, variables: Json) -> bool:
    body = written({"query": document(verb, variables), "variables": variables})
    headers = {"content-type": "application/json", **client.headers}
    answer = await client.http.post(f"http://{client.api}/graphql", content=body, headers=headers)
    assert answer.status_code < 500, (answer.status_code, answer.text[:500])
    found = orjson.loads(answer.content)
    check(found.get("errors") or [])
    value = (found.get("data") or {}).get(name_of(verb))
    items = value.get("items") if isinstance(value, dict) else None
    for item in items or []:
        assert not item.get("error") or item["error"]["code"] != "INTERNAL", item
    return not found.get("errors")


async def _followed(client: Client, verb: Verb, variables: Json) -> bool:
    async with client.socket() as socket:
        payload = {"query": document(verb, variables), "variables": variables}
        message = {"id": "1", "type": "subscribe", "payload": payload}
        await socket.connection.send(written(message).decode())
        closed = None
        try:
            answer = await socket.receive(WAIT_S)
        except TimeoutError:
            return True
        except ConnectionClosedError as error:
            closed = error.rcvd
            answer = {"type": "error", "payload": []}
        # what is no JSON is no message; nothing else ends a connection
        assert closed is None or closed.code == MALFORMED, closed
        sent = answer.get("payload")
        errors: Any = sent if answer["type"] == "error" else (sent or {}).get("errors") or []
        check(errors)
        return closed is None and not errors


def check(errors: list[Json]) -> None:
    for error in errors:
        code = error.get("extensions", {}).get("code")
        assert code, error
        assert code != "INTERNAL", error
        assert not LEAK.search(orjson.dumps({**error, "message": error["message"]}).decode()), error
        assert len(error["message"]) <= MESSAGE_MAX, error["message"][:500]

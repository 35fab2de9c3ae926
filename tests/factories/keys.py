"""Partners' programs: keys as rows, documents as rows, and a client that sends names instead of texts."""

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from app import clock
from app.access import PARTNER_MAY
from tests.client import Client, Json, Socket, Stream
from tests.factories.houses import House
from tests.factories.rows import insert

ALL = sorted(scope.value for scope in PARTNER_MAY)


def named(text: str) -> str:
    """What a document is called by its hash."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


class Program(Client):
    """A partner's program: it sends the name of what it wants to run."""

    async def post(self, query: str, variables: Json | None = None, headers: dict[str, str] | None = None) -> Json:
        """By the name of a text, which is not sent."""
        return await self.send({"documentId": named(query), "variables": variables or {}}, headers)

    async def send(self, request: Json, headers: dict[str, str] | None = None) -> Json:
        """Any request, as it is."""
        given = {"content-type": "application/json", **self.headers, **(headers or {})}
        answer = await self.http.post(f"http://{self.api}/graphql", content=orjson.dumps(request), headers=given)
        found: Json = orjson.loads(answer.content)
        return found

    async def refused(self, request: Json) -> list[str]:
        """The codes of a request's errors."""
        answer = await self.send(request)
        assert not answer.get("data")
        return [error["extensions"]["code"] for error in answer["errors"]]


async def over_socket(socket: Socket, request: Json) -> Json:
    """The first message that answers a request."""
    await socket.send({"id": "1", "type": "subscribe", "payload": request})
    return await Stream(socket, "1").message()


@dataclass(frozen=True)
class Key:
    id: UUID
    partner_id: UUID
    token: str
    program: Program


async def partner(house: House, **values: Any) -> UUID:
    return await house.insert("partners", **{"type": "VET", "name": "Dr Gela", **values})


async def key(house: House, partner_id: UUID | None = None, scopes: Sequence[str] = ALL, **values: Any) -> Key:
    """A key that was used just now, so that nothing is written down when it is used again."""
    owner = partner_id or await partner(house)
    prefix = "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz234567") for _ in range(12))
    secret = secrets.token_urlsafe(32)
    id = await house.insert(
        "api_keys",
        **{
            "partner_id": owner,
            "name": "Practice",
            "prefix": prefix,
            "secret_hash": hashlib.sha256(secret.encode()).digest(),
            "scopes": list(scopes),
            "last_used_at": clock.now(),
            **values,
        },
    )
    token = f"wpk_{prefix}_{secret}"
    return Key(id, owner, token, Program(house.api, token))


async def registered(house: House, partner_id: UUID, *texts: str, **values: Any) -> None:
    """Documents as they were once examined and found good."""
    for text in texts:
        await house.insert(
            "registered_documents",
            **{
                "partner_id": partner_id,
                "document_id": named(text),
                "hash": named(text).removeprefix("sha256:"),
                "body": text,
                "operations": json.dumps([]),
                "first_version": 1,
                "last_version": 1,
                **values,
            },
        )


async def registered_for_all(house: House, *texts: str) -> None:
    """Documents of a client of the house, which any house may run."""
    for text in texts:
        await insert(
            house.pool,
            "client_documents",
            client=f"client-{house.id.hex[:30]}",
            document_id=named(text),
            hash=named(text).removeprefix("sha256:"),
            body=text,
            operations=json.dumps([]),
            first_version=1,
            last_version=1,
        )

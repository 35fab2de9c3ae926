"""A client as somebody outside would write it: httpx, websockets and nothing of Waypost."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from app.demo.people import Person
from app.demo.process import ServerFailed
from app.demo.story.documents import SIGN_IN

PATIENCE_S = 30
"""Longest wait for what should come at once."""

Json = dict[str, Any]


class StoryFailed(ServerFailed):
    """The day did not go as it should."""


class Client:
    """One signed-in person's app: queries and mutations over HTTP, subscriptions over graphql-transport-ws."""

    def __init__(self, http: httpx.AsyncClient, url: str, ws_url: str, signed_in: Json) -> None:
        self._http, self._url, self._ws_url = http, url, ws_url
        self._token = str(signed_in["accessToken"])
        self.viewer: Json = signed_in["viewer"]

    @classmethod
    async def sign_in(cls, http: httpx.AsyncClient, url: str, ws_url: str, person: Person) -> "Client":
        credentials = {"email": person.email, "password": person.password, "organization": person.organization}
        answer = await _ask(http, url, None, SIGN_IN, credentials)
        return cls(http, url, ws_url, answer["signIn"])

    async def ask(self, document: str, *, key: str | None = None, **variables: Any) -> Json:
        """The answer's data. What is asked again with the same key is done once. Raises StoryFailed."""
        return await _ask(self._http, self._url, self._token, document, variables, key)

    async def do(self, document: str, **variables: Any) -> Json:
        """The outcome of a document with one mutation. Raises StoryFailed if it was refused."""
        [(field, outcome)] = (await self.ask(document, **variables)).items()
        if not outcome["__typename"].endswith("Success"):
            raise StoryFailed(f"{field} was refused: {outcome['__typename']}: {outcome.get('message')}")
        return dict(outcome)

    @asynccontextmanager
    async def follow(self, document: str, **variables: object) -> AsyncIterator[AsyncIterator[Json]]:
        """What a subscription tells, as long as the block is open."""
        async with connect(self._ws_url, subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None) as socket:
            await socket.send(_message("connection_init", {"authorization": f"Bearer {self._token}"}))
            async with asyncio.timeout(PATIENCE_S):
                _expect("connection_ack", await socket.recv())
            await socket.send(_message("subscribe", {"query": document, "variables": variables}, id="1"))
            yield _told(socket)


async def _told(socket: ClientConnection) -> AsyncIterator[Json]:
    """The values of the one field that was subscribed to."""
    async for text in socket:
        if json.loads(text)["type"] == "ping":
            await socket.send(_message("pong"))
            continue
        [value] = _data(_expect("next", text)["payload"]).values()
        yield value
    raise StoryFailed("The server closed a subscription.")


async def _ask(
    http: httpx.AsyncClient,
    url: str,
    token: str | None,
    document: str,
    variables: Mapping[str, object],
    key: str | None = None,
) -> Json:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    if key:
        headers["idempotency-key"] = key
    try:
        answer = await http.post(url, json={"query": document, "variables": variables}, headers=headers)
        return _data(answer.json())
    except (httpx.HTTPError, ValueError) as error:
        raise StoryFailed(f"{url} did not answer: {error!r}") from error


def _data(answer: Json) -> Json:
    if answer.get("errors"):
        raise StoryFailed("; ".join(error["message"] for error in answer["errors"]))
    return dict(answer["data"])


def _message(type: str, payload: Json | None = None, **more: str) -> str:
    return json.dumps({"type": type, **({"payload": payload} if payload else {}), **more})


def _expect(type: str, text: str | bytes) -> Json:
    message = json.loads(text)
    if message["type"] != type:
        raise StoryFailed(f"The socket said {message} and not {type}.")
    return dict(message)


def nodes(connection: Json) -> list[Json]:
    return [edge["node"] for edge in connection["edges"]]

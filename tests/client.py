"""A client of the API as the outside world has it: HTTP and graphql-transport-ws."""

import asyncio
import itertools
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
import websockets

Json = dict[str, Any]
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Nothing is encrypted here, and making one of these for each client takes longer than many a test."""


class Refused(AssertionError):
    """The answer has errors where none were expected."""


@dataclass(frozen=True)
class File:
    """A file among variables."""

    name: str
    content: bytes


def request(query: str, variables: Json, headers: dict[str, str]) -> Json:
    """What httpx posts: JSON, or a form by the multipart request spec if there are files among the variables."""
    files: dict[str, File] = {}
    operations = {"query": query, "variables": _without_files(variables, "variables", files)}
    if not files:
        return {"content": orjson.dumps(operations), "headers": {"content-type": "application/json", **headers}}
    return {
        "data": {
            "operations": orjson.dumps(operations).decode(),
            "map": orjson.dumps({path: [path] for path in files}).decode(),
        },
        "files": {path: (file.name, file.content) for path, file in files.items()},
        "headers": {"graphql-require-preflight": "1", **headers},
    }


def _without_files(value: Any, path: str, files: dict[str, File]) -> Any:
    if isinstance(value, File):
        files[path] = value
        return None
    if isinstance(value, dict):
        return {key: _without_files(item, f"{path}.{key}", files) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_files(item, f"{path}.{number}", files) for number, item in enumerate(value)]
    return value


@dataclass
class Client:
    """One person's (or nobody's) way to the API."""

    api: str
    token: str | None
    http: httpx.AsyncClient = field(
        default_factory=lambda: httpx.AsyncClient(timeout=60, trust_env=False, verify=PLAIN)
    )

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"} if self.token else {}

    async def post(self, query: str, variables: Json | None = None, headers: dict[str, str] | None = None) -> Json:
        """The whole answer, with data and errors."""
        given = {**self.headers, **(headers or {})}
        answer = await self.http.post(f"http://{self.api}/graphql", **request(query, variables or {}, given))
        found: Json = orjson.loads(answer.content)
        return found

    async def run(self, query: str, variables: Json | None = None, **headers: str) -> Any:
        """The data; an error fails the test."""
        answer = await self.post(query, variables, {name.replace("_", "-"): value for name, value in headers.items()})
        if answer.get("errors"):
            raise Refused(answer["errors"])
        return answer["data"]

    async def codes(self, query: str, variables: Json | None = None) -> list[str]:
        """The codes of the answer's errors."""
        answer = await self.post(query, variables)
        return [error["extensions"]["code"] for error in answer.get("errors") or []]

    async def act(self, verb: str, input: Json, selection: str, **headers: str) -> Json:
        """One mutation: `act("bookSlot", {...}, "... on BookSlotSuccess { booking { id } }")`."""
        name = f"{verb[0].upper()}{verb[1:]}Input"
        data = await self.run(
            f"mutation Act($input: {name}!) {{ {verb}(input: $input) {{ __typename {selection} }} }}",
            {"input": input},
            **headers,
        )
        answer: Json = data[verb]
        return answer

    @asynccontextmanager
    async def socket(self, payload: Json | None = None) -> AsyncIterator["Socket"]:
        connection = await websockets.connect(
            f"ws://{self.api}/graphql", subprotocols=[websockets.Subprotocol("graphql-transport-ws")], proxy=None
        )
        try:
            socket = Socket(connection)
            sent = payload if payload is not None else ({"authorization": f"Bearer {self.token}"} if self.token else {})
            await socket.send({"type": "connection_init", "payload": sent})
            assert (await socket.receive())["type"] == "connection_ack"
            yield socket
        finally:
            await connection.close()

    @asynccontextmanager
    async def subscribe(self, query: str, variables: Json | None = None) -> AsyncIterator["Stream"]:
        async with self.socket() as socket:
            yield await socket.subscribe(query, variables)


class Socket:
    """One connection that speaks graphql-transport-ws; reads one stream at a time."""

    def __init__(self, connection: websockets.ClientConnection) -> None:
        self.connection = connection
        self._ids = itertools.count(1)

    async def send(self, message: Json) -> None:
        await self.connection.send(orjson.dumps(message).decode())

    async def receive(self, timeout_s: float = 30) -> Json:
        async with asyncio.timeout(timeout_s):
            message: Json = orjson.loads(await self.connection.recv())
        return message

    async def subscribe(self, query: str, variables: Json | None = None) -> "Stream":
        id = str(next(self._ids))
        await self.send({"id": id, "type": "subscribe", "payload": {"query": query, "variables": variables or {}}})
        return Stream(self, id)


@dataclass
class Stream:
    socket: Socket
    id: str

    async def message(self, timeout_s: float = 30) -> Json:
        """The next message of this operation, whatever it is."""
        while True:
            message = await self.socket.receive(timeout_s)
            if message.get("id") == self.id:
                return message

    async def next(self, timeout_s: float = 30) -> Any:
        """The data of the next result."""
        message = await self.message(timeout_s)
        if message["type"] != "next" or message["payload"].get("errors"):
            raise Refused(message)
        return message["payload"]["data"]

    async def quiet(self, for_s: float = 0.5) -> bool:
        """Whether nothing comes for a while."""
        try:
            await self.message(for_s)
        except TimeoutError:
            return True
        return False

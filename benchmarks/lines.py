"""Subscribers by the thousand, as one process: raw sockets, read with as little work as can be.

    python -m benchmarks.lines <port>

The first line of its input says what to follow, and for whom: `{"query", "subscribers": [{"token", "variables"}]}`.
Each further line is a number: once every subscriber has heard so many events, it answers one line with what each has
heard, and when, by the monotonic clock.
"""

import asyncio
import base64
import os
import sys
import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import orjson

CLOSE, PING = 0x88, 0x89


@dataclass
class Line(asyncio.Protocol):
    """One socket, read with as little work as can be."""

    greeting: bytes
    heard: list[tuple[str, float]]
    _rest: bytes = b""
    _shaken: bool = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        key = base64.b64encode(os.urandom(16))
        transport.write(  # type: ignore[attr-defined]
            b"GET /graphql HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
            b"sec-websocket-version: 13\r\nsec-websocket-protocol: graphql-transport-ws\r\n"
            b"sec-websocket-key: %b\r\n\r\n" % key
        )

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        data = self._rest + data
        if not self._shaken:
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                self._rest = head
                return
            self._shaken = True
            self.transport.write(self.greeting)
        while (size := _whole(data)) is not None:
            if data[0] == PING:
                self.transport.write(bytes((0x8A, 0x80 | data[1])) + bytes(4) + data[2:size])
            elif b'"type":"error"' in data[:size] or data[0] == CLOSE:
                raise SystemExit(data[:size])
            place = data.find(b'"seq":"', 0, size)
            if place >= 0:
                self.heard.append((data[place + 7 : data.index(b'"', place + 7)].decode(), now))
            data = data[size:]
        self._rest = data


def _whole(data: bytes) -> int | None:
    """How long the first frame is, if it is all there."""
    if len(data) < 4:
        return None
    size = data[1] + 2 if data[1] < 126 else int.from_bytes(data[2:4], "big") + 4
    return size if len(data) >= size else None


def _frame(message: object) -> bytes:
    payload = orjson.dumps(message)
    head = bytes((0x81, 0x80 | len(payload))) if len(payload) < 126 else b"\x81\xfe" + len(payload).to_bytes(2, "big")
    return head + bytes(4) + payload


async def follow(port: int) -> None:
    loop, wanted = asyncio.get_running_loop(), orjson.loads(sys.stdin.readline())
    lines = []
    for subscriber in wanted["subscribers"]:
        init = {"type": "connection_init", "payload": {"authorization": f"Bearer {subscriber['token']}"}}
        payload = {"query": wanted["query"], "variables": subscriber["variables"]}
        subscribe = {"id": str(uuid4()), "type": "subscribe", "payload": payload}
        line = Line(_frame(init) + _frame(subscribe), [])
        await loop.create_connection(lambda line=line: line, "127.0.0.1", port)  # type: ignore[misc]
        lines.append(line)
    while count := await asyncio.to_thread(sys.stdin.readline):
        while not all(len(line.heard) >= int(count) for line in lines):  # noqa: ASYNC110 - cheaper than to tell
            await asyncio.sleep(0.05)
        print(orjson.dumps([line.heard for line in lines]).decode(), flush=True)


if __name__ == "__main__":
    asyncio.run(follow(int(sys.argv[1])))

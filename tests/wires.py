"""A WebSocket down to its bytes, for what no well-behaved client would send."""

import asyncio
import base64
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import orjson

from tests.client import Json

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
MASK = b"\x00\x00\x00\x00"
"""A mask that changes nothing is a mask."""


def frame(
    opcode: int, payload: bytes, *, first: int = 0x80, mask: bytes | None = MASK, length: int | None = None
) -> bytes:
    """`first`: FIN and the reserved bits. `length`: what the frame says it has."""
    size = len(payload) if length is None else length
    bit = 0 if mask is None else 0x80
    if size < 126:
        head = bytes((bit | size,))
    elif size < 65536:
        head = bytes((bit | 126,)) + size.to_bytes(2, "big")
    else:
        head = bytes((bit | 127,)) + size.to_bytes(8, "big")
    return bytes((first | opcode,)) + head + (mask or b"") + payload


def message(**members: object) -> bytes:
    return frame(TEXT, orjson.dumps(members))


@dataclass
class Raw:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, *parts: bytes) -> None:
        with suppress(ConnectionError):
            for part in parts:
                self.writer.write(part)
                await self.writer.drain()

    def pause(self) -> None:
        self.writer.transport.pause_reading()  # type: ignore[attr-defined]

    def resume(self) -> None:
        self.writer.transport.resume_reading()  # type: ignore[attr-defined]

    async def receive(self) -> tuple[int, bytes]:
        """Opcode and payload of the next frame."""
        opcode, size = await self.reader.readexactly(2)
        if size == 126:
            size = int.from_bytes(await self.reader.readexactly(2), "big")
        elif size == 127:
            size = int.from_bytes(await self.reader.readexactly(8), "big")
        return opcode & 15, await self.reader.readexactly(size)

    async def says(self) -> Json:
        opcode, payload = await self.receive()
        assert opcode == TEXT, (opcode, payload)
        said: Json = orjson.loads(payload)
        return said

    async def closed_with(self) -> int:
        """The code of the close frame; what comes before it does not matter."""
        async with asyncio.timeout(20):
            while True:
                opcode, payload = await self.receive()
                if opcode == CLOSE:
                    return int.from_bytes(payload[:2], "big")


@asynccontextmanager
async def raw(api: str, protocol: str = "graphql-transport-ws", window: int | None = None) -> AsyncIterator[Raw]:
    """A connection whose handshake is done. `window`: how many bytes wait here for somebody who does not read."""
    host, port = api.split(":")
    connection = socket.socket()
    connection.setblocking(False)
    if window is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    await asyncio.get_running_loop().sock_connect(connection, (host, int(port)))
    reader, writer = await asyncio.open_connection(sock=connection)
    key = base64.b64encode(os.urandom(16)).decode()
    head = f"GET /graphql HTTP/1.1\r\nhost: {api}\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    head += f"sec-websocket-version: 13\r\nsec-websocket-key: {key}\r\n"
    head += f"sec-websocket-protocol: {protocol}\r\n\r\n" if protocol else "\r\n"
    writer.write(head.encode())
    answer = await reader.readuntil(b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 101"), answer
    try:
        yield Raw(reader, writer)
    finally:
        writer.transport.abort()

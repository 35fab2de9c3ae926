"""uvicorn's WebSocket, and what it leaves to those who use it.

- Whatever a peer sends, it hears why it is turned away: with bytes unread, closing would reset the connection, and the
  close frame would be lost with it.
- A frame is written at once, without a task; how much waits for the peer is known, so that a slow reader is too.
- At the end of the process the application closes the socket, once it has said what it was about to say.
"""

import asyncio
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState
from websockets.protocol import State

from app.serving.sockets.codes import CloseCode

KEY = "waypost.wire"
"""Where the application finds its wire in the scope."""
RETIRE = "waypost.retire"
"""A message to the application: come to an end, and close with a code."""
LINGER_S = 3.0
"""How long a peer that was turned away may still talk."""
REASON_BYTES_MAX = 120
"""A close frame has room for 123."""


class Wire(WebSocketsSansIOProtocol):
    """One connection."""

    stall_s = 30.0
    drain_s = 5.0
    _stalling: asyncio.TimerHandle | None = None
    _retiring: asyncio.TimerHandle | None = None
    _deaf = False

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        # 38 KB for each connection, and half as much time again for each frame
        self.conn.available_extensions = []

    def govern(self, *, message_bytes: int, buffer_bytes: int, stall_s: float, drain_s: float) -> None:
        """Turn the knobs; nothing was received yet."""
        self.conn.max_message_size = message_bytes
        self.transport.set_write_buffer_limits(high=buffer_bytes)
        self.stall_s, self.drain_s = stall_s, drain_s

    async def run_asgi(self) -> None:
        cast("dict[str, Any]", self.scope)[KEY] = self
        await super().run_asgi()

    # what goes out

    @property
    def is_open(self) -> bool:
        return not (self.close_sent or self.disconnected or self.transport.is_closing())

    @property
    def takes(self) -> bool:
        """Whether the peer reads well enough to be sent more."""
        return self.is_open and self.writable.is_set()

    async def ready(self) -> None:
        """Wait until the peer takes more; whoever waits for one that is gone is about to be cancelled."""
        while not self.takes:
            await (self.writable.wait() if self.is_open else self.loop.create_future())

    def write(self, *parts: bytes) -> None:
        """One text frame of already encoded parts. What is written to a connection that is closed goes nowhere."""
        if self.is_open and self.conn.state is State.OPEN:
            self.transport.write(b"".join((_header(sum(map(len, parts))), *parts)))

    def close(self, code: int, reason: str = "") -> None:
        """Say why, wait a little for the peer to say the same, and hang up."""
        if not self.is_open:
            return
        self.stop_keepalive()
        try:
            self.conn.send_close(code, reason.encode()[:REASON_BYTES_MAX].decode(errors="ignore"))
        except InvalidState:
            # the peer was faster
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self._linger()

    def _linger(self) -> None:
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        # whoever neither reads nor answers is not waited for
        self.close_timer = self.loop.call_later(LINGER_S, self.transport.abort)

    # how well the peer reads

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stalling = self.loop.call_later(self.stall_s, self.close, CloseCode.TOO_SLOW, "Too slow")

    def resume_writing(self) -> None:
        super().resume_writing()
        self._forget("_stalling")

    def handle_ping(self) -> None:
        """Whoever does not read what they asked for is not answered."""
        pong = b"".join(self.conn.data_to_send())
        if self.writable.is_set():
            self.transport.write(pong)

    def keepalive_timeout(self) -> None:
        """A peer that does not answer pings is as slow as one can be."""
        self.pong_timer = None
        self.pending_ping_payload = None
        self.close(CloseCode.TOO_SLOW, "No answer to a ping")

    def _forget(self, timer: str) -> None:
        running: asyncio.TimerHandle | None = getattr(self, timer)
        if running is not None:
            running.cancel()
            setattr(self, timer, None)

    # the end

    def data_received(self, data: bytes) -> None:
        if not self._deaf:
            super().data_received(data)

    def handle_parser_exception(self) -> None:
        """What came is no WebSocket: say so, and listen no more, but to the end of what the peer has to say."""
        sent = self.conn.close_sent
        self.queue.put_nowait({"type": "websocket.disconnect", "code": sent.code if sent else 1006})
        self.stop_keepalive()
        if not self.transport.is_closing():
            self.transport.write(b"".join(self.conn.data_to_send()))
            if self.transport.can_write_eof():
                self.transport.write_eof()
        self._deaf = self.close_sent = True
        self._linger()

    def shutdown(self) -> None:
        """The process ends. The application hears of it; it has a while to come to an end."""
        if self.handshake_complete and not self.close_sent:
            self.retire(CloseCode.RESTARTING, "Restarting")
            self._retiring = self.loop.call_later(self.drain_s, self.close, CloseCode.RESTARTING, "Restarting")
        elif not self.close_sent:
            super().shutdown()

    def retire(self, code: CloseCode, reason: str) -> None:
        self.queue.put_nowait({"type": RETIRE, "code": code, "reason": reason})  # type: ignore[typeddict-item]

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._forget("_stalling")
        self._forget("_retiring")


def _header(length: int) -> bytes:
    """Of an unmasked text frame that is a whole message (RFC 6455, 5.2)."""
    if length < 126:
        return bytes((0x81, length))
    if length < 65536:
        return b"\x81\x7e" + length.to_bytes(2, "big")
    return b"\x81\x7f" + length.to_bytes(8, "big")

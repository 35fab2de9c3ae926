"""HTTP on the wire, as uvicorn speaks it, with what it leaves out: bounds for what comes before a body.

uvicorn takes this class by its name, where a server is set up.
"""

import asyncio
from asyncio import TimerHandle, Transport
from http import HTTPStatus

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class Protocol(HttpToolsProtocol):
    """One connection."""

    head_bytes_max = 65_536
    """The request line and all headers."""
    head_s_max = 30.0
    """How long they may take to come, from the beginning of the connection or of a later request."""
    _awaited: TimerHandle | None = None
    _heading = True
    _read = 0

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_here()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._heading and not self.transport.is_closing():
            self._read += len(data)
            if self._read > self.head_bytes_max:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._await_head()

    def on_headers_complete(self) -> None:
        self._head_is_here()
        length = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if length > self.head_bytes_max:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        else:
            super().on_headers_complete()

    def _should_upgrade(self) -> bool:
        """A socket begins with a GET; with anything else, uvicorn's would wait for ever."""
        return self.scope["method"] == "GET" and super()._should_upgrade()

    def send_400_response(self, msg: str) -> None:
        """What the parser does not take."""
        self._refuse(HTTPStatus.BAD_REQUEST)

    def _await_head(self) -> None:
        self._head_is_here()
        self._heading, self._read = True, 0
        self._awaited = asyncio.get_running_loop().call_later(self.head_s_max, self._refuse, HTTPStatus.REQUEST_TIMEOUT)

    def _head_is_here(self) -> None:
        self._heading = False
        if self._awaited is not None:
            self._awaited.cancel()
            self._awaited = None

    def _refuse(self, status: HTTPStatus) -> None:
        """Hang up, with a reason unless that would stand in the midst of other answers."""
        if self.transport.is_closing():
            return
        if not self.pipeline and (
            self.cycle is None or self.cycle.response_complete or not self.cycle.response_started
        ):
            error = {"message": f"{status.phrase}.", "extensions": {"code": "BAD_USER_INPUT"}}
            content = orjson.dumps({"errors": [error]})
            head = (
                f"HTTP/1.1 {status} {status.phrase}\r\ncontent-type: application/json\r\n"
                f"content-length: {len(content)}\r\nconnection: close\r\n\r\n"
            )
            self.transport.write(head.encode() + content)
        self.transport.close()

"""Where sockets come in."""

from typing import cast

from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from app.buckets import network
from app.context import Context, Server
from app.serving.execution import Engine
from app.serving.fanout import Fanout
from app.serving.sockets.codes import CloseCode, Closing
from app.serving.sockets.connection import Connection
from app.serving.sockets.doors import Doors
from app.serving.sockets.wire import KEY, Wire
from app.serving.web.endpoint import origin

PROTOCOL = "graphql-transport-ws"


class Sockets:
    """The one address of the API, for sockets."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._settings = engine.settings
        self._fanout = Fanout(engine)
        self._doors = Doors(
            per_address_max=self._settings.sockets_per_address_max, per_caller_max=self._settings.sockets_per_caller_max
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wire = scope.get(KEY)
        if not isinstance(wire, Wire):
            raise TypeError("this application is served by `waypost serve`, or by uvicorn with its `ws` set to `Wire`")
        await receive()
        if not self._is_welcome(HTTPConnection(scope)):
            await send({"type": "websocket.close"})
            return
        speaks = PROTOCOL in scope["subprotocols"]
        await send({"type": "websocket.accept", "subprotocol": PROTOCOL if speaks else None})
        wire.govern(
            message_bytes=self._settings.body_bytes_max,
            buffer_bytes=self._settings.socket_buffer_bytes,
            stall_s=self._settings.socket_stall_s,
            drain_s=self._settings.socket_drain_s,
        )
        if not speaks:
            wire.close(CloseCode.SUBPROTOCOL, "Subprotocol not acceptable")
            return
        server = cast("Server", scope["app"].state.server)
        request = HTTPConnection(scope)
        connection = Connection(wire, self._engine, self._fanout, self._doors, Context(server, origin(request)))
        try:
            self._doors.arrive(connection, network(request.client.host if request.client else None))
        except Closing as closing:
            wire.close(closing.code, closing.reason)
            return
        await connection.run()

    def _is_welcome(self, request: HTTPConnection) -> bool:
        """Pages of other origins have no business here, if it is known which have."""
        origin, welcome = request.headers.get("origin"), self._settings.cors_origins
        own = f"://{request.headers.get('host')}"
        return not origin or not welcome or origin in welcome or "*" in welcome or origin.endswith(own)

"""One socket: its greeting, its operations, and its end."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import orjson
from graphql import GraphQLError

from app import clock
from app.context import Context
from app.errors import RateLimited, Unauthenticated
from app.serving.callers import sign_in
from app.serving.execution import Engine
from app.serving.fanout import Fanout
from app.serving.sockets.codes import CloseCode, Closing
from app.serving.sockets.doors import Doors
from app.serving.sockets.messages import Message, read
from app.serving.sockets.operations import Operation
from app.serving.sockets.pace import Pace
from app.serving.sockets.wire import RETIRE, Wire

log = logging.getLogger(__name__)


class Connection:
    """Speaks graphql-transport-ws with one client. Each of its operations has a context of its own."""

    def __init__(self, wire: Wire, engine: Engine, fanout: Fanout, doors: Doors, context: Context) -> None:
        self._wire, self._engine, self._fanout, self._doors, self._context = wire, engine, fanout, doors, context
        self._settings = engine.settings
        self._operations: dict[str, Operation] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._timers: list[asyncio.TimerHandle] = []
        self._greeted = self._acknowledged = False
        self._pace = Pace(self._settings.socket_messages_per_s)

    async def run(self) -> None:
        """Until either side hangs up."""
        self._after(self._settings.socket_init_s, CloseCode.INIT_TIMEOUT, "Connection initialisation timeout")
        try:
            while (event := await self._wire.receive())["type"] == "websocket.receive":
                await self._pace.keep()
                # whoever does not read is not listened to
                await self._wire.writable.wait()
                await self._hear(read(event))
            if event["type"] == RETIRE:
                await self._retire(event)
        except Closing as closing:
            self._wire.close(closing.code, closing.reason)
        except Exception:
            log.exception("a socket broke")
            self._wire.close(CloseCode.BROKEN, "Internal server error")
        finally:
            for timer in self._timers:
                timer.cancel()
            self._doors.leave(self)
            for operation in list(self._operations.values()):
                operation.leave()
            await self._settled(None)

    def _after(self, delay_s: float, code: CloseCode, reason: str) -> None:
        loop = asyncio.get_running_loop()
        self._timers.append(loop.call_later(delay_s, self._wire.retire, code, reason))

    async def _hear(self, message: Message) -> None:
        match message.type:
            case "connection_init":
                await self._greet(message.payload or {})
            case "ping":
                self._say({"type": "pong", **({"payload": message.payload} if message.payload is not None else {})})
            case "subscribe":
                self._subscribe(message)
            case "complete":
                operation = self._operations.pop(message.id, None)
                if operation is not None:
                    operation.leave()

    def _say(self, message: Mapping[str, object]) -> None:
        self._wire.write(orjson.dumps(message))

    # the greeting

    async def _greet(self, payload: Mapping[str, Any]) -> None:
        """A socket signs in by its `connection_init`; without a token it stays anonymous."""
        if self._greeted:
            raise Closing(CloseCode.INIT_TWICE, "Too many initialisation requests")
        self._greeted = True
        self._timers.pop().cancel()
        token = payload.get("authorization") or payload.get("Authorization")
        try:
            await sign_in(self._context, str(token) if token else None)
        except Unauthenticated as error:
            self._context.turn_away(error)
        except RateLimited as error:
            raise Closing(CloseCode.TRY_LATER, error.message) from error
        if self._context.turned_away:
            raise Closing(CloseCode.FORBIDDEN, "Forbidden")
        viewer = self._context.caller
        if viewer is not None:
            self._doors.enter(self, str(viewer.api_key_id or viewer.user_id))
            if viewer.expires_at:
                left_s = (viewer.expires_at - clock.now()).total_seconds()
                self._after(left_s, CloseCode.FORBIDDEN, "Access token expired")
        self._acknowledged = True
        self._say({"type": "connection_ack"})

    # operations

    def _subscribe(self, message: Message) -> None:
        if not self._acknowledged:
            raise Closing(CloseCode.NOT_ACKNOWLEDGED, "Unauthorized")
        if message.id in self._operations:
            raise Closing(CloseCode.ID_TAKEN, f"Subscriber for {message.id} already exists")
        most = self._settings.socket_operations_max
        # those that were called off may take a moment to end
        if len(self._operations) >= most or len(self._tasks) >= 2 * most:
            self._turn_down(message.id)
            return
        operation = Operation(
            self._wire, self._engine, self._fanout, self._context.for_operation(), message, self._forget
        )
        self._operations[message.id] = operation
        operation.task = asyncio.create_task(operation.run())
        self._tasks.add(operation.task)
        operation.task.add_done_callback(self._tasks.discard)

    def _forget(self, id: str) -> None:
        self._operations.pop(id, None)

    def _turn_down(self, id: str) -> None:
        refusal = RateLimited(1, f"A socket has at most {self._settings.socket_operations_max} operations at once.")
        error = GraphQLError(refusal.message, extensions=dict(refusal.extensions))
        self._say({"id": id, "type": "error", "payload": [error.formatted]})

    # the end

    async def _retire(self, event: Mapping[str, Any]) -> None:
        """Take nothing new, finish what is on its way, and hang up."""
        code, reason = event["code"], event["reason"]
        for operation in list(self._operations.values()):
            operation.retire()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._settings.socket_drain_s):
                await self._settled(self._settings.socket_drain_s)
                await self._wire.writable.wait()
        self._wire.close(code, reason)

    async def _settled(self, timeout_s: float | None) -> None:
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=timeout_s)

"""One operation of a socket, from `subscribe` to `complete` or `error`."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing

import orjson
from graphql import GraphQLError, OperationType

from app.context import Context
from app.serving.admission.documents import Refused
from app.serving.coding import error_of
from app.serving.execution import Answer, Engine
from app.serving.fanout import Fanout
from app.serving.requests import GraphQLRequest
from app.serving.sockets.messages import Message
from app.serving.sockets.wire import Wire


class Operation:
    """`ended` is called before its last message goes out: from then on its id is free."""

    def __init__(
        self,
        wire: Wire,
        engine: Engine,
        fanout: Fanout,
        context: Context,
        message: Message,
        ended: Callable[[str], None],
    ) -> None:
        self.id = message.id
        self.task: asyncio.Task[None] | None = None
        self._wire, self._engine, self._fanout, self._context = wire, engine, fanout, context
        self._payload = message.payload
        self._ended = ended
        self._following = False
        self._retiring = False
        self._head = b'{"id":%b,"type":"next","payload":' % orjson.dumps(self.id)

    async def run(self) -> None:
        try:
            await self._answer()
        except Refused as refused:
            self._refuse(refused.errors)
        except Exception as error:
            self._refuse([error_of(error)])
        else:
            self._end({"id": self.id, "type": "complete"})

    async def _answer(self) -> None:
        operation = await self._engine.admit(GraphQLRequest.of(self._payload), self._context)
        if operation.kind is not OperationType.SUBSCRIPTION:
            await self._send(await self._engine.execute(operation, self._context))
            return
        self._following = True
        self._context.teller = self._fanout.seat(operation, self._context.server, self)
        async with aclosing(self._engine.stream(operation, self._context)) as answers:
            async for answer in answers:
                await self._send(answer)
                if self._retiring:
                    return

    # the way out; also of what a group sends to all of its members

    @property
    def takes(self) -> bool:
        return self._wire.takes

    async def ready(self) -> None:
        await self._wire.ready()

    def next(self, payload: bytes) -> None:
        self._wire.write(self._head, payload, b"}")

    async def _send(self, answer: Answer) -> None:
        """What failed before or beside the fields is no result."""
        if not answer.ran:
            raise Refused(answer.errors)
        payload = orjson.dumps(answer.body)
        await self.ready()
        self.next(payload)

    def _refuse(self, errors: Sequence[GraphQLError]) -> None:
        self._end({"id": self.id, "type": "error", "payload": [error.formatted for error in errors]})

    def _end(self, message: dict[str, object]) -> None:
        if not self._retiring or not self._following:
            self._ended(self.id)
            self._wire.write(orjson.dumps(message))

    # the end

    def leave(self) -> None:
        """Nobody waits for its answer any more."""
        if self.task:
            self.task.cancel()

    def retire(self) -> None:
        """Come to an end: a stream after what it is delivering, anything else with its answer."""
        self._retiring = True
        if self._following and self._context.rests:
            self.leave()

"""One execution for all who follow the same: what an event shows is worked out once, and its bytes are sent to each.

Subscribers of one document, with the same variables and the same visibility, are a group. Each of them replays alone
what the log holds behind its cursor, and joins the group at the place where it has arrived. Whoever reads too slowly,
and everybody when an event shows something that is one person's alone, goes back to the log for a while. So every event
arrives once and in order, however it comes.
"""

import asyncio
import re
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

import orjson
from graphql import FieldNode, VariableNode

from app.access import Viewer
from app.context import Context, Server
from app.errors import Unauthenticated, WaypostError
from app.events import EventFilter, Origin
from app.models import Event
from app.serving.execution import Engine, Operation
from app.uow import ENDED, gone

CHECK_S = 1.0
"""Oldest that the knowledge may be whose sessions still stand, when something is sent to them; what the log says of it
comes at once."""
RECENT_BYTES_MAX = 1_000_000
"""What a group keeps of what it told last, for those who join or were slow."""
KEPT_BYTES_MAX = 64_000_000
"""What all groups of a process keep together: how many there are is up to those who ask."""
BEHIND_MAX = 100
"""How many events a group may be behind when it begins; those who are ahead of it wait so long."""
BREATH = 200
"""Members that are told before others of the process have their turn."""


class Outlet(Protocol):
    """The way to one subscriber."""

    @property
    def takes(self) -> bool: ...

    async def ready(self) -> None:
        """Wait until it takes more."""
        ...

    def next(self, payload: bytes) -> None: ...


@dataclass(frozen=True)
class Key:
    """What subscribers must have in common."""

    document: str
    operation: str | None
    variables: bytes
    visibility: Viewer
    wanted: str

    @classmethod
    def of(cls, operation: Operation, viewer: Viewer, wanted: EventFilter) -> "Key":
        declared = {node.variable.name.value for node in operation.definition.variable_definitions or ()}
        counted = declared - _places(operation)
        variables = {name: value for name, value in operation.request.variables.items() if name in counted}
        return cls(
            operation.prepared.hash,
            operation.request.operation_name,
            orjson.dumps(variables, option=orjson.OPT_SORT_KEYS),
            viewer.visibility,
            repr(wanted),
        )


def _places(operation: Operation) -> set[str]:
    """Variables that say where to begin, and nothing else."""
    fields = [node for node in operation.definition.selection_set.selections if isinstance(node, FieldNode)]
    arguments = [argument for node in fields for argument in node.arguments or () if argument.name.value == "after"]
    names = {argument.value.name.value for argument in arguments if isinstance(argument.value, VariableNode)}
    # once where it is declared, once where it is used
    return {name for name in names if len(re.findall(rf"\${name}\b", operation.prepared.text)) == 2}


class Personal(WaypostError):
    """Who exactly asks was of interest."""


class _Anyone(Viewer):
    """Whoever has this visibility. What depends on who it is, is found out by asking, once armed."""

    armed = False
    asked = False

    def __getattribute__(self, name: str) -> Any:
        value = object.__getattribute__(self, name)
        if name in ("user_id", "session_family_id") and value is None and object.__getattribute__(self, "armed"):
            object.__setattr__(self, "asked", True)
            raise Personal("This is one person's alone.")
        return value

    def arm(self) -> None:
        object.__setattr__(self, "armed", True)


@dataclass
class Kept:
    """What the groups of a process keep."""

    bytes: int = 0


class Fanout:
    """The groups of one process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._groups: dict[Key, Group] = {}
        self._kept = Kept()

    def seat(self, operation: Operation, server: Server, outlet: Outlet) -> "Seat":
        return Seat(self, operation, server, outlet)

    @asynccontextmanager
    async def joined(self, seat: "Seat", wanted: EventFilter) -> AsyncIterator["Group"]:
        """A group ends with its last member."""
        key = Key.of(seat.operation, seat.viewer, wanted)
        group = self._groups.get(key)
        if group is None or group.is_over:
            group = self._groups[key] = Group(
                self._engine, seat.server, seat.operation, key.visibility, wanted, self._kept
            )
        group.seats[seat] = None
        try:
            await group.begun(seat.position)
            yield group
        finally:
            del group.seats[seat]
            if not group.seats:
                group.end()
                if self._groups.get(key) is group:
                    del self._groups[key]


@dataclass(eq=False)
class Seat:
    """A subscriber's place. Until it has caught up, and whenever it falls behind, it reads the log by itself."""

    fanout: Fanout
    operation: Operation
    server: Server
    outlet: Outlet
    viewer: Viewer = field(init=False)
    position: int = field(init=False)
    listens: bool = False
    failure: Exception | None = None
    _woken: asyncio.Event = field(init=False)

    async def follow(self, viewer: Viewer, wanted: EventFilter, cursor: int | None) -> AsyncGenerator[Event]:
        """Events that the group does not tell: each is one that its operation must execute itself."""
        self.viewer = viewer
        self.position = await self.server.hub.place(viewer, cursor)
        return self._follow(wanted)

    async def _follow(self, wanted: EventFilter) -> AsyncGenerator[Event]:
        hub = self.server.hub
        async with hub.doubts(self.viewer) as self._woken, self.fanout.joined(self, wanted) as group:
            while True:
                while self.position < group.floor:
                    until = group.position
                    async for event in hub.replay(self.viewer, wanted, self.position, until):
                        # here again, it was sent
                        yield event
                        self.position = event.seq
                    self.position = max(self.position, until)
                await self._listen(group)

    async def _listen(self, group: "Group") -> None:
        """Be told by the group, for as long as it tells what is missing here."""
        try:
            while self.position >= group.floor:
                await self.outlet.ready()
                self._woken.clear()
                if self.failure is not None:
                    raise self.failure
                self.listens = group.bring_up(self)
                if not self.listens:
                    continue
                await self._woken.wait()
                if self.listens and self.failure is None:
                    # neither the group: then it is the session that is in doubt
                    await self.server.hub.check(self.viewer)
        finally:
            self.listens = False

    def tell(self, seq: int, payload: bytes) -> bool:
        """Whether the subscriber has it now."""
        if seq > self.position:
            if not self.outlet.takes:
                return False
            self.outlet.next(payload)
            self.position = seq
        return True

    def fall_behind(self) -> None:
        self.listens = False
        self._woken.set()

    def fail(self, error: Exception) -> None:
        self.failure = error
        self._woken.set()


class Group:
    """All who follow the same. What it told up to `position`, it still has from `floor` on."""

    def __init__(
        self,
        engine: Engine,
        server: Server,
        operation: Operation,
        visibility: Viewer,
        wanted: EventFilter,
        kept: Kept,
    ) -> None:
        self._engine, self._server, self._operation = engine, server, operation
        self._visibility, self._wanted, self._kept = visibility, wanted, kept
        self.seats: dict[Seat, None] = {}
        self.floor = self.position = 0
        self.is_over = False
        self._recent: deque[tuple[int, bytes]] = deque()
        self._recent_bytes = 0
        self._checked_at = 0.0
        self._demoted_at = 0
        self._beginning: asyncio.Task[None] | None = None
        self._telling: asyncio.Task[None] | None = None

    async def begun(self, position: int) -> None:
        """A group begins where its first member does, if that is not long ago: they may all come back at once."""
        if self._beginning is None:
            self._beginning = asyncio.create_task(self._begin(position))
        await asyncio.shield(self._beginning)

    async def _begin(self, position: int) -> None:
        try:
            system = Viewer.system(self._visibility.organization_id)
            head = await self._server.hub.place(system, None)
            self.floor = self.position = min(head, max(position, head - BEHIND_MAX))
        except BaseException:
            self.is_over = True
            raise
        if not self.is_over:
            self._telling = asyncio.create_task(self._tell_all(system))

    def end(self) -> None:
        self.is_over = True
        self._forget()
        if self._telling is not None:
            self._telling.cancel()

    async def _tell_all(self, system: Viewer) -> None:
        try:
            async with aclosing(self._server.hub.tail(system, self._wanted, self.position)) as events:
                async for event in events:
                    await self._tell(event)
        except Exception as error:
            # without this task its members would wait for ever
            self.is_over = True
            for seat in self.seats:
                seat.fail(error)

    async def _tell(self, event: Event) -> None:
        payload = await self._executed(event)
        if payload is None:
            self._pass_over(event.seq)
        else:
            self._keep(event.seq, payload)
        for number, seat in enumerate(list(self.seats), 1):
            if seat.listens and (payload is None or not seat.tell(event.seq, payload)):
                seat.fall_behind()
            if not number % BREATH:
                await asyncio.sleep(0)

    async def _executed(self, event: Event) -> bytes | None:
        """What is sent; None if it is not the same for all."""
        anyone = _Anyone(**vars(self._visibility))
        context = Context(self._server, Origin())
        context.sign_in(anyone)
        try:
            await context.reads.open()
            await self._check(context)
            anyone.arm()
            answer = await self._engine.show(self._operation, context, event)
            return None if anyone.asked or context.is_noted else orjson.dumps(answer.body)
        finally:
            await context.renew()

    async def _check(self, context: Context) -> None:
        """Who is not signed in any more hears nothing more; the others need not notice."""
        now, demoted_at = (
            asyncio.get_running_loop().time(),
            self._server.hub.demoted_at(self._visibility.organization_id),
        )
        if now < self._checked_at + CHECK_S and demoted_at == self._demoted_at:
            return
        sessions: dict[UUID, UUID | None] = {
            seat.viewer.session_family_id: seat.viewer.user_id for seat in self.seats if seat.viewer.session_family_id
        }
        ended = await gone(context.reads, self._visibility, sessions)
        self._checked_at, self._demoted_at = now, demoted_at
        for seat in self.seats:
            if seat.viewer.session_family_id in ended:
                seat.listens = False
                seat.fail(Unauthenticated(ENDED))

    # what was told last

    def bring_up(self, seat: Seat) -> bool:
        """Tell what was missed. False if the subscriber does not take all of it now, or more is gone already."""
        if seat.position < self.floor:
            return False
        return all(seat.tell(seq, payload) for seq, payload in self._recent) if seat.position < self.position else True

    def _keep(self, seq: int, payload: bytes) -> None:
        self.position = seq
        self._recent.append((seq, payload))
        self._count(len(payload))
        while self._recent and (self._recent_bytes > RECENT_BYTES_MAX or self._kept.bytes > KEPT_BYTES_MAX):
            self.floor, gone = self._recent.popleft()
            self._count(-len(gone))

    def _pass_over(self, seq: int) -> None:
        """Everybody has to look for themselves."""
        self._forget()
        self.floor = self.position = seq

    def _forget(self) -> None:
        self._recent.clear()
        self._count(-self._recent_bytes)

    def _count(self, size: int) -> None:
        self._recent_bytes += size
        self._kept.bytes += size

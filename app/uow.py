"""One read unit, one write unit: every statement of the server runs in one of the two.

Both enter their transaction with one statement that names the tenant and checks that the viewer's session, or key,
still stands.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import Executable, Result, Select, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import set_committed_value
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from app import clock, events
from app.access import Viewer, conditions
from app.db import Database
from app.errors import (
    AlreadyExists,
    BadUserInput,
    InvalidTransition,
    LastOwner,
    NotFound,
    Unauthenticated,
    VersionConflict,
)
from app.models import DueWork, EventType, WorkKind
from app.models.base import Global, Tenant, Vocabulary

log = logging.getLogger(__name__)

# every parameter is text, so that one of them can serve two types
ENTER = text(
    """
    SELECT set_config('app.current_org_id', cast(:org AS text), true),
           set_config('app.current_user_id', coalesce(cast(:usr AS text), ''), true),
           (cast(:api_key AS text) IS NULL OR api_key_lives(
               cast(cast(:org AS text) AS uuid), cast(cast(:api_key AS text) AS uuid),
               cast(cast(:partner AS text) AS uuid), string_to_array(cast(:scopes AS text), ',')))
           AND (cast(:family AS text) IS NULL OR session_lives(
               cast(cast(:org AS text) AS uuid), cast(cast(:usr AS text) AS uuid), cast(:role AS text),
               cast(cast(:family AS text) AS uuid), cast(cast(:customer AS text) AS uuid),
               cast(cast(:driver AS text) AS uuid), cast(cast(:policy AS text) AS integer)))
    """
)

GONE = text(
    """
    SELECT family FROM unnest(cast(:users AS uuid[]), cast(:families AS uuid[])) AS sessions (usr, family)
    WHERE NOT session_lives(cast(:org AS uuid), usr, cast(:role AS text), family, cast(:customer AS uuid),
                            cast(:driver AS uuid), cast(:policy AS integer))
    """
)

ENDED = "This session has ended, or allows other things by now: refresh it, or sign in again."
KEY_ENDED = "This API key is not good, or not good any more."
"""Whatever the reason: a stranger learns nothing from it."""

Row = TypeVar("Row", bound=Global | Tenant)
Entity = TypeVar("Entity", bound=Tenant | Global)
Edited = TypeVar("Edited", bound=Any)
"""A model with a `version`."""
Moved = TypeVar("Moved", bound=Any)
"""A model with a `status` and the `machine` that moves it."""
Value = TypeVar("Value")


async def enter(session: AsyncSession, viewer: Viewer) -> None:
    """Begin a transaction of the viewer's: from here on, row-level security shows their organization only."""
    entered = await session.execute(
        ENTER,
        {
            "org": str(viewer.organization_id),
            "usr": str(viewer.user_id) if viewer.user_id else None,
            "role": viewer.role.value if viewer.role else None,
            "family": str(viewer.session_family_id) if viewer.session_family_id else None,
            "customer": str(viewer.customer_id) if viewer.customer_id else None,
            "driver": str(viewer.driver_id) if viewer.driver_id else None,
            "policy": None if viewer.policy is None else str(viewer.policy),
            "api_key": str(viewer.api_key_id) if viewer.api_key_id else None,
            "partner": str(viewer.partner_id) if viewer.partner_id else None,
            "scopes": ",".join(sorted(viewer.scopes)),
        },
    )
    if not entered.one()[2]:
        raise Unauthenticated(KEY_ENDED if viewer.api_key_id else ENDED)


class ReadUnit:
    """A lazy read-only transaction: one snapshot, statements one after the other however many fields ask at once.

    It counts its statements and the rows that they found, which is what reading costs. It ends once and surely,
    whenever its operation is cancelled.
    """

    def __init__(self, database: Database, viewer: Viewer) -> None:
        self.viewer = viewer
        self._database = database
        self._session: AsyncSession | None = None
        self._over = False
        self._lock = asyncio.Lock()
        self.statements = 0
        self.rows = 0

    async def execute(
        self, statement: Executable, parameters: Mapping[str, object] | None = None
    ) -> Result[*tuple[Any, ...]]:
        async with self._lock:
            self.statements += 1
            return await (await self._begun()).execute(statement, parameters)

    async def open(self) -> None:
        """Begin the snapshot now, which checks the viewer's session."""
        async with self._lock:
            await self._begun()

    async def _begun(self) -> AsyncSession:
        if self._over:
            # a loader outlived the operation that asked it: it ends too, for nobody would end what it begins
            raise asyncio.CancelledError
        if self._session is None:
            session = self._database.read()
            try:
                await enter(session, self.viewer)
            except BaseException:
                await session.close()
                raise
            self._session = session
        return self._session

    async def scalars(self, statement: Select[Value]) -> Sequence[Value]:
        found = (await self.execute(statement)).scalars().all()
        self.rows += len(found)
        return found

    async def close(self) -> None:
        """End the snapshot, for good."""
        self._over = True
        # cancelled in between, the pool would never get its connection back
        await asyncio.shield(self._end())

    async def _end(self) -> None:
        async with self._lock:
            session, self._session = self._session, None
            if session is not None:
                await session.close()


async def gone(reads: ReadUnit, visibility: Viewer, sessions: Mapping[UUID, UUID | None]) -> set[UUID]:
    """Which of these sessions, each of a user, have ended; `visibility` is what their viewers have in common."""
    found = await reads.execute(
        GONE,
        {
            "org": visibility.organization_id,
            "role": visibility.role and visibility.role.value,
            "customer": visibility.customer_id,
            "driver": visibility.driver_id,
            "policy": visibility.policy,
            "users": list(sessions.values()),
            "families": list(sessions),
        },
    )
    return set(found.scalars())


class Signals(Protocol):
    """Who must hear of a commit. Losing a signal loses nothing: the log and `due_work` are polled besides."""

    async def committed(self, organization_id: UUID, seq: int | None, work: Sequence[DueWork]) -> None: ...


@dataclass(frozen=True)
class Silence:
    """Nobody listens."""

    async def committed(self, organization_id: UUID, seq: int | None, work: Sequence[DueWork]) -> None:
        return None


class UnitOfWork:
    """One write transaction of one viewer: what services work in. They may flush; they never commit."""

    def __init__(self, session: AsyncSession, viewer: Viewer, origin: events.Origin) -> None:
        self.session = session
        self.viewer = viewer
        self.origin = origin
        self.now: datetime = clock.now()
        self._drafts: list[events.Draft] = []
        self._work: list[DueWork] = []
        self._changes: dict[UUID, Mapping[str, object]] = {}

    # reading

    async def scalars(self, statement: Select[Value]) -> Sequence[Value]:
        return (await self.session.execute(statement)).scalars().all()

    async def first(self, statement: Select[Value]) -> Value | None:
        return (await self.session.execute(statement)).scalars().first()

    async def get(self, model: type[Entity], id: UUID, *, lock: bool = False) -> Entity:
        """A row that the viewer can see; `NotFound` otherwise, whatever the reason."""
        return await self._get(model, id, self.viewer, lock)

    async def fetch(self, model: type[Entity], id: UUID, *, lock: bool = False) -> Entity:
        """A row of the organization that the change needs, whether or not the viewer could look at it."""
        return await self._get(model, id, Viewer.system(self.viewer.organization_id), lock)

    async def _get(self, model: type[Entity], id: UUID, viewer: Viewer, lock: bool) -> Entity:
        statement = select(model).where(model.id == id, *conditions(viewer, model))
        if lock:
            # a row that waited for its lock is read as it is now
            statement = statement.with_for_update(of=model).execution_options(populate_existing=True)
        row = await self.first(statement)
        if row is None:
            raise NotFound(model.__name__.lower())
        return row

    # writing

    async def add(self, row: Row) -> Row:
        """Insert a row now, so that a constraint it breaks is named at the right place."""
        if isinstance(row, Tenant):
            row.organization_id = self.viewer.organization_id
        self.session.add(row)
        await self.flush()
        return row

    async def add_all(self, rows: Iterable[Tenant]) -> None:
        found = list(rows)
        for row in found:
            row.organization_id = self.viewer.organization_id
        self.session.add_all(found)
        await self.flush()

    async def change(self, row: Edited, version: int, changes: Mapping[str, object]) -> Edited:
        """Update a row that people edit, if nobody has since the given version."""
        base = row.__mapper__.base_mapper.class_
        swapped = await self.session.execute(
            update(base)
            .where(base.organization_id == self.viewer.organization_id, base.id == row.id, base.version == version)
            .values(version=base.version + 1, updated_at=self.now)
            .execution_options(synchronize_session=False)
            .returning(base.id)
        )
        if swapped.first() is None:
            await self.session.refresh(row)
            raise VersionConflict(row.version)
        set_committed_value(row, "version", version + 1)
        before = {name: getattr(row, name) for name in changes}
        for name, value in changes.items():
            setattr(row, name, value)
        self._changes[row.id] = {
            name: [before[name], changes[name]] for name in changes if before[name] != changes[name]
        }
        await self.flush()
        return row

    async def transition(self, row: Moved, status: Vocabulary, **values: object) -> Moved:
        """Compare and swap a row's state; `InvalidTransition` names the state that stood in the way."""
        model, machine = type(row), row.machine
        key = (model.organization_id == self.viewer.organization_id, model.id == row.id)
        if hasattr(model, "version"):
            values["version"] = model.version + 1
        moved = await self.session.execute(
            update(model)
            .where(*key, model.status.in_(machine.sources(status)))
            .values(status=status, updated_at=self.now, **values)
            .returning(model)
            .execution_options(populate_existing=True, synchronize_session=False)
        )
        if moved.first() is None:
            current = await self.first(select(model.status).where(*key))
            raise InvalidTransition(machine.noun, str(current), status.value)
        return row

    async def flush(self) -> None:
        try:
            await self.session.flush()
        except IntegrityError as error:
            raise translate(error) from error

    # what follows from it

    @property
    def said(self) -> int:
        """How many events there are so far; a transaction has no more than `events.EVENTS_MAX`."""
        return len(self._drafts)

    def note(self, row: Any, **changed: tuple[object, object]) -> None:
        """Before and after of what belongs to a row and is none of its columns; goes with its next event."""
        self._changes[row.id] = {**self._changes.get(row.id, {}), **{name: list(changed[name]) for name in changed}}

    def emit(
        self,
        type: EventType,
        node: Any,
        *concerning: object,
        payload: Mapping[str, object] | None = None,
        **named: UUID | None,
    ) -> None:
        """Say what happened. Whom it concerns is read off the node and whatever else is given, as of this moment.

        What `change` did to the node goes with it, before and after, into the part of the event that can be erased.
        """
        found = {name: id for name, id in named.items() if id is not None}
        references = events.references(node, *concerning) | found
        changes = self._changes.pop(node.id, None)
        self._drafts.append(events.Draft(type, node.__class__.__name__, node.id, references, payload or {}, changes))

    async def later(self, kind: WorkKind, ref_id: UUID, run_at: datetime | None = None) -> None:
        """Leave work for a worker, in this same transaction."""
        work = DueWork(run_at=run_at or self.now, organization_id=self.viewer.organization_id, kind=kind, ref_id=ref_id)
        self.session.add(work)
        self._work.append(work)

    async def finish(self) -> tuple[int | None, list[DueWork]]:
        """Flush what is left and, last of all, take numbers for the events."""
        await self.flush()
        if not self._drafts:
            return None, self._work
        appended = await events.append(self.session, self.viewer, self.origin, self.now, self._drafts)
        if appended.work_id is not None:
            org = self.viewer.organization_id
            told = DueWork(id=appended.work_id, run_at=self.now, organization_id=org, ref_id=org)
            self._work.append(told)
        return appended.seq, self._work


@asynccontextmanager
async def unit_of_work(
    database: Database, viewer: Viewer, signals: Signals, origin: events.Origin | None = None
) -> AsyncIterator[UnitOfWork]:
    """Commit on leaving, together with the events; on any error nothing of it has happened."""
    async with database.write() as session:
        await enter(session, viewer)
        unit = UnitOfWork(session, viewer, origin or events.Origin())
        yield unit
        seq, work = await unit.finish()
        await session.commit()
    await signals.committed(viewer.organization_id, seq, work)


Done = TypeVar("Done")

COLLISIONS = ("40P01", "40001")
"""SQLSTATEs of transactions that were ended so that another could go on: deadlocks and failed serialization."""
ATTEMPTS = 8


def _collided(error: BaseException) -> bool:
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in COLLISIONS


async def again(attempt: Callable[[], Awaitable[Done]]) -> Done:
    """Run a whole transaction; if it stood in another's way and so ended without a trace, run it again."""
    async for trial in AsyncRetrying(
        retry=retry_if_exception(_collided),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_random_exponential(multiplier=0.01, max=0.5),
        reraise=True,
    ):
        with trial:
            return await attempt()
    raise AssertionError("retrying ends with an answer or an error")


# What a broken constraint means to the person who broke it. The name is enough: constraints are named by convention.
UNIQUE = {
    "uq_pets_chip_number": ("A pet with this chip number exists.", "chipNumber"),
    "uq_cars_license_plate": ("A car with this license plate exists.", "licensePlate"),
    "uq_vehicles_license_plate": ("A vehicle with this license plate exists.", "licensePlate"),
    "uq_vehicle_types_name": ("A vehicle type of this name exists.", "name"),
    "uq_teams_name": ("A team of this name exists.", "name"),
    "uq_customers_external_id": ("A customer with this external id exists.", "externalId"),
    "uq_subjects_external_id": ("A subject with this external id exists.", "externalId"),
    "uq_customers_user_id": ("This user is a customer already.", "userId"),
    "uq_drivers_user_id": ("This user is a driver already.", "userId"),
    "uq_resources_name": ("A resource of this name exists.", "name"),
    "uq_resources_user_id": ("This user is a resource already.", "userId"),
    "uq_resource_pools_name": ("A pool of this name exists.", "name"),
    "uq_care_protocols_code": ("A protocol with this code exists.", "code"),
    "uq_waitlist_entries_subject_id": ("This subject waits for this slot already.", "subjectId"),
    "uq_tags_uid": ("A tag with this uid exists, or existed.", "uid"),
    "uq_partners_directory_entry_id": ("This entry of the directory is a partner already.", "directoryEntryId"),
    "uq_partners_external_id": ("A partner with this external id exists.", "externalId"),
    "uq_reminder_rules_kind": ("A reminder of this kind for these days exists.", "kind"),
    "uq_routes_shift": ("This shift has a route already.", "shiftId"),
    "uq_message_templates_kind_channel_locale": ("These words exist; change them.", "locale"),
    "uq_invitations_pending": ("Somebody with this address is invited already.", "email"),
    "uq_memberships_user_id": ("This person is a member already.", "email"),
    "ex_shifts_driver": ("This driver has a shift at that time.", "driverId"),
    "ex_shifts_vehicle": ("This vehicle has a shift at that time.", "vehicleId"),
}


def constraint_of(error: IntegrityError) -> str:
    """The name of the constraint that a statement broke."""
    cause = error.orig.__cause__ if error.orig else None
    return str(getattr(cause, "constraint_name", "") or "")


def translate(error: IntegrityError) -> Exception:
    """The database's verdict in the words of the domain; what nobody foresaw stays what it is."""
    name = constraint_of(error)
    if name in UNIQUE:
        return AlreadyExists(*UNIQUE[name])
    if name == "ck_memberships_last_owner":
        return LastOwner()
    if name == "ck_customers_erased":
        return BadUserInput("This customer was erased.", "customerId")
    if name.startswith("fk_"):
        return NotFound("row that this refers to")
    if name.startswith("ck_"):
        return BadUserInput(f"A value is out of range ({name.removeprefix('ck_')}).")
    return error

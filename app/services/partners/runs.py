"""Doing a run: what to ask for next, writing what came, and the end of it.

A run goes through the pets with a chip number in order of id. What came for some of them is written together with the
place that the run has reached; so one that was left behind by a killed worker goes on where it stood, and whatever is
asked for a second time is found to be there.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app.models import (
    CareProtocol,
    ConnectionStatus,
    EventType,
    ImportMode,
    PartnerLink,
    Pet,
    Species,
    Subject,
    SubjectKind,
    SyncIssue,
    SyncKind,
    SyncProblem,
    SyncRun,
    SyncState,
    SyncStatus,
)
from app.models.base import among
from app.services import values
from app.services.care import dues
from app.services.partners.calls import LIVE
from app.services.partners.drafts import Row, drafted
from app.services.partners.entries import Entry, Issue
from app.services.partners.importing import ROWS_MAX, Outcome, counted, queue, take_over
from app.services.partners.remote import NEVER, Version
from app.services.vault import Vault
from app.settings import Settings
from app.uow import UnitOfWork

ISSUES_MAX = 1_000
"""Refused rows of a run that are listed; all are counted."""
FAILURES_MAX = 3
"""Runs in a row that fail before the partner's system is left alone."""
REST_MAX = timedelta(days=1)

PETS, SUBJECTS = Pet.__table__, Subject.__table__


class Stopped(Exception):
    """The run was called off, or another worker has it."""


@dataclass(frozen=True)
class Sync:
    """What a worker needs to know about a run. `trying`: the system has failed before, and gets one chance."""

    run_id: UUID
    connection_id: UUID
    partner_id: UUID
    endpoint: str
    token: str | None = field(repr=False)
    kinds: Sequence[SyncKind]
    mode: ImportMode
    codes: dict[str, str]
    trying: bool
    cursor: UUID | None
    today: date


@dataclass(frozen=True)
class Chipped:
    """A pet to ask about."""

    id: UUID
    customer_id: UUID
    chip_number: str
    species: Species
    known: dict[SyncKind, Version]


@dataclass(frozen=True)
class Visit:
    """What came for one pet. `done`: nothing more comes; `versions`: what need not be read again."""

    pet: Chipped
    entries: list[tuple[SyncKind, Entry]]
    issues: list[Issue] = field(default_factory=list)
    versions: dict[SyncKind, Version] = field(default_factory=dict)
    repeated: int = 0
    done: bool = True


async def begin(uow: UnitOfWork, settings: Settings, run_id: UUID) -> Sync | None:
    """Take a run up, or up again; None if nothing is left to do."""
    run = await uow.get(SyncRun, run_id)
    connection = await uow.get(PartnerLink, run.connection_id, lock=True)
    run = await uow.get(SyncRun, run_id, lock=True)
    if run.status not in LIVE or connection.status is not ConnectionStatus.ACTIVE:
        return None
    if run.status is SyncStatus.QUEUED:
        count = await uow.first(_chipped(uow, select(func.count())))
        await uow.transition(run, SyncStatus.RUNNING, started_at=uow.now, subjects=count)
        uow.emit(EventType.SYNC_STARTED, run)
    zone = ZoneInfo((await values.organization(uow)).time_zone)
    return Sync(
        run_id=run.id,
        connection_id=connection.id,
        partner_id=connection.partner_id,
        endpoint=connection.endpoint,
        token=await _token(uow, settings, connection),
        kinds=[SyncKind(kind) for kind in connection.kinds],
        mode=connection.mode,
        codes=dict(connection.protocol_codes),
        trying=connection.failures >= FAILURES_MAX,
        cursor=run.cursor,
        today=uow.now.astimezone(zone).date(),
    )


async def _token(uow: UnitOfWork, settings: Settings, connection: PartnerLink) -> str | None:
    """The plain credentials; what an old key encrypted is encrypted anew. Raises `Sealed`."""
    mine = (PartnerLink.organization_id == connection.organization_id) & (PartnerLink.id == connection.id)
    sealed = await uow.first(select(PartnerLink.credentials).where(mine))
    if sealed is None:
        return None
    vault = Vault(settings)
    token = vault.open(sealed)
    renewed = vault.renewed(sealed)
    if renewed is not None:
        await uow.session.execute(
            update(PartnerLink).where(mine).values(credentials=renewed).execution_options(synchronize_session=False)
        )
    return token


def _chipped(uow: UnitOfWork, statement: Any) -> Any:
    """Of the pets that still come and have a chip number."""
    return (
        statement.select_from(
            PETS.join(SUBJECTS, (SUBJECTS.c.organization_id == PETS.c.organization_id) & (SUBJECTS.c.id == PETS.c.id))
        )
        .where(PETS.c.organization_id == uow.viewer.organization_id)
        .where(PETS.c.chip_number.is_not(None), SUBJECTS.c.archived_at.is_(None))
    )


async def next_pets(uow: UnitOfWork, sync: Sync, limit: int) -> list[Chipped]:
    """Those behind the cursor, and what was seen of them last."""
    columns = select(PETS.c.id, SUBJECTS.c.customer_id, PETS.c.chip_number, PETS.c.species)
    statement = _chipped(uow, columns).order_by(PETS.c.id).limit(limit)
    if sync.cursor is not None:
        statement = statement.where(PETS.c.id > sync.cursor)
    found = (await uow.session.execute(statement)).all()
    # with other protocols, what was read means something else
    changed = select(func.max(CareProtocol.updated_at)).where(*_of_pets(uow)).scalar_subquery()
    states = await uow.scalars(
        select(SyncState).where(
            SyncState.organization_id == uow.viewer.organization_id,
            SyncState.connection_id == sync.connection_id,
            among(SyncState.subject_id, [row[0] for row in found]),
            or_(changed.is_(None), SyncState.updated_at > changed),
        )
    )
    known: dict[tuple[UUID, str], dict[SyncKind, Version]] = {}
    for state in states:
        # what was said of another chip number is about another animal
        versions = known.setdefault((state.subject_id, state.chip_number), {})
        versions[state.kind] = Version(state.etag, state.last_modified)
    return [Chipped(id, owner, chip, species, known.get((id, chip), {})) for id, owner, chip, species in found]


def portions(visits: Iterable[Visit]) -> Iterator[list[Visit]]:
    """As many visits as one transaction takes; one that is larger is cut, and done with its last part alone."""
    portion: list[Visit] = []
    size = 0
    for visit in visits:
        for part in _parts(visit):
            if portion and size + len(part.entries) > ROWS_MAX:
                yield portion
                portion, size = [], 0
            portion.append(part)
            size += len(part.entries)
    if portion:
        yield portion


def _parts(visit: Visit) -> Iterator[Visit]:
    whole = len(visit.entries)
    for start in range(0, max(whole, 1), ROWS_MAX):
        entries = visit.entries[start : start + ROWS_MAX]
        if start + ROWS_MAX >= whole:
            yield replace(visit, entries=entries)
        else:
            yield replace(visit, entries=entries, issues=[], versions={}, repeated=0, done=False)


async def store(uow: UnitOfWork, sync: Sync, visits: Sequence[Visit]) -> Sync:
    """Write what came, and how far the run is. Raises `Stopped`."""
    run = await uow.get(SyncRun, sync.run_id, lock=True)
    if run.status is not SyncStatus.RUNNING or run.cursor != sync.cursor:
        raise Stopped
    there = await _still_there(uow, visits)
    protocols = await _protocols(uow)
    rows, issues, outcomes = [], [], [Outcome.SKIPPED] * sum(visit.repeated for visit in visits)
    for visit in visits:
        pet = visit.pet
        if there.get(pet.id) != pet.chip_number:
            continue
        issues += [(pet.id, issue) for issue in visit.issues]
        for kind, entry in visit.entries:
            draft = drafted(entry, kind, pet.species, sync.codes, protocols)
            rows.append(Row(pet.id, pet.customer_id, entry.id, draft))
    for row, outcome in zip(rows, await _import(uow, sync, rows), strict=True):
        if outcome is Outcome.CONFLICT:
            detail = "This id came for something else before."
            issues.append((row.subject_id, Issue(SyncProblem.CONFLICT, detail, row.external_id)))
        else:
            outcomes.append(outcome)
    refused = {subject for subject, _ in issues}
    await _note_issues(uow, run, issues)
    await _note_versions(uow, sync, [visit for visit in visits if visit.pet.id not in refused])
    return await _note_progress(uow, sync, run, visits, outcomes, len(issues))


async def _import(uow: UnitOfWork, sync: Sync, rows: Sequence[Row]) -> list[Outcome]:
    if not rows:
        return []
    if sync.mode is ImportMode.REVIEW:
        return await queue(uow, sync.connection_id, rows)
    return [outcome for outcome, _ in await take_over(uow, sync.connection_id, sync.partner_id, rows)]


async def _still_there(uow: UnitOfWork, visits: Sequence[Visit]) -> dict[UUID, str]:
    """The chip numbers of those that still come; whoever changes one waits, and is seen by the next run."""
    wanted = [visit.pet.id for visit in visits]
    await dues.lock(uow, wanted)
    found = await uow.session.execute(_chipped(uow, select(PETS.c.id, PETS.c.chip_number)).where(PETS.c.id.in_(wanted)))
    return {row[0]: row[1] for row in found}


async def _protocols(uow: UnitOfWork) -> dict[str, CareProtocol]:
    """Those that do not count too: what was done by them is not due again."""
    return {protocol.code: protocol for protocol in await uow.scalars(select(CareProtocol).where(*_of_pets(uow)))}


def _of_pets(uow: UnitOfWork) -> tuple[ColumnElement[bool], ...]:
    mine = CareProtocol.organization_id == uow.viewer.organization_id
    return mine, CareProtocol.subject_kind == SubjectKind.PET


async def _note_issues(uow: UnitOfWork, run: SyncRun, issues: Sequence[tuple[UUID, Issue]]) -> None:
    room = max(0, ISSUES_MAX - run.refused)
    await uow.add_all(
        SyncIssue(
            run_id=run.id,
            subject_id=subject_id,
            external_id=issue.external_id,
            problem=issue.problem,
            detail=issue.detail,
        )
        for subject_id, issue in issues[:room]
    )


async def _note_versions(uow: UnitOfWork, sync: Sync, visits: Sequence[Visit]) -> None:
    """What was seen, where all of it could be taken: what was refused is asked for again."""
    found = [
        {
            "organization_id": uow.viewer.organization_id,
            "connection_id": sync.connection_id,
            "subject_id": visit.pet.id,
            "kind": kind,
            "chip_number": visit.pet.chip_number,
            "etag": version.etag,
            "last_modified": version.last_modified,
            "created_at": uow.now,
            "updated_at": uow.now,
        }
        for visit in visits
        for kind, version in visit.versions.items()
        if version not in (NEVER, visit.pet.known.get(kind))
    ]
    if not found:
        return
    statement = insert(SyncState).values(found)
    seen = {name: statement.excluded[name] for name in ("chip_number", "etag", "last_modified", "updated_at")}
    await uow.session.execute(
        statement.on_conflict_do_update(
            index_elements=["organization_id", "connection_id", "kind", "subject_id"], set_=seen
        )
    )


async def _note_progress(
    uow: UnitOfWork, sync: Sync, run: SyncRun, visits: Sequence[Visit], outcomes: Iterable[Outcome], refused: int
) -> Sync:
    done = [visit.pet.id for visit in visits if visit.done]
    run.subjects_done += len(done)
    run.refused += refused
    for counter, count in counted(outcomes).items():
        setattr(run, counter, getattr(run, counter) + count)
    if done:
        run.cursor = done[-1]
    await uow.flush()
    return replace(sync, cursor=run.cursor)


async def is_wanted(uow: UnitOfWork, run_id: UUID) -> bool:
    return (await uow.get(SyncRun, run_id)).status is SyncStatus.RUNNING


async def _ending(uow: UnitOfWork, run_id: UUID) -> tuple[PartnerLink, SyncRun] | None:
    """Both, locked in this order as everywhere; None if the run has ended already."""
    run = await uow.get(SyncRun, run_id)
    connection = await uow.get(PartnerLink, run.connection_id, lock=True)
    run = await uow.get(SyncRun, run_id, lock=True)
    return (connection, run) if run.status in LIVE else None


async def succeed(uow: UnitOfWork, run_id: UUID) -> None:
    found = await _ending(uow, run_id)
    if found is not None:
        connection, run = found
        await uow.transition(run, SyncStatus.SUCCEEDED, finished_at=uow.now)
        connection.failures, connection.closed_until, connection.last_synced_at = 0, None, uow.now
        uow.emit(EventType.SYNC_SUCCEEDED, run)


async def fail(uow: UnitOfWork, settings: Settings, run_id: UUID, error: str, rest_s: float | None = None) -> None:
    """A system that fails again and again, or asks for it, is left alone: longer with every failure, a day at most."""
    found = await _ending(uow, run_id)
    if found is None:
        return
    connection, run = found
    await uow.transition(run, SyncStatus.FAILED, finished_at=uow.now, error=error)
    uow.emit(EventType.SYNC_FAILED, run)
    connection.failures += 1
    too_many = connection.failures - FAILURES_MAX
    if too_many >= 0 or rest_s is not None:
        rest = timedelta(seconds=settings.partner_rest_s * 2 ** min(max(too_many, 0), 10))
        asked = timedelta(seconds=min(rest_s or 0, REST_MAX.total_seconds()))
        connection.closed_until = uow.now + min(REST_MAX, max(rest if too_many >= 0 else asked, asked))
        uow.emit(EventType.PARTNER_UNREACHABLE, connection)

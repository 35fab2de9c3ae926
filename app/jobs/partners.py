"""Asking partners' systems: slowly, outside any transaction, a piece of a run at a time."""

import asyncio
import logging
import time
from collections.abc import Sequence
from uuid import UUID

from app.jobs.desk import AlreadyDone, Desk, handles
from app.models import DueWork, SyncKind, WorkKind
from app.services import partners
from app.services.partners.entries import Entry, Issue, newest, read
from app.services.partners.remote import NEVER, GivenUp, Pulled, Remote, Version
from app.services.partners.runs import Chipped

log = logging.getLogger(__name__)

PETS_AT_ONCE = 8
PIECE_S = 60.0
"""A run that takes longer lets others' work go first, and goes on afterwards."""
LOOK_S = 1.0
"""How often it is looked whether a run was called off."""
UNANSWERED_MAX = 4
"""Pulls in a row without an answer before a run gives up."""


@handles(WorkKind.START_SYNC)
async def start_sync(desk: Desk, work: DueWork) -> None:
    async with desk.finish(work) as uow:
        await partners.start_sync(uow, work.ref_id)


@handles(WorkKind.RUN_SYNC)
async def run_sync(desk: Desk, work: DueWork) -> None:
    """Ask, and write what comes. Killed anywhere, the next worker goes on where what was written ends."""
    try:
        async with desk.lease(work):
            over = await _piece(desk, work)
        async with desk.finish(work) as uow:
            if over:
                await partners.succeed(uow, work.ref_id)
            else:
                await uow.later(WorkKind.RUN_SYNC, work.ref_id)
    except partners.Stopped:
        async with desk.finish(work):
            pass
    except (GivenUp, partners.Sealed) as error:
        await _fail(desk, work, str(error), getattr(error, "rest_s", None))
    except AlreadyDone:
        raise
    except Exception:
        # whoever waits for the end of this run must not wait for ever
        if work.attempts < desk.settings.work_attempts_max:
            raise
        log.exception("sync run %s failed", work.ref_id)
        await _fail(desk, work, "Something went wrong on our side.")
    await desk.wakes.changed(work.organization_id, work.ref_id)


async def _fail(desk: Desk, work: DueWork, error: str, rest_s: float | None = None) -> None:
    async with desk.finish(work) as uow:
        await partners.fail(uow, desk.settings, work.ref_id, error, rest_s)


async def _piece(desk: Desk, work: DueWork) -> bool:
    """Go on for a while; answers whether all is asked for."""
    until = time.monotonic() + PIECE_S
    async with desk.write(work) as uow:
        sync = await partners.begin(uow, desk.settings, work.ref_id)
    if sync is None:
        raise partners.Stopped
    async with Remote(desk.settings, sync.endpoint, sync.token) as remote:
        asking = _Asking(remote, sync, desk.settings.partner_requests_at_once)
        while time.monotonic() < until:
            await desk.wakes.changed(work.organization_id, sync.run_id)
            async with desk.write(work) as uow:
                pets = await partners.next_pets(uow, sync, PETS_AT_ONCE)
            if not pets:
                asking.check()
                return True
            visits = await _while_wanted(desk, work, asking, pets)
            for portion in partners.portions(visits):
                async with desk.write(work) as uow:
                    sync = await partners.store(uow, sync, portion)
            if asking.given_up:
                raise asking.given_up
    return False


async def _while_wanted(desk: Desk, work: DueWork, asking: "_Asking", pets: Sequence[Chipped]) -> list[partners.Visit]:
    """Raises `Stopped` as soon as the run is called off, however long the partner's system takes."""
    asked = asyncio.create_task(asking.visit(pets))
    try:
        while not asked.done():
            await asyncio.wait({asked}, timeout=LOOK_S)
            if not asked.done():
                async with desk.write(work) as uow:
                    if not await partners.is_wanted(uow, work.ref_id):
                        raise partners.Stopped
        return asked.result()
    finally:
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)


class _Asking:
    """Asking for one run, and knowing when that is in vain."""

    def __init__(self, remote: Remote, sync: partners.Sync, at_once: int) -> None:
        self.given_up: GivenUp | None = None
        self._remote = remote
        self._sync = sync
        self._max = 1 if sync.trying else UNANSWERED_MAX
        self._at_once = asyncio.Semaphore(at_once)
        self._unanswered = 0
        self._answered = False
        self._last = ""

    async def visit(self, pets: Sequence[Chipped]) -> list[partners.Visit]:
        """What there is about these, in their order; where asking was given up, those that were dealt with by then."""
        wanted = [(pet, kind) for pet in pets for kind in self._sync.kinds]
        pulled = await asyncio.gather(*(self._pull(pet, kind) for pet, kind in wanted))
        found: dict[UUID, dict[SyncKind, Pulled]] = {pet.id: {} for pet in pets}
        for (pet, kind), answer in zip(wanted, pulled, strict=True):
            if answer is not None:
                found[pet.id][kind] = answer
        return [self._read(pet, found[pet.id]) for pet in pets if len(found[pet.id]) == len(self._sync.kinds)]

    def check(self) -> None:
        """Raises `GivenUp` if nothing at all was answered."""
        if self._unanswered and not self._answered:
            raise GivenUp(self._last)

    async def _pull(self, pet: Chipped, kind: SyncKind) -> Pulled | None:
        async with self._at_once:
            if self.given_up:
                return None
            try:
                pulled = await self._remote.pull(kind, pet.chip_number, pet.known.get(kind, NEVER))
            except GivenUp as error:
                self.given_up = self.given_up or error
                return None
            self._note(pulled.issue)
            return pulled

    def _note(self, issue: Issue | None) -> None:
        if issue is None:
            self._unanswered, self._answered = 0, True
            return
        self._unanswered += 1
        self._last = issue.detail
        if self._unanswered >= self._max:
            self.given_up = self.given_up or GivenUp(issue.detail)

    def _read(self, pet: Chipped, pulled: dict[SyncKind, Pulled]) -> partners.Visit:
        entries: list[tuple[SyncKind, Entry]] = []
        issues: list[Issue] = []
        versions: dict[SyncKind, Version] = {}
        repeated = 0
        for kind, answer in pulled.items():
            rows = [read(raw, pet.chip_number, self._sync.today) for raw in answer.rows]
            good = [row for row in rows if isinstance(row, Entry)]
            kept = newest(good)
            repeated += len(good) - len(kept)
            entries += [(kind, entry) for entry in kept]
            issues += [row for row in rows if isinstance(row, Issue)] + ([answer.issue] if answer.issue else [])
            if not answer.unchanged and answer.issue is None:
                versions[kind] = answer.version
        return partners.Visit(pet, entries, issues, versions, repeated)

"""Taking over what a partner's system has: into care records at once, or into a queue for people to look at."""

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from uuid import UUID

from sqlalchemy import select

from app.models import CareRecord, EventType, ReviewItem, ReviewStatus
from app.models.base import among
from app.services.care import dues, lines
from app.services.partners.drafts import DELETED, Row
from app.uow import UnitOfWork

ROWS_MAX = 200
"""Most rows of one transaction: each may be an event."""


class Outcome(Enum):
    """What became of a row; the value is the counter of a run."""

    CREATED = "created"
    UPDATED = "updated"
    SKIPPED = "skipped"
    QUEUED = "queued"
    CONFLICT = "refused"


WRITTEN = (Outcome.CREATED, Outcome.UPDATED)
"""What changes a record."""


async def take_over(
    uow: UnitOfWork, connection_id: UUID, partner_id: UUID, rows: Sequence[Row]
) -> list[tuple[Outcome, CareRecord | None]]:
    """Make care records of rows, change those that are there, void those that were deleted; the rest stays as it is.

    The subjects are locked: whoever else changes what they need waits.
    """
    await dues.lock(uow, sorted({row.subject_id for row in rows}))
    records = await _records(uow, connection_id, rows)
    done: list[tuple[Outcome, CareRecord | None]] = []
    added: list[CareRecord] = []
    for row in rows:
        record = records.get(row.external_id)
        if row.is_about_another(record):
            done.append((Outcome.CONFLICT, record))
        elif row.is_settled(record):
            done.append((Outcome.SKIPPED, record))
        elif record is None:
            record = records[row.external_id] = _record(uow, connection_id, partner_id, row)
            added.append(record)
            done.append((Outcome.CREATED, record))
        else:
            done.append((Outcome.UPDATED, await _changed(uow, record, row)))
    await uow.add_all(added)
    for record in added:
        _say(uow, EventType.CARE_RECORDED, record)
    written = sorted({row.subject_id for row, (outcome, _) in zip(rows, done, strict=True) if outcome in WRITTEN})
    await dues.refresh(uow, written)
    for subject_id in written:
        await lines.look_at_subject(uow, subject_id)
    return done


def _say(uow: UnitOfWork, type: EventType, record: CareRecord) -> None:
    uow.emit(type, record, payload={"subject_id": record.subject_id, "kind": record.kind})


def _record(uow: UnitOfWork, connection_id: UUID, partner_id: UUID, row: Row) -> CareRecord:
    return CareRecord(
        subject_id=row.subject_id,
        customer_id=row.customer_id,
        partner_id=partner_id,
        connection_id=connection_id,
        external_id=row.external_id,
        recorded_by=uow.viewer.user_id,
        **row.draft.record_values(),
    )


async def _changed(uow: UnitOfWork, record: CareRecord, row: Row) -> CareRecord:
    if row.draft.deleted:
        await uow.change(record, record.version, {"voided_at": uow.now, "void_reason": DELETED})
        _say(uow, EventType.CARE_RECORD_VOIDED, record)
    else:
        await uow.change(record, record.version, row.draft.changes(record))
        _say(uow, EventType.CARE_RECORD_UPDATED, record)
    return record


async def queue(uow: UnitOfWork, connection_id: UUID, rows: Sequence[Row]) -> list[Outcome]:
    """Let people look at rows first. What they have decided on stays decided until the row changes."""
    await dues.lock(uow, sorted({row.subject_id for row in rows}))
    records, items = await _records(uow, connection_id, rows), await _items(uow, connection_id, rows)
    done: list[Outcome] = []
    added: list[ReviewItem] = []
    for row in rows:
        record, item = records.get(row.external_id), items.get(row.external_id)
        if row.is_about_another(record, item):
            done.append(Outcome.CONFLICT)
        elif item is not None and item.values == row.draft.json_values():
            done.append(Outcome.SKIPPED)
        elif item is not None and item.status is ReviewStatus.PENDING:
            done.append(await _replaced(uow, item, row, settled=row.is_settled(record)))
        elif row.is_settled(record):
            done.append(Outcome.SKIPPED)
        elif item is not None:
            await uow.transition(item, ReviewStatus.PENDING, values=row.draft.json_values(), decided_at=None)
            done.append(Outcome.QUEUED)
        else:
            item = items[row.external_id] = _item(connection_id, row, record)
            added.append(item)
            done.append(Outcome.QUEUED)
    await uow.add_all(added)
    return done


async def _replaced(uow: UnitOfWork, item: ReviewItem, row: Row, *, settled: bool) -> Outcome:
    """A later version of a row that waits; where it comes to what there is, nobody need look at it any more."""
    if settled:
        await uow.transition(item, ReviewStatus.REJECTED, values=row.draft.json_values(), decided_at=uow.now)
        return Outcome.UPDATED
    item.values = row.draft.json_values()
    return Outcome.QUEUED


def _item(connection_id: UUID, row: Row, record: CareRecord | None) -> ReviewItem:
    return ReviewItem(
        connection_id=connection_id,
        subject_id=row.subject_id,
        external_id=row.external_id,
        status=ReviewStatus.PENDING,
        values=row.draft.json_values(),
        record_id=record.id if record else None,
    )


async def _records(uow: UnitOfWork, connection_id: UUID, rows: Iterable[Row]) -> dict[str, CareRecord]:
    statement = (
        select(CareRecord)
        .where(
            CareRecord.organization_id == uow.viewer.organization_id,
            CareRecord.connection_id == connection_id,
            among(CareRecord.external_id, [row.external_id for row in rows]),
        )
        .order_by(CareRecord.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {record.external_id or "": record for record in await uow.scalars(statement)}


async def _items(uow: UnitOfWork, connection_id: UUID, rows: Iterable[Row]) -> dict[str, ReviewItem]:
    statement = (
        select(ReviewItem)
        .where(
            ReviewItem.organization_id == uow.viewer.organization_id,
            ReviewItem.connection_id == connection_id,
            among(ReviewItem.external_id, [row.external_id for row in rows]),
        )
        .order_by(ReviewItem.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {item.external_id: item for item in await uow.scalars(statement)}


def counted(outcomes: Iterable[Outcome]) -> Mapping[str, int]:
    """How many of each, by a run's counter."""
    found: dict[str, int] = {}
    for outcome in outcomes:
        found[outcome.value] = found.get(outcome.value, 0) + 1
    return found

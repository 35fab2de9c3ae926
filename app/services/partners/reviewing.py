"""Deciding on what a partner's system sent."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from app.errors import BadUserInput, NotFound
from app.models import EventType, PartnerLink, ReviewItem, ReviewStatus, Subject
from app.models.base import among
from app.services.care import dues
from app.services.partners.drafts import Draft, Row
from app.services.partners.importing import Outcome, take_over
from app.uow import UnitOfWork

ITEMS_MAX = 100


async def accept_review_items(uow: UnitOfWork, review_item_ids: Sequence[UUID]) -> list[ReviewItem]:
    """Make care records of them, all or none."""
    if not 1 <= len(review_item_ids) <= ITEMS_MAX:
        raise BadUserInput(f"Between 1 and {ITEMS_MAX} can be accepted at once.", "reviewItemIds")
    items = await _locked(uow, review_item_ids)
    for connection_id in sorted({item.connection_id for item in items}):
        connection = await uow.fetch(PartnerLink, connection_id)
        await _accept(uow, connection, [item for item in items if item.connection_id == connection_id])
    return items


async def _accept(uow: UnitOfWork, connection: PartnerLink, items: Sequence[ReviewItem]) -> None:
    owners = await _owners(uow, items)
    rows = [
        Row(item.subject_id, owners[item.subject_id], item.external_id, Draft.model_validate(item.values))
        for item in items
    ]
    taken = await take_over(uow, connection.id, connection.partner_id, rows)
    for item, (outcome, record) in zip(items, taken, strict=True):
        if outcome is Outcome.CONFLICT or record is None:
            raise BadUserInput("The record of this id is about something else by now.", "reviewItemIds")
        await uow.transition(
            item,
            ReviewStatus.ACCEPTED,
            record_id=record.id,
            decided_by=uow.viewer.user_id,
            decided_at=uow.now,
        )
        uow.emit(EventType.REVIEW_ACCEPTED, item, customer_id=owners[item.subject_id])


async def reject_review_item(uow: UnitOfWork, review_item_id: UUID) -> ReviewItem:
    (item,) = await _locked(uow, [review_item_id])
    owners = await _owners(uow, [item])
    await uow.transition(item, ReviewStatus.REJECTED, decided_by=uow.viewer.user_id, decided_at=uow.now)
    uow.emit(EventType.REVIEW_REJECTED, item, customer_id=owners[item.subject_id])
    return item


async def _locked(uow: UnitOfWork, ids: Sequence[UUID]) -> list[ReviewItem]:
    """The items, their subjects locked before them."""
    wanted = sorted(set(ids))
    mine = (ReviewItem.organization_id == uow.viewer.organization_id) & among(ReviewItem.id, wanted)
    subjects = await uow.scalars(select(ReviewItem.subject_id).where(mine))
    await dues.lock(uow, sorted(set(subjects)))
    statement = select(ReviewItem).where(mine).order_by(ReviewItem.id).with_for_update()
    items = list(await uow.scalars(statement.execution_options(populate_existing=True)))
    if len(items) < len(wanted):
        raise NotFound("reviewitem")
    return items


async def _owners(uow: UnitOfWork, items: Sequence[ReviewItem]) -> dict[UUID, UUID]:
    """Whose the subjects are."""
    subjects = Subject.__table__
    rows = await uow.session.execute(
        select(subjects.c.id, subjects.c.customer_id).where(
            subjects.c.organization_id == uow.viewer.organization_id,
            subjects.c.id.in_({item.subject_id for item in items}),
        )
    )
    return {row[0]: row[1] for row in rows}

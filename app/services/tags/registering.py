"""Giving subjects tags, and taking them out of use."""

from uuid import UUID

from app.errors import BadUserInput
from app.models import EventType, Subject, Tag, TagKind, TagStatus
from app.services import values
from app.services.tags import uids
from app.uow import UnitOfWork


async def register_tag(
    uow: UnitOfWork, subject_id: UUID, kind: TagKind, uid: str | None = None, label: str | None = None
) -> Tag:
    """Give a subject a tag. A uid that the organization had before is never given out again."""
    return await _register(uow, await uow.get(Subject, subject_id), kind, uid, label)


async def replace_tag(
    uow: UnitOfWork, tag_id: UUID, kind: TagKind | None = None, uid: str | None = None, label: str | None = None
) -> tuple[Tag, Tag]:
    """Exchange a tag that was lost or is broken for another. Answers the new one and the old."""
    old = await uow.get(Tag, tag_id, lock=True)
    subject = await uow.get(Subject, old.subject_id)
    new = await _register(uow, subject, kind or old.kind, uid, label or old.label)
    await _retire(uow, old, replaced_by_id=new.id)
    return new, old


async def retire_tag(uow: UnitOfWork, tag_id: UUID) -> Tag:
    return await _retire(uow, await uow.get(Tag, tag_id, lock=True))


async def _register(uow: UnitOfWork, subject: Subject, kind: TagKind, uid: str | None, label: str | None) -> Tag:
    if subject.archived_at is not None:
        raise BadUserInput("This subject does not come any more.", "subjectId")
    tag = await uow.add(
        Tag(
            kind=kind,
            status=TagStatus.ACTIVE,
            uid=uids.given(kind, uid),
            label=values.text(label, "label"),
            subject_id=subject.id,
            customer_id=subject.customer_id,
        )
    )
    uow.emit(EventType.TAG_REGISTERED, tag, payload={"kind": kind, "subjectId": subject.id})
    return tag


async def _retire(uow: UnitOfWork, tag: Tag, **more: object) -> Tag:
    await uow.transition(tag, TagStatus.RETIRED, retired_at=uow.now, **more)
    uow.emit(EventType.TAG_RETIRED, tag, payload={"subjectId": tag.subject_id})
    return tag

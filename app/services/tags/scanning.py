"""What follows when a tag is scanned: the subject's booking moves, and the scan is kept either way."""

import contextlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, Text, and_, cast, exists, func, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY, Range, insert
from uuid_utils.compat import uuid7

from app.access import conditions
from app.errors import BadUserInput, InvalidTransition, TagUnknown
from app.models import Booking, BookingStatus, EventType, Place, ScanKind, Subject, Tag, TagScan, TagStatus
from app.services import bookings, values
from app.services.tags import uids
from app.uow import UnitOfWork

ONCE = timedelta(minutes=1)
"""Whoever holds a phone to a tag twice means it once."""
LATE_MAX = timedelta(days=2)

MOVES = {ScanKind.CHECK_IN: bookings.check_in_booking, ScanKind.CHECK_OUT: bookings.complete_booking}


async def scan_tag(
    uow: UnitOfWork,
    tag_uid: str,
    kind: ScanKind,
    location: str | None = None,
    place_id: UUID | None = None,
    at: datetime | None = None,
) -> tuple[TagScan, Subject, Booking | None]:
    """Check a subject in or out by its tag. Asked again within a minute, it answers what it did the first time."""
    at = _when(uow, at)
    location = values.text(location, "location")
    place = await uow.get(Place, place_id) if place_id is not None else None
    tag, subject = await _worn(uow, tag_uid)
    booking = await uow.first(await _wanted(uow, tag.subject_id, kind, at))
    about = {"booking_id": booking and booking.id, "place_id": place and place.id}
    scan = await _note(uow, tag, kind, at, location=location, **about)
    if scan is None:
        return await _earlier(uow, tag, subject, kind, at)
    if booking is not None and kind in MOVES:
        # whoever was faster at the desk has done what the scan was for
        with contextlib.suppress(InvalidTransition):
            await MOVES[kind](uow, booking.id)
    await _seen(uow, tag, at)
    uow.emit(EventType.TAG_SCANNED, tag, scan, payload={"kind": kind, "scanId": scan.id, "subjectId": subject.id})
    return scan, subject, booking


def _when(uow: UnitOfWork, at: datetime | None) -> datetime:
    at = values.past(uow, at)
    if at < uow.now - LATE_MAX:
        raise BadUserInput(f"This lies more than {LATE_MAX.days} days back.", "at")
    return at


async def _worn(uow: UnitOfWork, tag_uid: str) -> tuple[Tag, Subject]:
    """The tag and who wears it. One that is not there, not in use, or not the viewer's business is the same to them."""
    candidates = uids.read(tag_uid)
    statement = (
        select(Tag, Subject)
        .join(Subject, and_(Subject.organization_id == Tag.organization_id, Subject.id == Tag.subject_id))
        .where(
            Tag.uid.in_(candidates),
            Tag.status == TagStatus.ACTIVE,
            Subject.archived_at.is_(None),
            *conditions(uow.viewer, Tag),
            *conditions(uow.viewer, Subject),
        )
        .order_by(func.array_position(cast(candidates, ARRAY(Text)), Tag.uid))
        .limit(1)
    )
    found = (await uow.session.execute(statement)).first()
    if found is None:
        raise TagUnknown()
    return found[0], found[1]


async def _wanted(uow: UnitOfWork, subject_id: UUID, kind: ScanKind, at: datetime) -> Select[Any]:
    """The booking that a scan is about: who comes has one for that day, who leaves was here by then."""
    wanted = select(Booking).where(Booking.subject_id == subject_id, *conditions(uow.viewer, Booking)).limit(1)
    zone = ZoneInfo((await values.organization(uow)).time_zone)
    midnight = at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    tomorrow = midnight + timedelta(days=1)  # by the wall clock: a day may have 23 hours
    if kind is ScanKind.CHECK_OUT:
        here = and_(Booking.status == BookingStatus.CHECKED_IN, Booking.starts_at < tomorrow, ~_came_after(at))
        return wanted.where(here).order_by(Booking.starts_at.desc(), Booking.id)
    status = BookingStatus.CONFIRMED if kind is ScanKind.CHECK_IN else BookingStatus.CHECKED_IN
    nearness = func.abs(func.extract("epoch", Booking.starts_at - literal(at)))
    return wanted.where(Booking.status == status, Booking.starts_at < tomorrow, Booking.ends_at > midnight).order_by(
        nearness, Booking.id
    )


def _came_after(at: datetime) -> ColumnElement[bool]:
    """Whether a booking was checked in by a later scan: a departure that is told late was from another one."""
    return exists().where(
        TagScan.organization_id == Booking.organization_id,
        TagScan.subject_id == Booking.subject_id,
        TagScan.booking_id == Booking.id,
        TagScan.kind == ScanKind.CHECK_IN,
        TagScan.scanned_at > at + values.CLOCK_SKEW,
    )


async def _note(uow: UnitOfWork, tag: Tag, kind: ScanKind, at: datetime, **more: object) -> TagScan | None:
    """Keep the scan; None if one of its kind counts already, which the database decides."""
    noted = await uow.session.execute(
        insert(TagScan)
        .values(
            organization_id=uow.viewer.organization_id,
            id=uuid7(),
            tag_id=tag.id,
            subject_id=tag.subject_id,
            customer_id=tag.customer_id,
            kind=kind,
            scanned_at=at,
            counted=Range(at, at + ONCE),
            scanned_by=uow.viewer.user_id,
            driver_id=uow.viewer.driver_id,
            **more,
        )
        .on_conflict_do_nothing()
        .returning(TagScan)
    )
    scan: TagScan | None = noted.scalars().first()
    return scan


async def _earlier(
    uow: UnitOfWork, tag: Tag, subject: Subject, kind: ScanKind, at: datetime
) -> tuple[TagScan, Subject, Booking | None]:
    """The scan that counts instead, and what came of it."""
    mine = and_(TagScan.organization_id == tag.organization_id, TagScan.tag_id == tag.id, TagScan.kind == kind)
    overlaps = and_(TagScan.scanned_at > at - ONCE, TagScan.scanned_at < at + ONCE)
    scan = (await uow.scalars(select(TagScan).where(mine, overlaps).order_by(TagScan.scanned_at).limit(1)))[0]
    # locked, and so read as it is now: it was read before whoever was faster moved it
    moved = (
        select(Booking)
        .where(Booking.id == scan.booking_id, *conditions(uow.viewer, Booking))
        .with_for_update(of=Booking)
        .execution_options(populate_existing=True)
    )
    return scan, subject, await uow.first(moved)


async def _seen(uow: UnitOfWork, tag: Tag, at: datetime) -> None:
    """Late words come in any order: the newest scan stays the last."""
    key = and_(Tag.organization_id == tag.organization_id, Tag.id == tag.id)
    newest = func.greatest(func.coalesce(Tag.last_scanned_at, at), at)
    await uow.session.execute(
        update(Tag).where(key).values(last_scanned_at=newest).execution_options(synchronize_session=False)
    )

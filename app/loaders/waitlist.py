"""Relations of waitlist entries."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from app.loaders.base import Computed, Listing, ToOne
from app.models import Booking, Customer, Slot, Subject, WaitlistEntry, WaitlistStatus
from app.models.base import among
from app.uow import ReadUnit


async def _positions(reads: ReadUnit, entries: Sequence[UUID]) -> Mapping[UUID, int]:
    """How many of a line wait with a number not above each entry's. Others' entries are counted, not shown."""
    ahead = aliased(WaitlistEntry)
    rows = await reads.execute(
        select(WaitlistEntry.id, func.count())
        .join(
            ahead,
            (ahead.organization_id == WaitlistEntry.organization_id)
            & (ahead.slot_id == WaitlistEntry.slot_id)
            & (ahead.status == WaitlistStatus.WAITING)
            & (ahead.number <= WaitlistEntry.number),
        )
        .where(
            WaitlistEntry.organization_id == reads.viewer.organization_id,
            among(WaitlistEntry.id, entries),
            WaitlistEntry.status == WaitlistStatus.WAITING,
        )
        .group_by(WaitlistEntry.id)
    )
    return {row[0]: row[1] for row in rows}


WAITLIST = Listing(
    WaitlistEntry,
    "created_at",
    orders={"CREATED_AT": "created_at"},
    filters={
        "slot_id": lambda id: WaitlistEntry.slot_id == id,
        "customer_id": lambda id: WaitlistEntry.customer_id == id,
        "subject_id": lambda id: WaitlistEntry.subject_id == id,
        "status": lambda statuses: WaitlistEntry.status.in_(statuses),
    },
    referents={"slot_id": Slot, "customer_id": Customer, "subject_id": Subject},
)
WAITLIST_POSITION = Computed(_positions)
WAITLIST_SLOT = ToOne(Slot, "slot_id")
WAITLIST_CUSTOMER = ToOne(Customer, "customer_id")
WAITLIST_SUBJECT = ToOne(Subject, "subject_id")
WAITLIST_BOOKING = ToOne(Booking, "booking_id")

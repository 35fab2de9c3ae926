"""Who waits for a place of a full slot."""

from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Machine, Tenant, Vocabulary, one_of, refers, words


class WaitlistStatus(Vocabulary):
    WAITING = "WAITING", "In line for a place."
    OFFERED = "OFFERED", "A place is held for it; booking the slot accepts the offer."
    ACCEPTED = "ACCEPTED", "The offer was accepted."
    EXPIRED = "EXPIRED", "The offer ran out, or the slot began, and the place went to the next."
    LEFT = "LEFT", "Waits no more, by choice."


W = WaitlistStatus
WAITLIST_MACHINE = Machine(
    "waitlist entry",
    {
        W.WAITING: {W.OFFERED, W.ACCEPTED, W.EXPIRED, W.LEFT},
        W.OFFERED: {W.ACCEPTED, W.EXPIRED, W.LEFT},
    },
)


class WaitlistEntry(Tenant, Base):
    """One subject in line for one slot. Numbers are given out under the slot's lock: who came first has the lower."""

    __tablename__ = "waitlist_entries"
    __table_args__ = (
        refers("slot_id", "slots"),
        refers("customer_id", "customers"),
        refers("subject_id", "subjects"),
        refers("booking_id", "bookings"),
        UniqueConstraint("organization_id", "slot_id", "number"),
        Index(
            "uq_waitlist_entries_subject_id",
            "organization_id",
            "slot_id",
            "subject_id",
            unique=True,
            postgresql_where=text("status IN ('WAITING', 'OFFERED')"),
        ),
        Index(
            "ix_waitlist_entries_waiting",
            "organization_id",
            "slot_id",
            "number",
            postgresql_where=text("status = 'WAITING'"),
        ),
        Index(None, "organization_id", "customer_id", "created_at", "id"),
        Index(None, "organization_id", "created_at", "id"),
        Index(None, "organization_id", "booking_id", postgresql_where=text("booking_id IS NOT NULL")),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("status <> 'OFFERED' OR booking_id IS NOT NULL", name="offer"),
        one_of("status", WaitlistStatus),
    )
    machine: ClassVar = WAITLIST_MACHINE

    slot_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    subject_id: Mapped[UUID]
    number: Mapped[int]
    status: Mapped[WaitlistStatus] = mapped_column(
        words(WaitlistStatus), default=WaitlistStatus.WAITING, server_default="WAITING"
    )
    booking_id: Mapped[UUID | None]

"""A ride of a subject or a load from one place to another."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, TSTZMULTIRANGE
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from app.models.base import Base, CurrencyCode, Machine, Minor, Tenant, Versioned, Vocabulary, one_of, refers, words


class TransportKind(Vocabulary):
    TO_SITE = "TO_SITE", "From the customer to the organization."
    FROM_SITE = "FROM_SITE", "From the organization to the customer."
    POINT_TO_POINT = "POINT_TO_POINT", "Between two places of the customer's choice."


class TransportStatus(Vocabulary):
    PENDING = "PENDING", "Waits to be planned."
    ASSIGNED = "ASSIGNED", "Planned onto a driver's route."
    EN_ROUTE = "EN_ROUTE", "The driver is on the way to the pickup."
    PICKED_UP = "PICKED_UP", "On board."
    DELIVERED = "DELIVERED", "Arrived."
    FAILED = "FAILED", "Could not be carried out."
    RETURNED = "RETURNED", "Brought back after a failure."
    CANCELLED = "CANCELLED", "Called off before the pickup."


class Priority(Vocabulary):
    LOW = "LOW", "Served when there is room."
    NORMAL = "NORMAL", "The usual."
    HIGH = "HIGH", "Served before others."
    EMERGENCY = "EMERGENCY", "Served before everything else."


class UnassignedReason(Vocabulary):
    """Why the planner left a transport out; each was found by checking it."""

    NO_VEHICLE = "NO_VEHICLE", "No driver and vehicle are on shift that day."
    NOT_ALLOWED = "NOT_ALLOWED", "The driver or route it is pinned to is not on shift that day."
    EQUIPMENT = "EQUIPMENT", "No vehicle on shift has the equipment, or no driver the skills."
    CAPACITY = "CAPACITY", "It needs more room than any vehicle has."
    RIDE_TIME = "RIDE_TIME", "Even the direct way takes longer than the ride may."
    WINDOW_UNREACHABLE = ("WINDOW_UNREACHABLE", "No vehicle can be there within the time window.")
    SHIFT_TOO_SHORT = "SHIFT_TOO_SHORT", "No shift is long enough for the trip."
    NOT_ENOUGH_ROOM = "NOT_ENOUGH_ROOM", "It could be done alone, but the day is full."
    NOT_ENOUGH_TIME = "NOT_ENOUGH_TIME", "It could be done alone; a longer search might find room for it."


class ProofKind(Vocabulary):
    """What shows that a stop was dealt with."""

    SIGNATURE = "SIGNATURE", "A signature, as an uploaded image."
    PHOTO = "PHOTO", "A photograph, uploaded."
    BARCODE = "BARCODE", "A code that was scanned from the load."
    CODE = "CODE", "The one-time code that the customer was given."


T = TransportStatus
TRANSPORT_MACHINE = Machine(
    "transport",
    {
        T.PENDING: {T.ASSIGNED, T.CANCELLED},
        T.ASSIGNED: {T.PENDING, T.EN_ROUTE, T.CANCELLED},
        T.EN_ROUTE: {T.PICKED_UP, T.FAILED, T.CANCELLED},
        T.PICKED_UP: {T.DELIVERED, T.FAILED},
        T.FAILED: {T.RETURNED},
    },
)


class Transport(Tenant, Versioned, Base):
    """Both windows bound the arrival: the vehicle is at the pickup and at the dropoff within them.

    pickup_windows, dropoff_windows: the parts of the window that are meant, if not all of it.
    load_class, apart_from: never aboard together with a transport whose class one of the two avoids.
    outbound_id: the transport that this one brings back from.
    pinned_driver_id, pinned_route_id: who must drive it, whatever a planner finds.
    code: tells the driver that the right person is there; only the customer and the house know it.
    """

    __tablename__ = "transports"
    __table_args__ = (
        # one ride there and one back: the others of a booking were called off
        Index(
            "uq_transports_leg",
            "organization_id",
            "booking_id",
            "kind",
            unique=True,
            postgresql_where=text("booking_id IS NOT NULL AND status NOT IN ('CANCELLED', 'FAILED', 'RETURNED')"),
        ),
        refers("booking_id", "bookings"),
        refers("customer_id", "customers"),
        refers("subject_id", "subjects"),
        refers("pickup_place_id", "places"),
        refers("dropoff_place_id", "places"),
        refers("driver_id", "drivers"),
        refers("route_id", "routes"),
        refers("outbound_id", "transports"),
        refers("pinned_driver_id", "drivers"),
        refers("pinned_route_id", "routes"),
        Index(None, "organization_id", "outbound_id"),
        Index(None, "organization_id", "pickup_from", "id"),
        Index(None, "organization_id", "booking_id"),
        Index(None, "organization_id", "customer_id", "pickup_from", "id"),
        Index(None, "organization_id", "subject_id"),
        Index(None, "organization_id", "driver_id", "status"),
        Index(None, "organization_id", "route_id"),
        Index(None, "organization_id", "created_at", "id"),
        CheckConstraint("pickup_from < pickup_until", name="pickup_window"),
        CheckConstraint("dropoff_from < dropoff_until", name="dropoff_window"),
        CheckConstraint("pickup_from < dropoff_until", name="windows"),
        CheckConstraint(
            "lower(pickup_windows) = pickup_from AND upper(pickup_windows) = pickup_until", name="pickup_windows"
        ),
        CheckConstraint(
            "lower(dropoff_windows) = dropoff_from AND upper(dropoff_windows) = dropoff_until", name="dropoff_windows"
        ),
        CheckConstraint("ride_s_max > 0", name="ride_s_max"),
        CheckConstraint("contact_phone ~ '^\\+[1-9][0-9]{6,14}$'", name="contact_phone"),
        CheckConstraint(
            f"proof_required <@ ARRAY[{', '.join(repr(kind.value) for kind in ProofKind)}]", name="proof_required"
        ),
        CheckConstraint("pickup_place_id <> dropoff_place_id", name="places"),
        CheckConstraint("pickup_service_s >= 0 AND dropoff_service_s >= 0", name="service_times"),
        CheckConstraint("jsonb_typeof(demand) = 'object'", name="demand"),
        CheckConstraint("cod_minor > 0", name="cod"),
        CheckConstraint("(cod_minor IS NULL) = (currency IS NULL)", name="cod_currency"),
        CheckConstraint(
            "(status IN ('PENDING', 'CANCELLED')) OR (driver_id IS NOT NULL AND route_id IS NOT NULL)", name="assigned"
        ),
        one_of("kind", TransportKind),
        one_of("status", TransportStatus),
        one_of("priority", Priority),
        one_of("unassigned_reason", UnassignedReason),
    )
    machine: ClassVar = TRANSPORT_MACHINE

    kind: Mapped[TransportKind] = mapped_column(words(TransportKind))
    status: Mapped[TransportStatus] = mapped_column(words(TransportStatus), default=TransportStatus.PENDING)
    priority: Mapped[Priority] = mapped_column(words(Priority), default=Priority.NORMAL)
    booking_id: Mapped[UUID | None]
    customer_id: Mapped[UUID]
    subject_id: Mapped[UUID | None]
    pickup_place_id: Mapped[UUID]
    dropoff_place_id: Mapped[UUID]
    pickup_from: Mapped[datetime]
    pickup_until: Mapped[datetime]
    dropoff_from: Mapped[datetime]
    dropoff_until: Mapped[datetime]
    pickup_service_s: Mapped[int] = mapped_column(default=180)
    dropoff_service_s: Mapped[int] = mapped_column(default=180)
    demand: Mapped[dict[str, int]]
    notes: Mapped[str | None]
    cod_minor: Mapped[int | None] = mapped_column(Minor)
    currency: Mapped[str | None] = mapped_column(CurrencyCode)
    driver_id: Mapped[UUID | None]
    route_id: Mapped[UUID | None]
    unassigned_reason: Mapped[UnassignedReason | None] = mapped_column(words(UnassignedReason))
    pickup_windows: Mapped[Any | None] = mapped_column(TSTZMULTIRANGE)
    dropoff_windows: Mapped[Any | None] = mapped_column(TSTZMULTIRANGE)
    required_equipment: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))
    required_skills: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))
    ride_s_max: Mapped[int | None]
    load_class: Mapped[str | None]
    apart_from: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))
    outbound_id: Mapped[UUID | None]
    pinned_driver_id: Mapped[UUID | None]
    pinned_route_id: Mapped[UUID | None]
    contact_name: Mapped[str | None]
    contact_phone: Mapped[str | None]
    proof_required: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))
    code: Mapped[str | None]


class Proof(Tenant, Base):
    """What a driver showed when dealing with a stop: a document, or what was scanned or typed."""

    __tablename__ = "proofs"
    __table_args__ = (
        refers("stop_id", "stops"),
        refers("transport_id", "transports"),
        refers("document_id", "documents"),
        Index(None, "organization_id", "stop_id"),
        Index(None, "organization_id", "transport_id"),
        UniqueConstraint("organization_id", "document_id"),
        CheckConstraint("(kind IN ('SIGNATURE', 'PHOTO')) = (document_id IS NOT NULL)", name="document"),
        CheckConstraint("(kind = 'BARCODE') = (barcode IS NOT NULL)", name="barcode"),
        one_of("kind", ProofKind),
    )

    stop_id: Mapped[UUID]
    transport_id: Mapped[UUID]
    kind: Mapped[ProofKind] = mapped_column(words(ProofKind))
    document_id: Mapped[UUID | None]
    barcode: Mapped[str | None]
    signed_by: Mapped[str | None]
    given_at: Mapped[datetime]


class TrackingLink(Tenant, Base):
    """A URL by which anybody may follow one transport for a while. The token is signed, and names this row."""

    __tablename__ = "tracking_links"
    __table_args__ = (
        refers("transport_id", "transports", ondelete="CASCADE"),
        Index(None, "organization_id", "transport_id", "created_at"),
    )

    transport_id: Mapped[UUID]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))

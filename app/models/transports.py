"""A ride of a subject or a load from one place to another."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

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
    CAPACITY = "CAPACITY", "It needs more room than any vehicle has."
    WINDOW_UNREACHABLE = ("WINDOW_UNREACHABLE", "No vehicle can be there within the time window.")
    SHIFT_TOO_SHORT = "SHIFT_TOO_SHORT", "No shift is long enough for the trip."
    NOT_ENOUGH_ROOM = "NOT_ENOUGH_ROOM", "It could be done alone, but the day is full."


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
    """Both windows bound the arrival: the vehicle is at the pickup and at the dropoff within them."""

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

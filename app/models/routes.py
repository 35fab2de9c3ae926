"""A driver's way through a day, and the runs of the planner that lay it."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Machine, Tenant, Versioned, Vocabulary, one_of, refers, words
from app.models.transports import UnassignedReason


class PlanningStatus(Vocabulary):
    QUEUED = "QUEUED", "Waits for a worker."
    RUNNING = "RUNNING", "A worker is searching."
    SUCCEEDED = "SUCCEEDED", "The plan is stored."
    FAILED = "FAILED", "Ended without a plan; the old one stands."
    CANCELLED = "CANCELLED", "Called off; the old plan stands."


class RouteStatus(Vocabulary):
    DRAFT = "DRAFT", "Being put together by hand."
    OPTIMIZED = "OPTIMIZED", "Laid by the planner; the driver does not see it yet."
    PUBLISHED = "PUBLISHED", "The driver sees it."
    IN_PROGRESS = "IN_PROGRESS", "Under way."
    COMPLETED = "COMPLETED", "Every stop is dealt with."
    CANCELLED = "CANCELLED", "Called off."


class StopKind(Vocabulary):
    PICKUP = "PICKUP", "Something or somebody comes on board."
    DROPOFF = "DROPOFF", "Something or somebody leaves."
    RETURN = "RETURN", "What could not be delivered goes back to where it was picked up."


class StopStatus(Vocabulary):
    PLANNED = "PLANNED", "Ahead."
    ARRIVED = "ARRIVED", "The driver is there."
    DONE = "DONE", "Dealt with."
    SKIPPED = "SKIPPED", "Left out."
    FAILED = "FAILED", "Could not be dealt with."
    CANCELLED = "CANCELLED", "Called off."


class StopFailureReason(Vocabulary):
    """Why a stop could not be dealt with."""

    NOBODY_THERE = "NOBODY_THERE", "Nobody was there."
    REFUSED = "REFUSED", "Whoever was there refused."
    WRONG_ADDRESS = "WRONG_ADDRESS", "The place is not where it should be."
    NO_ACCESS = "NO_ACCESS", "The driver could not get to it."
    NOT_READY = "NOT_READY", "What should be picked up was not ready."
    DAMAGED = "DAMAGED", "The load is damaged."
    VEHICLE = "VEHICLE", "Something is wrong with the vehicle."
    OTHER = "OTHER", "Something else; the notes say what."


P, R, K = PlanningStatus, RouteStatus, StopStatus
PLANNING_MACHINE = Machine(
    "planning run", {P.QUEUED: {P.RUNNING, P.CANCELLED, P.FAILED}, P.RUNNING: {P.SUCCEEDED, P.FAILED, P.CANCELLED}}
)
ROUTE_MACHINE = Machine(
    "route",
    {
        R.DRAFT: {R.OPTIMIZED, R.PUBLISHED, R.CANCELLED},
        R.OPTIMIZED: {R.PUBLISHED, R.CANCELLED},
        R.PUBLISHED: {R.IN_PROGRESS, R.CANCELLED},
        R.IN_PROGRESS: {R.COMPLETED, R.CANCELLED},
    },
)
STOP_MACHINE = Machine(
    "stop",
    {
        K.PLANNED: {K.ARRIVED, K.DONE, K.SKIPPED, K.FAILED, K.CANCELLED},
        K.ARRIVED: {K.DONE, K.SKIPPED, K.FAILED, K.CANCELLED},
        # what was put off may still be dealt with, or be planned anew
        K.SKIPPED: {K.PLANNED, K.ARRIVED, K.DONE, K.FAILED, K.CANCELLED},
    },
)


class PlanningRun(Tenant, Versioned, Base):
    """One search for a day's routes. At most one is under way for an organization and day."""

    __tablename__ = "planning_runs"
    __table_args__ = (
        Index(
            "uq_planning_runs_active",
            "organization_id",
            "date",
            unique=True,
            postgresql_where=text("status IN ('QUEUED', 'RUNNING')"),
        ),
        Index(None, "organization_id", "created_at", "id"),
        CheckConstraint("progress BETWEEN 0 AND 100", name="progress"),
        one_of("status", PlanningStatus),
    )
    machine: ClassVar = PLANNING_MACHINE

    date: Mapped[date]
    status: Mapped[PlanningStatus] = mapped_column(words(PlanningStatus), default=PlanningStatus.QUEUED)
    progress: Mapped[int] = mapped_column(default=0)
    time_limit_s: Mapped[int]
    label: Mapped[str | None]
    requested_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    route_count: Mapped[int | None]
    distance_m: Mapped[int | None]
    duration_s: Mapped[int | None]
    assigned_count: Mapped[int | None]
    unassigned_count: Mapped[int | None]
    baseline_distance_m: Mapped[int | None]
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]
    fewest_vehicles: Mapped[bool] = mapped_column(default=False, server_default="false")
    balanced: Mapped[bool] = mapped_column(default=False, server_default="false")
    elapsed_s: Mapped[int | None]
    best_objective: Mapped[int | None] = mapped_column(BigInteger)
    estimated: Mapped[bool] = mapped_column(default=False, server_default="false")


class UnassignedTransport(Tenant, Base):
    """A transport that a planning run left out, and why."""

    __tablename__ = "unassigned_transports"
    __table_args__ = (
        UniqueConstraint("organization_id", "planning_run_id", "transport_id"),
        refers("planning_run_id", "planning_runs", ondelete="CASCADE"),
        refers("transport_id", "transports", ondelete="CASCADE"),
        Index(None, "organization_id", "transport_id"),
        one_of("reason", UnassignedReason),
    )

    planning_run_id: Mapped[UUID]
    transport_id: Mapped[UUID]
    reason: Mapped[UnassignedReason] = mapped_column(words(UnassignedReason))


class Route(Tenant, Versioned, Base):
    """One shift's stops in order. A shift has one route that is not cancelled.

    breaks: the planned rests, `{"from", "until"}` each (ISO 8601). estimated: the provider of travel times was not
    there, so times are rougher. forced_reason: why a dispatcher left it in breach of a rule.
    """

    __tablename__ = "routes"
    __table_args__ = (
        Index(
            "uq_routes_shift",
            "organization_id",
            "shift_id",
            unique=True,
            postgresql_where=text("status <> 'CANCELLED'"),
        ),
        refers("driver_id", "drivers"),
        refers("vehicle_id", "vehicles"),
        refers("shift_id", "shifts"),
        refers("planning_run_id", "planning_runs"),
        Index(None, "organization_id", "date", "starts_at", "id"),
        Index(None, "organization_id", "driver_id", "date"),
        CheckConstraint("starts_at <= ends_at", name="times"),
        one_of("status", RouteStatus),
    )
    machine: ClassVar = ROUTE_MACHINE

    date: Mapped[date]
    status: Mapped[RouteStatus] = mapped_column(words(RouteStatus))
    driver_id: Mapped[UUID]
    vehicle_id: Mapped[UUID]
    shift_id: Mapped[UUID]
    planning_run_id: Mapped[UUID | None]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    distance_m: Mapped[int]
    duration_s: Mapped[int]
    breaks: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default=text("'[]'"))
    estimated: Mapped[bool] = mapped_column(default=False, server_default="false")
    forced_reason: Mapped[str | None]


class Stop(Tenant, Base):
    """The pickup or the dropoff of one transport on a route; it keeps its id when the route is laid anew.

    eta: when the driver is expected; late_since: when it was seen that this is after the window.
    suggested_at: when the driver's position came so near that it has probably arrived.
    """

    __tablename__ = "stops"
    __table_args__ = (
        # checked at the end of a statement, so that one statement can lay a route in another order
        UniqueConstraint("organization_id", "route_id", "sequence", deferrable=True, initially="IMMEDIATE"),
        Index(
            "uq_stops_transport",
            "organization_id",
            "transport_id",
            "kind",
            unique=True,
            postgresql_where=text("status IN ('PLANNED', 'ARRIVED', 'DONE')"),
        ),
        refers("route_id", "routes", ondelete="CASCADE"),
        refers("transport_id", "transports"),
        refers("place_id", "places"),
        CheckConstraint("sequence > 0", name="sequence"),
        CheckConstraint("(status = 'FAILED') = (failure_reason IS NOT NULL)", name="failed"),
        one_of("kind", StopKind),
        one_of("failure_reason", StopFailureReason),
        one_of("status", StopStatus),
    )
    machine: ClassVar = STOP_MACHINE

    route_id: Mapped[UUID]
    transport_id: Mapped[UUID]
    place_id: Mapped[UUID]
    sequence: Mapped[int]
    kind: Mapped[StopKind] = mapped_column(words(StopKind))
    status: Mapped[StopStatus] = mapped_column(words(StopStatus), default=StopStatus.PLANNED)
    planned_at: Mapped[datetime]
    eta: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    suggested_at: Mapped[datetime | None]
    late_since: Mapped[datetime | None]
    failure_reason: Mapped[StopFailureReason | None] = mapped_column(words(StopFailureReason))
    notes: Mapped[str | None]

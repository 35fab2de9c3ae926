"""Drivers, vehicles, and who drives what when."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from app.models.base import Base, Machine, Minor, Tenant, Versioned, Vocabulary, one_of, refers, words


class Dimension(Vocabulary):
    """What a vehicle has room for and a transport needs; a capacity is a vector over these."""

    SEATS = "SEATS", "People or animals that sit, counted."
    WHEELCHAIRS = "WHEELCHAIRS", "Places for wheelchairs, counted."
    STRETCHERS = "STRETCHERS", "Places for stretchers, counted."
    CRATES = "CRATES", "Transport boxes, counted."
    MASS_G = "MASS_G", "Mass in grams."
    VOLUME_ML = "VOLUME_ML", "Volume in millilitres."


class DriverStatus(Vocabulary):
    OFF_DUTY = "OFF_DUTY", "Not working now."
    AVAILABLE = "AVAILABLE", "Working, and free for a route."
    ON_ROUTE = "ON_ROUTE", "Driving a route."
    SUSPENDED = "SUSPENDED", "May not drive."


D = DriverStatus
DRIVER_MACHINE = Machine(
    "driver",
    {
        D.OFF_DUTY: {D.AVAILABLE, D.ON_ROUTE, D.SUSPENDED},
        D.AVAILABLE: {D.OFF_DUTY, D.ON_ROUTE, D.SUSPENDED},
        D.ON_ROUTE: {D.AVAILABLE},
        D.SUSPENDED: {D.OFF_DUTY},
    },
)


class Team(Tenant, Versioned, Base):
    """Drivers who belong together: a district, a shift crew, a depot."""

    __tablename__ = "teams"
    __table_args__ = (UniqueConstraint("organization_id", "name"),)

    name: Mapped[str]


class VehicleType(Tenant, Versioned, Base):
    """What vehicles of one kind can carry: the amount of each dimension."""

    __tablename__ = "vehicle_types"
    __table_args__ = (
        UniqueConstraint("organization_id", "name"),
        CheckConstraint("jsonb_typeof(capacity) = 'object'", name="capacity"),
    )

    name: Mapped[str]
    capacity: Mapped[dict[str, int]]
    equipment: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))


class Vehicle(Tenant, Versioned, Base):
    """Carries what its type does, unless it has a capacity of its own; its equipment is the type's and its own.

    From the day that maintenance is due, or once it has driven so far, it is not planned.
    """

    __tablename__ = "vehicles"
    __table_args__ = (
        UniqueConstraint("organization_id", "license_plate"),
        refers("type_id", "vehicle_types"),
        Index(None, "organization_id", "type_id"),
        CheckConstraint("jsonb_typeof(capacity) = 'object'", name="capacity"),
        CheckConstraint("odometer_m >= 0 AND maintenance_due_odometer_m >= 0", name="odometer"),
    )

    type_id: Mapped[UUID]
    license_plate: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True, server_default="true")
    capacity: Mapped[dict[str, int] | None] = mapped_column(JSONB(none_as_null=True))
    equipment: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))
    odometer_m: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    maintenance_due_on: Mapped[date | None]
    maintenance_due_odometer_m: Mapped[int | None] = mapped_column(BigInteger)


class Driver(Tenant, Versioned, Base):
    """A person who drives; with a user, one who signs in to the app. Not planned after the licence's last day."""

    __tablename__ = "drivers"
    __table_args__ = (
        UniqueConstraint("organization_id", "user_id"),
        refers("team_id", "teams"),
        Index(None, "organization_id", "display_name", "id"),
        Index(None, "organization_id", "team_id"),
        CheckConstraint("phone ~ '^\\+[1-9][0-9]{6,14}$'", name="phone_e164"),
        one_of("status", DriverStatus),
    )
    machine: ClassVar = DRIVER_MACHINE

    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    display_name: Mapped[str]
    phone: Mapped[str | None]
    status: Mapped[DriverStatus] = mapped_column(
        words(DriverStatus), default=DriverStatus.OFF_DUTY, server_default="OFF_DUTY"
    )
    team_id: Mapped[UUID | None]
    skills: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))
    licence_number: Mapped[str | None]
    licence_expires_on: Mapped[date | None]


class Absence(Tenant, Base):
    """When a driver or a vehicle cannot be planned: leave, illness, the workshop."""

    __tablename__ = "absences"
    __table_args__ = (
        refers("driver_id", "drivers", ondelete="CASCADE"),
        refers("vehicle_id", "vehicles", ondelete="CASCADE"),
        Index(None, "organization_id", "starts_at", "id"),
        Index(None, "organization_id", "driver_id", "starts_at"),
        Index(None, "organization_id", "vehicle_id", "starts_at"),
        CheckConstraint("num_nonnulls(driver_id, vehicle_id) = 1", name="who"),
        CheckConstraint("starts_at < ends_at", name="times"),
    )

    driver_id: Mapped[UUID | None]
    vehicle_id: Mapped[UUID | None]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str | None]


class Shift(Tenant, Versioned, Base):
    """A driver with a vehicle, from one place to another, for a time. No driver and no vehicle is twice at once.

    Without an end place the route is over where its last stop is. `breaks` are `{"from", "until", "duration_s"}` each:
    a rest to be begun between two instants (ISO 8601). Costs are in the organization's currency.
    """

    __tablename__ = "shifts"
    __table_args__ = (
        refers("driver_id", "drivers"),
        refers("vehicle_id", "vehicles"),
        refers("start_place_id", "places"),
        refers("end_place_id", "places"),
        Index(None, "organization_id", "starts_at", "id"),
        CheckConstraint("starts_at < ends_at", name="times"),
        CheckConstraint("jsonb_typeof(breaks) = 'array'", name="breaks"),
        CheckConstraint("duration_s_max > 0 AND driving_s_max > 0", name="limits"),
        CheckConstraint("cost_per_hour_minor >= 0 AND cost_per_km_minor >= 0", name="costs"),
        ExcludeConstraint(
            ("organization_id", "="),
            ("driver_id", "="),
            (func.tstzrange(text("starts_at"), text("ends_at")), "&&"),
            name="ex_shifts_driver",
            using="gist",
            # checked at the end of a statement, so that one statement can swap two drivers
            deferrable=True,
            initially="IMMEDIATE",
        ),
        ExcludeConstraint(
            ("organization_id", "="),
            ("vehicle_id", "="),
            (func.tstzrange(text("starts_at"), text("ends_at")), "&&"),
            name="ex_shifts_vehicle",
            using="gist",
        ),
    )

    driver_id: Mapped[UUID]
    vehicle_id: Mapped[UUID]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    start_place_id: Mapped[UUID]
    end_place_id: Mapped[UUID | None]
    breaks: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default=text("'[]'"))
    duration_s_max: Mapped[int | None]
    driving_s_max: Mapped[int | None]
    cost_per_hour_minor: Mapped[int | None] = mapped_column(Minor)
    cost_per_km_minor: Mapped[int | None] = mapped_column(Minor)


class Position(Tenant, Base):
    """Where a driver was last seen, the newest of `track_points`; one row a driver, never in the event log."""

    __tablename__ = "positions"
    __table_args__ = (
        UniqueConstraint("organization_id", "driver_id"),
        refers("driver_id", "drivers", ondelete="CASCADE"),
        CheckConstraint("latitude BETWEEN -90 AND 90", name="latitude"),
        CheckConstraint("longitude BETWEEN -180 AND 180", name="longitude"),
        CheckConstraint("heading_deg >= 0 AND heading_deg < 360", name="heading"),
        CheckConstraint("speed_mps >= 0", name="speed"),
    )

    driver_id: Mapped[UUID]
    latitude: Mapped[float]
    longitude: Mapped[float]
    heading_deg: Mapped[float | None]
    speed_mps: Mapped[float | None]
    recorded_at: Mapped[datetime]

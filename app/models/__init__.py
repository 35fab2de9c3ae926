"""Every table, gathered where Alembic and the loaders find them."""

from app.models.base import Base
from app.models.bookings import Allocation, Booking, BookingCharge, BookingGroup, BookingStatus, ChargeKind
from app.models.calendars import CalendarFeed
from app.models.customers import Customer, Place
from app.models.due_work import DueWork, WorkKind
from app.models.events import Event, EventDetail, EventHead, EventType, IdempotencyKey
from app.models.fleet import Dimension, Driver, DriverStatus, Position, Shift, Vehicle, VehicleType
from app.models.identity import Membership, Organization, Role, Session, User
from app.models.resources import (
    Requirement,
    Resource,
    ResourceKind,
    ResourcePool,
    ResourcePoolMember,
    ResourceUnit,
)
from app.models.routes import (
    PlanningRun,
    PlanningStatus,
    Route,
    RouteStatus,
    Stop,
    StopKind,
    StopStatus,
    UnassignedTransport,
)
from app.models.schedules import Opening, Schedule, ScheduleException, ScheduleExceptionKind
from app.models.scheduling import Confirmation, Service, ServiceKind, Slot, SlotStatus
from app.models.series import Occurrence, OccurrenceOutcome, Series, SeriesStatus
from app.models.subjects import Car, Mobility, Patient, Pet, Species, Subject, SubjectKind
from app.models.transports import Priority, Transport, TransportKind, TransportStatus, UnassignedReason
from app.models.waitlist import WaitlistEntry, WaitlistStatus

__all__ = [
    "Allocation",
    "Base",
    "Booking",
    "BookingCharge",
    "BookingGroup",
    "BookingStatus",
    "CalendarFeed",
    "Car",
    "ChargeKind",
    "Confirmation",
    "Customer",
    "Dimension",
    "Driver",
    "DriverStatus",
    "DueWork",
    "Event",
    "EventDetail",
    "EventHead",
    "EventType",
    "IdempotencyKey",
    "Membership",
    "Mobility",
    "Occurrence",
    "OccurrenceOutcome",
    "Opening",
    "Organization",
    "Patient",
    "Pet",
    "Place",
    "PlanningRun",
    "PlanningStatus",
    "Position",
    "Priority",
    "Requirement",
    "Resource",
    "ResourceKind",
    "ResourcePool",
    "ResourcePoolMember",
    "ResourceUnit",
    "Role",
    "Route",
    "RouteStatus",
    "Schedule",
    "ScheduleException",
    "ScheduleExceptionKind",
    "Series",
    "SeriesStatus",
    "Service",
    "ServiceKind",
    "Session",
    "Shift",
    "Slot",
    "SlotStatus",
    "Species",
    "Stop",
    "StopKind",
    "StopStatus",
    "Subject",
    "SubjectKind",
    "Transport",
    "TransportKind",
    "TransportStatus",
    "UnassignedReason",
    "UnassignedTransport",
    "User",
    "Vehicle",
    "VehicleType",
    "WaitlistEntry",
    "WaitlistStatus",
    "WorkKind",
]

"""Every table, gathered where Alembic and the loaders find them."""

from app.models.base import Base
from app.models.bookings import Allocation, Booking, BookingCharge, BookingGroup, BookingStatus, ChargeKind
from app.models.calendars import CalendarFeed
from app.models.customers import Customer, Place
from app.models.documents import Document, DocumentStatus
from app.models.due_work import DueWork, WorkKind
from app.models.events import Event, EventDetail, EventHead, EventType, IdempotencyKey
from app.models.fleet import Absence, Dimension, Driver, DriverStatus, Position, Shift, Team, Vehicle, VehicleType
from app.models.identity import Membership, Organization, Role, Session, User
from app.models.positions import TrackPoint
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
    StopFailureReason,
    StopKind,
    StopStatus,
    UnassignedTransport,
)
from app.models.schedules import Opening, Schedule, ScheduleException, ScheduleExceptionKind
from app.models.scheduling import Confirmation, Service, ServiceKind, Slot, SlotStatus
from app.models.series import Occurrence, OccurrenceOutcome, Series, SeriesStatus
from app.models.subjects import Car, Mobility, Patient, Pet, Species, Subject, SubjectKind
from app.models.transports import (
    Priority,
    Proof,
    ProofKind,
    TrackingLink,
    Transport,
    TransportKind,
    TransportStatus,
    UnassignedReason,
)
from app.models.travel import Directions, TravelTime
from app.models.waitlist import WaitlistEntry, WaitlistStatus

__all__ = [
    "Absence",
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
    "Directions",
    "Document",
    "DocumentStatus",
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
    "Proof",
    "ProofKind",
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
    "StopFailureReason",
    "StopKind",
    "StopStatus",
    "Subject",
    "SubjectKind",
    "Team",
    "TrackPoint",
    "TrackingLink",
    "Transport",
    "TransportKind",
    "TransportStatus",
    "TravelTime",
    "UnassignedReason",
    "UnassignedTransport",
    "User",
    "Vehicle",
    "VehicleType",
    "WaitlistEntry",
    "WaitlistStatus",
    "WorkKind",
]

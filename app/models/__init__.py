"""Every table, gathered where Alembic and the loaders find them."""

from app.models.base import Base
from app.models.bookings import Allocation, Booking, BookingStatus
from app.models.customers import Customer, Place
from app.models.due_work import DueWork, WorkKind
from app.models.events import Event, EventDetail, EventHead, EventType, IdempotencyKey
from app.models.fleet import Dimension, Driver, DriverStatus, Position, Shift, Vehicle, VehicleType
from app.models.identity import Membership, Organization, Role, Session, User
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
from app.models.scheduling import Service, Slot, SlotStatus
from app.models.subjects import Car, Mobility, Patient, Pet, Species, Subject, SubjectKind
from app.models.transports import Priority, Transport, TransportKind, TransportStatus, UnassignedReason

__all__ = [
    "Allocation",
    "Base",
    "Booking",
    "BookingStatus",
    "Car",
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
    "Organization",
    "Patient",
    "Pet",
    "Place",
    "PlanningRun",
    "PlanningStatus",
    "Position",
    "Priority",
    "Role",
    "Route",
    "RouteStatus",
    "Service",
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
    "WorkKind",
]

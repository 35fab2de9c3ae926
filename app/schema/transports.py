"""Transports."""

import datetime as dt
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app import models
from app.loaders import transports as relations
from app.models.base import Vocabulary
from app.models.transports import Priority, TransportKind, TransportStatus, UnassignedReason
from app.schema.customers import Customer, Place
from app.schema.events import Event
from app.schema.fields import Connection, column, computed, derived, listing, to_one, vocabulary
from app.schema.fleet import Driver
from app.schema.inputs import Amount, AmountInput, Direction, Values, vector
from app.schema.nodes import Node, node
from app.schema.scalars import MinorUnits, Money, money
from app.schema.subjects import Subject

if TYPE_CHECKING:
    from app.schema.bookings import Booking
    from app.schema.routes import Route

vocabulary(TransportKind, "From where to where, seen from the organization.")
vocabulary(TransportStatus, "Where a transport stands.")
vocabulary(Priority, "How much a transport matters when not all can be served.")
vocabulary(UnassignedReason, "Why the planner left a transport out; found by checking.")


@strawberry.type(description="A span of time.")
class Window:
    from_: datetime = column("The earliest.", name="from")
    until: datetime = column("The latest.")


@strawberry.input(description="A span of time.")
class WindowInput(Values):
    from_: datetime = column("The earliest.", name="from")
    until: datetime = column("The latest.")


@node(models.Transport, "A ride of a subject or a load from one place to another.")
class Transport(Node):
    version: int = column("Goes up with every change.")
    kind: TransportKind = column("From where to where, seen from the organization.")
    status: TransportStatus = column("Where it stands.")
    priority: Priority = column("How much it matters when not all can be served.")
    pickup: Place = to_one(relations.TRANSPORT_PICKUP, "From where.")
    dropoff: Place = to_one(relations.TRANSPORT_DROPOFF, "To where.")
    pickup_window: Window = derived(
        lambda ride: Window(from_=ride.pickup_from, until=ride.pickup_until), "When the driver may come to the pickup."
    )
    dropoff_window: Window = derived(
        lambda ride: Window(from_=ride.dropoff_from, until=ride.dropoff_until),
        "When the driver may come to the dropoff.",
    )
    demand: list[Amount] = derived(lambda ride: vector(ride.demand), "The room it takes, dimension by dimension.")
    notes: str | None = column("What the driver should know.")
    cod_amount: Money | None = derived(
        lambda ride: money(ride.cod_minor, ride.currency) if ride.cod_minor else None, "Cash to collect on delivery."
    )
    unassigned_reason: UnassignedReason | None = column("Why the last planning run left it out, if it did.")
    customer: Customer = to_one(relations.TRANSPORT_CUSTOMER, "For whom.")
    subject: Subject | None = to_one(relations.TRANSPORT_SUBJECT, "Who or what rides, if it is one of the subjects.")
    booking: Annotated["Booking", strawberry.lazy("app.schema.bookings")] | None = to_one(
        relations.TRANSPORT_BOOKING, "The booking it belongs to."
    )
    driver: Driver | None = to_one(
        relations.TRANSPORT_DRIVER, "Who drives; customers see it once the route is published."
    )
    route: Annotated["Route", strawberry.lazy("app.schema.routes")] | None = to_one(
        relations.TRANSPORT_ROUTE, "The route it is on, if the viewer sees routes."
    )
    eta: datetime | None = computed(
        relations.TRANSPORT_APPROACH,
        "When the driver is expected at its next stop: the pickup, and then the dropoff.",
        lambda approach: approach and approach.eta,
    )
    stops_before: int | None = computed(
        relations.TRANSPORT_APPROACH,
        "How many stops the driver makes before its next one.",
        lambda approach: approach and approach.stops_before,
    )
    history: Connection[Event] = listing(relations.TRANSPORT_HISTORY, "What happened to it, oldest first.")


class TransportOrderField(Vocabulary):
    PICKUP_FROM = "PICKUP_FROM", "By the earliest pickup."
    CREATED_AT = "CREATED_AT", "By when they were asked for."


vocabulary(TransportOrderField, "What transports can be ordered by.")


@strawberry.input(description="An order of transports.")
class TransportOrder:
    field: TransportOrderField = column("By what.")
    direction: Direction = column("Which way.", default=Direction.ASC)


@strawberry.input(description="Which transports are wanted; all conditions hold at once.")
class TransportFilter(Values):
    date: dt.date | None = column("To be picked up on this day of the organization's calendar.", default=None)
    from_: datetime | None = column("With an earliest pickup at or after this instant.", name="from", default=None)
    to: datetime | None = column("With an earliest pickup before this instant.", default=None)
    unassigned: bool | None = column("Waiting to be planned; or not.", default=None)
    status: list[TransportStatus] | None = column("In one of these states.", default=None)
    customer_id: strawberry.ID | None = column("For this customer.", default=None)
    driver_id: strawberry.ID | None = column("Driven by this driver.", default=None)


@strawberry.input(description="A new transport that belongs to no booking.")
class CreateTransportInput(Values):
    customer_id: strawberry.ID = column("For whom.")
    pickup_place_id: strawberry.ID = column("From where.")
    dropoff_place_id: strawberry.ID = column("To where.")
    pickup_window: WindowInput = column("When the driver may come to the pickup.")
    dropoff_window: WindowInput = column("When the driver may come to the dropoff.")
    subject_id: strawberry.ID | None = column("Who or what rides.", default=None)
    kind: TransportKind = column("From where to where.", default=TransportKind.POINT_TO_POINT)
    priority: Priority = column("How much it matters when not all can be served.", default=Priority.NORMAL)
    demand: list[AmountInput] | None = column("The room it takes; left out, what its subject takes.", default=None)
    notes: str | None = column("What the driver should know.", default=None)
    cod_minor: MinorUnits | None = column(
        "Cash to collect on delivery, in the organization's currency.", name="codAmount", default=None
    )


@strawberry.input(description="A transport to call off.")
class CancelTransportInput(Values):
    transport_id: strawberry.ID = column("Which.")

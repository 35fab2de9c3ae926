"""Transports."""

import datetime as dt
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app import models
from app.context import Info
from app.loaders import transports as relations
from app.loaders.proofs import TRANSPORT_FAILURE, TRANSPORT_PROOFS
from app.models.base import Vocabulary
from app.models.routes import StopFailureReason
from app.models.transports import Priority, ProofKind, TransportKind, TransportStatus
from app.schema.customers import Customer, Place
from app.schema.events import Event
from app.schema.fields import Connection, column, computed, derived, listing, to_many, to_one, vocabulary
from app.schema.fleet import Driver
from app.schema.inputs import Amount, AmountInput, Direction, Values, vector
from app.schema.nodes import Node, node
from app.schema.proofs import Proof
from app.schema.scalars import MinorUnits, Money, money
from app.schema.subjects import Subject
from app.schema.violations import UnassignedReason
from app.services.transports.windows import End
from app.services.transports.windows import windows as windows_of

if TYPE_CHECKING:
    from app.schema.bookings import Booking
    from app.schema.routes import Route

vocabulary(TransportKind, "From where to where, seen from the organization.")
vocabulary(TransportStatus, "Where a transport stands.")
vocabulary(Priority, "How much a transport matters when not all can be served.")


@strawberry.type(description="A span of time.")
class Window:
    from_: datetime = column("The earliest.", name="from")
    until: datetime = column("The latest.")


@strawberry.input(description="A span of time.")
class WindowInput(Values):
    from_: datetime = column("The earliest.", name="from")
    until: datetime = column("The latest.")


def _windows(ride: models.Transport, end: End) -> list[Window]:
    return [Window(from_=earliest, until=latest) for earliest, latest in windows_of(ride, end)]


@strawberry.type(description="Who must drive a transport, whatever a planner finds.")
class TransportPin:
    driver: Driver | None = to_one(relations.PINNED_DRIVER, "This driver, if one was named.")
    route: Annotated["Route", strawberry.lazy("app.schema.routes")] | None = to_one(
        relations.PINNED_ROUTE, "On this route, if one was named."
    )


@node(models.Transport, "A ride of a subject or a load from one place to another.")
class Transport(Node):
    version: int = column("Goes up with every change.")
    kind: TransportKind = column("From where to where, seen from the organization.")
    status: TransportStatus = column("Where it stands.")
    priority: Priority = column("How much it matters when not all can be served.")
    pickup: Place = to_one(relations.TRANSPORT_PICKUP, "From where.")
    dropoff: Place = to_one(relations.TRANSPORT_DROPOFF, "To where.")
    pickup_window: Window = derived(
        lambda ride: Window(from_=ride.pickup_from, until=ride.pickup_until),
        "When the driver may come to the pickup: from the earliest to the latest.",
    )
    dropoff_window: Window = derived(
        lambda ride: Window(from_=ride.dropoff_from, until=ride.dropoff_until),
        "When the driver may come to the dropoff: from the earliest to the latest.",
    )
    pickup_windows: list[Window] = derived(
        lambda ride: _windows(ride, "pickup"), "The parts of `pickupWindow` that are meant, in order."
    )
    dropoff_windows: list[Window] = derived(
        lambda ride: _windows(ride, "dropoff"), "The parts of `dropoffWindow` that are meant, in order."
    )
    pickup_service_time: int = derived(lambda ride: ride.pickup_service_s, "How long the pickup takes, in seconds.")
    dropoff_service_time: int = derived(lambda ride: ride.dropoff_service_s, "How long the dropoff takes, in seconds.")
    demand: list[Amount] = derived(lambda ride: vector(ride.demand), "The room it takes, dimension by dimension.")
    equipment: list[str] = derived(lambda ride: ride.required_equipment, "What the vehicle must have on board.")
    skills: list[str] = derived(lambda ride: ride.required_skills, "What the driver must be able to do.")
    ride_time_max: int | None = derived(
        lambda ride: ride.ride_s_max,
        "The longest time from leaving the pickup to reaching the dropoff, in seconds; null: no limit.",
    )
    load_class: str | None = column("What kind of load it is, for those that must be kept apart.")
    apart_from: list[str] = column("Kinds of load with which it is never on board together.")
    notes: str | None = column("What the driver should know.")
    contact_name: str | None = column("Whom the driver should ask for.")
    contact_phone: str | None = column("E.164.")
    proof_required: list[ProofKind] = derived(
        lambda ride: [ProofKind(kind) for kind in ride.proof_required], "What the driver must show on delivery."
    )
    cod_amount: Money | None = derived(
        lambda ride: money(ride.cod_minor, ride.currency) if ride.cod_minor else None,
        "Cash to collect on delivery; null: none.",
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
        "When the driver is expected at its next stop: the pickup, and then the dropoff; null if nobody comes yet.",
        lambda approach: approach and approach.eta,
    )
    stops_before: int | None = computed(
        relations.TRANSPORT_APPROACH,
        "How many stops the driver makes before its next one; null if it is on no route.",
        lambda approach: approach and approach.stops_before,
    )
    outbound: Annotated["Transport", strawberry.lazy("app.schema.transports")] | None = to_one(
        relations.TRANSPORT_OUTBOUND, "The way there, if this is a way back."
    )
    returns: Connection[Annotated["Transport", strawberry.lazy("app.schema.transports")]] = listing(
        relations.TRANSPORT_RETURNS, "The ways back from it, also those that were called off."
    )
    proofs: list[Proof] = to_many(TRANSPORT_PROOFS, "What the driver showed; at most twenty at each of its stops.")
    failure_reason: StopFailureReason | None = computed(
        TRANSPORT_FAILURE, "Why it could not be carried out, if it failed."
    )
    history: Connection[Event] = listing(relations.TRANSPORT_HISTORY, "What happened to it, oldest first.")

    @strawberry.field(
        description="The one-time code that the driver must be told; for the customer and the people of the house, "
        "never for whoever drives."
    )
    def code(root: strawberry.Parent[models.Transport], info: Info) -> str | None:
        viewer = info.context.viewer
        drives = viewer.driver_id is not None and viewer.driver_id == root.driver_id
        knows = viewer.sees_everything or viewer.customer_id == root.customer_id
        return root.code if knows and not drives else None

    @strawberry.field(description="Who must drive it, if that was said; for the people of the house.")
    def pin(root: strawberry.Parent[models.Transport], info: Info) -> TransportPin | None:
        pinned = root.pinned_driver_id or root.pinned_route_id
        return root if pinned and info.context.viewer.sees_everything else None  # type: ignore[return-value]


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
    route_id: strawberry.ID | None = column("On this route.", default=None)
    priority: list[Priority] | None = column("Of one of these priorities.", default=None)
    kind: list[TransportKind] | None = column("Of one of these kinds.", default=None)


@strawberry.input(description="Who must drive a transport, whatever a planner finds.")
class TransportPinInput(Values):
    driver_id: strawberry.ID | None = column("This driver.", default=None)
    route_id: strawberry.ID | None = column("On this route, of the day of the pickup.", default=None)


@strawberry.input(description="A new transport that belongs to no booking.")
class CreateTransportInput(Values):
    outbound_id: strawberry.ID | None = column(
        "The transport that this one brings back from. What is left out of places, customer, subject, kind and needs "
        "is as on the way there, reversed.",
        default=None,
    )
    customer_id: strawberry.ID | None = column("For whom; needed without `outboundId`.", default=None)
    pickup_place_id: strawberry.ID | None = column("From where; needed without `outboundId`.", default=None)
    dropoff_place_id: strawberry.ID | None = column("To where; needed without `outboundId`.", default=None)
    pickup_window: WindowInput | None = column("When the driver may come to the pickup.", default=None)
    pickup_windows: list[WindowInput] | None = column(
        "The same, if there are gaps in it: at most 10 windows within a day.", default=None
    )
    dropoff_window: WindowInput | None = column("When the driver may come to the dropoff.", default=None)
    dropoff_windows: list[WindowInput] | None = column(
        "The same, if there are gaps in it: at most 10 windows within a day.", default=None
    )
    pickup_service_s: int | None = column(
        "How long the pickup takes, in seconds; left out, 180.", name="pickupServiceTime", default=None
    )
    dropoff_service_s: int | None = column(
        "How long the dropoff takes, in seconds; left out, 180.", name="dropoffServiceTime", default=None
    )
    subject_id: strawberry.ID | None = column("Who or what rides.", default=None)
    kind: TransportKind | None = column("From where to where; left out, POINT_TO_POINT.", default=None)
    priority: Priority = column("How much it matters when not all can be served.", default=Priority.NORMAL)
    demand: list[AmountInput] | None = column("The room it takes; left out, what its subject takes.", default=None)
    required_equipment: list[str] | None = column(
        "What the vehicle must have on board.", name="equipment", default=None
    )
    required_skills: list[str] | None = column("What the driver must be able to do.", name="skills", default=None)
    ride_s_max: int | None = column(
        "The longest time from leaving the pickup to reaching the dropoff, in seconds.",
        name="rideTimeMax",
        default=None,
    )
    load_class: str | None = column("What kind of load it is, for those that must be kept apart.", default=None)
    apart_from: list[str] | None = column("Kinds of load with which it is never on board together.", default=None)
    notes: str | None = column("What the driver should know.", default=None)
    contact_name: str | None = column("Whom the driver should ask for.", default=None)
    contact_phone: str | None = column("In any usual notation; kept as E.164.", default=None)
    cod_minor: MinorUnits | None = column(
        "Cash to collect on delivery, in the organization's currency.", name="codAmount", default=None
    )
    proof_required: list[ProofKind] = column(
        "What the driver must show on delivery. For `CODE`, a code is made that the customer can read.", default=()
    )
    pin: TransportPinInput | None = column("Who must drive it, whatever a planner finds.", default=None)


@strawberry.input(
    description="What to change of a transport; what is left out stays. Once its driver has seen it, only notes, "
    "contact, priority, proofs and the pin can change."
)
class UpdateTransportInput(Values):
    transport_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
    pickup_place_id: strawberry.Maybe[strawberry.ID] = column("From where.")
    dropoff_place_id: strawberry.Maybe[strawberry.ID] = column("To where.")
    pickup_window: strawberry.Maybe[WindowInput] = column("When the driver may come to the pickup.")
    pickup_windows: strawberry.Maybe[list[WindowInput]] = column(
        "The same, if there are gaps in it: at most 10 windows within a day."
    )
    dropoff_window: strawberry.Maybe[WindowInput] = column("When the driver may come to the dropoff.")
    dropoff_windows: strawberry.Maybe[list[WindowInput]] = column(
        "The same, if there are gaps in it: at most 10 windows within a day."
    )
    pickup_service_s: strawberry.Maybe[int] = column("How long the pickup takes, in seconds.", name="pickupServiceTime")
    dropoff_service_s: strawberry.Maybe[int] = column(
        "How long the dropoff takes, in seconds.", name="dropoffServiceTime"
    )
    subject_id: strawberry.Maybe[strawberry.ID | None] = column("Who or what rides; not of a booking's ride.")
    kind: strawberry.Maybe[TransportKind] = column("From where to where; not of a booking's ride.")
    priority: strawberry.Maybe[Priority] = column("How much it matters when not all can be served.")
    demand: strawberry.Maybe[list[AmountInput]] = column("The room it takes.")
    required_equipment: strawberry.Maybe[list[str]] = column("What the vehicle must have on board.", name="equipment")
    required_skills: strawberry.Maybe[list[str]] = column("What the driver must be able to do.", name="skills")
    ride_s_max: strawberry.Maybe[int | None] = column(
        "The longest time from leaving the pickup to reaching the dropoff, in seconds.", name="rideTimeMax"
    )
    load_class: strawberry.Maybe[str | None] = column("What kind of load it is, for those that must be kept apart.")
    apart_from: strawberry.Maybe[list[str]] = column("Kinds of load with which it is never on board together.")
    notes: strawberry.Maybe[str | None] = column("What the driver should know.")
    contact_name: strawberry.Maybe[str | None] = column("Whom the driver should ask for.")
    contact_phone: strawberry.Maybe[str | None] = column("In any usual notation; kept as E.164.")
    cod_minor: strawberry.Maybe[MinorUnits | None] = column(
        "Cash to collect on delivery, in the organization's currency.", name="codAmount"
    )
    proof_required: strawberry.Maybe[list[ProofKind]] = column(
        "What the driver must show on delivery. For `CODE`, a code is made that the customer can read."
    )
    outbound_id: strawberry.Maybe[strawberry.ID | None] = column("The transport that this one brings back from.")
    pin: strawberry.Maybe[TransportPinInput | None] = column(
        "Who must drive it, in place of whoever was named before; null: anyone may."
    )


@strawberry.input(description="A transport to call off.")
class CancelTransportInput(Values):
    transport_id: strawberry.ID = column("Which.")

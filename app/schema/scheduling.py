"""Services and their slots."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app import models
from app.context import Info
from app.loaders import care as care_relations
from app.loaders import scheduling as relations
from app.models.base import Vocabulary
from app.models.scheduling import Confirmation, ServiceKind, SlotStatus
from app.schema.customers import Place
from app.schema.fields import column, computed, derived, to_many, to_one, vocabulary
from app.schema.inputs import Direction, Inline, Values
from app.schema.nodes import Node, node
from app.schema.scalars import MinorUnits, Money, money

if TYPE_CHECKING:
    from app.schema.care import CareProtocol
    from app.schema.resources import Requirement, Resource
    from app.schema.schedules import Schedule

vocabulary(SlotStatus, "Whether a slot takes bookings.")
vocabulary(ServiceKind, "How a service is booked.")
vocabulary(Confirmation, "Who confirms a booking.")


@strawberry.type(description="A fee: an amount of money, or a share of the price.")
class Fee:
    amount: Money | None = column("So much; null if it is a part of the price.")
    percent: int | None = column("So many percent of the price; null if it is an amount.")


def _fee(amount_minor: int | None, percent: int | None, currency: str) -> Fee | None:
    if amount_minor is None and percent is None:
        return None
    return Fee(amount=None if amount_minor is None else money(amount_minor, currency), percent=percent)


@strawberry.type(description="When customers may book and cancel, and what it costs; staff may at any time.")
class BookingPolicy:
    opens_before_s: int | None = column(
        "How long before it begins it can be booked at the earliest, in seconds; null: from any time on."
    )
    notice_s: int = column("How long before it begins it can be booked at the latest, in seconds.")
    bookable_from: datetime | None = column("No booking is taken before this instant; null: there is none.")
    bookable_until: datetime | None = column("No booking is taken after this instant; null: there is none.")
    cancellation_notice_s: int = column("How long before it begins it can be called off at the latest, in seconds.")
    free_cancellation_notice_s: int = column("How long before it begins calling off is free at the latest, in seconds.")
    cancellation_fee: Fee | None = derived(
        lambda service: _fee(service.cancellation_fee_minor, service.cancellation_fee_percent, service.currency),
        "What calling off costs when it is not free any more; null: nothing.",
    )
    no_show_fee: Fee | None = derived(
        lambda service: _fee(service.no_show_fee_minor, service.no_show_fee_percent, service.currency),
        "What it costs not to come; null: nothing.",
    )
    confirmation: Confirmation = column("Who confirms a booking.")
    customer_places_max: int | None = column(
        "How many places of one slot one customer can have; null: as many as there are."
    )
    waitlist_max: int = column("How many can wait for a place of one slot; 0: nobody.")
    waitlist_offer_s: int = column("For how long a place that came free is held for whoever waited, in seconds.")


@node(models.Service, "Something that customers book.")
class Service(Node):
    version: int = column("Goes up with every change; an update names the one it saw.")
    name: str = column("What it is called.")
    description: str | None = column("What customers read about it.")
    place: Place = to_one(relations.SERVICE_PLACE, "Where it is rendered.")
    duration_s: int = column("How long it takes, in seconds.")
    price: Money = derived(lambda service: money(service.price_minor, service.currency), "What it costs now.")
    kind: ServiceKind = column("Whether it is booked by the slot or by the night.")
    buffer_before_s: int = column("For how long its resources are kept before it begins, in seconds.")
    buffer_after_s: int = column("For how long its resources are kept after it ends, in seconds.")
    policy: BookingPolicy = derived(lambda service: service, "When customers may book and cancel, and what it costs.")
    requirements: list[Annotated["Requirement", strawberry.lazy("app.schema.resources")]] = to_many(
        relations.SERVICE_REQUIREMENTS, "What each booking uses besides a place."
    )
    required_care: list[Annotated["CareProtocol", strawberry.lazy("app.schema.care")]] = to_many(
        care_relations.SERVICE_CARE, "Care that must be in date; at most 20."
    )
    active: bool = column("Whether it is offered.")


@node(models.Slot, "A time at which a service takes bookings, up to its capacity.")
class Slot(Node):
    version: int = column("Goes up with every change; an update names the one it saw.")
    starts_at: datetime = column("When it begins.")
    ends_at: datetime = column("When it ends.")
    capacity: int = column("How many bookings it takes.")
    capacity_pinned: bool = column("Whether people have set the capacity, so that its schedule leaves it.")
    taken: int = column("How many places are taken; never more than the capacity.")
    available: int = computed(
        relations.SLOT_PLACES,
        "How many places can still be booked: none that its service's resources do not allow.",
        lambda places: places or 0,
    )
    resource: Annotated["Resource", strawberry.lazy("app.schema.resources")] | None = to_one(
        relations.SLOT_RESOURCE, "Who or what renders it, if that is fixed."
    )
    status: SlotStatus = column("Whether it takes bookings.")
    schedule: Annotated["Schedule", strawberry.lazy("app.schema.schedules")] | None = to_one(
        relations.SLOT_SCHEDULE, "The opening hours that made it, if any."
    )
    service: Annotated["Service", strawberry.lazy("app.schema.scheduling")] = to_one(
        relations.SLOT_SERVICE, "What is rendered then."
    )

    @strawberry.field(description="What a place costs now.")
    async def price(root: strawberry.Parent[models.Slot], info: Info) -> Money:
        service = await info.context.loaders.get(models.Service, root.service_id)
        return money(service.price_minor, service.currency)


class ServiceOrderField(Vocabulary):
    NAME = "NAME", "By name."


class SlotOrderField(Vocabulary):
    STARTS_AT = "STARTS_AT", "By when they begin."


vocabulary(ServiceOrderField, "What services can be ordered by.")
vocabulary(SlotOrderField, "What slots can be ordered by.")


@strawberry.input(description="An order of services.")
class ServiceOrder:
    field: ServiceOrderField = column("By what.")
    direction: Direction = column("Which way.", default=Direction.ASC)


@strawberry.input(description="An order of slots.")
class SlotOrder:
    field: SlotOrderField = column("By what.")
    direction: Direction = column("Which way.", default=Direction.ASC)


@strawberry.input(description="Which services are wanted.")
class ServiceFilter(Values):
    active: bool | None = column("Offered, or not offered.", default=None)


@strawberry.input(description="Which slots are wanted; all conditions hold at once.")
class SlotFilter(Values):
    service_id: strawberry.ID | None = column("Of this service.", default=None)
    from_: datetime | None = column("Beginning at or after this instant.", name="from", default=None)
    to: datetime | None = column("Beginning before this instant.", default=None)
    available: bool | None = column("That can be booked now, or cannot.", default=None)
    resource_id: strawberry.ID | None = column("Rendered by this resource.", default=None)
    status: list[SlotStatus] | None = column("In one of these states.", default=None)


@strawberry.input(description="A fee, one way or the other.", one_of=True)
class FeeInput(Values):
    amount: strawberry.Maybe[MinorUnits] = column("So much, in the organization's currency.")
    percent: strawberry.Maybe[int] = column("So many percent of the price, 0 to 100.")


@strawberry.input(description="When customers may book and cancel, and what it costs; what is left out stays.")
class BookingPolicyInput(Inline):
    opens_before_s: strawberry.Maybe[int | None] = column(
        "How long before it begins it can be booked at the earliest, in seconds; null: any time."
    )
    notice_s: strawberry.Maybe[int] = column("How long before it begins it can be booked at the latest, in seconds.")
    bookable_from: strawberry.Maybe[datetime | None] = column("No booking is taken before this instant.")
    bookable_until: strawberry.Maybe[datetime | None] = column("No booking is taken after this instant.")
    cancellation_notice_s: strawberry.Maybe[int] = column(
        "How long before it begins it can be called off at the latest, in seconds."
    )
    free_cancellation_notice_s: strawberry.Maybe[int] = column(
        "How long before it begins calling off is free at the latest, in seconds."
    )
    cancellation_fee: strawberry.Maybe[FeeInput | None] = column(
        "What calling off costs when it is not free any more; null: nothing."
    )
    no_show_fee: strawberry.Maybe[FeeInput | None] = column("What it costs not to come; null: nothing.")
    confirmation: strawberry.Maybe[Confirmation] = column("Who confirms a booking.")
    customer_places_max: strawberry.Maybe[int | None] = column(
        "How many places of one slot one customer can have; null: any number."
    )
    waitlist_max: strawberry.Maybe[int] = column("How many can wait for a place of one slot; 0: nobody.")
    waitlist_offer_s: strawberry.Maybe[int] = column(
        "For how long a place that came free is held for whoever waited, in seconds."
    )


@strawberry.input(description="A new service.")
class CreateServiceInput(Values):
    name: str = column("What it is called.")
    place_id: strawberry.ID = column("Where it is rendered: a place of the organization's own.")
    duration_s: int = column("How long it takes, in seconds.")
    price_minor: MinorUnits = column("What it costs, in the organization's currency.", name="price")
    description: str | None = column("What customers read about it.", default=None)
    kind: ServiceKind = column("Whether it is booked by the slot or by the night.", default=ServiceKind.APPOINTMENT)
    buffer_before_s: int = column("For how long its resources are kept before it begins, in seconds.", default=0)
    buffer_after_s: int = column("For how long its resources are kept after it ends, in seconds.", default=0)
    policy: BookingPolicyInput | None = column("When customers may book and cancel, and what it costs.", default=None)


@strawberry.input(description="What to change of a service; what is left out stays. Bookings keep what was agreed.")
class UpdateServiceInput(Values):
    service_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
    name: strawberry.Maybe[str] = column("What it is called.")
    place_id: strawberry.Maybe[strawberry.ID] = column("Where it is rendered: a place of the organization's own.")
    duration_s: strawberry.Maybe[int] = column("How long it takes, in seconds.")
    price_minor: strawberry.Maybe[MinorUnits] = column("What it costs, in the organization's currency.", name="price")
    description: strawberry.Maybe[str | None] = column("What customers read about it.")
    buffer_before_s: strawberry.Maybe[int] = column("For how long its resources are kept before it begins, in seconds.")
    buffer_after_s: strawberry.Maybe[int] = column("For how long its resources are kept after it ends, in seconds.")
    policy: strawberry.Maybe[BookingPolicyInput] = column("When customers may book and cancel, and what it costs.")
    active: strawberry.Maybe[bool] = column("Whether it is offered.")


@strawberry.input(description="A new slot.")
class CreateSlotInput(Values):
    service_id: strawberry.ID = column("What is rendered.")
    starts_at: datetime = column("When it begins.")
    capacity: int = column("How many bookings it takes.")
    ends_at: datetime | None = column("When it ends; left out, after the service's duration.", default=None)
    resource_id: strawberry.ID | None = column("Who or what renders it, if that is fixed.", default=None)


@strawberry.input(description="What to change of a slot; what is left out stays. A slot with bookings cannot move.")
class UpdateSlotInput(Values):
    slot_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
    starts_at: strawberry.Maybe[datetime] = column("When it begins.")
    ends_at: strawberry.Maybe[datetime] = column("When it ends.")
    capacity: strawberry.Maybe[int] = column("How many bookings it takes; not fewer than are taken.")
    status: strawberry.Maybe[SlotStatus] = column("Whether it takes bookings.")
    resource_id: strawberry.Maybe[strawberry.ID | None] = column("Who or what renders it, if that is fixed.")


@strawberry.input(description="What a booking uses: any resource of a pool, or a named one.", one_of=True)
class RequirementInput(Values):
    pool_id: strawberry.Maybe[strawberry.ID] = column("Any one of this pool.")
    resource_id: strawberry.Maybe[strawberry.ID] = column("This one.")


@strawberry.input(
    description="What each booking of a service uses from now on; bookings that stand keep what they have."
)
class SetServiceRequirementsInput(Values):
    service_id: strawberry.ID = column("Which service.")
    version: int = column("The version that was seen.")
    requirements: list[RequirementInput] = column("One resource each; at most 10. They replace those it had.")

"""Services and their slots."""

from datetime import datetime
from typing import Annotated

import strawberry

from app import models
from app.context import Info
from app.loaders import scheduling as relations
from app.models.base import Vocabulary
from app.models.scheduling import SlotStatus
from app.schema.customers import Place
from app.schema.fields import column, derived, to_one, vocabulary
from app.schema.inputs import Direction, Values
from app.schema.nodes import Node, node
from app.schema.scalars import MinorUnits, Money, money

vocabulary(SlotStatus, "Whether a slot takes bookings.")


@node(models.Service, "Something that customers book.")
class Service(Node):
    version: int = column("Goes up with every change; an update names the one it saw.")
    name: str = column("What it is called.")
    description: str | None = column("What customers read about it.")
    place: Place = to_one(relations.SERVICE_PLACE, "Where it is rendered.")
    duration_s: int = column("How long it takes, in seconds.")
    price: Money = derived(lambda service: money(service.price_minor, service.currency), "What it costs now.")
    cancellation_notice_s: int = column("How long before the start customers may still cancel, in seconds.")
    active: bool = column("Whether it is offered.")


@node(models.Slot, "A time at which a service takes bookings, up to its capacity.")
class Slot(Node):
    version: int = column("Goes up with every change; an update names the one it saw.")
    starts_at: datetime = column("When it begins.")
    ends_at: datetime = column("When it ends.")
    capacity: int = column("How many bookings it takes.")
    taken: int = column("How many places are taken; never more than the capacity.")
    available: int = column("How many places can still be booked.")
    status: SlotStatus = column("Whether it takes bookings.")
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


@strawberry.input(description="A new service.")
class CreateServiceInput(Values):
    name: str = column("What it is called.")
    place_id: strawberry.ID = column("Where it is rendered: a place of the organization's own.")
    duration_s: int = column("How long it takes, in seconds.")
    price_minor: MinorUnits = column("What it costs, in the organization's currency.", name="price")
    description: str | None = column("What customers read about it.", default=None)
    cancellation_notice_s: int = column("How long before the start customers may still cancel, in seconds.", default=0)


@strawberry.input(description="What to change of a service; what is left out stays. Bookings keep what was agreed.")
class UpdateServiceInput(Values):
    service_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
    name: strawberry.Maybe[str] = column("What it is called.")
    place_id: strawberry.Maybe[strawberry.ID] = column("Where it is rendered: a place of the organization's own.")
    duration_s: strawberry.Maybe[int] = column("How long it takes, in seconds.")
    price_minor: strawberry.Maybe[MinorUnits] = column("What it costs, in the organization's currency.", name="price")
    description: strawberry.Maybe[str | None] = column("What customers read about it.")
    cancellation_notice_s: strawberry.Maybe[int] = column("How long before the start customers may cancel, in seconds.")
    active: strawberry.Maybe[bool] = column("Whether it is offered.")


@strawberry.input(description="A new slot.")
class CreateSlotInput(Values):
    service_id: strawberry.ID = column("What is rendered.")
    starts_at: datetime = column("When it begins.")
    capacity: int = column("How many bookings it takes.")
    ends_at: datetime | None = column("When it ends; left out, after the service's duration.", default=None)


@strawberry.input(description="What to change of a slot; what is left out stays. A slot with bookings cannot move.")
class UpdateSlotInput(Values):
    slot_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
    starts_at: strawberry.Maybe[datetime] = column("When it begins.")
    ends_at: strawberry.Maybe[datetime] = column("When it ends.")
    capacity: strawberry.Maybe[int] = column("How many bookings it takes; not fewer than are taken.")
    status: strawberry.Maybe[SlotStatus] = column("Whether it takes bookings.")

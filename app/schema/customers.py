"""Customers and their places."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app import models
from app.access import Permission
from app.loaders import customers as relations
from app.loaders.messaging import CUSTOMER_NOTIFICATIONS
from app.models.base import Vocabulary
from app.schema.bookings import Booking, BookingFilter, BookingOrder
from app.schema.fields import Connection, column, derived, listing, to_many, to_one, vocabulary
from app.schema.inputs import Direction, Inline, Values
from app.schema.nodes import Node, node

if TYPE_CHECKING:
    from app.schema.messaging import Notification
    from app.schema.subjects import Subject


@strawberry.type(description="A point on the map, WGS 84.")
class Point:
    latitude: float = column("Degrees north.")
    longitude: float = column("Degrees east.")


@strawberry.input(description="A point on the map, WGS 84.")
class PointInput(Inline):
    latitude: float = column("Degrees north, -90 to 90.")
    longitude: float = column("Degrees east, -180 to 180.")


def point(row: models.Place | models.Position) -> Point:
    return Point(latitude=row.latitude, longitude=row.longitude)


@node(models.Place, "An address with a point on the map: a customer's, or a site or depot of the organization.")
class Place(Node):
    version: int = column("Goes up with every change; an update names the one it saw.")
    label: str = column("What people call it.")
    address: str = column("Street and number.")
    point: Point = derived(point, "Where it is.")
    access_notes: str | None = column("How to get in.")
    customer: Annotated["Customer", strawberry.lazy("app.schema.customers")] | None = to_one(
        relations.PLACE_CUSTOMER, "Whose it is; none for the organization's own."
    )


@node(models.Customer, "A person or firm that the organization serves.")
class Customer(Node):
    version: int = column("Goes up with every change; an update names the one it saw.")
    name: str = column("Their name.")
    email: str | None = column("Where mails go.")
    phone: str | None = column("E.164.")
    notes: str | None = column("What staff should know.")
    external_id: str | None = column("Their id in the system they were imported from.")
    erased_at: datetime | None = column("When what told of the person was erased, if it was.")
    places: list[Place] = to_many(relations.CUSTOMER_PLACES, "Where they can be found; at most 50.")
    subjects: Connection[Annotated["Subject", strawberry.lazy("app.schema.subjects")]] = listing(
        relations.CUSTOMER_SUBJECTS, "What they bring."
    )
    bookings: Connection[Annotated["Booking", strawberry.lazy("app.schema.bookings")]] = listing(
        relations.CUSTOMER_BOOKINGS, "What they booked.", filter=BookingFilter, order_by=BookingOrder
    )
    notifications: Connection[Annotated["Notification", strawberry.lazy("app.schema.messaging")]] = listing(
        CUSTOMER_NOTIFICATIONS, "What was said to them; the newest first.", permission=Permission.CONTACT
    )


class CustomerOrderField(Vocabulary):
    NAME = "NAME", "By name."
    CREATED_AT = "CREATED_AT", "By when they were added."


vocabulary(CustomerOrderField, "What customers can be ordered by.")


@strawberry.input(description="An order of customers.")
class CustomerOrder:
    field: CustomerOrderField = column("By what.")
    direction: Direction = column("Which way.", default=Direction.ASC)


@strawberry.input(description="Which customers are wanted; all conditions hold at once.")
class CustomerFilter(Values):
    search: str | None = column("Words that occur in the name, phone or email.", default=None)


@strawberry.input(description="Which places are wanted; all conditions hold at once.")
class PlaceFilter(Values):
    customer_id: strawberry.ID | None = column("Of this customer.", default=None)
    own: bool | None = column("The organization's own sites and depots, or customers' places.", default=None)


@strawberry.input(description="A new customer.")
class CreateCustomerInput(Values):
    name: str = column("Their name.")
    email: str | None = column("Where mails go.", default=None)
    phone: str | None = column("In any usual notation; kept as E.164.", default=None)
    notes: str | None = column("What staff should know.", default=None)
    external_id: str | None = column("Their id in another system.", default=None)


@strawberry.input(description="What to change of a customer; what is left out stays.")
class UpdateCustomerInput(Values):
    customer_id: strawberry.ID = column("Whom.")
    version: int = column("The version that was seen.")
    name: strawberry.Maybe[str] = column("Their name.")
    email: strawberry.Maybe[str | None] = column("Where mails go.")
    phone: strawberry.Maybe[str | None] = column("In any usual notation; kept as E.164.")
    notes: strawberry.Maybe[str | None] = column("What staff should know.")
    external_id: strawberry.Maybe[str | None] = column("Their id in another system.")


@strawberry.input(description="A new place.")
class CreatePlaceInput(Values):
    label: str = column("What people call it.")
    address: str = column("Street and number.")
    point: PointInput = column("Where it is.")
    access_notes: str | None = column("How to get in.", default=None)
    customer_id: strawberry.ID | None = column(
        "Whose it is. Left out by staff, it is the organization's own; left out by a customer, theirs.", default=None
    )


@strawberry.input(description="What to change of a place; what is left out stays.")
class UpdatePlaceInput(Values):
    place_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
    label: strawberry.Maybe[str] = column("What people call it.")
    address: strawberry.Maybe[str] = column("Street and number.")
    point: strawberry.Maybe[PointInput] = column("Where it is.")
    access_notes: strawberry.Maybe[str | None] = column("How to get in.")

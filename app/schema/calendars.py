"""Calendars that are read by their URL."""

from datetime import datetime

import strawberry

from app import models
from app.context import Info
from app.loaders import calendars as relations
from app.schema.customers import Customer
from app.schema.fields import column, to_one
from app.schema.fleet import Driver
from app.schema.inputs import Inline, Values
from app.schema.nodes import Node, node
from app.schema.resources import Resource
from app.services import calendars


@node(models.CalendarFeed, "A calendar that any calendar program can read by its URL, until it is revoked.")
class CalendarFeed(Node):
    name: str = column("What the calendar is called.")
    created_at: datetime = column("When it was made.")
    revoked_at: datetime | None = column("When it was revoked.")
    customer: Customer | None = to_one(relations.FEED_CUSTOMER, "Whose bookings it shows, if it is a customer's.")
    driver: Driver | None = to_one(relations.FEED_DRIVER, "Whose shifts and stops it shows, if it is a driver's.")
    resource: Resource | None = to_one(relations.FEED_RESOURCE, "Which one's bookings it shows, if it is a resource's.")

    @strawberry.field(description="Where it is read, without signing in: keep it secret. Null once it is revoked.")
    def url(root: strawberry.Parent[models.CalendarFeed], info: Info) -> str | None:
        return calendars.url(info.context.server.settings, root)


@strawberry.input(description="Whose calendar.", one_of=True)
class CalendarOwnerInput(Inline):
    customer_id: strawberry.Maybe[strawberry.ID] = column("A customer's: bookings.")
    driver_id: strawberry.Maybe[strawberry.ID] = column("A driver's: shifts, and the stops of published routes.")
    resource_id: strawberry.Maybe[strawberry.ID] = column("A resource's: the bookings that use it.")


@strawberry.input(description="Which calendars are wanted; all conditions hold at once.")
class CalendarFeedFilter(Values):
    owner: CalendarOwnerInput | None = column("Of this customer, driver or resource.", default=None)
    revoked: bool | None = column("Revoked, or still to be read.", default=None)


@strawberry.input(description="A new calendar.")
class CreateCalendarFeedInput(Values):
    name: str = column("What the calendar is called.")
    owner: CalendarOwnerInput | None = column(
        "Whose it is; left out, the viewer's own. Only people of the house make one for others.", default=None
    )


@strawberry.input(description="A calendar to revoke.")
class RevokeCalendarFeedInput(Values):
    feed_id: strawberry.ID = column("Which.")

"""Following one transport by a link, without signing in."""

from datetime import datetime

import strawberry

from app import models
from app.context import Info
from app.loaders import tracking as relations
from app.models.transports import TransportStatus
from app.schema.customers import Point, point
from app.schema.fields import column, derived, to_one
from app.schema.fleet import TrackPoint
from app.schema.inputs import Values
from app.schema.nodes import Node, node
from app.schema.transports import Transport, Window
from app.services import tracking


@node(models.TrackingLink, "A URL by which anybody may follow one transport, until it is revoked or runs out.")
class TrackingLink(Node):
    created_at: datetime = column("When it was made.")
    expires_at: datetime = column("When it runs out.")
    revoked_at: datetime | None = column("When it was revoked.")
    transport: Transport = to_one(relations.LINK_TRANSPORT, "What can be followed.")

    @strawberry.field(description="Where to, without signing in. Null once it is revoked or has run out.")
    def url(root: strawberry.Parent[models.TrackingLink], info: Info) -> str | None:
        return tracking.url(info.context.server.settings, root)


@strawberry.type(description="What whoever has the link may know of a transport.")
class Tracking:
    status: TransportStatus = column("Where it stands.")
    destination: Point = derived(
        lambda seen: point(seen.destination),
        "Where the driver comes to: the pickup and, when that is done, the dropoff.",
    )
    window: Window = derived(
        lambda seen: Window(from_=seen.window_from, until=seen.window_until), "When the driver may come there."
    )
    eta: datetime | None = column(
        "When the driver is expected there, as things are now; null once it has arrived, and if nobody is under way."
    )
    stops_before: int | None = column("How many stops the driver makes before; null if nobody is under way.")
    driver_name: str | None = column("The driver's first name; null if nobody is to drive yet.")
    position: TrackPoint | None = column(
        "Where the driver was seen, while under way for this transport; null at other times."
    )


@strawberry.input(description="Which links are wanted.")
class TrackingLinkFilter(Values):
    transport_id: strawberry.ID | None = column("To this transport.", default=None)


@strawberry.input(description="A link to a transport.")
class CreateTrackingLinkInput(Values):
    transport_id: strawberry.ID = column("What shall be followed.")
    hours: int | None = column(
        "For how many hours it holds, from 1 to 336; left out, until six hours after the dropoff's window.",
        default=None,
    )


@strawberry.input(description="A link to revoke.")
class RevokeTrackingLinkInput(Values):
    tracking_link_id: strawberry.ID = column("Which.")

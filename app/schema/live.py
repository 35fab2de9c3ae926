"""What subscriptions deliver: an event, and what it is about as it is now."""

import strawberry

from app.loaders.base import ToOne
from app.models import Booking as BookingRow
from app.models import Route as RouteRow
from app.models import Transport as TransportRow
from app.models.events import EventType
from app.schema.bookings import Booking
from app.schema.fields import column, to_one
from app.schema.routes import Route
from app.schema.scalars import EventSeq
from app.schema.transports import Transport

SEQ = "Its place in the log; pass it as `after` to go on from here."


@strawberry.type(description="Something happened to a booking or one of its rides.")
class BookingUpdate:
    seq: EventSeq = column(SEQ)
    type: EventType = column("What happened.")
    booking: Booking | None = to_one(
        ToOne(BookingRow, "booking_id"), "The booking as it is now; null if the viewer does not see it any more."
    )


@strawberry.type(description="Something happened to a transport.")
class TransportUpdate:
    seq: EventSeq = column(SEQ)
    type: EventType = column("What happened.")
    transport: Transport | None = to_one(
        ToOne(TransportRow, "transport_id"), "The transport as it is now; null if the viewer does not see it any more."
    )


@strawberry.type(description="Something happened to a route or one of its stops.")
class RouteUpdate:
    seq: EventSeq = column(SEQ)
    type: EventType = column("What happened.")
    route: Route | None = to_one(
        ToOne(RouteRow, "route_id"), "The route as it is now; null if the viewer does not see it any more."
    )

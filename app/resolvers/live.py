"""Subscriptions: what the log holds behind a cursor first, then what comes."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Annotated, Any

import strawberry

from app import models
from app.access import Permission, Viewer
from app.context import Info
from app.errors import Forbidden
from app.events import Concerned, EventFilter, head
from app.models import EventType
from app.resolvers.states import states
from app.resolvers.verbs import query, subscription
from app.schema.events import Event
from app.schema.live import BookingUpdate, RouteUpdate, TransportUpdate
from app.schema.planning import PlanningRun
from app.schema.scalars import EventSeq, decode_id

After = Annotated[
    EventSeq | None,
    strawberry.argument(description="Begin behind this place of the log; left out, with what happens from now on."),
]


def _concerning(viewer: Viewer, wanted: EventFilter) -> EventFilter:
    """What of it concerns the viewer; people of the house follow all."""
    if viewer.sees_everything:
        return wanted
    if viewer.driver_id is None and viewer.customer_id is None:
        raise Forbidden("You are neither a customer nor a driver here.")
    return replace(wanted, people=Concerned(viewer.customer_id, viewer.driver_id))


@query(
    "Where the event log ends in this answer's snapshot: query, then subscribe behind it, and nothing is missed.",
    answers=EventSeq,
)
async def event_seq(info: Info) -> Any:
    viewer = info.context.viewer
    return (await info.context.reads.execute(head(viewer.organization_id))).scalar_one().seq


@subscription(
    "Bookings that the viewer sees, and the rides that belong to them.", Permission.BOOKINGS_READ, answers=BookingUpdate
)
async def booking_updated(info: Info, after: After = None) -> AsyncIterator[Any]:
    return await info.context.follow(_concerning(info.context.viewer, EventFilter(present="booking_id")), after)


@subscription("One transport.", Permission.TRANSPORTS_READ, answers=TransportUpdate)
async def transport_updated(
    info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Which.")], after: After = None
) -> AsyncIterator[Any]:
    transport = await info.context.loaders.get(models.Transport, decode_id(id, "Transport"))
    await info.context.renew()
    return await info.context.follow(
        _concerning(info.context.viewer, EventFilter(about={"transport_id": transport.id})), after
    )


@subscription("Routes and their stops.", Permission.TRANSPORTS_READ, answers=RouteUpdate)
async def route_updated(
    info: Info,
    id: Annotated[
        strawberry.ID | None,
        strawberry.argument(description="Which; left out, all that concern the viewer, from when they are published."),
    ] = None,
    after: After = None,
) -> AsyncIterator[Any]:
    wanted = EventFilter(present="route_id")
    if id is not None:
        route = await info.context.loaders.get(models.Route, decode_id(id, "Route"))
        await info.context.renew()
        wanted = EventFilter(about={"route_id": route.id})
    return await info.context.follow(_concerning(info.context.viewer, wanted), after)


@subscription("Everything that happens in the organization.", Permission.EVENTS_READ, answers=Event)
async def events(
    info: Info,
    after: After = None,
    types: Annotated[
        list[EventType] | None, strawberry.argument(description="Only these; left out, all of them.")
    ] = None,
) -> AsyncIterator[Any]:
    return await info.context.follow(EventFilter(types=frozenset(types) if types is not None else None), after)


@subscription("A planning run: as it is, and again whenever it changes.", Permission.ROUTES_PLAN, answers=PlanningRun)
async def planning_run_updated(
    info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Which.")]
) -> AsyncIterator[Any]:
    return await states(info, models.PlanningRun, id, lambda row: row.progress)

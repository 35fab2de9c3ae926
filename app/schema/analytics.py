"""Figures over many slots and bookings."""

import datetime as dt
from typing import Annotated

import strawberry

from app.context import Info
from app.loaders import analytics as figures
from app.models.bookings import BookingStatus
from app.schema.fields import column, derived, to_one
from app.schema.scalars import Money, money
from app.schema.scheduling import Service

From = Annotated[dt.date, strawberry.argument(name="from", description="The first day, where the organization is.")]
To = Annotated[dt.date, strawberry.argument(description="The last day, itself included.")]
ServiceIds = Annotated[
    list[strawberry.ID] | None, strawberry.argument(description="Of these services; left out, of all of them.")
]


@strawberry.type(description="What one service offers on one day.")
class ServiceAvailability:
    service: Service = to_one(figures.FIGURES_SERVICE, "Which.")
    slots: int = column("How many open slots it has that day.")
    capacity: int = column("How many places they have.")
    available: int = column("How many of these are free.")


@strawberry.type(description="What is offered on one day, in slots that are still to begin.")
class DayAvailability:
    date: dt.date = column("The day, where the organization is.")
    slots: int = column("How many open slots begin that day.")
    capacity: int = column("How many places they have.")
    available: int = column("How many of these are free.")
    services: list[ServiceAvailability] = column("The same of each service that has slots that day.")


@strawberry.type(description="How many bookings are in one state.")
class StatusCount:
    status: BookingStatus = column("The state.")
    count: int = column("How many.")


def _revenue(of: figures.Earned) -> Money:
    return money(of.revenue_minor, of.currency)


@strawberry.type(description="The bookings of one service.")
class ServiceStatistics:
    service: Service = to_one(figures.FIGURES_SERVICE, "Which.")
    count: int = column("How many bookings, in whatever state.")
    revenue: Money = derived(_revenue, "The price of those that are confirmed, checked in or completed.")


@strawberry.type(description="The bookings of one day.")
class DayStatistics:
    date: dt.date = column("The day, where the organization is.")
    count: int = column("How many bookings begin that day, in whatever state.")
    revenue: Money = derived(_revenue, "The price of those that are confirmed, checked in or completed.")


@strawberry.type(
    description="The bookings that begin within some days. Money is what is in the organization's currency."
)
class BookingStatistics:
    total: int = derived(lambda of: of.whole.count, "How many bookings, in whatever state.")
    by_status: list[StatusCount] = column("How many in each state; those in which there are none are left out.")
    by_service: list[ServiceStatistics] = column("Of each service that has any, the most booked first.")
    by_day: list[DayStatistics] = column("Of each day, also of those without any.")
    no_show_rate: float | None = column(
        "To which part of the bookings that are checked in, completed or missed nobody came; null without any."
    )
    revenue: Money = derived(
        lambda of: _revenue(of.whole), "The price of those that are confirmed, checked in or completed."
    )

    @strawberry.field(
        description="Which part of the places of these days' slots is taken; null without any. Places of slots that "
        "are not open count only if they are taken."
    )
    async def occupancy(root: strawberry.Parent[figures.Figures], info: Info) -> float | None:
        return await figures.occupancy(info.context.reads, root.scope)

    @strawberry.field(description="What calling off and not coming has cost the customers of these bookings.")
    async def fees(root: strawberry.Parent[figures.Figures], info: Info) -> Money:
        return money(await figures.fees(info.context.reads, root.scope), root.whole.currency)

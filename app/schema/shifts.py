"""Shifts, and who is away."""

from datetime import date, datetime

import strawberry

from app import models
from app.context import Info
from app.loaders import shifts as relations
from app.schema.customers import Place
from app.schema.fields import column, derived, to_one
from app.schema.fleet import Driver, Vehicle
from app.schema.inputs import Inline, Values
from app.schema.nodes import Node, node
from app.schema.scalars import MinorUnits, Money, money
from app.services.fleet import rests


@strawberry.type(description="A rest of a driver.")
class ShiftBreak:
    from_: datetime = column("The earliest begin.", name="from")
    until: datetime = column("The latest begin.")
    duration: int = derived(lambda rest: rest.duration_s, "How long, in seconds.")


async def _price(amount: int | None, shift: models.Shift, info: Info) -> Money | None:
    """In the organization's currency."""
    if amount is None:
        return None
    organization = await info.context.loaders.get(models.Organization, shift.organization_id)
    return money(amount, organization.currency)


@node(models.Shift, "A driver with a vehicle, from one place to another, for a time.")
class Shift(Node):
    version: int = column("Goes up with every change; an update names the one it saw.")
    starts_at: datetime = column("When it begins.")
    ends_at: datetime = column("When it ends.")
    driver: Driver = to_one(relations.SHIFT_DRIVER, "Who drives.")
    vehicle: Vehicle = to_one(relations.SHIFT_VEHICLE, "In what.")
    start_place: Place = to_one(relations.SHIFT_START, "Where the vehicle stands at the begin.")
    end_place: Place | None = to_one(
        relations.SHIFT_END, "Where it must be at the end; null: the route is over where its last stop is."
    )
    breaks: list[ShiftBreak] = derived(rests, "When the driver rests, in order.")
    duration_max: int | None = derived(
        lambda shift: shift.duration_s_max,
        "The longest time from setting out to being back, in seconds; null: no limit.",
    )
    driving_max: int | None = derived(
        lambda shift: shift.driving_s_max, "The longest time at the wheel, in seconds; null: no limit."
    )

    @strawberry.field(description="What an hour under way costs; null: nothing is reckoned.")
    async def cost_per_hour(root: strawberry.Parent[models.Shift], info: Info) -> Money | None:
        return await _price(root.cost_per_hour_minor, root, info)

    @strawberry.field(description="What a kilometre costs; null: nothing is reckoned.")
    async def cost_per_km(root: strawberry.Parent[models.Shift], info: Info) -> Money | None:
        return await _price(root.cost_per_km_minor, root, info)


@node(models.Absence, "When a driver or a vehicle is away, and so not planned: leave, illness, the workshop.")
class Absence(Node):
    starts_at: datetime = column("From when.")
    ends_at: datetime = column("Until when.")
    reason: str | None = column("Why.")
    driver: Driver | None = to_one(relations.ABSENCE_DRIVER, "Who is away, if it is a driver.")
    vehicle: Vehicle | None = to_one(relations.ABSENCE_VEHICLE, "What is away, if it is a vehicle.")


@strawberry.input(description="Which shifts are wanted; all conditions hold at once.")
class ShiftFilter(Values):
    driver_id: strawberry.ID | None = column("Of this driver.", default=None)
    from_: datetime | None = column("Ending after this instant.", name="from", default=None)
    to: datetime | None = column("Beginning before this instant.", default=None)


@strawberry.input(description="Who is away: a driver or a vehicle.", one_of=True)
class AbsentInput(Inline):
    driver_id: strawberry.Maybe[strawberry.ID] = column("This driver.")
    vehicle_id: strawberry.Maybe[strawberry.ID] = column("This vehicle.")


@strawberry.input(description="Which absences are wanted; all conditions hold at once.")
class AbsenceFilter(Values):
    who: AbsentInput | None = column("Of this driver or vehicle.", default=None)
    from_: datetime | None = column("Ending after this instant.", name="from", default=None)
    to: datetime | None = column("Beginning before this instant.", default=None)


@strawberry.input(description="A rest of a driver.")
class ShiftBreakInput(Values):
    from_: datetime = column("The earliest begin.", name="from")
    until: datetime = column("The latest begin.")
    duration_s: int = column("How long, in seconds.", name="duration")


@strawberry.input(description="A new shift.")
class CreateShiftInput(Values):
    driver_id: strawberry.ID = column("Who drives.")
    vehicle_id: strawberry.ID = column("In what.")
    starts_at: datetime = column("When it begins.")
    ends_at: datetime = column("When it ends.")
    start_place_id: strawberry.ID = column("Where the vehicle stands at the begin: the organization's own place.")
    end_place_id: strawberry.ID | None = column(
        "Where it must be at the end: the organization's own place; left out: where its last stop is.", default=None
    )
    breaks: list[ShiftBreakInput] = column("When the driver rests, in order; 4 at most.", default=())
    duration_s_max: int | None = column(
        "The longest time from setting out to being back, in seconds.", name="durationMax", default=None
    )
    driving_s_max: int | None = column("The longest time at the wheel, in seconds.", name="drivingMax", default=None)
    cost_per_hour_minor: MinorUnits | None = column(
        "What an hour under way costs, in the organization's currency.", name="costPerHour", default=None
    )
    cost_per_km_minor: MinorUnits | None = column(
        "What a kilometre costs, in the organization's currency.", name="costPerKm", default=None
    )


@strawberry.input(description="Shifts on every day of a rule, all like the first one by the local clock.")
class CreateShiftsInput(CreateShiftInput):
    rule: str = column("On which days: an RFC 5545 rule, counted from `startsAt` on.")
    until: date = column("The last day; a rule makes at most 100 shifts at once.")


@strawberry.input(description="What to change of a shift; what is left out stays.")
class UpdateShiftInput(Values):
    shift_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
    driver_id: strawberry.Maybe[strawberry.ID] = column("Who drives.")
    vehicle_id: strawberry.Maybe[strawberry.ID] = column("In what.")
    starts_at: strawberry.Maybe[datetime] = column("When it begins.")
    ends_at: strawberry.Maybe[datetime] = column("When it ends.")
    start_place_id: strawberry.Maybe[strawberry.ID] = column("Where the vehicle stands at the begin.")
    end_place_id: strawberry.Maybe[strawberry.ID | None] = column(
        "Where it must be at the end; null: where its last stop is."
    )
    breaks: strawberry.Maybe[list[ShiftBreakInput]] = column("When the driver rests, in order; 4 at most.")
    duration_s_max: strawberry.Maybe[int | None] = column(
        "The longest time from setting out to being back, in seconds.", name="durationMax"
    )
    driving_s_max: strawberry.Maybe[int | None] = column(
        "The longest time at the wheel, in seconds.", name="drivingMax"
    )
    cost_per_hour_minor: strawberry.Maybe[MinorUnits | None] = column(
        "What an hour under way costs, in the organization's currency.", name="costPerHour"
    )
    cost_per_km_minor: strawberry.Maybe[MinorUnits | None] = column(
        "What a kilometre costs, in the organization's currency.", name="costPerKm"
    )


@strawberry.input(description="A shift to take back.")
class RemoveShiftInput(Values):
    shift_id: strawberry.ID = column("Which.")


@strawberry.input(description="A time for which a driver or a vehicle is not planned.")
class CreateAbsenceInput(Values):
    who: AbsentInput = column("Who is away.")
    starts_at: datetime = column("From when.")
    ends_at: datetime = column("Until when; within 366 days.")
    reason: str | None = column("Why; for the driver and the people of the house.", default=None)


@strawberry.input(description="An absence to take back.")
class RemoveAbsenceInput(Values):
    absence_id: strawberry.ID = column("Which.")

"""Opening hours, and what departs from them."""

from app.access import Permission
from app.context import Info
from app.loaders import schedules as relations
from app.resolvers.verbs import Nodes, connection, mutation
from app.schema.bookings import Booking
from app.schema.problems import VersionConflict
from app.schema.schedules import (
    CreateScheduleExceptionInput,
    CreateScheduleInput,
    GenerateSlotsInput,
    RemoveScheduleExceptionInput,
    Schedule,
    ScheduleException,
    ScheduleExceptionFilter,
    ScheduleExceptionOrder,
    ScheduleFilter,
    ScheduleOrder,
    UpdateScheduleInput,
)
from app.services import schedules
from app.uow import UnitOfWork

connection(
    "schedules",
    relations.SCHEDULES,
    Schedule,
    "Opening hours.",
    Permission.CATALOGUE_READ,
    filter=ScheduleFilter,
    order_by=ScheduleOrder,
)
connection(
    "schedule_exceptions",
    relations.EXCEPTIONS,
    ScheduleException,
    "Days on which schedules depart from their rules.",
    Permission.CATALOGUE_READ,
    filter=ScheduleExceptionFilter,
    order_by=ScheduleExceptionOrder,
)

PLANNED = {
    "created": (int, "How many slots were added; of a resource alone, how many times at which it is open."),
    "changed": (int, "How many slots were changed or are offered again."),
    "removed": (int, "How many slots that nobody had booked are gone."),
    "withdrawn": (int, "How many slots take no further booking; what was booked stands."),
    "bookings_outside_count": (int, "How many bookings that stand are outside of the opening hours now."),
    "bookings_outside": (list[Booking], "These bookings, the earliest first; at most 100."),
}
SCHEDULE = {"schedule": (Schedule, "The schedule, as it is now."), **PLANNED}


@mutation("Add opening hours; slots are there at once.", Permission.CATALOGUE_WRITE, answers=SCHEDULE)
async def create_schedule(info: Info, uow: UnitOfWork, input: CreateScheduleInput) -> Nodes:
    schedule, planned = await schedules.create_schedule(uow, **input.values())
    return {"schedule": schedule, **vars(planned)}


@mutation(
    "Change opening hours, or end them. Slots follow; bookings stand.",
    Permission.CATALOGUE_WRITE,
    answers=SCHEDULE,
    refusals=(VersionConflict,),
)
async def update_schedule(info: Info, uow: UnitOfWork, input: UpdateScheduleInput) -> Nodes:
    schedule, planned = await schedules.update_schedule(uow, **input.values())
    return {"schedule": schedule, **vars(planned)}


@mutation(
    "Close on some days, or open besides. Slots follow; of an organization with more than 100 schedules, within "
    "minutes, and only then are they counted in the event log.",
    Permission.CATALOGUE_WRITE,
    answers={"exception": (ScheduleException, "The exception."), **PLANNED},
)
async def create_schedule_exception(info: Info, uow: UnitOfWork, input: CreateScheduleExceptionInput) -> Nodes:
    exception, planned = await schedules.create_exception(uow, **input.values())
    return {"exception": exception, **vars(planned)}


@mutation(
    "Take an exception back. Slots follow, as when it was made.",
    Permission.CATALOGUE_WRITE,
    answers={"schedule": (Schedule | None, "The schedule that it was about; null: all."), **PLANNED},
)
async def remove_schedule_exception(info: Info, uow: UnitOfWork, input: RemoveScheduleExceptionInput) -> Nodes:
    schedule, planned = await schedules.remove_exception(uow, **input.values())
    return {"schedule": schedule, **vars(planned)}


@mutation(
    "Make slots further ahead than the schedule's horizon.",
    Permission.CATALOGUE_WRITE,
    answers=SCHEDULE,
    cost=100,
)
async def generate_slots(info: Info, uow: UnitOfWork, input: GenerateSlotsInput) -> Nodes:
    schedule, planned = await schedules.generate_slots(uow, **input.values())
    return {"schedule": schedule, **vars(planned)}

"""Calendars that are read by their URL."""

from app.access import Permission
from app.context import Info
from app.loaders import calendars as relations
from app.resolvers.verbs import Nodes, connection, mutation
from app.schema.calendars import CalendarFeed, CalendarFeedFilter, CreateCalendarFeedInput, RevokeCalendarFeedInput
from app.services import calendars
from app.uow import UnitOfWork

connection(
    "calendar_feeds",
    relations.CALENDAR_FEEDS,
    CalendarFeed,
    "Calendars that the viewer sees, the newest first.",
    Permission.CALENDARS,
    filter=CalendarFeedFilter,
)


@mutation(
    "Make a calendar that can be read by its URL.",
    Permission.CALENDARS,
    answers={"feed": (CalendarFeed, "The calendar.")},
)
async def create_calendar_feed(info: Info, uow: UnitOfWork, input: CreateCalendarFeedInput) -> Nodes:
    return {"feed": await calendars.create_calendar_feed(uow, **input.values())}


@mutation(
    "Let the URL of a calendar lead nowhere any more.",
    Permission.CALENDARS,
    answers={"feed": (CalendarFeed, "The calendar, revoked.")},
)
async def revoke_calendar_feed(info: Info, uow: UnitOfWork, input: RevokeCalendarFeedInput) -> Nodes:
    return {"feed": await calendars.revoke_calendar_feed(uow, **input.values())}

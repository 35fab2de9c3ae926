"""Relations of schedules."""

from app.loaders.base import Listing, ToOne
from app.models import Resource, Schedule, ScheduleException, Service

SCHEDULES = Listing(
    Schedule,
    "name",
    orders={"NAME": "name"},
    filters={
        "service_id": lambda id: Schedule.service_id == id,
        "resource_id": lambda id: Schedule.resource_id == id,
        "active": lambda active: Schedule.active == active,
    },
    referents={"service_id": Service, "resource_id": Resource},
)
SCHEDULE_SERVICE = ToOne(Service, "service_id")
SCHEDULE_RESOURCE = ToOne(Resource, "resource_id")
SCHEDULE_EXCEPTIONS = Listing(ScheduleException, "starts_on", remote="schedule_id")
EXCEPTIONS = Listing(
    ScheduleException,
    "starts_on",
    orders={"STARTS_ON": "starts_on"},
    filters={
        "schedule_id": lambda id: ScheduleException.schedule_id == id,
        "from_": lambda day: ScheduleException.ends_on >= day,
        "to": lambda day: ScheduleException.starts_on < day,
    },
    referents={"schedule_id": Schedule},
)
EXCEPTION_SCHEDULE = ToOne(Schedule, "schedule_id")

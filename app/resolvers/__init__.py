"""The verbs. Importing the package declares all of them; a new module is listed here."""

from app.resolvers import (
    analytics,
    bookings,
    calendars,
    customers,
    fleet,
    identity,
    live,
    nodes,
    resources,
    routes,
    schedules,
    scheduling,
    series,
    subjects,
    transports,
    waitlist,
)

__all__ = [
    "analytics",
    "bookings",
    "calendars",
    "customers",
    "fleet",
    "identity",
    "live",
    "nodes",
    "resources",
    "routes",
    "schedules",
    "scheduling",
    "series",
    "subjects",
    "transports",
    "waitlist",
]

"""A driver's day: published, started, stop by stop, completed."""

from app.services.routes.driving import (
    arrive_at_stop,
    complete_stop,
    drop_stops,
    skip_stop,
    start_route,
)
from app.services.routes.failing import fail_stop
from app.services.routes.publishing import call_off, cancel_route, publish_routes

__all__ = [
    "arrive_at_stop",
    "call_off",
    "cancel_route",
    "complete_stop",
    "drop_stops",
    "fail_stop",
    "publish_routes",
    "skip_stop",
    "start_route",
]

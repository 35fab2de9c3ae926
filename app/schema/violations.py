"""What a route can break, and why a transport is on none."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from app import models
from app.loaders.base import ToOne
from app.models.base import Vocabulary
from app.models.transports import UnassignedReason
from app.schema.fields import column, derived, to_one, vocabulary

if TYPE_CHECKING:
    from app.schema.routes import Stop
    from app.schema.transports import Transport

__all__ = ["RouteViolation", "UnassignedReason", "ViolationKind"]


class ViolationKind(Vocabulary):
    """The words of `routing.checker` that a route in some order can earn."""

    WINDOW = "WINDOW", "A stop is served after its window; excess in seconds."
    SHIFT = "SHIFT", "The route ends after the shift; excess in seconds."
    BREAK = "BREAK", "The driver rests too late, too short or not at all; excess in seconds."
    RIDE_TIME = "RIDE_TIME", "A ride takes longer than it may; excess in seconds."
    DURATION = "DURATION", "The route takes longer than the shift allows; excess in seconds."
    DRIVING = "DRIVING", "The driver is longer at the wheel than the shift allows; excess in seconds."
    CAPACITY = "CAPACITY", "More is aboard than there is room for; excess in units of the dimension."
    FEATURES = "FEATURES", "The vehicle lacks equipment, or the driver a skill; excess in how many."
    APART = "APART", "Something is aboard with what it must not be together with; excess in how many."
    NOT_ALLOWED = "NOT_ALLOWED", "A transport is pinned elsewhere, or the shift may not be planned."
    PRECEDENCE = "PRECEDENCE", "A dropoff comes before its pickup."
    PREFIX = "PREFIX", "Something comes before what the driver is at or on the way to."
    ABOARD = "ABOARD", "What is aboard is not brought."
    HALF_SERVED = "HALF_SERVED", "A pickup is without its dropoff, or the other way round."


vocabulary(UnassignedReason, "Why the planner left a transport out; found by checking.")
vocabulary(ViolationKind, "A rule that a route can break.")


@strawberry.type(description="A rule that a route would break.")
class RouteViolation:
    kind: ViolationKind = derived(lambda violation: ViolationKind(violation.kind), "Which rule.")
    excess: int = column("By how much: seconds, or what the rule counts.")
    stop: Annotated["Stop", strawberry.lazy("app.schema.routes")] | None = to_one(
        ToOne(models.Stop, "stop_id"), "At which stop of the route; null for one that would have to be made."
    )
    transport: Annotated["Transport", strawberry.lazy("app.schema.transports")] | None = to_one(
        ToOne(models.Transport, "transport_id"), "With which transport; null if the route as a whole breaks it."
    )

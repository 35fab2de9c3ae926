"""How to drive a route, and where addresses are."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from app import models
from app.context import Info
from app.loaders import travel as relations
from app.loaders.routes import ROUTE_STOPS
from app.schema.customers import Point, PointInput, point
from app.schema.fields import column, derived, to_one, vocabulary
from app.schema.inputs import Values
from app.services.travel import Accuracy, directions

if TYPE_CHECKING:
    from app.schema.routes import Stop

vocabulary(Accuracy, "How well an address was found.")


@strawberry.type(description="One instruction to a driver.")
class DirectionsStep:
    text: str = column("What to do.")
    distance: int = column("Metres.")
    duration: int = column("Seconds.")
    polyline: str = column("The line on the map, in Google's encoding with five decimals.")


@strawberry.type(description="The way to one stop, or from the last one to where the shift ends.")
class DirectionsLeg:
    stop_id: strawberry.Private[UUID | None]
    distance: int = column("Metres.")
    duration: int = column("Seconds.")
    polyline: str = column("The line on the map, in Google's encoding with five decimals.")
    steps: list[DirectionsStep] = column("Turn by turn; at most some hundreds.")
    stop: Annotated["Stop", strawberry.lazy("app.schema.routes")] | None = to_one(
        relations.LEG_STOP, "Where it leads; none at the end of the shift, and if the route was laid anew without it."
    )


def _leg(kept: Mapping[str, Any]) -> DirectionsLeg:
    return DirectionsLeg(
        stop_id=UUID(kept["stop_id"]) if kept["stop_id"] else None,
        distance=kept["distance_m"],
        duration=kept["duration_s"],
        polyline=kept["polyline"],
        steps=[
            DirectionsStep(
                text=step["text"],
                distance=step["distance_m"],
                duration=step["duration_s"],
                polyline=step["polyline"],
            )
            for step in kept["steps"]
        ],
    )


@strawberry.type(description="How to drive a route, as it was when somebody was asked.")
class Directions:
    provider: str = column("Who told: `google`, `osrm`, or `offline` (nobody: the way is straight).")
    polyline: str = column("The whole line on the map, in Google's encoding with five decimals.")
    fetched_at: datetime = column("When it was told.")
    estimated: bool = derived(lambda kept: not directions.is_by_road(kept), "Whether it is straight, without roads.")
    legs: list[DirectionsLeg] = derived(
        lambda kept: [_leg(leg) for leg in kept.legs], "One for each stop that was ahead; bounded like these."
    )

    @strawberry.field(description="Whether the route has changed since; newer directions are on their way then.")
    async def stale(root: strawberry.Parent[models.Directions], info: Info) -> bool:
        stops = await info.context.loaders.many(ROUTE_STOPS, root.route_id)
        return not directions.lead_through(root, stops)


@strawberry.type(description="An address, and where it is.")
class GeocodedPlace:
    address: str = column("As whoever knows it writes it.")
    point: Point = derived(point, "Where it is.")
    accuracy: Accuracy = column("How well it was found.")


@strawberry.input(description="An address to look for.")
class GeocodeInput(Values):
    text: str = column("As somebody typed it.")
    near: PointInput | None = column("What is near this point is preferred.", default=None)

"""Where drivers are, and where they were."""

from datetime import datetime

import strawberry

from app.schema.customers import PointInput
from app.schema.fields import column, derived, vocabulary
from app.schema.inputs import Values
from app.services.positions import PositionFault

vocabulary(PositionFault, "Why a position was not taken.")


@strawberry.input(description="Where a driver was at an instant, as a phone measured it.")
class PositionInput(Values):
    point: PointInput = column("Where.")
    recorded_at: datetime = column("When, by the clock of the phone.")
    heading: float | None = column("Degrees clockwise from north: from 0 up to, but not including, 360.", default=None)
    speed: float | None = column("Metres per second.", default=None)


@strawberry.input(description="Positions of one driver, in any order.")
class ReportPositionsInput(Values):
    positions: list[PositionInput] = column(
        "Where the driver was; at most 500 unless the server says otherwise. What was told before changes nothing."
    )
    driver_id: strawberry.ID | None = column(
        "Whose they are; left out, the viewer's own. Only people of the house tell others'.", default=None
    )


@strawberry.type(description="A position that was not taken; the others were.")
class RejectedPosition:
    index: int = column("Its place among those that were sent, from 0.")
    reason: PositionFault = derived(lambda rejected: PositionFault(rejected.reason), "Why.")

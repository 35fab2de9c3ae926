"""When a vehicle may come to either end of a transport: one window, or several with gaps."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Literal, TypeAlias

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.dialects.postgresql.ranges import MultiRange

from app.errors import BadUserInput
from app.models import Transport

End: TypeAlias = Literal["pickup", "dropoff"]
Span: TypeAlias = tuple[datetime, datetime]

WINDOWS_MAX = 10
SPREAD_MAX = timedelta(days=1)
"""How far the windows of one end may lie apart; a transport is planned on the day of its earliest pickup."""


def windows(transport: Transport, end: End) -> list[Span]:
    """The spans within which the vehicle may arrive, in order; they do not touch."""
    parts = getattr(transport, f"{end}_windows")
    if parts is None:
        return [hull(transport, end)]
    return [(part.lower, part.upper) for part in parts]


def hull(transport: Transport, end: End) -> Span:
    """From the earliest to the latest arrival."""
    return getattr(transport, f"{end}_from"), getattr(transport, f"{end}_until")


def columns(end: End, parts: Sequence[Span], field: str) -> dict[str, Any]:
    """The columns that hold the windows of one end. Raises `BadUserInput` for windows that make no sense."""
    spans = sorted(parts)
    if not 1 <= len(spans) <= WINDOWS_MAX:
        raise BadUserInput(f"There are 1 to {WINDOWS_MAX} time windows.", field)
    if any(not earliest < latest for earliest, latest in spans) or spans[-1][1] > spans[0][0] + SPREAD_MAX:
        raise BadUserInput("A time window ends after it begins, within a day.", field)
    if any(following[0] <= span[1] for span, following in pairwise(spans)):
        raise BadUserInput("Between two time windows is a gap.", field)
    several = MultiRange(Range(*span, bounds="[)") for span in spans) if len(spans) > 1 else None
    return {f"{end}_from": spans[0][0], f"{end}_until": spans[-1][1], f"{end}_windows": several}


def check_order(pickup: Span, dropoff: Span) -> None:
    if dropoff[1] <= pickup[0]:
        raise BadUserInput("The dropoff must be possible after the pickup.", "dropoffWindow")

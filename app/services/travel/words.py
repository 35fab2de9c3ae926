"""What providers are asked and what they answer: plain values."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple, Protocol, Self, TypeAlias
from zoneinfo import ZoneInfo

from app.models.base import Vocabulary
from app.services.routing.matrix import Point


class ProviderDown(Exception):
    """The provider did not answer, or said that it will not for now: nothing more is asked of it this time.

    It stands for what the library raised, whose texts hold the whole URL, key and all: logs must not.
    """

    def __init__(self, message: str, status: str | None = None) -> None:
        super().__init__(message)
        self.status = status


@contextmanager
def as_documented() -> Iterator[None]:
    """An answer that lacks what the provider's documentation promises is no answer."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise ProviderDown(f"answers what nobody can read: {type(error).__name__}") from None


class Way(NamedTuple):
    duration_s: int
    distance_m: int


Table: TypeAlias = Sequence[Sequence[Way | None]]
"""A row for each origin, in it a way for each target; None where the provider knows of no road."""


class Rectangle(NamedTuple):
    """One question: from each of these origins, left in this band of hours, to each of these targets."""

    band: int
    origins: tuple[Point, ...]
    targets: tuple[Point, ...]

    @property
    def elements(self) -> int:
        return len(self.origins) * len(self.targets)


@dataclass(frozen=True)
class Waypoint:
    """Where a route begins, or stops."""

    point: Point
    label: str


@dataclass(frozen=True)
class Step:
    """One instruction; `polyline` in Google's encoding with five decimals."""

    text: str
    distance_m: int
    duration_s: int
    polyline: str


@dataclass(frozen=True)
class Leg:
    """From one waypoint to the next."""

    distance_m: int
    duration_s: int
    polyline: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Guidance:
    """A whole route: a leg to each waypoint but the first."""

    polyline: str
    legs: tuple[Leg, ...]


class Accuracy(Vocabulary):
    """How well an address was found."""

    EXACT = "EXACT", "The address itself."
    INTERPOLATED = "INTERPOLATED", "Between two known addresses of the street."
    AREA = "AREA", "The middle of a street or an area."
    APPROXIMATE = "APPROXIMATE", "Somewhere there."


@dataclass(frozen=True)
class Geocoded:
    """An address and where it is."""

    address: str
    latitude: float
    longitude: float
    accuracy: Accuracy


class Provider(Protocol):
    """Who knows the roads. To be opened (`async with`) before it is asked; raises `ProviderDown`.

    name: the cache keeps each provider's answers apart. side_max, elements_max: most origins and most targets of one
    table, and most ways. at_once: how many requests it may have side by side. metered: it wants money for each way.
    """

    name: str
    side_max: int
    elements_max: int
    at_once: int
    metered: bool

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_: object) -> None: ...

    @staticmethod
    def band(hour: int, *, weekend: bool = False) -> int:
        """Hours of one band are the same to it."""
        ...

    async def table(self, asked: Rectangle, zone: ZoneInfo) -> Table | None:
        """None if no road leads to one of them, and it does not say which."""
        ...

    async def directions(self, waypoints: Sequence[Waypoint], language: str) -> Guidance | None:
        """None if it knows of no road along all of them."""
        ...

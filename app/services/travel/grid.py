"""A matrix with gaps: each place once, however many departures there are from it in one band of hours."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from math import isqrt

import numpy as np

from app.services.routing.matrix import Departure, Offline, Point, Travel, rows
from app.services.routing.problem import Matrix
from app.services.travel.words import Provider, Rectangle, Table

UNKNOWN = -1
NO_ROAD = -2
"""The provider was asked, and knows no way: to be estimated, and not to be asked for again."""

Wanted = Sequence[Sequence[bool]] | np.ndarray
"""`wanted[a][b]`: whether anybody may drive from departure a to departure b."""


class Grid:
    """`origins` are places with a band of hours; the ways from each to each of `targets` are known or not.

    The way from a place to itself is known: it is none.
    """

    def __init__(self, departures: Sequence[Departure], provider: type[Provider], wanted: Wanted | None = None) -> None:
        banded = [(provider.band(d.hour, weekend=d.weekend), d.point) for d in departures]
        self._departures = departures
        self.origins = list(dict.fromkeys(banded))
        self.targets = sorted({point for _, point in banded}, key=_along_a_curve)
        number_of = {origin: number for number, origin in enumerate(self.origins)}
        self._column_of = {target: number for number, target in enumerate(self.targets)}
        self._from = np.array([number_of[origin] for origin in banded], dtype=int)
        self._to = np.array([self._column_of[point] for _, point in banded], dtype=int)
        shape = (len(self.origins), len(self.targets))
        self.duration_s = np.full(shape, UNKNOWN)
        self.distance_m = np.full(shape, UNKNOWN)
        for number, (_, point) in enumerate(self.origins):
            self.duration_s[number, self._column_of[point]] = self.distance_m[number, self._column_of[point]] = 0
        self._wanted = np.full(shape, wanted is None)
        if wanted is not None:
            a, b = np.nonzero(np.asarray(wanted, dtype=bool).reshape(len(departures), len(departures)))
            self._wanted[self._from[a], self._to[b]] = True

    @property
    def guessed(self) -> np.ndarray:
        """What is wanted and must be estimated."""
        gaps: np.ndarray = self._wanted & (self.duration_s < 0)
        return gaps

    @property
    def missing(self) -> np.ndarray:
        """What is wanted and was not asked for."""
        gaps: np.ndarray = self._wanted & (self.duration_s == UNKNOWN)
        return gaps

    def learn(self, found: Iterable[tuple[int, list[int], list[int], list[int]]]) -> None:
        """What the cache has: an origin's number, its targets' numbers, and the seconds and metres to each."""
        for number, targets, seconds, metres in found:
            self.duration_s[number, targets] = seconds
            self.distance_m[number, targets] = metres

    def answer(self, asked: Rectangle, table: Table) -> None:
        """What the provider said."""
        columns = [self._column_of[target] for target in asked.targets]
        number_of = {origin: number for number, origin in enumerate(self.origins)}
        for point, row in zip(asked.origins, table, strict=True):
            number = number_of[asked.band, point]
            for column, way in zip(columns, row, strict=True):
                self.duration_s[number, column], self.distance_m[number, column] = way or (NO_ROAD, NO_ROAD)

    def questions(self, provider: type[Provider] | Provider, estimate: Offline) -> list[Rectangle]:
        """What covers the gaps, each of them once and nothing besides; the shortest ways first, for these are driven
        most if not all can be asked for."""
        missing = self.missing
        near = estimate.table([Departure(point.location, 0) for _, point in self.origins], self.targets)[1]
        found: list[tuple[float, Rectangle]] = []
        by_band: dict[int, list[int]] = defaultdict(list)
        for number in sorted(range(len(self.origins)), key=lambda number: _along_a_curve(self.origins[number][1])):
            by_band[self.origins[number][0]].append(number)
        for band, numbers in by_band.items():
            for some, columns in _cover(missing, numbers, provider.side_max, provider.elements_max):
                origins = tuple(self.origins[number][1] for number in some)
                targets = tuple(self.targets[column] for column in columns)
                found.append((float(near[np.ix_(some, columns)].mean()), Rectangle(band, origins, targets)))
        return [question for _, question in sorted(found)]

    def travel(self, estimate: Offline) -> Travel:
        """Whatever is not known is estimated; that is said only where it is wanted."""
        seconds, metres = self.duration_s[self._from], self.distance_m[self._from]
        guessed = seconds < 0
        if guessed.any():
            guess = estimate.table(self._departures, self.targets)
            seconds, metres = np.where(guessed, guess[0], seconds), np.where(guessed, guess[1], metres)
        matrix = Matrix(rows(seconds[:, self._to]), rows(metres[:, self._to]))
        return Travel(matrix, estimated=bool(self.guessed.any()))


def _cover(
    missing: np.ndarray, origins: Sequence[int], side_max: int, elements_max: int
) -> Iterator[tuple[list[int], list[int]]]:
    """Rectangles of origins and targets: within a strip of targets, origins that lack the same ones go together."""
    gaps = missing[origins]
    columns = np.nonzero(gaps.any(axis=0))[0].tolist()
    width = min(side_max, isqrt(elements_max))
    for first in range(0, len(columns), width):
        strip = columns[first : first + width]
        alike: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for number in origins:
            alike[tuple(column for column in strip if missing[number, column])].append(number)
        for lacking, numbers in alike.items():
            height = min(side_max, elements_max // max(1, len(lacking)))
            for top in range(0, len(numbers) if lacking else 0, height):
                yield numbers[top : top + height], list(lacking)


def _along_a_curve(point: Point) -> str:
    """Z-order (Morton 1966): who stands together in it is mostly near each other on the map."""
    return "".join(a + b for a, b in zip(f"{point.lat_e5 + 2**25:026b}", f"{point.lng_e5 + 2**25:026b}", strict=True))

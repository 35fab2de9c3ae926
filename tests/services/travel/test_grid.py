"""What is asked for covers the gaps of a matrix: each once, nothing besides, and never more than a provider takes."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.services.routing.matrix import Departure, Offline, Point
from app.services.routing.problem import Location
from app.services.travel.google import Google
from app.services.travel.grid import Grid
from app.services.travel.osrm import Osrm
from app.services.travel.words import Rectangle, Way
from tests.services.travel.asking import places

DEPARTURES = st.lists(
    st.builds(
        lambda north, east, hour, weekend: Departure(Location(41 + north / 1000, 44 + east / 1000), hour, weekend),
        st.integers(0, 6),
        st.integers(0, 6),
        st.sampled_from((3, 8, 12, 18)),
        st.booleans(),
    ),
    max_size=60,
)


def told(asked: Rectangle) -> list[list[Way]]:
    return [[Way(abs(hash((asked.band, a, b))) % 1000 + 1, 7) for b in asked.targets] for a in asked.origins]


@given(DEPARTURES, st.sampled_from((Google, Osrm)), st.data())
def test_questions_cover_the_gaps(
    departures: list[Departure], provider: type[Google | Osrm], data: st.DataObject
) -> None:
    size = len(departures)
    pairs = st.lists(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1))) if size else st.just([])
    wanted = np.full((size, size), data.draw(st.booleans()))
    for a, b in data.draw(pairs):
        wanted[a, b] = not wanted[a, b]
    grid = Grid(departures, provider, wanted)
    questions = grid.questions(provider, Offline())
    asked = Counter((q.band, a, b) for q in questions for a in q.origins for b in q.targets)
    banded = [(provider.band(d.hour, weekend=d.weekend), d.point) for d in departures]
    needed = {
        (*banded[a], banded[b][1])
        for a in range(size)
        for b in range(size)
        if wanted[a, b] and banded[a][1] != banded[b][1]
    }
    assert asked == Counter(dict.fromkeys(needed, 1))
    for question in questions:
        assert max(len(question.origins), len(question.targets)) <= provider.side_max
        assert question.elements <= provider.elements_max

    for question in questions:
        grid.answer(question, told(question))
    travel = grid.travel(Offline())
    assert not grid.missing.any()
    assert not travel.estimated
    for a in range(size):
        for b in range(size):
            if (*banded[a], banded[b][1]) in needed:
                way = told(Rectangle(banded[a][0], (banded[a][1],), (banded[b][1],)))[0][0]
                assert (travel.matrix.duration_s[a][b], travel.matrix.distance_m[a][b]) == way
            elif banded[a][1] == banded[b][1]:
                assert travel.matrix.duration_s[a][b] == 0


def test_a_whole_day_takes_few_requests() -> None:
    """100 places: 9,900 ways in 90 full requests, and ten for each of the ten squares where places meet themselves."""
    questions = Grid(places(100), Google).questions(Google, Offline())
    assert sum(question.elements for question in questions) == 9_900
    assert len(questions) == 90 + 100


def test_one_new_place_takes_a_request_for_each_25_others() -> None:
    departures = places(51)
    grid = Grid(departures, Google)
    new = departures[-1].point
    for row, (_, origin) in enumerate(grid.origins):
        for column, target in enumerate(grid.targets):
            if new not in (origin, target):
                grid.learn([(row, [column], [1], [1])])
    questions = grid.questions(Google, Offline())
    assert sum(question.elements for question in questions) == 100
    assert sorted(len(q.origins) for q in questions if q.targets == (new,)) == [25, 25]


def test_short_ways_come_first() -> None:
    here, there = (Departure(Location(latitude, 44.8), 12) for latitude in (41.7, 42.7))
    near = [Departure(Location(41.7 + n / 1000, 44.8), 12) for n in range(1, 6)]
    grid = Grid([there, here, *near], Google, [[b != 0 or a == 1 for b in range(7)] for a in range(7)])
    last = grid.questions(Google, Offline())[-1]
    assert there.point in (*last.origins, *last.targets)
    assert Point.of(there.location) == there.point

import pickle
from dataclasses import replace

import pytest

from app.services.routing.problem import Matrix, Problem

from .days import request, road, vehicle

GOOD = road([request("r", 1, 2)], [vehicle("v")], size=3)


def test_survives_a_pickle() -> None:
    assert pickle.loads(pickle.dumps(GOOD)) == GOOD


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"travel": Matrix(((0,),), ((0,),))}, "3 x 3"),
        ({"travel": Matrix(((0, 1, 1), (1, 0, -1), (1, 1, 0)), GOOD.travel.distance_m)}, "not negative"),
        ({"requests": (request("r", 1, 3),)}, "a location is not one of the 3"),
        ({"vehicles": (vehicle("v", 0, 3),)}, "a location is not one of the 3"),
        ({"requests": (request("r", 1, 2, service_s=-1),)}, "must not be negative"),
        ({"requests": (request("r", 1, 2, demand=(-1,)),)}, "must not be negative"),
        ({"requests": (request("r", 1, 2, demand=(1, 1)),)}, "same dimensions"),
        ({"requests": (request("r", 1, 2), request("r", 2, 1))}, "request r appears twice"),
        ({"vehicles": (vehicle("v"), vehicle("v"))}, "vehicle v appears twice"),
    ],
)
def test_refuses_parts_that_do_not_fit(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(GOOD, **change)  # type: ignore[arg-type]


def test_may_be_empty() -> None:
    assert Problem((), Matrix((), ()), (), ()).requests == ()

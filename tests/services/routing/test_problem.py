import pickle
from dataclasses import replace

import pytest

from app.services.routing.problem import Call, Matrix, Plan, Problem, StopKind, Visit, Window
from app.services.routing.schedule import timed

from .days import DAY, calls, request, road, vehicle

GOOD = road([request("r", 1, 2)], [vehicle("v")], size=3)


def test_survives_a_pickle() -> None:
    problem = road([request("r", 1, 2), request("a", None, 2, allowed={"v"})], [vehicle("v", prefix="-a")], size=3)
    copy = pickle.loads(pickle.dumps(problem))
    assert copy == problem
    assert copy.visit(Call("r", StopKind.DROPOFF)).location == 2


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
        ({"requests": (request("r", 1, 2, pickup=()),)}, "in order and apart"),
        ({"requests": (request("r", 1, 2, pickup=Window(2, 1)),)}, "in order and apart"),
        ({"requests": (request("r", 1, 2, dropoff=(Window(0, 5), Window(5, 9))),)}, "in order and apart"),
        ({"requests": (request("r", 1, 2, dropoff=(Window(6, 9), Window(0, 5))),)}, "in order and apart"),
        ({"requests": (request("r", None, 2),)}, "aboard one vehicle"),
        ({"requests": (request("r", None, 2, allowed={"v", "w"}),)}, "aboard one vehicle"),
        ({"vehicles": (vehicle("v", prefix="+r -r +r"),)}, "PICKUP of r appears twice"),
        ({"vehicles": (vehicle("v", prefix="+s"),)}, "unknown request"),
    ],
)
def test_refuses_parts_that_do_not_fit(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(GOOD, **change)  # type: ignore[arg-type]


def test_may_be_empty() -> None:
    assert Problem((), Matrix((), ()), (), ()).requests == ()


def test_what_is_left_to_do() -> None:
    fresh, aboard = request("r", 1, 2), request("a", None, 2, allowed={"v"})
    assert fresh.calls == calls("+r -r")
    assert aboard.calls == calls("-a")
    assert aboard.visit(StopKind.DROPOFF) == Visit(2, (DAY,))
    with pytest.raises(ValueError, match="aboard already"):
        aboard.visit(StopKind.PICKUP)
    problem = road([fresh, aboard], [vehicle("v"), vehicle("w")])
    assert [problem.aboard(van) for van in problem.vehicles] == [(aboard,), ()]


def test_who_may_carry_what() -> None:
    ride = request("r", 1, 2, needs={"lift"}, allowed={"v", "w"}, forbidden={"w"})
    assert vehicle("v", features={"lift", "sign"}).may_carry(ride)
    assert not vehicle("v", features={"sign"}).may_carry(ride)
    assert not vehicle("w", features={"lift"}).may_carry(ride)
    assert not vehicle("x", features={"lift"}).may_carry(ride)


def test_apart_is_for_both() -> None:
    dog, cat = request("dog", 1, 2, load_class="dogs"), request("cat", 1, 2, apart_from={"dogs"})
    assert dog.apart(cat)
    assert cat.apart(dog)
    assert not dog.apart(dog)
    assert not cat.apart(request("none", 1, 2))


def test_a_plan_knows_its_orders() -> None:
    problem = road([request("a", 1, 4), request("b", 2, 3)], [vehicle("v")])
    route = timed(problem, problem.vehicles[0], calls("+a +b -b -a"))
    assert route is not None
    plan = Plan((route,), (), 0)
    assert plan.orders == {"v": list(calls("+a +b -b -a"))}
    assert plan.served == {"a", "b"}
    assert (plan.distance_m, plan.duration_s) == (8000, 480)
    assert Plan((), (), 0).orders == {}

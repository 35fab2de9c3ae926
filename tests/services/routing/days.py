"""Problems for the tests: places on a straight road, one minute and one kilometre apart, and a day in Tbilisi."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace

from hypothesis import strategies as st

from app.services.routing.matrix import great_circle_m
from app.services.routing.problem import (
    Break,
    Call,
    Capacity,
    Costs,
    Goals,
    Key,
    Location,
    Matrix,
    PlannedRoute,
    Problem,
    Request,
    StopKind,
    Vehicle,
    Visit,
    Window,
)

HOUR = 3600
DAY = Window(0, 24 * HOUR)
CHEAP, SIMPLE = Costs(), Goals()

Windows = Window | tuple[Window, ...]


def _all(windows: Windows) -> tuple[Window, ...]:
    return (windows,) if isinstance(windows, Window) else windows


def request(
    key: str,
    origin: int | None,
    destination: int,
    *,
    demand: Capacity = (1,),
    pickup: Windows = DAY,
    dropoff: Windows = DAY,
    service_s: int = 0,
    priority: int = 0,
    needs: Iterable[str] = (),
    ride_s_max: int | None = None,
    load_class: str | None = None,
    apart_from: Iterable[str] = (),
    allowed: Iterable[Key] | None = None,
    forbidden: Iterable[Key] = (),
) -> Request:
    """origin: None for what is aboard."""
    return Request(
        key,
        None if origin is None else Visit(origin, _all(pickup), service_s),
        Visit(destination, _all(dropoff), service_s),
        demand,
        priority,
        frozenset(needs),
        ride_s_max,
        load_class,
        frozenset(apart_from),
        None if allowed is None else frozenset(allowed),
        frozenset(forbidden),
    )


def vehicle(
    key: str,
    start: int = 0,
    end: int | None = 0,
    *,
    shift: Window = DAY,
    capacity: Capacity = (4,),
    features: Iterable[str] = (),
    breaks: Iterable[Break] = (),
    duration_s_max: int | None = None,
    driving_s_max: int | None = None,
    costs: Costs = CHEAP,
    prefix: str = "",
) -> Vehicle:
    """prefix: as in `calls`."""
    return Vehicle(
        key,
        start,
        end,
        shift,
        capacity,
        frozenset(features),
        tuple(breaks),
        duration_s_max,
        driving_s_max,
        costs,
        calls(prefix),
    )


def calls(order: str) -> tuple[Call, ...]:
    """`calls("+a +b -a -b")`: + fetches, - brings."""
    kinds = {"+": StopKind.PICKUP, "-": StopKind.DROPOFF}
    return tuple(Call(word[1:], kinds[word[0]]) for word in order.split())


def order(route: PlannedRoute) -> str:
    """The same backwards."""
    return " ".join(("+" if stop.kind is StopKind.PICKUP else "-") + str(stop.request) for stop in route.stops)


def road(requests: Sequence[Request], vehicles: Sequence[Vehicle], size: int = 100, goals: Goals = SIMPLE) -> Problem:
    steps = [[abs(a - b) for b in range(size)] for a in range(size)]
    return Problem(
        tuple(Location(41.7, 44.7 + place / 100) for place in range(size)),
        Matrix(
            tuple(tuple(60 * step for step in row) for row in steps),
            tuple(tuple(1000 * step for step in row) for row in steps),
        ),
        tuple(requests),
        tuple(vehicles),
        goals,
    )


def tbilisi(requests: int, vehicles: int, seed: int = 1) -> Problem:
    """Rides of an hour's pickup window between random points of the city, from a garage near Freedom Square."""
    chance = random.Random(seed)
    places = [Location(41.6934, 44.8015)]
    places += [Location(chance.uniform(41.69, 41.78), chance.uniform(44.72, 44.86)) for _ in range(2 * requests)]
    metres = [[round(1.3 * great_circle_m(a, b)) for b in places] for a in places]
    travel = Matrix(tuple(tuple(-(-m * 3 // 25) for m in row) for row in metres), tuple(map(tuple, metres)))
    opens = [HOUR * chance.randrange(8, 17) for _ in range(requests)]
    rides = [
        Request(
            f"r{i}",
            Visit(1 + 2 * i, (Window(opens[i], opens[i] + HOUR),), 300),
            Visit(2 + 2 * i, (Window(opens[i], opens[i] + 3 * HOUR),), 300),
            (chance.randint(1, 2), chance.randint(0, 1)),
            priority=chance.choice((0, 0, 0, 1)),
        )
        for i in range(requests)
    ]
    fleet = [vehicle(f"v{i}", shift=Window(8 * HOUR, 18 * HOUR), capacity=(4, 1)) for i in range(vehicles)]
    return Problem(tuple(places), travel, tuple(rides), tuple(fleet))


PLACES = 6
_places = st.integers(0, PLACES - 1)
_features = st.frozensets(st.sampled_from(["lift", "sign language"]), max_size=2)


@st.composite
def _windows(draw: st.DrawFn, most: int = 3) -> tuple[Window, ...]:
    opens_s, windows = draw(st.integers(-1000, 4000)), list[Window]()
    for _ in range(draw(st.integers(1, most))):
        closes_s = opens_s + draw(st.integers(0, 2000) | st.integers(2000, 12_000))
        windows.append(Window(opens_s, closes_s))
        opens_s = closes_s + draw(st.integers(1, 1500))
    return tuple(windows)


@st.composite
def _breaks(draw: st.DrawFn) -> tuple[Break, ...]:
    return tuple(Break(window, draw(st.integers(1, 900))) for window in draw(_windows(2)))


@st.composite
def _vehicles(draw: st.DrawFn, key: str, dimensions: int) -> Vehicle:
    opens_s = draw(st.integers(-1000, 3000))
    return Vehicle(
        key=key,
        start=draw(_places),
        end=draw(st.none() | _places),
        shift=Window(opens_s, opens_s + draw(st.integers(3000, 15_000))),
        capacity=draw(st.tuples(*[st.integers(1, 4)] * dimensions)),
        features=draw(_features),
        breaks=draw(st.just(()) | _breaks()),
        duration_s_max=draw(st.none() | st.integers(1000, 9000)),
        driving_s_max=draw(st.none() | st.integers(1000, 9000)),
        costs=draw(st.just(Costs()) | st.builds(Costs, st.integers(0, 9000), st.integers(0, 20), st.integers(0, 3))),
    )


@st.composite
def _requests(draw: st.DrawFn, key: str, dimensions: int, vehicles: Sequence[str]) -> Request:
    some = st.frozensets(st.sampled_from(vehicles)) if vehicles else st.just(frozenset[str]())
    nothing, nobody = st.just(frozenset[str]()), st.just(frozenset[Key]())
    visits = st.builds(Visit, _places, _windows(), st.integers(0, 300))
    return Request(
        key=key,
        pickup=draw(visits),
        dropoff=draw(visits),
        demand=draw(st.tuples(*[st.integers(0, 3)] * dimensions)),
        priority=draw(st.integers(0, 2)),
        needs=draw(nothing | nothing | _features),
        ride_s_max=draw(st.none() | st.integers(100, 4000)),
        load_class=draw(st.sampled_from([None, None, "dogs", "food"])),
        apart_from=draw(st.sampled_from([frozenset[str](), frozenset({"dogs"}), frozenset({"food"})])),
        allowed=draw(st.none() | st.none() | some),
        forbidden=draw(nobody | nobody | some),
    )


@st.composite
def _under_way(draw: st.DrawFn, vehicle: Vehicle) -> tuple[Vehicle, list[Request]]:
    """The vehicle with what it has aboard or fetches next: all in time if it goes straight there and has no breaks."""
    window = (Window(-20_000, 50_000),)
    room = tuple(min(1, room) for room in vehicle.capacity)
    on = {
        "aboard": Request(
            f"{vehicle.key} aboard", None, Visit(draw(_places), window, 60), room, allowed=frozenset({vehicle.key})
        ),
        "next": Request(f"{vehicle.key} next", Visit(draw(_places), window), Visit(draw(_places), window), room),
    }
    chosen = draw(st.sampled_from([["aboard"], ["next"], ["aboard", "next"]]))
    bound = [on[name] for name in chosen]
    possible = [bound[-1].calls[:1]]
    if len(bound) == 2 and all(room > 1 for room in vehicle.capacity):
        possible.append((*bound[1].calls[:1], *bound[0].calls))
    elif len(bound) == 2:
        possible = [bound[0].calls, (*bound[0].calls, *bound[1].calls)]
    prefix = draw(st.sampled_from([*possible, ()] if chosen == ["aboard"] else possible))
    shift = Window(vehicle.shift.open_s, vehicle.shift.open_s + 15_000)
    free = replace(vehicle, shift=shift, breaks=(), duration_s_max=None, driving_s_max=None, prefix=tuple(prefix))
    return free, bound


@st.composite
def problems(draw: st.DrawFn, requests: int = 6, vehicles: int = 3, under_way: bool = True) -> Problem:
    """Every constraint there is; travel is neither symmetric nor metric. What is under way can always be brought."""
    dimensions = draw(st.integers(0, 2))
    keys = [f"v{i}" for i in range(draw(st.integers(0, vehicles)))]
    fleet = [draw(_vehicles(key, dimensions)) for key in keys]
    rides = [draw(_requests(f"r{i}", dimensions, keys)) for i in range(draw(st.integers(0, requests)))]
    if under_way and fleet and draw(st.booleans()):
        fleet[0], bound = draw(_under_way(fleet[0]))
        rides += bound
    chance = random.Random(draw(st.integers(0, 2**16)))
    tables = [tuple(tuple(chance.randint(0, 600) for _ in range(PLACES)) for _ in range(PLACES)) for _ in range(2)]
    goals = draw(st.sampled_from([Goals(), Goals(fewest_vehicles=True), Goals(balance=5)]))
    return Problem((Location(41.7, 44.8),) * PLACES, Matrix(*tables), tuple(rides), tuple(fleet), goals)

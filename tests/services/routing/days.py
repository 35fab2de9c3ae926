"""Problems for the tests: places on a straight road, one minute and one kilometre apart, and a day in Tbilisi."""

import random
from collections.abc import Sequence

from app.services.routing.matrix import great_circle_m
from app.services.routing.problem import Capacity, Location, Matrix, Problem, Request, Vehicle, Visit, Window

HOUR = 3600
DAY = Window(0, 24 * HOUR)


def request(
    key: str,
    origin: int,
    destination: int,
    *,
    demand: Capacity = (1,),
    pickup: Window = DAY,
    dropoff: Window = DAY,
    service_s: int = 0,
    priority: int = 0,
) -> Request:
    return Request(
        key, Visit(origin, pickup, service_s), Visit(destination, dropoff, service_s), demand, priority=priority
    )


def vehicle(
    key: str, start: int = 0, end: int | None = 0, *, shift: Window = DAY, capacity: Capacity = (4,)
) -> Vehicle:
    return Vehicle(key, start, end, shift, capacity)


def road(requests: Sequence[Request], vehicles: Sequence[Vehicle], size: int = 100) -> Problem:
    steps = [[abs(a - b) for b in range(size)] for a in range(size)]
    return Problem(
        tuple(Location(41.7, 44.7 + place / 100) for place in range(size)),
        Matrix(
            tuple(tuple(60 * step for step in row) for row in steps),
            tuple(tuple(1000 * step for step in row) for row in steps),
        ),
        tuple(requests),
        tuple(vehicles),
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
            Visit(1 + 2 * i, Window(opens[i], opens[i] + HOUR), 300),
            Visit(2 + 2 * i, Window(opens[i], opens[i] + 3 * HOUR), 300),
            (chance.randint(1, 2), chance.randint(0, 1)),
            priority=chance.choice((0, 0, 0, 1)),
        )
        for i in range(requests)
    ]
    fleet = [vehicle(f"v{i}", shift=Window(8 * HOUR, 18 * HOUR), capacity=(4, 1)) for i in range(vehicles)]
    return Problem(tuple(places), travel, tuple(rides), tuple(fleet))

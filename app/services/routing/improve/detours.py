"""How little a dropoff can add to a route, so that places which cost too much already are passed over."""

from app.services.routing.improve.columns import NEVER, WAY, Ints
from app.services.routing.improve.machine import compiled


@compiled
def least_detours(legs: Ints, dropoffs: Ints, least: Ints) -> None:
    """For each dropoff, the least metres that going there adds between any two other nodes, into `least`."""
    size = legs.shape[0]
    for number in range(len(dropoffs)):
        dropoff, least[number] = dropoffs[number], NEVER
        for here in range(size):
            if here != dropoff:
                there_m = legs[here, dropoff, WAY]
                for ahead in range(size):
                    detour = there_m + legs[dropoff, ahead, WAY] - legs[here, ahead, WAY]
                    if detour < least[number] and ahead != dropoff:
                        least[number] = detour

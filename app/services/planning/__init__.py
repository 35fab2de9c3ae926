"""Planning a day: asked for, read into a problem, and the plan written back; and changing it by hand.

The search lies between `load` and `store`, in a process of its own and outside any transaction. A run plans all of a
day that is neither done nor under way. So on the day itself it works in what is new, what was called off and what is
late, around what has happened; whatever is pinned, and every route that was forced, stays as it is.
"""

from app.services.planning.by_hand import insert_transport, move_transport, remove_transport
from app.services.planning.crews import create_route, swap_drivers
from app.services.planning.promises import kept
from app.services.planning.runs import (
    cancel_planning_run,
    fail,
    is_still_wanted,
    load,
    optimize_routes,
    promised,
    start,
)
from app.services.planning.storing import Found, store

__all__ = [
    "Found",
    "cancel_planning_run",
    "create_route",
    "fail",
    "insert_transport",
    "is_still_wanted",
    "kept",
    "load",
    "move_transport",
    "optimize_routes",
    "promised",
    "remove_transport",
    "start",
    "store",
    "swap_drivers",
]

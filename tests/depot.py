"""Acting on the fleet, as a dispatcher does."""

from tests.client import Json
from tests.factories.houses import House

ADDED = "... on AlreadyExists { field message }"
CHANGED = f"{ADDED} ... on VersionConflict {{ currentVersion }}"
MOVED = "... on InvalidTransition { currentStatus }"
REFUSED = {"update": CHANGED, "create": ADDED, "set": MOVED}


async def act(house: House, verb: str, input: Json, selection: str, role: str = "DISPATCHER") -> Json:
    """The answer of a verb that may be refused, with what it selects of its success."""
    success = f"... on {verb[0].upper()}{verb[1:]}Success {{ {selection} }}"
    refused = next(refused for prefix, refused in REFUSED.items() if verb.startswith(prefix))
    return await house.client(role).act(verb, input, f"{success} {refused}")

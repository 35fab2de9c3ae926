"""Scenes of many writes at once: those of one write, in a list."""

from collections.abc import Awaitable, Callable

from app.resolvers.verbs import VERBS, WRITES
from tests.client import Json
from tests.scenes.stage import SCENES, Scene, Stage

PREFIX = "bulk_"


def _listed(name: str) -> Callable[[Stage], Awaitable[Json]]:
    async def build(stage: Stage) -> Json:
        return {"input": {"items": [(await SCENES[name].build(stage))["input"]]}}

    return build


SCENES.update(
    {
        PREFIX + name: Scene(_listed(name), frozenset())
        for name in WRITES
        if any(verb.field.python_name == PREFIX + name for verb in VERBS)
    }
)

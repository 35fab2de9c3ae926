"""The schema as a production server executes it."""

import strawberry

from app.graphql import build_schema
from app.settings import Settings


async def codes(schema: strawberry.Schema, query: str) -> list[str]:
    result = await schema.execute(query, context_value=NoContext())
    return sorted({error.extensions["code"] for error in result.errors or [] if error.extensions})


class NoContext:
    """Nothing that is refused before execution may need one."""

    async def renew(self) -> None:
        return None


async def test_introspection_is_closed_by_default(settings: Settings) -> None:
    closed = build_schema(settings.model_copy(update={"introspection": False}))
    assert await codes(closed, "{ __schema { queryType { name } } }") == ["BAD_USER_INPUT"]


async def test_limits_come_from_the_settings(settings: Settings) -> None:
    strict = build_schema(settings.model_copy(update={"depth_max": 2, "tokens_max": 20, "aliases_max": 1}))
    assert await codes(strict, "{ bookings { edges { node { id } } } }") == ["BAD_USER_INPUT"]
    assert await codes(strict, "{ a: eventSeq b: eventSeq }") == ["BAD_USER_INPUT"]
    assert await codes(strict, "{ " + "eventSeq " * 30 + "}") == ["BAD_USER_INPUT"]

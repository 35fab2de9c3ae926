"""Fetching anything by its id."""

from typing import Annotated, Any

import strawberry

from app.context import Info
from app.errors import NotFound
from app.resolvers.verbs import query
from app.schema.nodes import MODELS, Node
from app.schema.scalars import decode_any_id


@query("Anything that has an id, as far as the viewer sees it.", answers=Node | None)
async def node(info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Whose.")]) -> Any:
    name, key = decode_any_id(id)
    if name not in MODELS:
        raise NotFound()
    row = await info.context.loaders.get(MODELS[name], key)
    if type(row).__name__ != name:
        raise NotFound()
    return row

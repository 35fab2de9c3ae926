"""The log as admins read it."""

from datetime import datetime
from typing import Any

import strawberry
from strawberry.scalars import JSON
from strawberry.utils.str_converters import to_camel_case

from app import models
from app.context import Info
from app.errors import NotFound
from app.loaders import audit as relations
from app.models.events import EventType
from app.schema.events import Event
from app.schema.fields import column, derived
from app.schema.inputs import Values
from app.schema.nodes import MODELS
from app.schema.scalars import decode_any_id
from app.services import audit


@strawberry.type(description="A value that was changed. Null before: there was none; null after: it was taken away.")
class Change:
    field: str = derived(lambda change: to_camel_case(change.field), "What was changed.")
    before: JSON | None = column("Its value until then; null: none.")
    after: JSON | None = column("Its value from then on; null: none.")
    masked: bool = column("Whether the values are hidden in part or wholly, as they are nobody's business.")


async def _detail(root: Any, info: Info) -> Any:
    relation = relations.EVENT_DETAIL
    return await info.context.loaders.one(relation.target, root.seq, relation.remote)


@strawberry.type(description="An entry of the log with its personal part, which can be erased; the entry stays.")
class AuditEntry(Event):
    @strawberry.field(description="The internet address from which it was done; null where it is not kept, or erased.")
    async def ip(root: strawberry.Parent[models.Event], info: Info) -> str | None:
        detail = await _detail(root, info)
        return detail.ip if detail else None

    @strawberry.field(
        description="The program with which it was done, as it calls itself; null where it is not kept, or erased."
    )
    async def user_agent(root: strawberry.Parent[models.Event], info: Info) -> str | None:
        detail = await _detail(root, info)
        return detail.user_agent if detail else None

    @strawberry.field(description="What was changed, by the names of the fields; null where it is not kept, or erased.")
    async def changes(root: strawberry.Parent[models.Event], info: Info) -> list[Change] | None:
        detail = await _detail(root, info)
        if detail is None or detail.changes is None:
            return None
        return audit.shown(root.node_type, detail.changes)  # type: ignore[return-value]


@strawberry.input(description="Which entries are wanted; all conditions hold at once.")
class AuditLogFilter(Values):
    types: list[EventType] | None = column("What happened.", default=None)
    node: strawberry.ID | None = column("To this node.", name="nodeId", default=None)
    actor_id: strawberry.ID | None = column("Done by this user.", default=None)
    customer_id: strawberry.ID | None = column("Concerning this customer.", default=None)
    from_: datetime | None = column("At or after this instant.", name="from", default=None)
    until: datetime | None = column("Before this instant.", default=None)

    def values(self) -> dict[str, Any]:
        found = super().values()
        if "node" in found:
            found["node"] = _node(found["node"])
        return found


def _node(id: str) -> tuple[type[Any], Any]:
    """Of any type: the id says which."""
    name, key = decode_any_id(id)
    if name not in MODELS:
        raise NotFound()
    return MODELS[name], key

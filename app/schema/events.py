"""The event log as clients read it."""

from datetime import datetime
from typing import Any

import strawberry
from strawberry.scalars import JSON

from app import models
from app.context import Info
from app.models.events import EventType
from app.schema.fields import column, vocabulary
from app.schema.identity import Actor, System
from app.schema.nodes import MODELS, Node
from app.schema.scalars import EventSeq

vocabulary(EventType, "What happened.")


@strawberry.type(description="Something that happened in the organization. Numbered without gaps, never changed.")
class Event:
    seq: EventSeq = column("Its place in the log.")
    type: EventType = column("What happened.")
    occurred_at: datetime = column("When.")
    payload: JSON = column("Ids and states that belong to it; no personal data.")

    @strawberry.field(
        description="What it happened to, as it is now; null if it is gone or the viewer does not see it."
    )
    async def node(root: strawberry.Parent[models.Event], info: Info) -> Node | None:
        model = MODELS.get(root.node_type)
        return None if model is None else await info.context.loaders.one(model, root.node_id)

    @strawberry.field(description="Who did it; the organization where the viewer does not know the person.")
    async def actor(root: strawberry.Parent[models.Event], info: Info) -> Actor:
        if root.actor_user_id is None:
            return System(display_name="Waypost")
        loaders = info.context.loaders
        user: Any = await loaders.one(models.User, root.actor_user_id)
        return user or await loaders.get(models.Organization, root.organization_id)  # type: ignore[no-any-return]

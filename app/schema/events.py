"""The event log as clients read it."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry.scalars import JSON

from app import models
from app.context import Info
from app.loaders import keys
from app.models.events import EventType
from app.schema.fields import column, to_one, vocabulary
from app.schema.identity import Actor, System
from app.schema.nodes import MODELS, Node
from app.schema.scalars import EventSeq

if TYPE_CHECKING:
    from app.schema.keys import ApiKey

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

    api_key: Annotated["ApiKey", strawberry.lazy("app.schema.keys")] | None = to_one(
        keys.EVENT_KEY, "The key with which a partner did it, if a partner did and the viewer may know."
    )

    @strawberry.field(
        description="Who did it; the organization where the viewer does not know the person, or the partner."
    )
    async def actor(root: strawberry.Parent[models.Event], info: Info) -> Actor:
        loaders = info.context.loaders
        if root.actor_partner_id is not None:
            actor: Any = await loaders.one(models.Partner, root.actor_partner_id)
        elif root.actor_user_id is not None:
            actor = await loaders.one(models.User, root.actor_user_id)
        else:
            return System(display_name="Waypost")
        return actor or await loaders.get(models.Organization, root.organization_id)  # type: ignore[no-any-return]

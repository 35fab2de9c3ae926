"""Relations of the log: what happened to a node, and the log as a whole with its personal part."""

from sqlalchemy import and_

from app.loaders.base import Listing, ToOne
from app.models import Base, Customer, Event, EventDetail, User

HISTORY = Listing(Event, "seq", remote="node_id", tie="seq")
AUDIT_LOG = Listing(
    Event,
    "-seq",
    tie="seq",
    filters={
        "types": lambda types: Event.type.in_(types),
        "node": lambda node: and_(Event.node_type == node[0].__name__, Event.node_id == node[1]),
        "actor_id": lambda id: Event.actor_user_id == id,
        "customer_id": lambda id: Event.customer_id == id,
        "from_": lambda instant: Event.occurred_at >= instant,
        "until": lambda instant: Event.occurred_at < instant,
    },
    referents={"node": Base, "actor_id": User, "customer_id": Customer},
)
EVENT_DETAIL = ToOne(EventDetail, "seq", remote="seq")

"""People, bays, kennels, rooms and vehicles that services use."""

from app import models
from app.models.resources import ResourceKind
from app.schema.fields import column, vocabulary
from app.schema.nodes import Node, node

vocabulary(ResourceKind, "What sort of person or thing a resource is.")


@node(models.Resource, "A person or thing that a service uses, and that so many can use at once.")
class Resource(Node):
    version: int = column("Goes up with every change; an update names the one it saw.")
    kind: ResourceKind = column("What sort of person or thing.")
    name: str = column("What it is called.")
    capacity: int = column("How many bookings can use it at once.")
    active: bool = column("Whether it is given out.")

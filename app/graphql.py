"""The one Schema: the verbs of all resolvers, merged. `app.serving` limits and runs what is asked of it."""

from typing import Any

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import create_type

from app.resolvers.verbs import VERBS, Kind  # importing the package has declared them all
from app.schema.fleet import Driver, Vehicle, VehicleType
from app.schema.identity import Membership, Organization, System, User
from app.schema.scalars import SCALARS
from app.schema.shifts import Shift
from app.schema.subjects import Car, Patient, Pet

DESCRIPTIONS: dict[Kind, str] = {
    "Query": "What can be asked.",
    "Mutation": "What can be done.",
    "Subscription": "What can be followed.",
}


def _root(kind: Kind) -> Any:
    fields = [verb.field for verb in VERBS if verb.kind == kind]
    return create_type(kind, fields, description=DESCRIPTIONS[kind])


schema = strawberry.Schema(
    query=_root("Query"),
    mutation=_root("Mutation"),
    subscription=_root("Subscription"),
    types=[Pet, Patient, Car, Driver, Vehicle, VehicleType, Shift, Organization, User, System, Membership],
    config=StrawberryConfig(scalar_map=SCALARS),
)

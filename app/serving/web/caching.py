"""How long an answer may be shown again: as its operation's root fields say (`cache_s` of a verb)."""

from graphql import FieldNode, GraphQLSchema, TypeInfo, TypeInfoVisitor, Visitor, get_named_type, visit

from app.schema.nodes import MODELS
from app.services.care.reading import NOTED
from app.serving.admission import roots
from app.serving.admission.documents import Prepared

NEVER = "private, no-store"
EACH_TIME = "private, no-cache"
"""It may be kept, and is asked about by its ETag."""

NOT_KEPT = {name for name, model in MODELS.items() if issubclass(model, NOTED)} | {"AuditEntry", "ApiKey"}
"""Types that are written to no disk: who reads them is written down each time, or they are about who comes in."""


def control(schema: GraphQLSchema, prepared: Prepared, operation_name: str | None) -> str:
    """The Cache-Control of a query's answer.

    Only what anybody may ask for is public. An answer to somebody who signed in is theirs, even if all of their
    organization would get the same: not every cache between looks at who asks.
    """
    if _types(schema, prepared) & NOT_KEPT:
        return NEVER
    asked = roots.verbs(prepared.document, prepared.operation(operation_name))
    lives = [verb.cache_s for verb in asked if verb.cache_s is not None]
    if not lives or len(lives) < len(asked):
        return EACH_TIME
    return f"{'public' if all(verb.public for verb in asked) else 'private'}, max-age={min(lives)}"


def _types(schema: GraphQLSchema, prepared: Prepared) -> set[str]:
    """Of all that the document asks for, by whichever of its operations."""
    found: set[str] = set()
    types = TypeInfo(schema)

    class Look(Visitor):
        def enter_field(self, node: FieldNode, *_: object) -> None:
            for type_ in (types.get_type(), types.get_parent_type()):
                if type_ is not None:
                    found.add(get_named_type(type_).name)

    visit(prepared.document, TypeInfoVisitor(types, Look()))
    return found

"""The one Schema: the verbs of all resolvers, merged, and what guards every document."""

import logging
from collections.abc import AsyncIterator
from typing import Any

import strawberry
from graphql import ExecutionResult, GraphQLError
from strawberry.extensions import (
    AddValidationRules,
    DisableIntrospection,
    MaxAliasesLimiter,
    MaxTokensLimiter,
    ParserCache,
    QueryDepthLimiter,
    SchemaExtension,
    ValidationCache,
)
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import create_type
from strawberry.types import ExecutionContext

from app.errors import BadUserInput, WaypostError
from app.resolvers.verbs import VERBS, Kind  # importing the package has declared them all
from app.schema.fleet import Driver, Vehicle, VehicleType
from app.schema.identity import Membership, Organization, System, User
from app.schema.scalars import SCALARS
from app.schema.shifts import Shift
from app.schema.subjects import Car, Patient, Pet
from app.settings import Settings

log = logging.getLogger(__name__)

CACHED_DOCUMENTS = 1_000
INTERNAL = "Something went wrong on our side."

DESCRIPTIONS: dict[Kind, str] = {
    "Query": "What can be asked.",
    "Mutation": "What can be done.",
    "Subscription": "What can be followed.",
}


class OneSnapshot(SchemaExtension):
    """The snapshot of an operation ends with it."""

    async def on_operation(self) -> AsyncIterator[None]:
        try:
            yield
        finally:
            # whoever hangs up ends the operation at the `yield`
            await self.execution_context.context.renew()


class CodedErrors(strawberry.Schema):
    """Every error has a code; none shows what only developers should see. And no answer leaves unaccounted for."""

    async def _handle_execution_result(self, context: ExecutionContext, result: Any, *rest: Any, **more: Any) -> Any:
        """Every answer comes by here on its way out: of a query, of a mutation, each of a subscription's."""
        try:
            # one that was refused before it began has shown nothing, and may have no context
            if result.data is not None:
                await context.context.account()
        except Exception as error:
            result = ExecutionResult(data=None, errors=[_unaccounted(error)])
            more["skip_process_errors"] = False
        return await super()._handle_execution_result(context, result, *rest, **more)

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        for error in errors:
            _give_code(error)


def _unaccounted(error: Exception) -> GraphQLError:
    if not isinstance(error, WaypostError):
        log.error("an answer could not be accounted for", exc_info=error)
        error = WaypostError(INTERNAL)
    return GraphQLError(error.message, original_error=error)


def _give_code(error: GraphQLError) -> None:
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    if isinstance(cause, WaypostError):
        error.message = cause.message
        error.extensions = {"code": cause.code}
        if isinstance(cause, BadUserInput) and cause.field:
            error.extensions["field"] = cause.field
    elif cause is None or error.path is None:
        error.extensions = {"code": "BAD_USER_INPUT", **(error.extensions or {})}
    else:
        log.error("unexpected error at %s", error.path, exc_info=cause)
        error.message = INTERNAL
        error.extensions = {"code": "INTERNAL"}


def _root(kind: Kind) -> Any:
    fields = [verb.field for verb in VERBS if verb.kind == kind]
    return create_type(kind, fields, description=DESCRIPTIONS[kind])


def build_schema(settings: Settings | None = None) -> strawberry.Schema:
    """The schema; with settings, also what limits the documents that it executes."""
    return CodedErrors(
        query=_root("Query"),
        mutation=_root("Mutation"),
        subscription=_root("Subscription"),
        types=[Pet, Patient, Car, Driver, Vehicle, VehicleType, Shift, Organization, User, System, Membership],
        config=StrawberryConfig(scalar_map=SCALARS),
        extensions=[*_limits(settings), OneSnapshot] if settings else [],
    )


def _limits(settings: Settings) -> list[Any]:
    # the rules are made once: the cache of validated documents is keyed by them
    rules = [
        *QueryDepthLimiter(max_depth=settings.depth_max).validation_rules,
        *MaxAliasesLimiter(max_alias_count=settings.aliases_max).validation_rules,
    ]
    limits: list[Any] = [
        lambda: AddValidationRules(rules),
        lambda: ParserCache(maxsize=CACHED_DOCUMENTS),
        lambda: ValidationCache(maxsize=CACHED_DOCUMENTS),
        lambda: MaxTokensLimiter(max_token_count=settings.tokens_max),
    ]
    return limits if settings.introspection else [*limits, DisableIntrospection]


schema = build_schema()

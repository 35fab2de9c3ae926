"""Running an operation: what admits it, its answer, and the answers of a stream."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, cast

import strawberry
from graphql import (
    ExecutionResult,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    execute,
    subscribe,
)
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext as Executing
from strawberry.utils.await_maybe import await_maybe

from app.context import Context
from app.errors import BadUserInput
from app.serving.coding import coded, error_of
from app.serving.documents import Documents, Prepared, Refused
from app.serving.requests import GraphQLRequest
from app.settings import Settings


@dataclass(frozen=True)
class Operation:
    """A request that was admitted."""

    prepared: Prepared
    definition: OperationDefinitionNode
    request: GraphQLRequest

    @property
    def kind(self) -> OperationType:
        return self.definition.operation


@dataclass(frozen=True)
class Answer:
    """What goes out. `data` None: no field was reached."""

    data: dict[str, Any] | None
    errors: list[GraphQLError] = field(default_factory=list)
    extensions: dict[str, Any] = field(default_factory=dict)

    @property
    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = {"data": self.data}
        if self.errors:
            found["errors"] = [error.formatted for error in self.errors]
        if self.extensions:
            found["extensions"] = self.extensions
        return found


class Engine:
    """Executes the schema for whoever a context speaks for."""

    def __init__(self, schema: strawberry.Schema, settings: Settings) -> None:
        self.settings = settings
        self.schema = schema._schema  # Strawberry keeps graphql-core's schema to itself
        self.documents = Documents(self.schema, settings)

    async def admit(self, request: GraphQLRequest, context: Context) -> Operation:
        """Raises `Refused` and other errors of ours: then nothing has run."""
        if not request.query:
            raise BadUserInput("A request has a `query`.", "query")
        prepared = self.documents.prepare(request.query, introspection=self.settings.introspection)
        return Operation(prepared, prepared.operation(request.operation_name), request)

    async def execute(self, operation: Operation, context: Context) -> Answer:
        """A query or a mutation."""
        try:
            result = await await_maybe(
                execute(
                    self.schema,
                    operation.prepared.document,
                    is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]
                    **_arguments(operation, context),
                )
            )
            return await _accounted(result, context)
        finally:
            # whoever hangs up ends the operation, and its snapshot with it
            await context.renew()

    async def stream(self, operation: Operation, context: Context) -> AsyncIterator[Answer]:
        """The answers of a subscription; raises `Refused` before the first if there will be none."""
        try:
            source = await await_maybe(
                subscribe(self.schema, operation.prepared.document, **_arguments(operation, context))
            )
            if isinstance(source, ExecutionResult):
                raise Refused(source.errors or [])
            async with aclosing(cast("AsyncGenerator[ExecutionResult]", source)) as results:
                async for result in results:
                    answer = await _accounted(result, context)
                    # a client that reads slowly, or not at all, must not keep a snapshot (a connection) meanwhile
                    await context.renew()
                    yield answer
        except GraphQLError as error:
            raise Refused([error]) from error
        finally:
            await context.renew()


def _arguments(operation: Operation, context: Context) -> dict[str, Any]:
    return {
        "variable_values": dict(operation.request.variables),
        "operation_name": operation.request.operation_name,
        "context_value": context,
        "executor_class": Executing,
        "operation_extensions": dict(operation.request.extensions),
    }


async def _accounted(result: ExecutionResult, context: Context) -> Answer:
    """No answer leaves unaccounted for."""
    try:
        if result.data is not None:
            await context.account()
    except Exception as error:
        return Answer(None, [error_of(error)])
    return Answer(result.data, coded(result.errors or []))

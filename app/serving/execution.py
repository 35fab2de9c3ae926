"""Running an operation: what admits it, its answer, and the answers of a stream."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
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
from app.errors import CostLimit, Unauthenticated, WaypostError
from app.serving.admission import cost, limits
from app.serving.admission.allowance import Allowance, Share
from app.serving.admission.cost import Cost, Prices
from app.serving.admission.documents import Documents, Prepared, Refused
from app.serving.admission.registry import Registry
from app.serving.coding import coded, error_of
from app.serving.requests import GraphQLRequest
from app.settings import Settings


@dataclass(frozen=True)
class Operation:
    """A request that was admitted."""

    prepared: Prepared
    definition: OperationDefinitionNode
    request: GraphQLRequest
    cost: Cost | None = None
    share: Share | None = None
    introspection: bool = False

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
    def ran(self) -> bool:
        """Whether the operation began: errors of its fields have a path."""
        return self.data is not None or any(error.path for error in self.errors)

    @property
    def body(self) -> dict[str, Any]:
        """As the specification of GraphQL has it: errors first, and no `data` where nothing ran."""
        found: dict[str, Any] = {}
        if self.errors:
            found["errors"] = [error.formatted for error in self.errors]
        if self.ran:
            found["data"] = self.data
        if self.extensions:
            found["extensions"] = self.extensions
        return found


class Engine:
    """Executes the schema for whoever a context speaks for."""

    def __init__(self, schema: strawberry.Schema, settings: Settings) -> None:
        self.settings = settings
        self.schema = schema._schema  # Strawberry keeps graphql-core's schema to itself
        self.documents = Documents(self.schema, settings)
        self.registry = Registry(settings)
        self.prices = Prices(self.schema)
        self.allowance = Allowance(settings)

    def check(self, context: Context) -> None:
        """Raises `RateLimited` for who has nothing left, before anything of theirs is read."""
        self.allowance.check(self.allowance.share(context))

    async def waste(self, context: Context) -> None:
        """Something was read that turned out to be no request. Raises `RateLimited`."""
        await self.allowance.charge(context, self.allowance.share(context), cost.REFUSED, anyway=True)

    async def admit(self, request: GraphQLRequest, context: Context) -> Operation:
        """Raises `Refused` and other errors of ours: then nothing has run. It is charged to the caller."""
        share = self.allowance.share(context)
        self.allowance.check(share)
        introspection = self._is_open_to(context)
        spent = cost.STATEMENT
        try:
            values = limits.check_variables(request.variables, self.settings)
            text = await self.registry.find(request, context)
            spent = cost.of_refused(len(text))
            prepared = self.documents.prepare(text, introspection=introspection)
            definition = prepared.operation(request.operation_name)
            new = cost.of_new(len(text)) if self.documents.is_new(prepared, introspection=introspection) else 0
            spent = cost.REFUSED + new
            found = prepared.costs.of(self.prices, prepared.document, definition, request.variables, values).plus(new)
            if found.points > self.settings.cost_max:
                raise CostLimit(found.points, self.settings.cost_max)
        except WaypostError:
            await self.allowance.charge(context, share, spent, anyway=True)
            raise
        # of a text that is known nothing was done but to look it up
        await self.allowance.charge(context, share, found.points, spent=spent if new else 0)
        await self.registry.keep(request, context, prepared)
        return Operation(prepared, definition, request, found, share, introspection)

    def _is_open_to(self, context: Context) -> bool:
        """Whether somebody may look at the schema. The page for it does so before anybody signs in."""
        if not self.settings.introspection or self.settings.graphiql:
            return self.settings.introspection
        try:
            viewer = context.caller
        except Unauthenticated:
            return False
        return viewer is not None and viewer.sees_everything

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
            answer = await _accounted(result, context)
        finally:
            # whoever hangs up ends the operation, and its snapshot with it
            await context.renew()
        return self._settled(answer, operation, context)

    def _settled(self, answer: Answer, operation: Operation, context: Context) -> Answer:
        """What was charged too much is given back; who asks is told."""
        said = operation.cost
        if said is None:
            return answer
        actual = said.actual(context.statements, context.rows)
        self.allowance.settle(context, operation.share, said, actual)
        if operation.request.extensions.get("cost") is not True:
            return answer
        left = context.allowance
        told = {"requested": said.points, "actual": actual, "limit": self.settings.cost_max}
        more = {"remaining": left.remaining, "size": left.size, "restoreRate": left.leak_per_s} if left else {}
        return replace(answer, extensions={**answer.extensions, "cost": {**told, **more}})

    async def stream(self, operation: Operation, context: Context) -> AsyncGenerator[Answer]:
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

    async def show(self, operation: Operation, context: Context, news: object) -> Answer:
        """What a subscription shows of one piece of news. The caller accounts for it, and ends the snapshot."""
        result = await await_maybe(
            execute(
                self.schema,
                operation.prepared.document,
                news,
                is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]
                **_arguments(operation, context),
            )
        )
        return Answer(result.data, coded(result.errors or []))


def _arguments(operation: Operation, context: Context) -> dict[str, Any]:
    return {
        "variable_values": dict(operation.request.variables),
        "operation_name": operation.request.operation_name,
        "context_value": context,
        "executor_class": Executing,
        "operation_extensions": dict(operation.request.extensions),
        "hide_suggestions": not operation.introspection,
    }


async def _accounted(result: ExecutionResult, context: Context) -> Answer:
    """No answer leaves unaccounted for."""
    try:
        if result.data is not None:
            await context.account()
    except Exception as error:
        return Answer(None, [error_of(error)])
    return Answer(result.data, coded(result.errors or []))

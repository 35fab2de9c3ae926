"""Refusals as clients see them: members of a mutation's result, each with a message and what would help."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import strawberry

from app import errors, models
from app.context import Info
from app.models import Slot as SlotRow
from app.schema.fields import column
from app.services.scheduling import next_available

if TYPE_CHECKING:
    from app.schema.routes import PlanningRun
    from app.schema.scheduling import Slot

Type = TypeVar("Type", bound=type)


@dataclass(frozen=True)
class Refused:
    """A refusal as an answer, with its fields. GraphQL raises exceptions that are returned: it must not be one."""

    refusal: errors.Refusal

    def __getattr__(self, name: str) -> Any:
        return getattr(self.refusal, name)


@strawberry.interface(description="A rule that said no; nothing has changed.")
class Problem:
    message: str = column("For people.")


def problem(refusal: type[errors.Refusal], description: str) -> Callable[[Type], Type]:
    """The GraphQL type of a refusal."""

    def bind(cls: Type) -> Type:
        cls.is_type_of = classmethod(  # type: ignore[attr-defined]
            lambda _, value, __: isinstance(value, Refused) and isinstance(value.refusal, refusal)
        )
        cls.__refusal__ = refusal  # type: ignore[attr-defined]
        bound: Type = strawberry.type(cls, description=description)
        return bound

    return bind


@problem(errors.InvalidTransition, "The noun is in a state from which this cannot be done.")
class InvalidTransition(Problem):
    current_status: str = column("The state it is in.")


@problem(errors.VersionConflict, "Somebody else changed it after it was read.")
class VersionConflict(Problem):
    current_version: int = column("Its version now; read it again before changing it.")


@problem(errors.AlreadyExists, "Something that must be unique is taken.")
class AlreadyExists(Problem):
    field: str = column("The input that is taken.")


@problem(errors.SlotFull, "Every place of the slot is taken.")
class SlotFull(Problem):
    @strawberry.field(description="Whether one can wait for a place.")
    def waitlist_open(root: strawberry.Parent[Any]) -> bool:
        return False

    @strawberry.field(description="The next slot of the service that has a place.")
    async def next_available(
        root: strawberry.Parent[errors.SlotFull],
        info: Info,
    ) -> Annotated["Slot", strawberry.lazy("app.schema.scheduling")] | None:
        found: list[SlotRow] = list(await info.context.reads.scalars(next_available(root.service_id, root.slot_id)))
        return found[0] if found else None  # type: ignore[return-value]


@problem(errors.SlotClosed, "The slot takes no booking.")
class SlotClosed(Problem):
    pass


@problem(errors.SlotInUse, "Places of the slot are taken.")
class SlotInUse(Problem):
    taken: int = column("How many.")


@problem(errors.CancellationClosed, "It is too late to cancel.")
class CancellationClosed(Problem):
    cancel_before: datetime = column("Until when it was possible.")


@problem(errors.PlanningRunActive, "The day is being planned already.")
class PlanningRunActive(Problem):
    @strawberry.field(description="The run that is under way.")
    async def planning_run(
        root: strawberry.Parent[errors.PlanningRunActive],
        info: Info,
    ) -> Annotated["PlanningRun", strawberry.lazy("app.schema.routes")]:
        return await info.context.loaders.get(models.PlanningRun, root.planning_run_id)  # type: ignore[no-any-return]


@problem(errors.NothingToPublish, "There is nothing to publish.")
class NothingToPublish(Problem):
    pass


@problem(errors.DayTooLarge, "The day has more transports than one run takes.")
class DayTooLarge(Problem):
    limit: int = column("The most that one run takes.")

"""Refusals as clients see them: members of a mutation's result, each with a message and what would help."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from uuid import UUID

import strawberry

from app import clock, errors, models
from app.context import Info
from app.models import Slot as SlotRow
from app.schema.fields import column, derived
from app.schema.proofs import ProofKind
from app.schema.violations import RouteViolation, UnassignedReason
from app.services.bookings.stays import next_arrival
from app.services.scheduling import next_available
from app.services.waitlist import waitlist_open

if TYPE_CHECKING:
    from app.schema.care import MissingCare
    from app.schema.planning import PlanningRun
    from app.schema.scheduling import Slot
    from app.schema.transports import Transport

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


@problem(errors.LastOwner, "The organization would have no owner.")
class LastOwner(Problem):
    pass


SlotType = Annotated["Slot", strawberry.lazy("app.schema.scheduling")]


async def _next_slot(root: Any, info: Info) -> Any:
    """The first that comes after what was wanted; if there is none, the first of all."""
    for after in (root.starts_at, clock.now()):
        wanted = next_available(root.service_id, root.slot_id, after)
        found: list[SlotRow] = list(await info.context.reads.scalars(wanted))
        if found:
            return found[0]
    return None


@problem(errors.SlotFull, "Every place of the slot is taken.")
class SlotFull(Problem):
    @strawberry.field(description="The slot that is full.")
    async def slot(root: strawberry.Parent[errors.SlotFull], info: Info) -> SlotType:
        return await info.context.loaders.get(models.Slot, root.slot_id)  # type: ignore[no-any-return]

    @strawberry.field(description="Whether one can wait for a place.")
    async def waitlist_open(root: strawberry.Parent[errors.SlotFull], info: Info) -> bool:
        return bool(await info.context.reads.scalars(waitlist_open(root.slot_id)))

    @strawberry.field(
        description="The next slot of the service that can be booked; if none comes after this one, the first."
    )
    async def next_available(root: strawberry.Parent[errors.SlotFull], info: Info) -> SlotType | None:
        return await _next_slot(root, info)  # type: ignore[no-any-return]


@problem(errors.ResourceUnavailable, "There is a place, but what the service needs is in use at that time.")
class ResourceUnavailable(Problem):
    @strawberry.field(
        description="The next slot of the service that can be booked; if none comes after this one, the first."
    )
    async def next_available(root: strawberry.Parent[errors.ResourceUnavailable], info: Info) -> SlotType | None:
        return await _next_slot(root, info)  # type: ignore[no-any-return]


@problem(errors.StayUnavailable, "Not every night of the stay is free.")
class StayUnavailable(Problem):
    nights: list[date] = column("The nights that are not.")

    @strawberry.field(
        description="The next day of arrival from which as many nights in a row are free; null: none that is known."
    )
    async def next_arrival(root: strawberry.Parent[errors.StayUnavailable], info: Info) -> date | None:
        viewer = info.context.viewer
        wanted = next_arrival(viewer.organization_id, root.service_id, root.wanted, root.after)
        found = list(await info.context.reads.scalars(wanted))
        return found[0] if found else None


def _missing(refused: Any) -> Any:
    return [MissingCareRow(protocol_id, due_on) for protocol_id, due_on in refused.missing]


@dataclass(frozen=True)
class MissingCareRow:
    protocol_id: UUID
    due_on: date | None


@problem(
    errors.CareMissing, "Care that the service asks for would not be in date; staff may override it with a reason."
)
class CareMissing(Problem):
    missing: list[Annotated["MissingCare", strawberry.lazy("app.schema.care")]] = derived(
        _missing, "What must be done first, or again."
    )


@problem(errors.OutsideBookingWindow, "The service takes bookings for then at another time.")
class OutsideBookingWindow(Problem):
    opens_at: datetime | None = column("From when on it can be booked; null: from any time on.")
    closes_at: datetime | None = column("Until when it can be booked; null: until it begins.")


@problem(errors.CustomerLimitReached, "One customer cannot have more places.")
class CustomerLimitReached(Problem):
    limit: int = column("How many places of a slot one customer can have.")


@problem(errors.WaitlistClosed, "Nobody else can wait for a place of the slot.")
class WaitlistClosed(Problem):
    pass


@problem(errors.SlotAvailable, "There is nothing to wait for: the slot has a place.")
class SlotAvailable(Problem):
    @strawberry.field(description="The slot, to be booked.")
    async def slot(root: strawberry.Parent[errors.SlotAvailable], info: Info) -> SlotType:
        return await info.context.loaders.get(models.Slot, root.slot_id)  # type: ignore[no-any-return]


@problem(errors.ResourceInUse, "More of the resource is booked than would be left.")
class ResourceInUse(Problem):
    until: datetime = column("Until when it is booked.")


@problem(errors.SlotClosed, "The slot takes no booking.")
class SlotClosed(Problem):
    pass


@problem(errors.SlotInUse, "Places of the slot are taken.")
class SlotInUse(Problem):
    taken: int = column("How many.")


@problem(errors.CancellationClosed, "It is too late to cancel, or to move what can be cancelled no more.")
class CancellationClosed(Problem):
    cancel_before: datetime = column("Until when it was possible.")


@problem(errors.TagUnknown, "Nobody here wears such a tag, or it is not in use.")
class TagUnknown(Problem):
    pass


@problem(errors.PartnerNotAsked, "The partner's system is not asked now: paused, removed, or left alone for a while.")
class PartnerNotAsked(Problem):
    closed_until: datetime | None = column("When it is asked again, if it is left alone for a while.")


@problem(errors.PlanningRunActive, "The day is being planned already.")
class PlanningRunActive(Problem):
    @strawberry.field(description="The run that is under way.")
    async def planning_run(
        root: strawberry.Parent[errors.PlanningRunActive],
        info: Info,
    ) -> Annotated["PlanningRun", strawberry.lazy("app.schema.planning")]:
        return await info.context.loaders.get(models.PlanningRun, root.planning_run_id)  # type: ignore[no-any-return]


@problem(errors.InfeasibleRoute, "The route would break rules that it keeps now.")
class InfeasibleRoute(Problem):
    violations: list[RouteViolation] = column("All of them; at most a few for each stop.")


@problem(errors.NoPlaceFound, "No route of the day has a place for the transport.")
class NoPlaceFound(Problem):
    reason: UnassignedReason = derived(
        lambda refused: UnassignedReason(refused.reason), "Found by checking each route; of the one that comes nearest."
    )


@problem(errors.NothingToPublish, "There is nothing to publish.")
class NothingToPublish(Problem):
    pass


@problem(errors.StillAboard, "Something is in the vehicle that must leave it first.")
class StillAboard(Problem):
    @strawberry.field(description="What is aboard.")
    async def transports(
        root: strawberry.Parent[errors.StillAboard],
        info: Info,
    ) -> list[Annotated["Transport", strawberry.lazy("app.schema.transports")]]:
        return [await info.context.loaders.get(models.Transport, id) for id in root.transport_ids]


@problem(errors.ProofRequired, "The stop cannot be done without proof.")
class ProofRequired(Problem):
    missing: list[ProofKind] = column("What is missing.")


@problem(errors.WrongCode, "The one-time code is wrong; that is counted.")
class WrongCode(Problem):
    attempts_left: int = column("How many more attempts the driver has; with none left only the house can go on.")


@problem(errors.DayTooLarge, "The day has more transports than one run takes.")
class DayTooLarge(Problem):
    limit: int = column("The most that one run takes.")


@problem(errors.UploadIncomplete, "The bytes that were announced are not all there, or others came.")
class UploadIncomplete(Problem):
    expected: int = column("How many were announced.")
    received: int = column("How many are there.")


@problem(errors.DocumentInUse, "The document proves something, or belongs to a record.")
class DocumentInUse(Problem):
    pass


@strawberry.type(description="A document of a manifest that may not run.")
class DocumentRefusal:
    document_id: str = column("What the manifest calls it.")
    reason: str = column("Why not; for people.")


@problem(errors.DocumentsRefused, "Some documents may not run, so that none was registered.")
class DocumentsRefused(Problem):
    refused: list[DocumentRefusal] = column("Which, and why.")


@problem(errors.PersonActive, "Something of the person's is still to come.")
class PersonActive(Problem):
    bookings: int = column("Bookings that are not over.")
    transports: int = column("Transports that are not over, or whose route is not.")
    series: int = column("Standing bookings that have not ended.")
    waiting: int = column("Places of waitlists.")

"""What can go wrong, in the words of the domain; the API layer gives each its shape.

A `WaypostError` becomes one GraphQL error with `extensions.code`. A `Refusal` is an answer that clients branch on: it
becomes a member of the mutation's result union, field by field, under the same name.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


class WaypostError(Exception):
    """Something the caller may read. `code` is part of the contract."""

    code = "INTERNAL"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def extensions(self) -> dict[str, object]:
        """What a program can tell errors apart by."""
        return {"code": self.code}


class Unauthenticated(WaypostError):
    code = "UNAUTHENTICATED"

    def __init__(self, message: str = "Sign in first.") -> None:
        super().__init__(message)


class Forbidden(WaypostError):
    code = "FORBIDDEN"

    def __init__(self, message: str = "Your role does not allow this.") -> None:
        super().__init__(message)


class NotFound(WaypostError):
    """Absent, invisible and another organization's: the three are told apart by nobody."""

    code = "NOT_FOUND"

    def __init__(self, noun: str = "node") -> None:
        super().__init__(f"There is no such {noun}.")


class BadUserInput(WaypostError):
    code = "BAD_USER_INPUT"

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field

    @property
    def extensions(self) -> dict[str, object]:
        return {**super().extensions, **({"field": self.field} if self.field else {})}


class SubjectArchived(BadUserInput):
    """Nothing is booked for a subject that does not come any more."""

    def __init__(self) -> None:
        super().__init__("This subject is archived; restore it first.", "subjectId")


class Conflict(WaypostError):
    code = "CONFLICT"


class Unavailable(WaypostError):
    """What is outside did not answer; what lies here is as it was."""

    code = "UNAVAILABLE"


class CostLimit(WaypostError):
    """One operation would cost more than any may."""

    code = "COST_LIMIT"

    def __init__(self, cost: int, limit: int) -> None:
        super().__init__(
            f"This would cost up to {cost} points, and the most is {limit}: ask for less, or smaller pages."
        )
        self.cost = cost
        self.limit = limit

    @property
    def extensions(self) -> dict[str, object]:
        return {**super().extensions, "cost": self.cost, "limit": self.limit}


class TooManyEvents(WaypostError):
    """One transaction would lock the event head for too long."""

    code = "CONFLICT"

    def __init__(self, count: int, limit: int) -> None:
        super().__init__(f"{count} events in one transaction; the most is {limit}")


class SessionEnded(Unauthenticated):
    """A refresh token was used twice: somebody else has it, and the whole family of tokens has ended."""

    def __init__(self, organization_id: UUID, family_id: UUID) -> None:
        super().__init__("This refresh token is not good any more; sign in again.")
        self.organization_id = organization_id
        self.family_id = family_id


class CursorExpired(WaypostError):
    code = "CURSOR_EXPIRED"

    def __init__(self) -> None:
        super().__init__("This place in the event log is not available; query again and subscribe from there.")


class Refusal(WaypostError):
    """A rule said no; nothing has changed. `noted`: what the rule wrote down about it stands nevertheless."""

    code = "CONFLICT"
    noted = False


class InvalidTransition(Refusal):
    def __init__(self, noun: str, current_status: str, wanted: str) -> None:
        super().__init__(f"A {noun} that is {current_status} cannot become {wanted}.")
        self.current_status = current_status


class VersionConflict(Refusal):
    def __init__(self, current_version: int) -> None:
        super().__init__("Somebody else has changed this in the meantime; look at it again.")
        self.current_version = current_version


class SlotFull(Refusal):
    def __init__(self, slot_id: UUID, service_id: UUID, starts_at: datetime) -> None:
        super().__init__("This slot is full.")
        self.slot_id = slot_id
        self.service_id = service_id
        self.starts_at = starts_at


class SlotClosed(Refusal):
    def __init__(self, message: str = "This slot is not open for booking.") -> None:
        super().__init__(message)


class SlotInUse(Refusal):
    def __init__(self, taken: int) -> None:
        super().__init__("Places of this slot are taken; it cannot move or shrink below them.")
        self.taken = taken


class CancellationClosed(Refusal):
    def __init__(self, cancel_before: datetime) -> None:
        super().__init__("It is too late to cancel this booking online; please call.")
        self.cancel_before = cancel_before


class OutsideBookingWindow(Refusal):
    """Bookings are taken from `opens_at` until `closes_at`, where these are set."""

    def __init__(self, opens_at: datetime | None, closes_at: datetime | None) -> None:
        super().__init__("This cannot be booked at this time.")
        self.opens_at = opens_at
        self.closes_at = closes_at


class CustomerLimitReached(Refusal):
    def __init__(self, limit: int) -> None:
        super().__init__(f"A customer can have {limit} of these places.")
        self.limit = limit


class ResourceUnavailable(Refusal):
    """There is a place, but what the service needs is in use."""

    def __init__(self, slot_id: UUID, service_id: UUID, starts_at: datetime) -> None:
        super().__init__("What this service needs is in use at that time.")
        self.slot_id = slot_id
        self.service_id = service_id
        self.starts_at = starts_at


class CareMissing(Refusal):
    """missing: protocols that are not in date, and when each was last due, if it was ever done."""

    def __init__(self, missing: Sequence[tuple[UUID, date | None]], names: Sequence[str]) -> None:
        super().__init__(f"This service asks for care that is not in date then: {', '.join(names)}.")
        self.missing = missing


class StayUnavailable(Refusal):
    def __init__(self, service_id: UUID, nights: list[date], wanted: int, after: date) -> None:
        super().__init__("Not every night of this stay is free.")
        self.service_id = service_id
        self.nights = nights
        self.wanted = wanted
        self.after = after


class ResourceInUse(Refusal):
    def __init__(self, until: datetime) -> None:
        super().__init__("More of this resource is booked than would be left.")
        self.until = until


class WaitlistClosed(Refusal):
    def __init__(self) -> None:
        super().__init__("Nobody else can wait for a place of this slot.")


class SlotAvailable(Refusal):
    def __init__(self, slot_id: UUID) -> None:
        super().__init__("This slot has a place: book it.")
        self.slot_id = slot_id


class TagUnknown(Refusal):
    def __init__(self) -> None:
        super().__init__("This tag is not known here.")


class PartnerNotAsked(Refusal):
    """closed_until: when a system that failed again and again is asked next."""

    def __init__(self, message: str, closed_until: datetime | None = None) -> None:
        super().__init__(message)
        self.closed_until = closed_until


class PlanningRunActive(Refusal):
    def __init__(self, planning_run_id: UUID) -> None:
        super().__init__("This day is being planned already.")
        self.planning_run_id = planning_run_id


@dataclass(frozen=True)
class RouteViolation:
    """A rule that a route would break, at which stop or with which transport, and by how much."""

    kind: str
    excess: int
    stop_id: UUID | None
    transport_id: UUID | None


class InfeasibleRoute(Refusal):
    def __init__(self, violations: Sequence[RouteViolation]) -> None:
        super().__init__("The route would break rules; force it with a reason, or leave it.")
        self.violations = violations


class NoPlaceFound(Refusal):
    """`reason`: the word of an `UnassignedReason`."""

    def __init__(self, reason: str) -> None:
        super().__init__("No route of that day has a place for this transport.")
        self.reason = reason


class NothingToPublish(Refusal):
    def __init__(self) -> None:
        super().__init__("No planned route of this day waits to be published.")


class StillAboard(Refusal):
    def __init__(self, transport_ids: list[UUID]) -> None:
        super().__init__("Something is aboard; it must leave the vehicle first.")
        self.transport_ids = transport_ids


class ProofRequired(Refusal):
    """missing: words of `ProofKind`."""

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__(f"This stop is done with proof; missing: {', '.join(missing)}.")
        self.missing = missing


class WrongCode(Refusal):
    """A guess, which counts."""

    noted = True

    def __init__(self, attempts_left: int) -> None:
        super().__init__("This is not the code." if attempts_left else "Too many wrong codes: ask the house.")
        self.attempts_left = attempts_left


class DayTooLarge(Refusal):
    def __init__(self, count: int, limit: int) -> None:
        super().__init__(f"{count} transports on one day; one planning run takes {limit}.")
        self.limit = limit


class UploadIncomplete(Refusal):
    def __init__(self, expected: int, received: int) -> None:
        super().__init__(f"{received} of {expected} bytes are there; put the whole file to its URL first.")
        self.expected = expected
        self.received = received


class DocumentInUse(Refusal):
    def __init__(self, message: str) -> None:
        super().__init__(message)


class PersonActive(Refusal):
    """What of a person's is still to come."""

    def __init__(self, bookings: int, transports: int, series: int, waiting: int) -> None:
        super().__init__("This person still has bookings or transports to come; end them first.")
        self.bookings = bookings
        self.transports = transports
        self.series = series
        self.waiting = waiting


@dataclass(frozen=True)
class DocumentRefusal:
    """Why a document of a manifest may not run."""

    document_id: str
    reason: str


class DocumentsRefused(Refusal):
    def __init__(self, refused: Sequence[DocumentRefusal]) -> None:
        super().__init__(f"{len(refused)} reasons against documents of this manifest; nothing was registered.")
        self.refused = refused


class PersistedDocumentRequired(WaypostError):
    """Who asks may run nothing but documents that are registered."""

    code = "PERSISTED_DOCUMENT_REQUIRED"

    def __init__(self) -> None:
        super().__init__("Send the `documentId` of a registered document, and no text of your own.")


class PersistedDocumentNotFound(WaypostError):
    code = "PERSISTED_DOCUMENT_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("No document of this name is registered for you.")


class PersistedQueryNotFound(WaypostError):
    """Clients with automatic persisted queries send the text along when they read this very message."""

    code = "PERSISTED_QUERY_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotFound")


class LastOwner(Refusal):
    def __init__(self) -> None:
        super().__init__("An organization has an owner: make somebody else one first.")


class RateLimited(WaypostError):
    """Too many tries; a later one is looked at again."""

    code = "RATE_LIMITED"

    def __init__(self, retry_after_s: float, message: str = "Too many tries; wait a little.") -> None:
        super().__init__(message)
        self.retry_after_s = max(1, math.ceil(retry_after_s))

    @property
    def extensions(self) -> dict[str, object]:
        return {**super().extensions, "retryAfterS": self.retry_after_s}


class Challenged(Unauthenticated):
    """One step of signing in is done; with the challenge, the next can be taken."""

    def __init__(self, message: str, challenge: str) -> None:
        super().__init__(message)
        self.challenge = challenge

    @property
    def extensions(self) -> dict[str, object]:
        return {**super().extensions, "challenge": self.challenge}


class SecondFactorRequired(Challenged):
    code = "SECOND_FACTOR_REQUIRED"

    def __init__(self, challenge: str) -> None:
        super().__init__("Give a code of your second factor to `completeSignIn`, with this challenge.", challenge)


class SecondFactorMissing(Challenged):
    code = "SECOND_FACTOR_MISSING"

    def __init__(self, challenge: str) -> None:
        super().__init__(
            "This organization asks for a second factor: add one with `enrolSecondFactor` and this challenge.",
            challenge,
        )


class AlreadyExists(Refusal):
    """A name that must be unique in the organization is taken."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field

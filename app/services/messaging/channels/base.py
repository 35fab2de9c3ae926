"""What every carrier of messages has in common: what it is given, and what it may answer."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from app.models import AccountMailKind, DevicePlatform, NotificationKind

DETAIL_MAX = 500


@dataclass(frozen=True)
class Message:
    """A message in its final words. `id` is the same at every try: by it carriers know what they have taken already."""

    id: UUID
    kind: NotificationKind | AccountMailKind
    to: str
    subject: str | None
    body: str
    about: str
    """The node id of what it is about; an app opens it."""
    platform: DevicePlatform | None = None


@dataclass(frozen=True)
class Accepted:
    """The carrier has it. `reference`: under which it knows the message."""

    reference: str | None = None
    receipt: bool = False
    """Whether the carrier says later what became of it."""


@dataclass(frozen=True)
class Retry:
    """Not now. `outage`: for no reason that lies in this message, so others would fare no better."""

    detail: str
    after_s: float | None = None
    outage: bool = False


@dataclass(frozen=True)
class Refused:
    """Never."""

    detail: str


@dataclass(frozen=True)
class Gone:
    """There is nobody at this address or device any more."""

    detail: str


@dataclass(frozen=True)
class Resting:
    """The carrier was not asked: it has been down just now."""

    after_s: float


Answer = Accepted | Retry | Refused | Gone


class Carrier(Protocol):
    """One way out. Every failure of the carrier is an answer; what is raised is a mistake of ours."""

    async def send(self, message: Message) -> Answer: ...


def brief(detail: object) -> str:
    """A carrier's words, on one line and no longer than anybody reads; what no database keeps is left out."""
    kept = str(detail).replace("\x00", " ").encode(errors="replace").decode()
    return " ".join(kept.split())[:DETAIL_MAX]


def reference(given: object) -> str | None:
    """A carrier's name for a message, whatever it is."""
    return None if given is None else brief(given)

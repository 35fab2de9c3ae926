"""Many writes at once: what became of each."""

from dataclasses import dataclass

import strawberry

from app.errors import BadUserInput, WaypostError
from app.schema.fields import column


@dataclass(frozen=True)
class Failure:
    """An error as an answer. GraphQL raises exceptions that are returned: it must not be one."""

    reason: WaypostError

    @property
    def code(self) -> str:
        return self.reason.code

    @property
    def message(self) -> str:
        return self.reason.message

    @property
    def field(self) -> str | None:
        return self.reason.field if isinstance(self.reason, BadUserInput) else None


@strawberry.type(description="Why one of many could not be done; nothing of it has happened.")
class ItemError:
    code: str = column("As `extensions.code` of an error: for programs.")
    message: str = column("For people.")
    field: str | None = column("The input that was wrong; null if it was none.")

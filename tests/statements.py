"""Counting the statements that the API sends on behalf of people.

The API runs in the tests' process, so its engine can be listened to. Two things are told apart from data statements:
the tenant's setup (`set_config …`, one a transaction), and what the hub reads for itself: a transaction entered with
neither a user nor a key. BEGIN and COMMIT are no statements of a cursor and never seen.

What the server reads as the system for somebody who has not signed in is counted by naming the organization.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID
from weakref import WeakSet

from sqlalchemy import Connection, event

from app.context import Server

SETUP = "set_config("
ENTER = "session_lives("


@dataclass
class Statements:
    data: list[str] = field(default_factory=list)
    setup: list[str] = field(default_factory=list)
    organization_id: UUID | None = None
    _others: "WeakSet[Connection]" = field(default_factory=WeakSet)

    def heard(self, connection: Connection, _: Any, statement: str, parameters: Any, *__: Any) -> None:
        if ENTER in statement and not self._is_meant(*parameters[:3]):
            self._others.add(connection)
        if connection not in self._others:
            (self.setup if SETUP in statement else self.data).append(" ".join(statement.split()))

    def _is_meant(self, organization_id: str, user_id: str | None, api_key_id: str | None) -> bool:
        if self.organization_id is not None:
            return organization_id == str(self.organization_id)
        return user_id is not None or api_key_id is not None

    def report(self) -> str:
        return "\n".join(f"{number:3} {statement[:180]}" for number, statement in enumerate(self.data, 1))


@contextmanager
def counting(server: Server, organization_id: UUID | None = None) -> Iterator[Statements]:
    """What the API sends within the block on behalf of people, or for one organization, whoever asks."""
    engine, statements = server.database.engine.sync_engine, Statements(organization_id=organization_id)
    event.listen(engine, "before_cursor_execute", statements.heard)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", statements.heard)

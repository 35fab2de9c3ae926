"""The time of day, in one place, so that tests can set it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

_offset: ContextVar[timedelta] = ContextVar("clock_offset", default=timedelta())


def now() -> datetime:
    """The current instant in UTC."""
    return datetime.now(UTC) + _offset.get()


@contextmanager
def shifted(by: timedelta) -> Iterator[None]:
    """Let `now` run ahead (or behind) inside the block; time goes on passing."""
    token = _offset.set(_offset.get() + by)
    try:
        yield
    finally:
        _offset.reset(token)

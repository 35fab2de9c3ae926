"""The time of day, in one place, so that tests and simulations can set it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta


def _by_the_machine() -> datetime:
    return datetime.now(UTC)


_teller: ContextVar[Callable[[], datetime]] = ContextVar("clock_teller", default=_by_the_machine)


def now() -> datetime:
    """The current instant in UTC."""
    return _teller.get()()


@contextmanager
def told_by(teller: Callable[[], datetime]) -> Iterator[None]:
    """Let `now` answer what `teller` does, inside the block and in every task that is begun there."""
    token = _teller.set(teller)
    try:
        yield
    finally:
        _teller.reset(token)


@contextmanager
def shifted(by: timedelta) -> Iterator[None]:
    """Let `now` run ahead (or behind) inside the block; time goes on passing."""
    before = _teller.get()
    with told_by(lambda: before() + by):
        yield

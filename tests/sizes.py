"""One scenario, two sizes: reduced in `make test`, in full in `make soak`."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

SOAK_TIMEOUT_S = 900


def sizes(small: Any, full: Any) -> pytest.MarkDecorator:
    """Parametrize a test by `size`."""
    soak = (pytest.mark.soak, pytest.mark.timeout(SOAK_TIMEOUT_S))
    return pytest.mark.parametrize("size", [pytest.param(small, id="small"), pytest.param(full, id="full", marks=soak)])


@contextmanager
def measured(capsys: pytest.CaptureFixture[str], scenario: str) -> Iterator[dict[str, object]]:
    """Print how long the block took, and the figures that it put down."""
    figures: dict[str, object] = {}
    started = time.monotonic()
    yield figures
    taken = time.monotonic() - started
    with capsys.disabled():
        print(f"\n  {scenario}: {taken:.1f} s", *(f"{name} {value}" for name, value in figures.items()), sep=", ")

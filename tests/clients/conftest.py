from collections.abc import Iterator

import pytest

from app.context import Server
from tests.operations import Operation, named_after


@pytest.fixture
def operation(request: pytest.FixtureRequest, server: Server) -> Iterator[Operation]:
    """The operation that the test is named after; it must have been run and counted."""
    found = Operation(named_after(request.function.__name__), server)
    yield found
    assert found.counted

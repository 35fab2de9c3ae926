"""Each table of tenants in turn."""

import pytest

from tests.models.tables import TENANT


@pytest.fixture(params=TENANT)
def table(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name

"""The providers' servers."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.services.travel.google_maps import GoogleMaps, google_maps
from tests.services.travel.osrm_server import OsrmServer, osrm_server


@pytest_asyncio.fixture
async def maps() -> AsyncIterator[GoogleMaps]:
    async with google_maps() as server:
        yield server


@pytest_asyncio.fixture
async def osrm() -> AsyncIterator[OsrmServer]:
    async with osrm_server() as server:
        yield server

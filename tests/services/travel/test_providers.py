"""Which provider there is, by the settings."""

from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from app.services import travel
from app.services.travel.google import Google
from app.services.travel.osrm import Osrm
from app.settings import Settings
from tests.services.travel.asking import by_google, by_osrm
from tests.services.travel.google_maps import KEY

NEEDED: dict[str, Any] = {"database_url": "x", "redis_url": "x", "token_secret": "a secret that is long enough, surely"}


def test_a_provider_by_the_settings(settings: Settings) -> None:
    assert travel.provider(settings) is None
    assert isinstance(travel.provider(by_google(settings, "http://127.0.0.1:1")), Google)
    assert isinstance(travel.provider(by_osrm(settings, "http://127.0.0.1:1")), Osrm)


def test_hours_that_are_the_same_to_it(settings: Settings) -> None:
    """A planner lists a place once for each band."""
    google, osrm = by_google(settings, ""), by_osrm(settings, "")
    assert len({travel.band(settings, hour) for hour in range(24)}) == 3
    assert len({travel.band(google, hour) for hour in range(24)}) == 4
    assert len({travel.band(google, hour, weekend=True) for hour in range(24)}) == 2
    assert {travel.band(osrm, hour, weekend=weekend) for hour in range(24) for weekend in (True, False)} == {0}


@pytest.mark.parametrize(
    "named",
    [
        {"travel_provider": "google"},
        {"travel_provider": "google", "google_maps_key": "not a key"},
        {"travel_provider": "osrm"},
        {"travel_provider": "somebody"},
        {"travel_detour_factor": 0.5},
        {"travel_free_flow_kmh": 0},
    ],
)
def test_settings_that_cannot_work_are_refused_at_once(named: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(**NEEDED, **named)
    assert "a secret" not in str(refused.value)


def test_settings_that_can_work() -> None:
    assert Settings(**NEEDED).travel_provider == "offline"
    google = Settings(**NEEDED, travel_provider="google", google_maps_key=SecretStr(KEY))
    assert google.google_maps_url == "https://maps.googleapis.com"
    assert Settings(**NEEDED, travel_provider="osrm", osrm_url="http://osrm:5000").osrm_url == "http://osrm:5000"

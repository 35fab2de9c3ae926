"""Google Maps: directions and addresses as it tells them, and when it asks for the traffic."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from googlemaps.convert import decode_polyline

from app.services.travel.google import DAY, EVENING, MORNING, NIGHT, WEEKEND, Google, departure, plain
from app.services.travel.words import Accuracy, Geocoded, ProviderDown, Waypoint
from app.settings import Settings
from tests.services.travel.asking import by_google, places
from tests.services.travel.google_maps import STREET, GoogleMaps

ZONE = ZoneInfo("Asia/Tbilisi")
BERLIN = ZoneInfo("Europe/Berlin")


def waypoints(count: int) -> list[Waypoint]:
    return [Waypoint(place.point, f"Stop {number}") for number, place in enumerate(places(count))]


@pytest.mark.parametrize(("count", "requests"), [(2, 1), (27, 1), (28, 2), (53, 2), (60, 3)])
async def test_directions_of_a_long_route_are_put_together(
    settings: Settings, maps: GoogleMaps, count: int, requests: int
) -> None:
    wanted = waypoints(count)
    async with Google(by_google(settings, maps.url)) as google:
        found = await google.directions(wanted, "ka")
    assert found
    assert (len(maps.requests), len(found.legs)) == (requests, count - 1)
    assert {request["language"] for request in maps.requests} == {"ka"}
    line = [(round(p["lat"] * 1e5), round(p["lng"] * 1e5)) for p in decode_polyline(found.polyline)]
    assert line == [waypoint.point for waypoint in wanted]
    way = maps.way(wanted[0].point, wanted[1].point)
    leg = found.legs[0]
    assert (leg.duration_s, leg.distance_m) == way
    assert [step.text for step in leg.steps] == [
        "Head north on Kostava St/E60",
        "Turn left onto Agmashenebeli & Co. Your stop is on the right",
    ]
    assert sum(step.distance_m for step in leg.steps) == leg.distance_m
    assert len(decode_polyline(leg.polyline)) == 3


@pytest.mark.parametrize("unknown", ["ZERO_RESULTS", "NOT_FOUND"])
async def test_no_way_leads_there(settings: Settings, maps: GoogleMaps, unknown: str) -> None:
    wanted = waypoints(4)
    if unknown == "NOT_FOUND":
        maps.always = unknown
    maps.islands.add(wanted[2].point)
    async with Google(by_google(settings, maps.url)) as google:
        assert await google.directions(wanted, "en") is None


@pytest.mark.parametrize("trouble", ["500", "429", "stall", "garbage", "nothing", "OVER_DAILY_LIMIT"])
async def test_directions_do_not_come(settings: Settings, maps: GoogleMaps, trouble: str) -> None:
    maps.always = trouble
    async with Google(by_google(settings, maps.url)) as google:
        with pytest.raises(ProviderDown):
            await google.directions(waypoints(3), "en")


async def test_addresses(settings: Settings, maps: GoogleMaps) -> None:
    async with Google(by_google(settings, maps.url)) as google:
        found = await google.geocode("Rustaveli 8", (41.7, 44.8), "GE", "ka")
        assert await google.geocode("Nowhere", None, "GE", "ka") == []
    assert found == [
        Geocoded(STREET, 41.6995, 44.798, Accuracy.EXACT),
        Geocoded(STREET, 41.7, 44.798, Accuracy.AREA),
        Geocoded(STREET, 41.71, 44.798, Accuracy.APPROXIMATE),
    ]
    near, anywhere = maps.requests
    assert (near["region"], near["language"], near["bounds"]) == ("ge", "ka", "41.4,44.5|42,45.1")
    assert "bounds" not in anywhere


@pytest.mark.parametrize("trouble", ["500", "stall", "garbage", "OVER_DAILY_LIMIT"])
async def test_addresses_do_not_come(settings: Settings, maps: GoogleMaps, trouble: str) -> None:
    maps.always = trouble
    async with Google(by_google(settings, maps.url)) as google:
        with pytest.raises(ProviderDown):
            await google.geocode("Rustaveli 8", None, "GE", "en")


@pytest.mark.parametrize(
    ("band", "now", "leaves"),
    [
        (MORNING, "2026-11-23T05:00", "2026-11-23T08:00"),
        (MORNING, "2026-11-23T08:00", "2026-11-24T08:00"),
        (MORNING, "2026-11-23T07:52", "2026-11-24T08:00"),
        (MORNING, "2026-11-26T09:00", "2026-11-30T08:00"),
        (DAY, "2026-11-27T01:00", "2026-11-30T13:00"),
        (EVENING, "2026-11-25T16:00", "2026-11-25T17:00"),
        (NIGHT, "2026-11-28T12:00", "2026-11-28T22:00"),
        (NIGHT, "2026-11-28T22:30", "2026-11-29T22:00"),
        (WEEKEND, "2026-11-23T05:00", "2026-11-28T13:00"),
        (WEEKEND, "2026-11-28T14:00", "2026-12-05T13:00"),
    ],
)
def test_the_traffic_of_the_next_such_hour(band: int, now: str, leaves: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=ZONE)
    assert departure(band, ZONE, moment) == datetime.fromisoformat(leaves).replace(tzinfo=ZONE)


def test_eight_stays_eight_when_the_clocks_change() -> None:
    """On 25 October 2026 they go back in Berlin."""
    thursday = datetime(2026, 10, 22, 9, tzinfo=BERLIN)
    assert departure(MORNING, BERLIN, thursday).isoformat() == "2026-10-26T08:00:00+01:00"


def test_bands() -> None:
    assert [Google.band(hour) for hour in range(24)] == (
        [NIGHT] * 7 + [MORNING] * 3 + [DAY] * 6 + [EVENING] * 4 + [NIGHT] * 4
    )
    assert [Google.band(hour, weekend=True) for hour in range(24)] == [NIGHT] * 7 + [WEEKEND] * 13 + [NIGHT] * 4


@pytest.mark.parametrize(
    ("instructions", "text"),
    [
        ("Turn <b>left</b>", "Turn left"),
        ("Kostava St/<wbr/>E60", "Kostava St/E60"),
        ("A &amp; B &lt;3", "A & B <3"),
        ('Go<div style="font-size:0.9em">Toll road</div>', "Go. Toll road"),
        ("", ""),
    ],
)
def test_instructions_are_plain_text(instructions: str, text: str) -> None:
    assert plain(instructions) == text

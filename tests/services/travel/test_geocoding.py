"""Looking for addresses: by a provider that knows them, else among the places that there are."""

from typing import Any

import pytest

from app.demo.tbilisi import Address
from app.settings import Settings
from tests.client import Client
from tests.factories.houses import House
from tests.realm import own_api
from tests.services.travel.asking import by_google, by_osrm
from tests.services.travel.google_maps import STREET, GoogleMaps

GEOCODE = """query Geocode($input: GeocodeInput!) {
  geocode(input: $input) { address accuracy point { latitude longitude } } }"""


def on_map(street: str, latitude: float = 41.7, longitude: float = 44.8) -> Address:
    return Address(street, None, "Vake", latitude, longitude)


async def look(client: Client, text: str, near: tuple[float, float] | None = None) -> Any:
    point = {"latitude": near[0], "longitude": near[1]} if near else None
    return (await client.run(GEOCODE, {"input": {"text": text, "near": point}}))["geocode"]


async def addresses(client: Client, text: str, near: tuple[float, float] | None = None) -> list[str]:
    return [found["address"] for found in await look(client, text, near)]


async def test_places_that_sound_like_it(house: House) -> None:
    staff = house.client("STAFF")
    await house.place(label="Clinic", address=on_map("Chavchavadze Avenue 30", 41.71, 44.75))
    await house.place(await house.customer(), address=on_map("Tsereteli Street 5"))
    assert await look(staff, "chavchavadze 30") == [
        {
            "address": "Chavchavadze Avenue 30",
            "accuracy": "EXACT",
            "point": {"latitude": 41.71, "longitude": 44.75},
        }
    ]
    assert await addresses(staff, "chavchavaze av") == ["Chavchavadze Avenue 30"], "a letter may be missing"
    assert await addresses(staff, "clinic") == ["Chavchavadze Avenue 30"], "by what people call it, too"
    assert await addresses(staff, "Tseretely street") == ["Tsereteli Street 5"]
    assert await addresses(staff, "Xyz qwf") == []


async def test_the_most_similar_comes_first_then_the_nearest(house: House) -> None:
    staff = house.client("STAFF")
    for latitude in (41.60, 41.70, 41.80):
        await house.place(address=on_map(f"Rustaveli Avenue {latitude}", latitude))
    exact = await addresses(staff, "Rustaveli Avenue 41.7")
    assert exact[0] == "Rustaveli Avenue 41.7"
    near = await addresses(staff, "Rustaveli Avenue", (41.79, 44.8))
    assert near == ["Rustaveli Avenue 41.8", "Rustaveli Avenue 41.7", "Rustaveli Avenue 41.6"]
    for number in range(12):
        await house.place(address=on_map(f"Agmashenebeli {number}"))
    assert len(await look(staff, "Agmashenebeli")) == 10


async def test_whose_places(house: House, stranger: House) -> None:
    me = house.people["CUSTOMER"]
    await house.place(me.viewer.customer_id, address=on_map("Rustaveli Avenue 1"))
    await house.place(await house.customer(), address=on_map("Rustaveli Avenue 2"))
    await house.place(address=on_map("Rustaveli Avenue 3"))
    await stranger.place(address=on_map("Rustaveli Avenue 4"))
    assert sorted(await addresses(me.client, "Rustaveli")) == ["Rustaveli Avenue 1", "Rustaveli Avenue 3"]
    assert len(await addresses(house.client("STAFF"), "Rustaveli")) == 3


@pytest.mark.parametrize(
    ("input", "field"),
    [
        ({"text": " "}, "text"),
        ({"text": "x" * 201}, "text"),
        ({"text": "Rustaveli", "near": {"latitude": 91, "longitude": 0}}, "near"),
        ({"text": "Rustaveli", "near": {"latitude": 0, "longitude": -180.5}}, "near"),
        ({"text": "a\x00b"}, "text"),
    ],
)
async def test_what_cannot_be_looked_for(house: House, input: dict[str, Any], field: str) -> None:
    answer = await house.client("STAFF").post(GEOCODE, {"input": input})
    assert answer["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT", "field": field}


async def test_google_knows_addresses(house: House, settings: Settings, maps: GoogleMaps) -> None:
    await house.pool.execute("UPDATE organizations SET locale = 'ka' WHERE id = $1", house.id)
    async with own_api(by_google(settings, maps.url)) as api:
        client = Client(api, house.client("CUSTOMER").token)
        found = await look(client, "Rustaveli 8", (41.7, 44.8))
        assert await look(client, "Nowhere") == []
    assert [(place["address"], place["accuracy"]) for place in found] == [
        (STREET, "EXACT"),
        (STREET, "AREA"),
        (STREET, "APPROXIMATE"),
    ]
    assert found[0]["point"] == {"latitude": 41.6995, "longitude": 44.798}
    request = maps.requests[0]
    assert (request["address"], request["region"], request["language"]) == ("Rustaveli 8", "ge", "ka")


@pytest.mark.parametrize("trouble", ["500", "stall", "OVER_DAILY_LIMIT"])
async def test_a_provider_that_is_down_is_told(
    house: House, settings: Settings, maps: GoogleMaps, trouble: str
) -> None:
    maps.always = trouble
    async with own_api(by_google(settings, maps.url)) as api:
        client = Client(api, house.client("STAFF").token)
        answer = await client.post(GEOCODE, {"input": {"text": "Rustaveli"}})
    assert answer["errors"][0]["extensions"] == {"code": "UNAVAILABLE"}
    assert answer["errors"][0]["message"] == "Addresses cannot be looked up just now; try again later."
    assert len(maps.requests) <= 2


async def test_a_session_that_ended_asks_nobody(house: House, settings: Settings, maps: GoogleMaps) -> None:
    person = house.people["STAFF"]
    await house.pool.execute(
        "UPDATE sessions SET revoked_at = now() WHERE family_id = $1", person.viewer.session_family_id
    )
    async with own_api(by_google(settings, maps.url)) as api:
        codes = await Client(api, person.client.token).codes(GEOCODE, {"input": {"text": "Rustaveli"}})
    assert (codes, maps.requests) == (["UNAUTHENTICATED"], [])


async def test_osrm_knows_roads_alone(house: House, settings: Settings) -> None:
    await house.place(address=on_map("Rustaveli Avenue 3"))
    async with own_api(by_osrm(settings, "http://127.0.0.1:1")) as api:
        client = Client(api, house.client("STAFF").token)
        assert await addresses(client, "Rustaveli Avenue 3") == ["Rustaveli Avenue 3"]

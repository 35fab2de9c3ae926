"""Following one transport by a link: what it shows, to whom it leads nowhere, and the page behind it."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import jwt
import pytest
from uuid_utils.compat import uuid7

from app import clock
from app.context import Server
from app.models import TrackingLink
from app.services.identity import write_token as write_access_token
from app.services.tracking import write_token
from tests.client import Client, Json
from tests.factories.houses import House
from tests.roads import ZONE, Road, at_km, report, seen
from tests.statements import counting
from tests.steps import errors, events, key, nothing_changes, row

LINK = "trackingLink { id url expiresAt revokedAt transport { id } }"
SEEN = """{ status destination { latitude longitude } window { from until } eta stopsBefore driverName
  position { point { latitude longitude } heading speed recordedAt } }"""
TRACKING = f"query Track($token: String!) {{ tracking(token: $token) {SEEN} }}"
UPDATES = f"subscription Track($token: String!) {{ trackingUpdated(token: $token) {SEEN} }}"


async def link_to(house: House, ride: UUID, role: str = "DISPATCHER", **more: Any) -> Json:
    input = {"transportId": house.gid("Transport", ride), **more}
    made: Json = (await house.client(role).act("createTrackingLink", input, LINK))["trackingLink"]
    return made


def token_of(link: Json) -> str:
    return str(link["url"]).rsplit("/", 1)[1]


async def tracking(anonymous: Client, link: Json) -> Json:
    found: Json = (await anonymous.run(TRACKING, {"token": token_of(link)}))["tracking"]
    return found


async def get(house: House, path: str, method: str = "GET") -> httpx.Response:
    async with httpx.AsyncClient(timeout=60, trust_env=False, verify=False) as http:
        return await http.request(method, f"http://{house.api}{path}")


async def becomes(road: Road, status: str) -> None:
    await road.house.pool.execute("UPDATE transports SET status = $2 WHERE id = $1", road.rides[0], status)


# who makes links


async def test_a_customer_shares_their_own_transport(house: House) -> None:
    customer = house.people["CUSTOMER"].viewer.customer_id
    road = await Road.of(house, (5, 9), customer=customer)
    ride = await row(house, "transports", road.rides[0])
    link = await link_to(house, road.rides[0], "CUSTOMER")
    assert link["transport"] == {"id": house.gid("Transport", road.rides[0])}
    assert link["url"].startswith("http://127.0.0.1:8000/track/")
    assert link["revokedAt"] is None
    expires_at = datetime.fromisoformat(link["expiresAt"])
    assert expires_at == (ride["dropoff_until"] + timedelta(hours=6)).replace(microsecond=0)
    stored = await row(house, "tracking_links", key(link["id"]))
    assert (stored["created_by"], stored["transport_id"]) == (house.people["CUSTOMER"].user_id, road.rides[0])
    assert await events(house) == ["TRACKING_LINK_CREATED"]


async def test_a_link_holds_as_long_as_one_says(house: House) -> None:
    road = await Road.of(house, (5, 9))
    link = await link_to(house, road.rides[0], "STAFF", hours=2)
    left = datetime.fromisoformat(link["expiresAt"]) - clock.now()
    assert timedelta(hours=2, seconds=-5) < left <= timedelta(hours=2)
    for hours in (0, 337, -1):
        wanted = {"transportId": house.gid("Transport", road.rides[0]), "hours": hours}
        assert await errors(house.client("STAFF"), "createTrackingLink", wanted) == [("BAD_USER_INPUT", "hours")]


async def test_nobody_shares_what_is_not_theirs(house: House, stranger: House) -> None:
    road = await Road.of(house, (5, 9))
    wanted = {"transportId": house.gid("Transport", road.rides[0])}
    async with nothing_changes(house):
        for client in (house.client("CUSTOMER"), stranger.client("OWNER")):
            assert await errors(client, "createTrackingLink", wanted) == [("NOT_FOUND", None)]
        assert await errors(house.client("DRIVER"), "createTrackingLink", wanted) == [("FORBIDDEN", None)]


async def test_a_customer_who_drives_shares_only_their_own(house: House) -> None:
    """To drive a transport is to see it."""
    person = house.people["CUSTOMER"]
    driver = await house.driver(user_id=person.user_id)
    road = await Road.of(house, (5, 9), driver=driver)
    both = replace(person.viewer, driver_id=driver)
    client = Client(house.api, write_access_token(house.settings, both))
    wanted = {"transportId": house.gid("Transport", road.rides[0])}
    assert await errors(client, "createTrackingLink", wanted) == [("FORBIDDEN", None)]


async def test_links_are_listed_for_those_who_may_revoke_them(house: House) -> None:
    customer = house.people["CUSTOMER"].viewer.customer_id
    mine, other = await Road.of(house, (5, 9), customer=customer), await house.transport(await house.customer())
    links = [await link_to(house, mine.rides[0]), await link_to(house, mine.rides[0])]
    await link_to(house, other)
    query = "query Links($of: TrackingLinkFilter) { trackingLinks(filter: $of) { edges { node { id url } } } }"
    of = {"of": {"transportId": house.gid("Transport", mine.rides[0])}}
    for role in ("CUSTOMER", "DISPATCHER"):
        found = await house.client(role).run(query, of)
        shown = [edge["node"] for edge in found["trackingLinks"]["edges"]]
        assert shown == [{"id": link["id"], "url": link["url"]} for link in reversed(links)]
    assert len((await house.client("CUSTOMER").run(query))["trackingLinks"]["edges"]) == 2
    assert len((await house.client("STAFF").run(query))["trackingLinks"]["edges"]) == 3


# what a link shows


async def test_it_shows_where_the_driver_is_while_under_way(house: House, anonymous: Client) -> None:
    driver = house.people["DRIVER"].viewer.driver_id
    await house.pool.execute("UPDATE drivers SET display_name = 'Giorgi Maisuradze' WHERE id = $1", driver)
    road, now = await Road.of(house, (5, 9), (6, 8)), clock.now()
    await report(house.client("DRIVER"), seen(1, 3, now, heading=90, speed=14))
    ride, (first, *_) = await row(house, "transports", road.rides[0]), await road.etas()
    assert await tracking(anonymous, await link_to(house, road.rides[0])) == {
        "status": "EN_ROUTE",
        "destination": at_km(5),
        "window": {"from": ride["pickup_from"].isoformat(), "until": ride["pickup_until"].isoformat()},
        "eta": first.isoformat(),
        "stopsBefore": 0,
        "driverName": "Giorgi",
        "position": {
            "point": at_km(1),
            "heading": 90.0,
            "speed": 14.0,
            "recordedAt": seen(1, 3, now)["recordedAt"],
        },
    }
    waiting = await tracking(anonymous, await link_to(house, road.rides[1]))
    assert (waiting["status"], waiting["stopsBefore"], waiting["driverName"]) == ("ASSIGNED", 2, "Giorgi")
    assert (waiting["position"], waiting["destination"]) == (None, at_km(6))


async def test_on_board_the_destination_is_the_dropoff(house: House, anonymous: Client) -> None:
    road = await Road.of(house, (5, 9))
    await house.pool.execute("UPDATE stops SET status = 'DONE', done_at = now() WHERE id = $1", road.stops[0])
    await becomes(road, "PICKED_UP")
    await report(house.client("DRIVER"), seen(6))
    found = await tracking(anonymous, await link_to(house, road.rides[0]))
    assert (found["destination"], found["position"]["point"]) == (at_km(9), at_km(6))
    assert found["eta"] == (await road.etas())[1].isoformat()


@pytest.mark.parametrize("status", ["PENDING", "CANCELLED", "DELIVERED", "FAILED", "RETURNED"])
async def test_otherwise_it_shows_no_driver(house: House, anonymous: Client, status: str) -> None:
    road = await Road.of(house, (5, 9))
    await report(house.client("DRIVER"), seen(1))
    await becomes(road, status)
    found = await tracking(anonymous, await link_to(house, road.rides[0]))
    assert (found["status"], found["driverName"], found["position"]) == (status, None, None)


async def test_a_driver_is_not_known_before_the_route_is_published(house: House, anonymous: Client) -> None:
    road = await Road.of(house, (5, 9), status="OPTIMIZED")
    found = await tracking(anonymous, await link_to(house, road.rides[0]))
    assert (found["status"], found["driverName"], found["eta"]) == ("ASSIGNED", None, None)


async def test_where_the_driver_was_before_is_nobodys_business(house: House, anonymous: Client) -> None:
    road = await Road.of(house, (5, 9))
    await report(house.client("DRIVER"), seen(1, 31 * 60))
    assert (await tracking(anonymous, await link_to(house, road.rides[0])))["position"] is None


async def test_it_takes_as_many_statements_however_long_the_route_is(
    house: House, anonymous: Client, server: Server
) -> None:
    road = await Road.of(house, *((km, km + 1) for km in range(1, 12)))
    link = await link_to(house, road.rides[-1])
    with counting(server, house.id) as statements:
        assert (await tracking(anonymous, link))["stopsBefore"] == 20
    assert (len(statements.setup), len(statements.data)) == (1, 2), statements.report()


# where a link leads nowhere


async def test_revoked_run_out_unknown_and_forged_links_are_alike(house: House, anonymous: Client) -> None:
    road = await Road.of(house, (5, 9))
    revoked, good = await link_to(house, road.rides[0]), await link_to(house, road.rides[0])
    revoke = {"trackingLinkId": revoked["id"]}
    again = [(await house.client("DISPATCHER").act("revokeTrackingLink", revoke, LINK))["trackingLink"] for _ in "12"]
    assert again[0] == again[1]
    assert (again[0]["url"], again[0]["revokedAt"] is not None) == (None, True)
    assert (await events(house)).count("TRACKING_LINK_REVOKED") == 1
    ran_out = await link_to(house, road.rides[0])
    past = clock.now() - timedelta(seconds=1)
    await house.pool.execute("UPDATE tracking_links SET expires_at = $2 WHERE id = $1", key(ran_out["id"]), past)
    tokens = [token_of(revoked), token_of(ran_out), *forged(house, key(good["id"]), token_of(good))]
    answers = [await anonymous.post(TRACKING, {"token": token}) for token in tokens]
    assert [answer["errors"][0]["extensions"]["code"] for answer in answers] == ["NOT_FOUND"] * len(tokens)
    assert len({answer["errors"][0]["message"] for answer in answers}) == 1
    pages = [await get(house, f"/track/{token}") for token in tokens if token]
    assert {page.status_code for page in pages} == {404}
    assert len({re.sub(r'nonce(=|-)"?[\w-]+', "", page.text) for page in pages}) == 1
    for token in tokens[:3]:
        async with anonymous.subscribe(UPDATES, {"token": token}) as stream:
            message = await stream.message()
        assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "NOT_FOUND")


def forged(house: House, link: UUID, good: str) -> list[str]:
    """What somebody might try."""
    secret, later = house.settings.token_secret.get_secret_value(), clock.now() + timedelta(hours=1)
    claims: Json = {"aud": "tracking", "org": str(house.id), "sub": str(link), "exp": later}
    access = write_access_token(house.settings, house.people["OWNER"].viewer)
    expired = TrackingLink(organization_id=house.id, id=link, expires_at=clock.now() - timedelta(seconds=1))
    wrong: list[Json] = [
        {**claims, "sub": str(uuid7())},
        {**claims, "org": str(uuid7())},
        {**claims, "aud": "calendar"},
        {**claims, "sub": "1"},
        {name: claims[name] for name in ("aud", "org", "sub")},
        {name: claims[name] for name in ("org", "sub", "exp")},
    ]
    signed = [jwt.encode(each, secret, "HS256") for each in wrong]
    others = [jwt.encode(claims, "another secret of at least thirty-two characters", "HS256"), good[:-3] + "AAA"]
    return [*signed, *others, write_token(house.settings, expired), access, "nonsense", ""]


async def test_a_link_is_no_way_to_sign_in(house: House) -> None:
    road = await Road.of(house, (5, 9))
    client = Client(house.api, token_of(await link_to(house, road.rides[0])))
    assert await client.codes("{ viewer { role } }") == ["UNAUTHENTICATED"]


async def test_a_signed_in_person_sees_no_more(house: House, stranger: House, anonymous: Client) -> None:
    link = await link_to(house, (await Road.of(house, (5, 9))).rides[0])
    shown = await tracking(anonymous, link)
    assert await tracking(house.client("OWNER"), link) == await tracking(stranger.client("OWNER"), link) == shown


# following


async def test_a_stream_shows_what_is_and_what_comes_and_ends_with_it(house: House, anonymous: Client) -> None:
    road, driver = await Road.of(house, (5, 9)), house.client("DRIVER")
    link = await link_to(house, road.rides[0])
    async with anonymous.subscribe(UPDATES, {"token": token_of(link)}) as stream:
        first = (await stream.next())["trackingUpdated"]
        assert (first["status"], first["position"]) == ("EN_ROUTE", None)
        await report(driver, seen(4))
        assert (await stream.next())["trackingUpdated"]["position"]["point"] == at_km(4)
        for stop, status in zip(road.stops, ("PICKED_UP", "DELIVERED"), strict=True):
            await driver.act("completeStop", {"stopId": house.gid("Stop", stop)}, "__typename")
            now = (await stream.next())["trackingUpdated"]
            assert now["status"] == status
        assert (now["position"], now["driverName"]) == (None, None)
        assert (await stream.message())["type"] == "complete"


async def test_a_stream_ends_when_its_link_is_revoked(house: House, anonymous: Client) -> None:
    link = await link_to(house, (await Road.of(house, (5, 9))).rides[0])
    async with anonymous.subscribe(UPDATES, {"token": token_of(link)}) as stream:
        await stream.next()
        await house.client("DISPATCHER").act("revokeTrackingLink", {"trackingLinkId": link["id"]}, LINK)
        assert (await stream.message())["type"] == "complete"


async def test_a_stream_ends_when_its_link_runs_out(house: House, anonymous: Client) -> None:
    link = await link_to(house, (await Road.of(house, (5, 9))).rides[0])
    soon = clock.now() + timedelta(seconds=1)
    await house.pool.execute("UPDATE tracking_links SET expires_at = $2 WHERE id = $1", key(link["id"]), soon)
    async with anonymous.subscribe(UPDATES, {"token": token_of(link)}) as stream:
        await stream.next()
        assert (await stream.message())["type"] == "complete"


async def test_whoever_drives_now_is_followed(house: House, anonymous: Client) -> None:
    """The transport goes to another driver while somebody looks on."""
    road, now = await Road.of(house, (5, 9)), clock.now()
    other = await house.driver(display_name="Levan Gelashvili")
    dispatcher = house.client("DISPATCHER")
    async with anonymous.subscribe(UPDATES, {"token": token_of(await link_to(house, road.rides[0]))}) as stream:
        assert (await stream.next())["trackingUpdated"]["driverName"] == "Giorgi"
        await house.pool.execute("UPDATE transports SET driver_id = $2 WHERE id = $1", road.rides[0], other)
        assert (await stream.next())["trackingUpdated"]["driverName"] == "Levan"
        await report(dispatcher, seen(3, 5, now), driverId=house.gid("Driver", other))
        assert (await stream.next())["trackingUpdated"]["position"]["point"] == at_km(3)


# the page


async def page(house: House, link: Json) -> httpx.Response:
    return await get(house, f"/track/{token_of(link)}")


async def test_the_page_says_it_all_without_a_script(house: House) -> None:
    driver = house.people["DRIVER"].viewer.driver_id
    await house.pool.execute("UPDATE drivers SET display_name = '<b>Gio</b> M' WHERE id = $1", driver)
    road, now = await Road.of(house, (5, 9)), clock.now()
    await report(house.client("DRIVER"), seen(1, now=now))
    answer = await page(house, await link_to(house, road.rides[0]))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    text = answer.text
    assert "<h1>On the way to you</h1>" in text
    eta = (await road.etas())[0]
    local = eta.astimezone(ZONE)
    assert f'<dt>Expected</dt><dd><time datetime="{eta.isoformat()}">{local:%d %b, %H:%M}</time></dd>' in text
    assert "<dt>Stops before</dt><dd>0</dd>" in text
    assert "<dt>Driver</dt><dd>&lt;b&gt;Gio&lt;/b&gt;</dd>" in text
    assert "<dt>Away</dt><dd>4.0 km</dd>" in text
    assert "<svg" in text
    assert 'http-equiv="refresh"' in text


async def test_the_page_takes_nothing_from_elsewhere_and_tells_nobody(house: House) -> None:
    answer = await page(house, await link_to(house, (await Road.of(house, (5, 9))).rides[0]))
    nonce = re.findall(r'nonce="([\w-]+)"', answer.text)
    assert len(nonce) == 2
    assert nonce[0] == nonce[1]
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": f"'nonce-{nonce[0]}'",
        "style-src": f"'nonce-{nonce[0]}'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert re.findall(r"(?:src|href)=", answer.text) == []
    again = await page(
        house, await link_to(house, (await Road.of(house, (5, 9), driver=await house.driver())).rides[0])
    )
    assert nonce[0] not in again.text


@pytest.mark.parametrize(
    ("status", "title"), [("DELIVERED", "Arrived"), ("CANCELLED", "Called off"), ("RETURNED", "Brought back")]
)
async def test_the_page_of_what_is_over_looks_no_more(house: House, status: str, title: str) -> None:
    road = await Road.of(house, (5, 9))
    await becomes(road, status)
    text = (await page(house, await link_to(house, road.rides[0]))).text
    assert f"<h1>{title}</h1>" in text
    assert 'data-over=""' in text
    assert "<svg" not in text


async def test_the_page_shows_two_points_that_are_one(house: House) -> None:
    road = await Road.of(house, (5, 9))
    await report(house.client("DRIVER"), seen(5))
    text = (await page(house, await link_to(house, road.rides[0]))).text
    assert "<dt>Away</dt><dd>0 m</dd>" in text
    assert 'cx="160.0" cy="90.0"' in text


async def test_the_page_is_only_looked_at(house: House) -> None:
    link = await link_to(house, (await Road.of(house, (5, 9))).rides[0])
    assert (await get(house, f"/track/{token_of(link)}", "POST")).status_code == 405
    assert (await get(house, f"/track/{token_of(link)}", "HEAD")).status_code == 200

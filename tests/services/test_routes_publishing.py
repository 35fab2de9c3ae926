"""Routes that drivers come to see, and routes that are called off."""

from datetime import timedelta
from typing import Any

import pytest

from app.context import Server
from app.models import RouteStatus
from app.models.routes import ROUTE_MACHINE
from tests.client import Json
from tests.driving import Drive
from tests.factories.houses import House
from tests.statements import counting
from tests.steps import events, nothing_changes, row

PUBLISHED = "... on PublishRoutesSuccess { routes { status version } } ... on NothingToPublish { message }"
CANCELLED = """... on CancelRouteSuccess { route { status driver { status } } }
  ... on InvalidTransition { currentStatus } ... on StillAboard { message transports { id status } }"""


async def publish(house: House) -> Json:
    return await house.client("DISPATCHER").act("publishRoutes", {"date": house.day.isoformat()}, PUBLISHED)


async def cancel(house: House, drive: Drive, reason: str | None = None) -> Json:
    input = {"routeId": house.gid("Route", drive.route), "reason": reason}
    return await house.client("DISPATCHER").act("cancelRoute", input, CANCELLED)


# showing


@pytest.mark.parametrize("status", RouteStatus)
async def test_only_routes_that_nobody_has_seen_are_published(house: House, status: RouteStatus) -> None:
    await Drive.of(house, status=status)
    if status in (RouteStatus.DRAFT, RouteStatus.OPTIMIZED):
        answer = await publish(house)
        assert answer["routes"] == [{"status": "PUBLISHED", "version": 2}]
        assert await events(house) == ["ROUTE_PUBLISHED", "TRANSPORT_SCHEDULED"]
    else:
        async with nothing_changes(house):
            answer = await publish(house)
        message = "No planned route of this day waits to be published."
        assert answer == {"__typename": "NothingToPublish", "message": message}


async def test_a_draft_without_stops_stays_a_draft(house: House) -> None:
    drive = await Drive.of(house, rides=0, status="DRAFT")
    async with nothing_changes(house):
        assert (await publish(house))["__typename"] == "NothingToPublish"
    await house.route(await house.driver(), [], "OPTIMIZED")
    assert (await publish(house))["routes"] == [{"status": "PUBLISHED", "version": 2}]
    assert (await row(house, "routes", drive.route))["status"] == "DRAFT"


async def _statements(house: House, server: Server, routes: int) -> list[str]:
    customer = await house.customer()
    for _ in range(routes):
        await house.route(await house.driver(), [await house.transport(customer) for _ in range(3)], "OPTIMIZED")
    with counting(server) as statements:
        assert len((await publish(house))["routes"]) == routes
    return [statement.split("(")[0][:40] for statement in statements.data]


async def test_a_day_is_published_at_once(house: House, server: Server) -> None:
    two = await _statements(house, server, 2)
    many = await _statements(house, server, 20)
    assert len(many) == len(two)


# calling off


@pytest.mark.parametrize("status", RouteStatus)
async def test_calling_off_keeps_to_the_machine(house: House, status: RouteStatus) -> None:
    drive = await Drive.of(house, status=status)
    if RouteStatus.CANCELLED in ROUTE_MACHINE.transitions.get(status, ()):
        assert (await cancel(house, drive))["route"]["status"] == "CANCELLED"
        assert await drive.column("transports", "status") == ["PENDING"]
        assert await drive.column("transports", "route_id") == [None]
    else:
        async with nothing_changes(house):
            answer = await cancel(house, drive)
        assert answer == {"__typename": "InvalidTransition", "currentStatus": status}


async def test_what_nobody_came_for_waits_again(house: House) -> None:
    drive = await Drive.of(house, rides=2)
    assert (await cancel(house, drive, "Snow."))["route"] == {"status": "CANCELLED", "driver": {"status": "AVAILABLE"}}
    assert await drive.statuses() == ["CANCELLED"] * 4
    assert await drive.column("stops", "notes") == ["Snow."] * 4
    assert await drive.column("transports", "status") == ["PENDING", "PENDING"]
    assert await drive.column("transports", "driver_id") == [None, None]
    assert await events(house) == ["TRANSPORT_UNASSIGNED", "TRANSPORT_UNASSIGNED", "ROUTE_CANCELLED"]
    heard = await house.all("SELECT driver_id FROM events WHERE organization_id = $1")
    assert {event["driver_id"] for event in heard} == {house.people["DRIVER"].viewer.driver_id}


async def test_what_the_driver_was_on_the_way_to_has_failed(house: House) -> None:
    drive = await Drive.of(house, rides=3)
    await drive.complete(0)
    await drive.complete(1)
    assert await drive.column("transports", "status") == ["DELIVERED", "EN_ROUTE", "ASSIGNED"]
    answer = await cancel(house, drive, "The van broke down.")
    assert answer["route"] == {"status": "CANCELLED", "driver": {"status": "AVAILABLE"}}
    assert await drive.column("transports", "status") == ["DELIVERED", "FAILED", "PENDING"]
    assert await drive.statuses() == ["DONE", "DONE", "FAILED", "CANCELLED", "CANCELLED", "CANCELLED"]
    failed = await row(house, "stops", drive.stops[2])
    assert (failed["failure_reason"], failed["notes"]) == ("OTHER", "The van broke down.")


async def test_what_is_aboard_must_leave_first(house: House) -> None:
    drive = await Drive.of(house, rides=2, pickups_first=True)
    await drive.complete(0)
    aboard = {"id": house.gid("Transport", drive.rides[0]), "status": "PICKED_UP"}
    async with nothing_changes(house):
        answer = await cancel(house, drive)
    assert (answer["__typename"], answer["transports"]) == ("StillAboard", [aboard])
    await drive.fail(2)
    (back,) = await drive.returns()
    # what goes back is aboard, too
    assert (await cancel(house, drive))["transports"] == [aboard | {"status": "FAILED"}]
    await drive.complete(back)
    assert (await cancel(house, drive))["route"]["status"] == "CANCELLED"
    assert sorted(await drive.column("transports", "status")) == ["FAILED", "RETURNED"]


async def test_a_shift_whose_route_was_called_off_can_have_another(house: House) -> None:
    drive = await Drive.of(house)
    await cancel(house, drive)
    shift = (await row(house, "routes", drive.route))["shift_id"]
    values: dict[str, Any] = dict(await row(house, "routes", drive.route))
    del values["id"], values["created_at"], values["updated_at"], values["organization_id"]
    values |= {"status": "DRAFT", "ends_at": values["starts_at"] + timedelta(hours=1)}
    other = await house.insert("routes", **values)
    assert (await row(house, "routes", other))["shift_id"] == shift

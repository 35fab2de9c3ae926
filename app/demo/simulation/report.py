"""What came of a simulated day, and whether anything was lost."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console
from rich.table import Table

from app.demo.documents import EVENT_SEQ, ROUTE_UPDATES
from app.demo.simulation import documents
from app.demo.simulation.courier import Courier
from app.demo.simulation.dispatcher import Dispatcher
from app.demo.simulation.traffic import Point
from app.demo.story.client import PATIENCE_S, Client, Json

FINAL = ("DELIVERED", "RETURNED", "FAILED", "CANCELLED")
OPEN = ("PENDING", "ASSIGNED", "EN_ROUTE", "PICKED_UP")
OVER = ("COMPLETED", "CANCELLED")


@dataclass(frozen=True)
class Report:
    """`tracks` are those of `routes`, in their order.

    `faults` is empty if every transport is in a final state, every route over, and every event was heard.
    """

    title: str
    depot: tuple[float, float]
    routes: Sequence[Json]
    tracks: Sequence[Sequence[Point]]
    transports: Counter[str]
    plans: Sequence[Json]
    did: Counter[str]
    phones: Counter[str]
    refusals: Counter[str]
    events_heard: int
    late_stops: int
    minutes_off_plan: float
    faults: Sequence[str]


async def begin(client: Client) -> str:
    """The place in the log where the day begins."""
    return str((await client.ask(EVENT_SEQ))["eventSeq"])


async def end(dispatcher: Dispatcher, couriers: Sequence[Courier], begun: str) -> Report:
    transports = Counter(ride["status"] for ride in await dispatcher.transports([*FINAL, *OPEN]))
    routes = await dispatcher.board()
    driven = [courier for courier in couriers if courier.phone.route]
    faults = [f"{count} transports ended as {status}" for status, count in transports.items() if status in OPEN]
    faults += [f"a route ended as {route['status']}" for route in routes if route["status"] not in OVER]
    faults += [fault for courier in driven if (fault := await _lost(dispatcher.client, courier))]
    heard = await _events_heard(dispatcher.client, begun)
    stops = [stop for route in routes for stop in route["stops"] if stop["arrivedAt"]]
    tracks = {(courier.phone.route or {})["id"]: courier.track for courier in driven}
    return Report(
        title=f"{dispatcher.world.day:%A %-d %B %Y}",
        depot=(couriers[0].home.latitude, couriers[0].home.longitude),
        routes=routes,
        tracks=[tracks.get(route["id"], []) for route in routes],
        transports=transports,
        plans=dispatcher.plans,
        did=dispatcher.did,
        phones=sum((courier.phone.told for courier in couriers), Counter[str]()),
        refusals=Counter(text.split(":")[0] for courier in couriers for text in courier.phone.refusals),
        events_heard=heard,
        late_stops=sum(stop["late"] for stop in stops),
        minutes_off_plan=sum(map(_minutes_off, stops)) / max(1, len(stops)),
        faults=faults,
    )


def _minutes_off(stop: Json) -> float:
    late = datetime.fromisoformat(stop["arrivedAt"]) - datetime.fromisoformat(stop["plannedAt"])
    return abs(late.total_seconds()) / 60


async def _lost(client: Client, courier: Courier) -> str | None:
    """Whether a phone missed something of its route, or heard it twice: what it heard against the log."""
    route_id = (courier.phone.route or {})["id"]
    logged = await _heard(client, ROUTE_UPDATES, after=courier.phone.listened_from, routeId=route_id)
    if courier.phone.heard == logged:
        return None
    missed = len(set(logged) - set(courier.phone.heard))
    return f"a phone heard {len(courier.phone.heard)} events of {len(logged)}, {missed} missed"


async def _events_heard(client: Client, begun: str) -> int:
    return len(await _heard(client, documents.OPERATIONS_FEED, after=begun))


async def _heard(client: Client, document: str, **variables: object) -> list[str]:
    """Everything that a subscription tells from the log; it is over when it falls silent."""
    heard: list[str] = []
    async with client.follow(document, **variables) as updates:
        while True:
            try:
                async with asyncio.timeout(2 if heard else min(3, PATIENCE_S)):
                    heard.append((await anext(updates))["seq"])
            except TimeoutError:
                return heard


def show(report: Report, console: Console) -> None:
    table = Table(title=report.title, show_header=False, title_justify="left")
    for status, count in sorted(report.transports.items()):
        table.add_row("transports", status.lower().replace("_", " "), str(count))
    for number, plan in enumerate(report.plans, 1):
        table.add_row(
            f"plan {number}",
            f"{plan['routes']} routes, {plan['unassigned']} left out",
            f"{plan['distance'] / 1000:.0f} km ({plan['baselineDistance'] / 1000:.0f} km by hand)",
        )
    for name, counts in (("dispatcher", report.did), ("phones", report.phones), ("refused", report.refusals)):
        for what, count in sorted(counts.items()):
            table.add_row(name, what, str(count))
    table.add_row("stops", "arrival off the plan, on average", f"{report.minutes_off_plan:.1f} min")
    table.add_row("stops", "seen to be late", str(report.late_stops))
    table.add_row("events", "heard by the dispatcher", str(report.events_heard))
    console.print(table)
    for fault in report.faults:
        console.print(fault, style="red", highlight=False)
    if not report.faults:
        console.print("Every transport is in a final state, and no event was lost.", style="green")

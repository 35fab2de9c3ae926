"""A pet hotel's day, told by real clients over HTTP and WebSocket.

A customer books a grooming and a pickup, staff confirm, the dispatcher has the day planned and publishes it, and the
driver drives. The customer's and the driver's subscriptions are open meanwhile, and what they hear is printed live.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import httpx
from rich.console import Console
from rich.text import Text
from websockets.exceptions import WebSocketException

from app import clock
from app.demo.documents import (
    ARRIVE,
    COMPLETE,
    EVENT_SEQ,
    OPTIMIZE_ROUTES,
    PLANNING,
    PUBLISH_ROUTES,
    ROUTE_UPDATES,
    START_ROUTE,
)
from app.demo.people import Person
from app.demo.story import documents
from app.demo.story.client import PATIENCE_S, Client, Json, StoryFailed, nodes

ORGANIZATION = "paws"
SERVICE = "Grooming"
DAYS_AHEAD = 13
SEARCH_S = 3
PACE_S = 0.1
"""Between a driver's steps, so that eyes can follow."""

PHONES = {"IOS": "ExponentPushToken[a-phone-of-the-demo]", "ANDROID": "a-phone-of-the-demo:APA91b"}
"""Of the customer: one that Expo pushes to, and one that Firebase does."""

COLOURS = {"customer": "magenta", "staff": "cyan", "dispatcher": "yellow", "driver": "green"}


async def run(url: str, ws_url: str, people: Sequence[Person], console: Console) -> None:
    """Tell the story on the first day ahead that has no published routes. Raises StoryFailed."""
    try:
        async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False) as http:
            await Story(await _enter(http, url, ws_url, people), console).tell()
    except TimeoutError as error:
        raise StoryFailed(f"Waited {PATIENCE_S} s for something that did not come.") from error
    except (WebSocketException, OSError) as error:
        raise StoryFailed(f"A socket broke: {error!r}") from error


@dataclass(frozen=True)
class Cast:
    customer: Client
    staff: Client
    dispatcher: Client
    drivers: Sequence[Client]


async def _enter(http: httpx.AsyncClient, url: str, ws_url: str, people: Sequence[Person]) -> Cast:
    """Sign in whoever takes part: the first of each role, and every driver."""

    async def sign_in(role: str) -> list[Client]:
        found = [person for person in people if (person.role, person.organization) == (role, ORGANIZATION)]
        if not found:
            raise StoryFailed(f"Nobody signs in to {ORGANIZATION} as {role}.")
        wanted = found if role == "DRIVER" else found[:1]
        return [await Client.sign_in(http, url, ws_url, person) for person in wanted]

    customer, staff, dispatcher = [(await sign_in(role))[0] for role in ("CUSTOMER", "STAFF", "DISPATCHER")]
    return Cast(customer, staff, dispatcher, await sign_in("DRIVER"))


class Story:
    def __init__(self, cast: Cast, console: Console) -> None:
        self.cast = cast
        self.console = console
        self.zone = ZoneInfo(cast.customer.viewer["organization"]["timeZone"])
        self.booking: Json = {}

    async def tell(self) -> None:
        day = await self._free_day()
        if day is None:
            self._say(
                "dispatcher", f"has published every day until {self._day_ahead(DAYS_AHEAD):%-d %B}: no more to tell"
            )
            return
        self.console.rule(f"{self.cast.customer.viewer['organization']['name']}, {day:%A %-d %B %Y}")
        home = await self.cast.customer.ask(documents.MY_HOME)
        for platform, token in PHONES.items():
            await self.cast.customer.ask(documents.REGISTER_DEVICE, token=token, platform=platform)
        async with self._hearing(
            "customer", self.cast.customer, self._news_of_booking, self._is_delivered,
            documents.BOOKING_UPDATES, after=home["eventSeq"],
        ):  # fmt: skip
            await self._book(home, day)
            await self._confirm()
            await self._plan(day)
            await self._drive(await self._route(day))
        self.console.rule("The end")

    def _day_ahead(self, days: int) -> date:
        return clock.now().astimezone(self.zone).date() + timedelta(days=days)

    async def _free_day(self) -> date | None:
        """The first day ahead whose routes no driver has seen yet."""
        for day in map(self._day_ahead, range(1, DAYS_AHEAD + 1)):
            seen = await self.cast.dispatcher.ask(documents.ROUTES_SEEN, date=day.isoformat())
            if not nodes(seen["routes"]):
                return day
        return None

    async def _book(self, home: Json, day: date) -> None:
        """A slot in the middle of the day, for a pet that has no plans, with a pickup from home."""
        service = next((node for node in nodes(home["services"]) if node["name"] == SERVICE), None)
        customer = home["viewer"]["customer"]
        pet, place = _idle(customer), customer["places"][0]
        if service is None:
            raise StoryFailed(f"There is no service {SERVICE}.")
        midnights = [datetime.combine(day + timedelta(days=later), time(), self.zone).isoformat() for later in (0, 1)]
        answer = await self.cast.customer.ask(
            documents.AVAILABLE_SLOTS,
            **dict(zip(("serviceId", "from", "to"), (service["id"], *midnights), strict=True)),
        )
        slots = nodes(answer["slots"])
        if not slots:
            raise StoryFailed(f"No {SERVICE} is free on {day}.")
        slot = slots[len(slots) // 2]
        self._say("customer", f"sees {len(slots)} free times, takes {self._time(slot['startsAt'])} for {pet['name']}")
        outcome = await self.cast.customer.do(
            documents.BOOK_SLOT, slotId=slot["id"], subjectId=pet["id"], pickup={"placeId": place["id"]}
        )
        self.booking = outcome["booking"]
        self._say("customer", f"has booked {self.booking['number']}, with a pickup at {place['address']}")

    async def _confirm(self) -> None:
        await self.cast.staff.do(documents.CONFIRM_BOOKING, id=self.booking["id"])
        self._say("staff", f"confirms {self.booking['number']}")

    async def _plan(self, day: date) -> None:
        """Have the worker search, follow it, and publish what it finds."""
        run = await self._ask_for_plan(day)
        async with (
            asyncio.timeout(PATIENCE_S),
            self.cast.dispatcher.follow(PLANNING, id=run["id"]) as updates,
        ):
            async for update in updates:
                self._say("dispatcher", f"sees planning {update['status'].lower()}, {update['progress']} %", heard=True)
                if update["status"] in ("FAILED", "CANCELLED"):
                    raise StoryFailed(f"Planning ended as {update['status']}: {update['error']}")
                if update["status"] == "SUCCEEDED":
                    self._say("dispatcher", _praise(update["summary"]))
                    break
        published = await self.cast.dispatcher.do(PUBLISH_ROUTES, date=day.isoformat())
        self._say("dispatcher", f"publishes {len(published['routes'])} routes")

    async def _ask_for_plan(self, day: date) -> Json:
        variables: Json = {"date": day.isoformat(), "timeLimit": SEARCH_S}
        asked = (await self.cast.dispatcher.ask(OPTIMIZE_ROUTES, **variables))["optimizeRoutes"]
        if asked["__typename"] == "PlanningRunActive":
            # of a story that was cut short: it does not know the new booking
            await self.cast.dispatcher.do(documents.CANCEL_PLANNING, id=asked["planningRun"]["id"])
            asked = await self.cast.dispatcher.do(OPTIMIZE_ROUTES, **variables)
        self._say("dispatcher", f"asks for the routes of {day:%-d %B}")
        return dict(asked["planningRun"])

    async def _route(self, day: date) -> Json:
        """The route that serves the new booking's ride."""
        ride = self.booking["transports"][0]["id"]
        board = await self.cast.dispatcher.ask(documents.DISPATCH_BOARD, date=day.isoformat(), ride=ride)
        for route in nodes(board["routes"]):
            if any(stop["transport"]["id"] == ride for stop in route["stops"]):
                return route
        raise StoryFailed(f"The pickup is on no route: {board['node']['unassignedReason']}")

    async def _drive(self, route: Json) -> None:
        """By the driver, or by the dispatcher for a driver who does not use the app."""
        driver = route["driver"]
        users = [client for client in self.cast.drivers if client.viewer["driver"]["id"] == driver["id"]]
        actor, who = (users[0], "driver") if users else (self.cast.dispatcher, "dispatcher")
        await self._finish_former(actor, who, driver)
        self._say(
            who, f"{driver['displayName']} drives {route['vehicle']['licensePlate']}, {len(route['stops'])} stops"
        )
        after = (await actor.ask(EVENT_SEQ))["eventSeq"]
        async with self._hearing(
            who, actor, self._news_of_route, lambda update: update["type"] == "ROUTE_COMPLETED",
            ROUTE_UPDATES, routeId=route["id"], after=after,
        ):  # fmt: skip
            await actor.do(START_ROUTE, routeId=route["id"])
            await self._serve(actor, who, route)

    async def _finish_former(self, actor: Client, who: str, driver: Json) -> None:
        """A story that was cut short leaves its driver on the way, and nobody drives two routes at once."""
        former = await self.cast.dispatcher.ask(documents.ROUTES_UNDER_WAY, driverId=driver["id"])
        for route in nodes(former["routes"]):
            self._say(who, f"{driver['displayName']} first finishes an earlier route")
            await self._serve(actor, who, route)

    async def _serve(self, actor: Client, who: str, route: Json) -> None:
        for stop in route["stops"]:
            if stop["status"] == "PLANNED":
                await actor.do(ARRIVE, stopId=stop["id"])
                await asyncio.sleep(PACE_S)
            if stop["status"] in ("PLANNED", "ARRIVED"):
                await actor.do(COMPLETE, stopId=stop["id"])
                self._say(who, _deed(stop))
                await asyncio.sleep(PACE_S)

    @asynccontextmanager
    async def _hearing(
        self, who: str, client: Client, describe: Callable[[Json], str], is_last: Callable[[Json], bool],
        document: str, **variables: object,
    ) -> AsyncIterator[None]:  # fmt: skip
        """Print what a subscription tells while the block runs, and afterwards wait until the last news has come."""

        async def listen(updates: AsyncIterator[Json]) -> None:
            async for update in updates:
                self._say(who, describe(update), heard=True)
                if is_last(update):
                    return

        async with client.follow(document, **variables) as updates:
            listening = asyncio.create_task(listen(updates))
            try:
                yield
                async with asyncio.timeout(PATIENCE_S):
                    await listening
            finally:
                listening.cancel()

    def _news_of_booking(self, update: Json) -> str:
        booking = update["booking"]
        etas = [ride["eta"] for ride in booking["transports"] if ride["eta"] and ride["status"] != "DELIVERED"]
        expected = f", driver expected at {self._time(etas[0])}" if etas else ""
        return f"{booking['number']}: {_words(update['type'])}{expected}"

    def _is_delivered(self, update: Json) -> bool:
        ours = update["booking"]["id"] == self.booking.get("id")
        return bool(ours) and update["type"] == "TRANSPORT_DELIVERED"

    def _news_of_route(self, update: Json) -> str:
        stops = update["route"]["stops"]
        done = sum(stop["status"] == "DONE" for stop in stops)
        return f"{_words(update['type'])} ({done} of {len(stops)} stops done)"

    def _time(self, instant: str) -> str:
        return f"{datetime.fromisoformat(instant).astimezone(self.zone):%H:%M}"

    def _say(self, who: str, text: str, *, heard: bool = False) -> None:
        """A line with the local time; what somebody hears over a subscription is set off from what they do."""
        line = Text.assemble(
            (f"{clock.now().astimezone(self.zone):%H:%M:%S.%f}"[:-3], "dim"),
            (f"  {who:<10} ", COLOURS[who] if heard else f"bold {COLOURS[who]}"),
            (f"← {text}", COLOURS[who]) if heard else text,
        )
        self.console.print(line, soft_wrap=True)


def _idle(customer: Json) -> Json:
    """A pet without a booking ahead, or else the first."""
    booked = {booking["subject"]["id"] for booking in nodes(customer["bookings"])}
    pets = nodes(customer["subjects"])
    return next((pet for pet in pets if pet["id"] not in booked), pets[0])


def _words(name: str) -> str:
    return name.replace("_", " ").lower()


def _deed(stop: Json) -> str:
    who = stop["transport"]["subject"]["name"] if stop["transport"]["subject"] else "a load"
    verb, preposition = ("picks up", "at") if stop["kind"] == "PICKUP" else ("delivers", "to")
    return f"{verb} {who} {preposition} {stop['place']['address']}"


def _praise(summary: Json) -> str:
    return (
        f"has {summary['routes']} routes, {summary['distance'] / 1000:.1f} km "
        f"({summary['baselineDistance'] / 1000:.1f} km without the planner), "
        f"{summary['assigned']} rides planned, {summary['unassigned']} not"
    )

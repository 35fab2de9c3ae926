"""`waypost simulate`: a whole day of a courier service in a minute, and proof that nothing was lost.

PostgreSQL, Valkey, API and worker are real, and so is the protocol; only time is not, and the network of the drivers'
phones loses requests, answers and whole half hours. The evening's traffic is worse than any plan knew.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import httpx
from pydantic import SecretStr
from rich.console import Console
from rich.progress import Progress

from app import clock
from app.demo.people import Person
from app.demo.serving import serving
from app.demo.simulation import picture, report, world
from app.demo.simulation.agenda import Agenda
from app.demo.simulation.courier import Courier
from app.demo.simulation.dispatcher import Dispatcher
from app.demo.simulation.phone import Phone
from app.demo.simulation.traffic import Point, Traffic
from app.demo.story.client import Client
from app.demo.tbilisi import DEPOT
from app.jobs.worker import Work
from app.main import create_app
from app.settings import Settings

DAWN, OPENS, NOON, CLOSES, MIDNIGHT = time(6), time(7), time(12), time(20), time(23, 30)
CALLED_OFF, ASKED_LATE = 0.05, 0.1
"""How many of a day's transports are called off, and how many more are asked for during the day."""


@dataclass(frozen=True)
class Options:
    """How much happens. The same seed makes the same customers, wishes and accidents."""

    transports: int = 300
    drivers: int = 25
    search_s: int = 20
    seed: int = 1


@dataclass(frozen=True)
class Backing:
    """An empty, migrated database and a Redis, as URLs."""

    server_url: str
    superuser_url: str
    redis_url: str
    token_secret: str


@dataclass
class Simulation:
    options: Options
    backing: Backing
    console: Console

    async def run(self) -> report.Report:
        """The whole day. Raises StoryFailed if the server refuses what it should not."""
        zone = ZoneInfo(world.BUSINESS.time_zone)
        day = (clock.now() + timedelta(days=1)).astimezone(zone).date()
        agenda = Agenda(_at(day, DAWN, zone))
        with clock.told_by(lambda: agenda.now), Progress(console=self.console) as progress:
            bar = progress.add_task("06:00", total=(_at(day, MIDNIGHT, zone) - agenda.now).total_seconds())
            started = agenda.now
            agenda.told = lambda now: progress.update(
                bar, completed=(now - started).total_seconds(), description=f"{now.astimezone(zone):%H:%M}"
            )
            async with self._serving() as (http, url, ws_url):
                return await Day(self.options, self.backing.superuser_url, agenda, day, zone, http, url, ws_url).live()

    @asynccontextmanager
    async def _serving(self) -> AsyncIterator[tuple[httpx.AsyncClient, str, str]]:
        settings = Settings(
            database_url=SecretStr(self.backing.server_url),
            redis_url=SecretStr(self.backing.redis_url),
            token_secret=SecretStr(self.backing.token_secret),
            access_token_s=24 * 3600,
        )
        working = asyncio.create_task(Work(settings).run())
        try:
            async with serving(create_app(settings)) as base, httpx.AsyncClient(timeout=60, trust_env=False) as http:
                yield http, f"http://{base}/graphql", f"ws://{base}/graphql"
        finally:
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working


@dataclass
class Day:
    """Everybody who takes part, and what they do when."""

    options: Options
    superuser_url: str
    agenda: Agenda
    day: date
    zone: ZoneInfo
    http: httpx.AsyncClient
    url: str
    ws_url: str

    async def live(self) -> report.Report:
        chance = Random(self.options.seed)
        place = await world.create(
            self.superuser_url, self.day, self.agenda.now, self.options.drivers, self.options.transports
        )
        dispatcher = Dispatcher(self.agenda, await self._client(place.dispatcher), place, chance, self.options.search_s)
        begins = await report.begin(dispatcher.client)
        asked = [
            await dispatcher.ask_for(wish)
            for wish in world.wishes(place, chance, self._at(OPENS), self.options.transports)
        ]
        await dispatcher.plan()
        couriers = await self._couriers(place, dispatcher, chance)
        self._arrange(dispatcher, couriers, asked, chance)
        await self.agenda.run()
        await asyncio.gather(*(courier.phone.hear_out() for courier in couriers))
        await asyncio.gather(*(courier.phone.close() for courier in couriers))
        return await report.end(dispatcher, couriers, begins)

    def _arrange(self, dispatcher: Dispatcher, couriers: Sequence[Courier], asked: list[str], chance: Random) -> None:
        open_s = (self._at(CLOSES) - self._at(OPENS)).total_seconds()

        def anytime(share: float) -> datetime:
            """An instant in the first part of the day."""
            return self._at(OPENS) + timedelta(seconds=chance.random() * open_s * share)

        for courier in couriers:
            self.agenda.begin(courier.work())
            self.agenda.begin(courier.lose_network(), self._at(OPENS))
        thinking_again = chance.sample(asked, int(CALLED_OFF * len(asked)))
        self.agenda.begin(dispatcher.call_off([(anytime(0.8), id) for id in thinking_again]))
        self.agenda.begin(dispatcher.take_calls([anytime(0.7) for _ in range(int(ASKED_LATE * len(asked)))]))
        self.agenda.begin(dispatcher.plan_again(self._at(NOON)))
        self.agenda.begin(dispatcher.close(self._at(CLOSES)))

    async def _couriers(self, place: world.World, dispatcher: Dispatcher, chance: Random) -> list[Courier]:
        traffic = Traffic(self.zone, Random(chance.random()))
        home = Point(DEPOT.address.latitude, DEPOT.address.longitude)
        return [
            Courier(
                self.agenda,
                traffic,
                Phone(await self._client(person), self.day, Random(chance.random()), Counter()),
                Random(chance.random()),
                dispatcher.codes,
                home,
                self._at(CLOSES),
            )
            for person in place.drivers
        ]

    async def _client(self, person: Person) -> Client:
        return await Client.sign_in(self.http, self.url, self.ws_url, person)

    def _at(self, hour: time) -> datetime:
        return _at(self.day, hour, self.zone)


def _at(day: date, hour: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, hour, zone)


def simulate(options: Options, state_dir: Path, output: Path, console: Console) -> bool:
    """Start servers, live the day, print what came of it and draw it; says whether nothing was lost."""
    from app.demo import servers
    from app.demo.launch import migrate

    with servers.start(state_dir, durable=False, fresh=True) as running:
        migrate(running, console)
        backing = Backing(running.url("server"), running.url("superuser"), running.redis_url(), running.secret("token"))
        outcome = asyncio.run(Simulation(options, backing, console).run())
    output.write_text(picture.draw(outcome.title, outcome.routes, outcome.tracks, Point(*outcome.depot)))
    report.show(outcome, console)
    console.print(f"The map of the day: {output}", soft_wrap=True)
    return not outcome.faults

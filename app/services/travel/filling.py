"""Travel times with everything that the provider knows: what the cache lacks is asked for, and kept."""

import asyncio
import logging
from collections.abc import Sequence
from itertools import accumulate
from math import inf
from uuid import UUID
from weakref import WeakValueDictionary
from zoneinfo import ZoneInfo

from app.access import Viewer
from app.db import Database
from app.services import values
from app.services.routing.matrix import Departure, Travel
from app.services.travel import cache
from app.services.travel.grid import NO_ROAD, Grid, Wanted
from app.services.travel.providers import PROVIDERS, estimate
from app.services.travel.words import Provider, ProviderDown, Rectangle, Table
from app.settings import Settings
from app.uow import Silence, again, unit_of_work

log = logging.getLogger(__name__)

_asking: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()
"""One at a time asks for an organization, so that two plans that begin at once do not ask for the same twice."""


async def complete(
    database: Database,
    viewer: Viewer,
    settings: Settings,
    departures: Sequence[Departure],
    wanted: Wanted | None = None,
) -> Travel:
    """From each departure to the place of each; outside any transaction, for it waits for a network.

    `wanted[a][b]`: where anybody may drive (everywhere, if not said); the rest is not asked for, and estimated. So is
    what the provider cannot or may not tell now: it is down, slow, or this day's elements are spent.
    """
    named = PROVIDERS.get(settings.travel_provider)
    if named is None:
        return await estimate(settings).matrix(departures)
    grid = Grid(departures, named, wanted)
    async with _asking.setdefault(viewer.organization_id, asyncio.Lock()):
        filling = _Filling(database, viewer, settings, grid)
        allowance = await filling.look_up(named)
        if grid.missing.any():
            questions = filling.affordable(grid.questions(named, estimate(settings)), allowance)
            await filling.ask(named(settings), questions)
    return grid.travel(estimate(settings))


class _Filling:
    def __init__(self, database: Database, viewer: Viewer, settings: Settings, grid: Grid) -> None:
        self.database = database
        self.viewer = viewer
        self.settings = settings
        self.grid = grid

    async def look_up(self, named: type[Provider]) -> float:
        """Learn what is kept; answers for how many ways the organization may still ask."""

        async def attempt() -> float:
            async with unit_of_work(self.database, self.viewer, Silence()) as uow:
                since = cache.fresh_since(self.settings, uow.now)
                await cache.forget(uow, since)
                origins, targets = self.grid.origins, self.grid.targets
                self.grid.learn(await cache.grid(uow, named.name, origins, targets, since, NO_ROAD))
                self.zone = ZoneInfo((await values.organization(uow)).time_zone)
                if not named.metered:
                    return inf
                return self.settings.travel_elements_per_day - await cache.spent(uow, named.name)

        return await again(attempt)

    def affordable(self, questions: Sequence[Rectangle], allowance: float) -> list[Rectangle]:
        """The first ones, as many as that."""
        spent = list(accumulate(question.elements for question in questions))
        if spent and spent[-1] > allowance:
            log.warning("organization %s has asked for all it may within a day", self.viewer.organization_id)
        return [question for question, total in zip(questions, spent, strict=True) if total <= allowance]

    async def ask(self, provider: Provider, questions: Sequence[Rectangle]) -> None:
        """Some at a time, each time keeping what was answered; whatever goes wrong ends the asking."""
        try:
            async with asyncio.timeout(self.settings.travel_patience_s), provider:
                for first in range(0, len(questions), provider.at_once):
                    await self._round(provider, questions[first : first + provider.at_once])
        except ProviderDown as error:
            log.warning("estimating travel times: %s %s", provider.name, error)
        except TimeoutError:
            log.warning("estimating travel times: %s is too slow", provider.name)

    async def _round(self, provider: Provider, questions: Sequence[Rectangle]) -> None:
        answers = await asyncio.gather(
            *(provider.table(question, self.zone) for question in questions), return_exceptions=True
        )
        pairs = zip(questions, answers, strict=True)
        answered = [(q, a) for q, a in pairs if a is not None and not isinstance(a, BaseException)]
        if answered:
            await self._keep(provider.name, answered)
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer

    async def _keep(self, name: str, answered: Sequence[tuple[Rectangle, Table]]) -> None:
        for question, table in answered:
            self.grid.answer(question, table)
        found = [
            (cache.Key(question.band, origin, target), way)
            for question, table in answered
            for origin, row in zip(question.origins, table, strict=True)
            for target, way in zip(question.targets, row, strict=True)
        ]

        async def attempt() -> None:
            async with unit_of_work(self.database, self.viewer, Silence()) as uow:
                await cache.keep(uow, name, found)

        await again(attempt)

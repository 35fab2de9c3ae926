"""Relations as data, and the one engine that loads them.

A relation is declared once (`ToOne`, `ToMany`, `Listing`); from that come its loader, its keyset connection and its
visibility filter. A loader gathers the keys that one level of a document asks for and sends one statement for them.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from aiodataloader import DataLoader
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute

from app.access import Viewer, conditions
from app.errors import NotFound
from app.models.base import among
from app.pagination import Order, Page, Slice
from app.uow import ReadUnit

Condition = Callable[[Any], ColumnElement[bool]]


@dataclass(frozen=True)
class ToOne:
    """The row of `target` whose `remote` column equals the parent's `key` attribute."""

    target: type[Any]
    key: str
    remote: str = "id"


@dataclass(frozen=True)
class Through:
    """Rows that tie others together: `key` is the column that names the row at the far end."""

    link: type[Any]
    key: str


@dataclass(frozen=True)
class ToMany:
    """All rows of `target` whose `remote` column equals the parent's id; only where a rule bounds their number.

    `through` rows of another table, `remote` is a column of those.
    """

    target: type[Any]
    remote: str
    order: tuple[str, ...]
    through: Through | None = None


@dataclass(frozen=True, eq=False)
class Listing:
    """A connection: rows of `target`, all of them or one parent's (`remote`), in one of `orders`, by `filters`.

    `order` is the default; a leading minus turns it round. A filter named `…_id` refers to a row, which must exist.
    `defaults` are filters that hold unless others of their names are given.
    """

    target: type[Any]
    order: str
    remote: str | None = None
    orders: Mapping[str, str] = field(default_factory=dict)
    filters: Mapping[str, Condition] = field(default_factory=dict)
    referents: Mapping[str, type[Any]] = field(default_factory=dict)
    tie: str = "id"
    where: Callable[[], list[ColumnElement[bool]]] = list
    defaults: Mapping[str, Any] = field(default_factory=dict)

    def column(self, name: str) -> InstrumentedAttribute[Any]:
        column: InstrumentedAttribute[Any] = getattr(self.target, name)
        return column

    def ordering(self, wanted: str | None, descending: bool = False) -> Order:
        if wanted is None:
            wanted, descending = (self.order.removeprefix("-"), self.order.startswith("-"))
        else:
            wanted = self.orders[wanted]
        return Order(wanted, self.column(wanted), self.column(self.tie), descending)

    def conditions(self, filter: Mapping[str, Any]) -> list[ColumnElement[bool]]:
        wanted = {**self.defaults, **filter}
        return self.where() + [self.filters[name](value) for name, value in wanted.items()]


@dataclass(frozen=True, eq=False)
class Computed:
    """A value worked out for all parents of a level in one call: `batch(reads, ids) -> {id: value}`."""

    batch: Callable[[ReadUnit, Sequence[UUID]], Awaitable[Mapping[UUID, Any]]]


@dataclass(frozen=True)
class Request:
    """One page of a listing as a document asks for it; equal requests of many parents share a statement."""

    listing: Listing
    page: Page
    order: Order
    filter: tuple[tuple[str, Any], ...] = ()

    @property
    def filters(self) -> list[ColumnElement[bool]]:
        return self.listing.conditions(dict(self.filter))


class Loaders:
    """The loaders of one operation. They forget everything when something was written."""

    def __init__(self, reads: ReadUnit) -> None:
        self.reads = reads
        self._loaders: dict[object, DataLoader[Any, Any]] = {}

    @property
    def viewer(self) -> Viewer:
        return self.reads.viewer

    def clear(self) -> None:
        self._loaders.clear()

    def one(self, target: type[Any], key: UUID | str, remote: str = "id") -> Awaitable[Any]:
        """The row, or None where there is none that the viewer sees."""
        return self._loader((target, remote), partial(self._ones, target, remote)).load(key)

    def know(self, target: type[Any], row: Any) -> None:
        """A row that was read with others, and that the viewer sees: it need not be loaded again."""
        self._loader((target, "id"), partial(self._ones, target, "id")).prime(row.id, row)

    async def get(self, target: type[Any], key: UUID) -> Any:
        row = await self.one(target, key)
        if row is None:
            raise NotFound(target.__name__.lower())
        return row

    def many(self, relation: ToMany, parent: UUID) -> Awaitable[Sequence[Any]]:
        return self._loader(relation, partial(self._manies, relation)).load(parent)

    def compute(self, computed: Computed, parent: UUID) -> Awaitable[Any]:
        return self._loader(computed, partial(self._computed, computed)).load(parent)

    async def page(self, request: Request, parent: UUID | None = None) -> Slice[Any]:
        if parent is None:
            return await self._page(request)
        found: Slice[Any] = await self._loader(request, partial(self._pages, request)).load(parent)
        return found

    async def count(self, request: Request, parent: UUID | None = None) -> int:
        if parent is None:
            statement = select(func.count()).select_from(request.listing.target)
            result = await self.reads.execute(self._visible(statement, request.listing.target).where(*request.filters))
            return int(result.scalar_one())
        key = ("count", request.listing, request.filter)
        return int(await self._loader(key, partial(self._counts, request)).load(parent))

    def _loader(
        self, key: object, batch: Callable[[list[Any]], Coroutine[Any, Any, list[Any]]]
    ) -> DataLoader[Any, Any]:
        loader = self._loaders.get(key)
        if loader is None:
            loader = self._loaders[key] = DataLoader(batch)
        return loader

    def _visible(self, statement: Select[Any], target: type[Any]) -> Select[Any]:
        return statement.where(*conditions(self.viewer, target))

    async def _ones(self, target: type[Any], remote: str, keys: list[UUID]) -> list[Any]:
        column = getattr(target, remote)
        rows = await self.reads.scalars(self._visible(select(target).where(among(column, keys)), target))
        found = {getattr(row, remote): row for row in rows}
        return [found.get(key) for key in keys]

    async def _manies(self, relation: ToMany, keys: list[UUID]) -> list[Any]:
        target, through = relation.target, relation.through
        if through is not None:
            return await self._far_ends(relation, through, keys)
        statement = select(target).where(among(getattr(target, relation.remote), keys))
        ordered = statement.order_by(*(getattr(target, name) for name in relation.order))
        return _grouped(await self.reads.scalars(self._visible(ordered, target)), relation.remote, keys)

    async def _far_ends(self, relation: ToMany, through: Through, keys: list[UUID]) -> list[Any]:
        target, link = relation.target, through.link
        parent = getattr(link, relation.remote)
        far_end = (target.organization_id == link.organization_id) & (target.id == getattr(link, through.key))
        statement = select(parent, target).select_from(link).join(target, far_end).where(among(parent, keys))
        ordered = statement.order_by(*(getattr(target, name) for name in relation.order))
        found: dict[UUID, list[Any]] = defaultdict(list)
        for key, row in await self.reads.execute(self._visible(ordered, target)):
            found[key].append(row)
        return [found[key] for key in keys]

    async def _computed(self, computed: Computed, keys: list[UUID]) -> list[Any]:
        found = await computed.batch(self.reads, keys)
        return [found.get(key) for key in keys]

    async def _page(self, request: Request) -> Slice[Any]:
        statement = self._visible(select(request.listing.target), request.listing.target).where(*request.filters)
        return Slice.cut(await self.reads.scalars(request.order.apply(statement, request.page)), request.page)

    async def _pages(self, request: Request, keys: list[UUID]) -> list[Slice[Any]]:
        """The same page of many parents: rows are ranked within their parent, and each parent's first are taken."""
        listing, page, order = request.listing, request.page, request.order
        parent = listing.column(_remote(listing))
        rank = func.row_number().over(partition_by=parent, order_by=order.by(page)).label("rank")
        tie = order.tie
        ranked = (
            self._visible(select(tie, rank), listing.target)
            .where(among(parent, keys), *request.filters, *order.conditions(page))
            .subquery()
        )
        statement = (
            self._visible(select(listing.target), listing.target)
            .join(ranked, ranked.c[tie.key] == tie)
            .where(ranked.c.rank <= page.limit + 1)
            .order_by(ranked.c.rank)
        )
        rows = _grouped(await self.reads.scalars(statement), parent.key, keys)
        return [Slice.cut(found, page) for found in rows]

    async def _counts(self, request: Request, keys: list[UUID]) -> list[int]:
        parent = request.listing.column(_remote(request.listing))
        statement = select(parent, func.count()).where(among(parent, keys), *request.filters).group_by(parent)
        result = await self.reads.execute(self._visible(statement, request.listing.target))
        found: dict[UUID, int] = {row[0]: row[1] for row in result}
        return [found.get(key, 0) for key in keys]


def _grouped(rows: Sequence[Any], remote: str, keys: Sequence[UUID]) -> list[list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[getattr(row, remote)].append(row)
    return [found[key] for key in keys]


def _remote(listing: Listing) -> str:
    if listing.remote is None:
        raise TypeError("this listing has no parent")
    return listing.remote

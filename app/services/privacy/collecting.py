"""Reading everything about a person, table by table, so many rows at a time."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Table, and_, case, or_, select

from app.models import Customer, Document, DocumentStatus, Event, EventDetail, Export, Session, User
from app.services.privacy.holdings import BY_TABLE, HOLDINGS, Holding, Person, condition
from app.uow import ReadUnit

PAGE = 1_000
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Part:
    """A file of the archive, and where its rows come from."""

    name: str
    holding: Holding


def parts() -> Sequence[Part]:
    """What is handed out, the person first."""
    found = [holding for holding in reversed(HOLDINGS) if not holding.internal]
    return [Part(f"{holding.table}.json", holding) for holding in found]


async def person_of(reads: ReadUnit, export: Export) -> Person:
    mine = select(Customer).where(Customer.organization_id == export.organization_id, Customer.id == export.customer_id)
    (customer,) = await reads.scalars(mine)
    return Person(customer.organization_id, customer.id, customer.user_id)


async def rows_of(reads: ReadUnit, part: Part, person: Person) -> AsyncIterator[Sequence[Row]]:
    """The rows of one file, without secrets."""
    table = part.holding.rows
    shown = [
        part.holding.partly[name](table, name).label(name) if name in part.holding.partly else column
        for name, column in table.c.items()
        if name not in part.holding.secret
    ]
    async for rows in _pages(reads, select(*shown).where(condition(part.holding, person)), table):
        yield rows


async def _pages(reads: ReadUnit, wanted: Select[Any], table: Table) -> AsyncIterator[Sequence[Row]]:
    last = None
    while True:
        page = wanted if last is None else wanted.where(table.c.id > last)
        rows = (await reads.execute(page.order_by(table.c.id).limit(PAGE))).mappings().all()
        if rows:
            yield [dict(row) for row in rows]
        if len(rows) < PAGE:
            return
        last = rows[-1]["id"]


async def accounts(reads: ReadUnit, person: Person) -> Mapping[str, Sequence[Row]]:
    """Their account and their sessions here, without what they sign in with."""
    if person.user_id is None:
        return {}
    account = select(User.id, User.email, User.full_name, User.created_at, User.updated_at)
    sessions = select(Session.id, Session.created_at, Session.expires_at, Session.used_at, Session.revoked_at)
    mine = sessions.where(Session.user_id == person.user_id, Session.organization_id == person.organization_id)
    found = {"users.json": account.where(User.id == person.user_id), "sessions.json": mine.order_by(Session.id)}
    return {name: [dict(row) for row in (await reads.execute(wanted)).mappings()] for name, wanted in found.items()}


async def events_of(reads: ReadUnit, person: Person) -> AsyncIterator[Sequence[Row]]:
    """What concerns them, with the values that were changed. Where it was done from is told of what they did."""
    by_them = Event.actor_user_id == person.user_id if person.user_id else Event.seq < 0
    detail = and_(EventDetail.organization_id == Event.organization_id, EventDetail.seq == Event.seq)
    wanted = (
        select(
            Event.seq,
            Event.type,
            Event.occurred_at,
            Event.node_type,
            Event.node_id,
            Event.payload,
            case((Event.customer_id == person.customer_id, EventDetail.changes)).label("changes"),
            case((by_them, EventDetail.ip)).label("ip"),
            case((by_them, EventDetail.user_agent)).label("user_agent"),
        )
        .outerjoin(EventDetail, detail)
        .where(Event.organization_id == person.organization_id)
        .where(or_(Event.customer_id == person.customer_id, by_them))
        .order_by(Event.seq)
        .limit(PAGE)
    )
    last = 0
    while True:
        rows = (await reads.execute(wanted.where(Event.seq > last))).mappings().all()
        if rows:
            yield [dict(row) for row in rows]
        if len(rows) < PAGE:
            return
        last = rows[-1]["seq"]


async def documents_of(reads: ReadUnit, person: Person) -> Sequence[Document]:
    """Those whose bytes are there; what was exported before is not exported again."""
    table = BY_TABLE["documents"].rows
    exported = select(BY_TABLE["exports"].rows.c.document_id).where(condition(BY_TABLE["exports"], person))
    ids = select(table.c.id).where(condition(BY_TABLE["documents"], person), table.c.status == "READY")
    wanted = select(Document).where(
        Document.organization_id == person.organization_id,
        Document.id.in_(ids),
        Document.status == DocumentStatus.READY,
        Document.id.not_in(exported.where(BY_TABLE["exports"].rows.c.document_id.is_not(None))),
    )
    return await reads.scalars(wanted.order_by(Document.id))

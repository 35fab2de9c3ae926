"""Erasing a person: one transaction, so many statements as there are tables, however much there is."""

from uuid import UUID

from sqlalchemy import Select, delete, func, or_, select, text, update

from app.errors import PersonActive
from app.models import (
    Booking,
    BookingStatus,
    Customer,
    DocumentStatus,
    Driver,
    Event,
    EventDetail,
    EventType,
    Membership,
    Resource,
    Role,
    Route,
    RouteStatus,
    Series,
    SeriesStatus,
    Transport,
    TransportStatus,
    WaitlistEntry,
    WaitlistStatus,
    WorkKind,
)
from app.services import values
from app.services.privacy.holdings import BY_TABLE, HOLDINGS, Holding, Person, condition
from app.uow import UnitOfWork

OPEN_BOOKINGS = (BookingStatus.HELD, BookingStatus.PENDING, BookingStatus.CONFIRMED, BookingStatus.CHECKED_IN)
OPEN_TRANSPORTS = (
    TransportStatus.PENDING,
    TransportStatus.ASSIGNED,
    TransportStatus.EN_ROUTE,
    TransportStatus.PICKED_UP,
)
OPEN_ROUTES = (RouteStatus.PUBLISHED, RouteStatus.IN_PROGRESS)
WAITING = (WaitlistStatus.WAITING, WaitlistStatus.OFFERED)

FORGET = text("SELECT forget_user(:org, :usr)")


async def erase_person(uow: UnitOfWork, customer_id: UUID, reason: str) -> Customer:
    """For good. Raises `PersonActive` while something is to come; once is enough."""
    reason = values.name(reason, "reason")
    # whoever adds something for this customer waits for this lock, and is refused when we are done
    customer = await uow.get(Customer, customer_id, lock=True)
    if customer.erased_at is not None:
        return customer
    await _check_over(uow, customer)
    person = Person(customer.organization_id, customer.id, await _sole_account(uow, customer))
    # whoever cares for a subject, and whoever hears that an address is dead, is waited for
    for table in ("subjects", "notifications"):
        await _lock(uow, BY_TABLE[table], person)
    await _leave_documents(uow, person)
    await _erase_log(uow, person)
    for holding in HOLDINGS:
        await _erase(uow, holding, person)
    if person.user_id is not None:
        await uow.session.execute(FORGET, {"org": person.organization_id, "usr": person.user_id})
    await uow.session.refresh(customer)
    uow.note(customer, reason=(None, reason))
    uow.emit(EventType.PERSON_ERASED, customer)
    return customer


async def _check_over(uow: UnitOfWork, customer: Customer) -> None:
    driven = select(Route.id).where(Route.organization_id == customer.organization_id, Route.status.in_(OPEN_ROUTES))
    counted = (
        _count(Booking, customer).where(Booking.status.in_(OPEN_BOOKINGS)),
        _count(Transport, customer).where(or_(Transport.status.in_(OPEN_TRANSPORTS), Transport.route_id.in_(driven))),
        _count(Series, customer).where(Series.status != SeriesStatus.ENDED),
        _count(WaitlistEntry, customer).where(WaitlistEntry.status.in_(WAITING)),
    )
    found = (await uow.session.execute(select(*(statement.scalar_subquery() for statement in counted)))).one()
    if any(found):
        raise PersonActive(*found)


def _count(model: type[Booking | Transport | Series | WaitlistEntry], customer: Customer) -> Select[int]:
    mine = (model.organization_id == customer.organization_id, model.customer_id == customer.id)
    return select(func.count()).select_from(model).where(*mine)


async def _sole_account(uow: UnitOfWork, customer: Customer) -> UUID | None:
    """The account of somebody who is a customer here and nothing else; of others, what they do here stays theirs."""
    if customer.user_id is None:
        return None
    organization_id = uow.viewer.organization_id
    role = await uow.first(
        select(Membership.role).where(
            Membership.organization_id == organization_id, Membership.user_id == customer.user_id
        )
    )
    if role not in (None, Role.CUSTOMER):
        return None
    hats: tuple[type[Driver] | type[Resource], ...] = (Driver, Resource)
    for hat in hats:
        worn = select(hat.id).where(hat.organization_id == organization_id, hat.user_id == customer.user_id)
        if await uow.first(worn) is not None:
            return None
    return customer.user_id


async def _lock(uow: UnitOfWork, holding: Holding, person: Person) -> None:
    rows = select(holding.rows.c.id).where(condition(holding, person)).order_by(holding.rows.c.id)
    await uow.session.execute(rows.with_for_update())


async def _leave_documents(uow: UnitOfWork, person: Person) -> None:
    """The bytes go when the transaction has been committed. No events: there may be thousands."""
    table = BY_TABLE["documents"].rows
    kept = select(table.c.id).where(
        condition(BY_TABLE["documents"], person), table.c.status != DocumentStatus.REMOVED.value
    )
    for document_id in (await uow.session.execute(kept)).scalars().all():
        await uow.later(WorkKind.ERASE_DOCUMENT, document_id)


async def _erase_log(uow: UnitOfWork, person: Person) -> None:
    """Values before and after, and where the person was; that it happened stays."""
    mine = Event.organization_id == person.organization_id
    ours = EventDetail.organization_id == person.organization_id
    rows = [BY_TABLE[table].rows for table in ("transports", "bookings", "review_items")]
    transports, bookings, reviewed = (
        select(table.c.id).where(condition(BY_TABLE[table.name], person)) for table in rows
    )
    concerning = [
        select(Event.seq).where(mine, Event.customer_id == person.customer_id),
        select(Event.seq).where(mine, Event.transport_id.in_(transports)),
        select(Event.seq).where(mine, Event.booking_id.in_(bookings)),
        select(Event.seq).where(mine, Event.node_id.in_(reviewed)),
    ]
    told = concerning[0].union(*concerning[1:])
    await _update_details(uow, update(EventDetail).where(ours, EventDetail.seq.in_(told)).values(changes=None))
    if person.user_id is not None:
        done = select(Event.seq).where(mine, Event.actor_user_id == person.user_id)
        blank = {"ip": None, "user_agent": None}
        await _update_details(uow, update(EventDetail).where(ours, EventDetail.seq.in_(done)).values(blank))


async def _update_details(uow: UnitOfWork, statement: object) -> None:
    await uow.session.execute(statement.execution_options(synchronize_session=False))  # type: ignore[attr-defined]


async def _erase(uow: UnitOfWork, holding: Holding, person: Person) -> None:
    table = holding.rows
    mine = condition(holding, person)
    if holding.removed:
        await uow.session.execute(delete(table).where(mine))
        return
    if not holding.erased:
        return
    changed = {name: erase(table, name) for name, erase in holding.erased.items()}
    if "version" in table.c:
        # whoever edits what they saw before is told
        changed["version"] = table.c.version + 1
    if "updated_at" in table.c:
        changed["updated_at"] = uow.now
    await uow.session.execute(update(table).where(mine).values(changed))

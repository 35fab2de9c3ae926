"""Mail addresses and numbers at which nothing arrives any more. They are known by what they are, not by whose they are:
who gives another is written to again."""

from uuid import UUID

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects.postgresql import insert

from app.errors import BadUserInput
from app.models import Channel, DeadAddress, EventType
from app.services import values
from app.uow import UnitOfWork

REASON_MAX = 500


def _kept(address: str) -> str:
    """However it is written, it is the same mailbox."""
    return address.strip().lower()


async def is_dead(uow: UnitOfWork, channel: Channel, address: str) -> bool:
    dead = (DeadAddress.channel == channel) & (DeadAddress.address == _kept(address))
    found = exists().where(DeadAddress.organization_id == uow.viewer.organization_id, dead)
    return bool(await uow.first(select(found)))


async def retire_address(uow: UnitOfWork, channel: Channel, address: str, reason: str) -> DeadAddress:
    """By hand, after a mail came back for instance. Once is enough."""
    if channel is Channel.PUSH:
        raise BadUserInput("A phone is retired by unregistering it.", "channel")
    checked = values.email(address) if channel is Channel.EMAIL else await values.phone(uow, address, "address")
    if not checked:
        raise BadUserInput("Which address?", "address")
    given = values.text(reason, "reason")
    if given is None or len(given) > REASON_MAX:
        raise BadUserInput(f"A reason has 1 to {REASON_MAX} characters.", "reason")
    return await retire(uow, channel, checked, given)


async def retire(uow: UnitOfWork, channel: Channel, address: str, reason: str, *concerning: object) -> DeadAddress:
    """From now on nothing is sent there."""
    row = {"channel": channel, "address": _kept(address), "reason": reason.replace(address, "…")}
    inserted = await uow.session.execute(
        insert(DeadAddress)
        .values(organization_id=uow.viewer.organization_id, **row)
        .on_conflict_do_nothing()
        .returning(DeadAddress)
    )
    added = inserted.scalars().first()
    if added is not None:
        uow.emit(EventType.ADDRESS_RETIRED, added, *concerning, payload={"channel": channel.value})
        return added
    known = select(DeadAddress).where(
        DeadAddress.organization_id == uow.viewer.organization_id,
        DeadAddress.channel == channel,
        DeadAddress.address == row["address"],
    )
    found = await uow.first(known)
    # it may have been revived since
    return found or await retire(uow, channel, address, reason, *concerning)


async def revive_address(uow: UnitOfWork, dead_address_id: UUID) -> None:
    """What was thought dead is written to again."""
    dead = await uow.get(DeadAddress, dead_address_id, lock=True)
    await uow.session.execute(
        delete(DeadAddress)
        .where(DeadAddress.organization_id == dead.organization_id, DeadAddress.id == dead.id)
        .execution_options(synchronize_session=False)
    )
    uow.emit(EventType.ADDRESS_REVIVED, dead, payload={"channel": dead.channel.value})

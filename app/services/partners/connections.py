"""Which partners' systems are asked: where, for what, how often, and as whom."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update

from app.errors import BadUserInput
from app.models import (
    CareProtocol,
    ConnectionStatus,
    EventType,
    Partner,
    PartnerLink,
    SyncKind,
    SyncState,
    WorkKind,
)
from app.services import due_work, values
from app.services.outside import endpoint as checked_endpoint
from app.services.outside import origin
from app.services.partners.calls import call_off
from app.services.vault import Vault
from app.settings import Settings
from app.uow import UnitOfWork

CODES_MAX = 200
HOURS = (1, 720)
TOKEN_MAX = 4_000
REREAD = ("endpoint", "mode", "protocol_codes")
"""With one of these changed, all that was read before means something else."""


async def connect_partner(
    uow: UnitOfWork,
    settings: Settings,
    partner_id: UUID,
    endpoint: str,
    kinds: Sequence[SyncKind],
    credentials: str | None = None,
    **given: Any,
) -> PartnerLink:
    """Begin to ask a partner's system; at once, if it is to be asked regularly."""
    partner = await uow.get(Partner, partner_id)
    found = await _checked(uow, settings, {"endpoint": endpoint, "kinds": kinds, **given})
    connection = await uow.add(
        PartnerLink(
            partner_id=partner.id,
            status=ConnectionStatus.ACTIVE,
            credentials=_sealed(settings, credentials),
            **{"protocol_codes": {}, **found},
        )
    )
    uow.emit(EventType.PARTNER_CONNECTED, connection, payload={"partner_id": partner.id})
    await _ask_regularly(uow, connection, uow.now)
    return connection


async def update_partner_connection(
    uow: UnitOfWork, settings: Settings, connection_id: UUID, version: int, **changes: Any
) -> PartnerLink:
    """A run under way ends, for it asks as it was before. With other credentials the system is trusted again."""
    connection = await uow.get(PartnerLink, connection_id, lock=True)
    _check_there(connection)
    secret = {"credentials": changes.pop("credentials")} if "credentials" in changes else {}
    found = await _checked(uow, settings, changes)
    if "endpoint" in found and not secret:
        await _check_stays(uow, connection, found["endpoint"])
    reread = any(name in found and found[name] != getattr(connection, name) for name in REREAD)
    await uow.change(connection, version, found)
    if secret:
        await _keep(uow, connection, _sealed(settings, secret["credentials"]))
    if reread:
        await _forget(uow, connection)
    if reread or secret:
        await _trust_again(uow, connection)
    await call_off(uow, connection.id)
    uow.emit(EventType.PARTNER_CONNECTION_UPDATED, connection)
    await _ask_regularly(uow, connection, uow.now if reread or secret else _next(uow, connection))
    return connection


async def pause_partner_connection(uow: UnitOfWork, connection_id: UUID) -> PartnerLink:
    connection = await uow.get(PartnerLink, connection_id, lock=True)
    await uow.transition(connection, ConnectionStatus.PAUSED)
    await _stop(uow, connection)
    uow.emit(EventType.PARTNER_CONNECTION_UPDATED, connection, payload={"status": connection.status})
    return connection


async def resume_partner_connection(uow: UnitOfWork, connection_id: UUID) -> PartnerLink:
    connection = await uow.get(PartnerLink, connection_id, lock=True)
    await uow.transition(connection, ConnectionStatus.ACTIVE)
    await _trust_again(uow, connection)
    uow.emit(EventType.PARTNER_CONNECTION_UPDATED, connection, payload={"status": connection.status})
    await _ask_regularly(uow, connection, uow.now)
    return connection


async def remove_partner_connection(uow: UnitOfWork, connection_id: UUID) -> PartnerLink:
    """For good. The records that came stay."""
    connection = await uow.get(PartnerLink, connection_id, lock=True)
    await uow.transition(connection, ConnectionStatus.REMOVED, credentials=None)
    await _stop(uow, connection)
    await _forget(uow, connection)
    uow.emit(EventType.PARTNER_CONNECTION_REMOVED, connection)
    return connection


def _check_there(connection: PartnerLink) -> None:
    if connection.status is ConnectionStatus.REMOVED:
        raise BadUserInput("This connection was removed; connect the partner anew.", "connectionId")


async def _check_stays(uow: UnitOfWork, connection: PartnerLink, endpoint: str) -> None:
    """Credentials go to nobody but whom they were given for: who names the endpoint could read them there."""
    mine = (PartnerLink.organization_id == connection.organization_id) & (PartnerLink.id == connection.id)
    kept = select(PartnerLink.id).where(mine, PartnerLink.credentials.is_not(None))
    if origin(endpoint) != origin(connection.endpoint) and await uow.first(kept) is not None:
        raise BadUserInput("Another system needs credentials anew, or none.", "credentials")


async def _checked(uow: UnitOfWork, settings: Settings, given: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(given)
    if "endpoint" in found:
        found["endpoint"] = checked_endpoint(found["endpoint"], private=settings.partner_private)
    if "kinds" in found:
        found["kinds"] = sorted({kind.value for kind in found["kinds"]})
        if not found["kinds"]:
            raise BadUserInput("Say what is to be fetched.", "kinds")
    if found.get("every_hours") is not None:
        values.between(found["every_hours"], *HOURS, "everyHours")
    if "protocol_codes" in found:
        found["protocol_codes"] = await _codes(uow, found["protocol_codes"])
    return found


async def _codes(uow: UnitOfWork, given: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Their code → ours."""
    if len(given) > CODES_MAX:
        raise BadUserInput(f"`protocolCodes` has at most {CODES_MAX} pairs.", "protocolCodes")
    found = {values.name(pair["theirs"], "protocolCodes"): pair["ours"].strip() for pair in given}
    if len(found) < len(given):
        raise BadUserInput("A code of theirs is given twice.", "protocolCodes")
    known = select(CareProtocol.code).where(
        CareProtocol.organization_id == uow.viewer.organization_id, CareProtocol.code.in_(set(found.values()))
    )
    if set(found.values()) - set(await uow.scalars(known) if found else ()):
        raise BadUserInput("There is no care protocol of this code.", "protocolCodes")
    return found


def _sealed(settings: Settings, credentials: str | None) -> bytes | None:
    if credentials is None:
        return None
    token = credentials.strip()
    # what goes into a header: RFC 6750
    if not (len(token) <= TOKEN_MAX and re.fullmatch(r"[A-Za-z0-9._~+/:-]+=*", token, re.ASCII)):
        raise BadUserInput("A bearer token has letters, digits and -._~+/: alone.", "credentials")
    return Vault(settings).seal(token)


async def _set(uow: UnitOfWork, connection: PartnerLink, **found: Any) -> None:
    """What is neither shown nor part of the log."""
    await uow.session.execute(
        update(PartnerLink)
        .where(PartnerLink.organization_id == connection.organization_id, PartnerLink.id == connection.id)
        .values(**found)
        .execution_options(synchronize_session=False)
    )


async def _keep(uow: UnitOfWork, connection: PartnerLink, sealed: bytes | None) -> None:
    await _set(uow, connection, credentials=sealed)


async def _trust_again(uow: UnitOfWork, connection: PartnerLink) -> None:
    connection.failures, connection.closed_until = 0, None
    await uow.flush()


async def _forget(uow: UnitOfWork, connection: PartnerLink) -> None:
    """Let everything be read from the start."""
    await uow.session.execute(
        delete(SyncState)
        .where(SyncState.organization_id == connection.organization_id, SyncState.connection_id == connection.id)
        .execution_options(synchronize_session=False)
    )


async def _stop(uow: UnitOfWork, connection: PartnerLink) -> None:
    await due_work.withdraw(uow, connection.id, WorkKind.START_SYNC)
    await call_off(uow, connection.id)


async def _ask_regularly(uow: UnitOfWork, connection: PartnerLink, from_: datetime) -> None:
    await due_work.withdraw(uow, connection.id, WorkKind.START_SYNC)
    if connection.every_hours is not None and connection.status is ConnectionStatus.ACTIVE:
        await uow.later(WorkKind.START_SYNC, connection.id, from_)


def _next(uow: UnitOfWork, connection: PartnerLink) -> datetime:
    """When it is to be asked after it was asked last."""
    if connection.last_synced_at is None or connection.every_hours is None:
        return uow.now
    return max(uow.now, connection.last_synced_at + timedelta(hours=connection.every_hours))

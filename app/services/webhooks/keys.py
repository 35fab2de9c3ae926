"""Secrets of endpoints: made here, kept encrypted, told once."""

import base64
import secrets
from collections.abc import Iterator

from sqlalchemy import select, update

from app.models import WebhookEndpoint
from app.services.vault import Sealed, Vault
from app.settings import Settings
from app.uow import UnitOfWork

BYTES = 32


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(BYTES)).decode()


async def of(uow: UnitOfWork, settings: Settings, endpoint: WebhookEndpoint) -> list[str]:
    """Those that sign now, the newest first; none if no key of ours opens them. What an old key encrypted is encrypted
    anew."""
    mine = (WebhookEndpoint.organization_id == endpoint.organization_id) & (WebhookEndpoint.id == endpoint.id)
    kept = select(WebhookEndpoint.secret, WebhookEndpoint.old_secret, WebhookEndpoint.old_secret_until).where(mine)
    secret, old, until = (await uow.session.execute(kept)).one()
    sealed = {"secret": secret, "old_secret": old if until is not None and until > uow.now else None}
    vault = Vault(settings)
    try:
        plain = [vault.open(found) for found in sealed.values() if found is not None]
        renewed = dict(_renewed(vault, sealed))
    except Sealed:
        return []
    if renewed:
        await uow.session.execute(
            update(WebhookEndpoint).where(mine).values(renewed).execution_options(synchronize_session=False)
        )
    return plain


def _renewed(vault: Vault, sealed: dict[str, bytes | None]) -> Iterator[tuple[str, bytes]]:
    for name, found in sealed.items():
        again = vault.renewed(found) if found is not None else None
        if again is not None:
            yield name, again

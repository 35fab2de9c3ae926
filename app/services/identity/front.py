"""What stands between a stranger and a session."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from app.access import Viewer
from app.buckets import Buckets
from app.db import Database
from app.errors import Unauthenticated
from app.events import Origin
from app.services.identity import throttle
from app.settings import Settings
from app.uow import Signals, UnitOfWork, unit_of_work


def actor(uow: UnitOfWork) -> UUID:
    """Who acts, for what only a person does."""
    if uow.viewer.user_id is None:
        raise Unauthenticated()
    return uow.viewer.user_id


@dataclass(frozen=True)
class Front:
    """Where somebody comes in whom no session vouches for."""

    settings: Settings
    database: Database
    signals: Signals
    origin: Origin
    buckets: Buckets

    @asynccontextmanager
    async def acting(self, organization_id: UUID, user_id: UUID | None = None) -> AsyncIterator[UnitOfWork]:
        """A transaction in somebody's name who has proved who they are by other means than a session."""
        viewer = Viewer.system(organization_id, user_id)
        async with unit_of_work(self.database, viewer, self.signals, self.origin) as uow:
            yield uow

    async def admit(self, account: str | None = None) -> None:
        """Raises `RateLimited`."""
        await throttle.admit(self.buckets, self.settings, account=account, address=self.origin.ip)

    async def admit_code(self, account: str) -> None:
        """Raises `RateLimited`."""
        await throttle.admit_code(self.buckets, account=account)

    async def admit_mail(self, account: str) -> None:
        """Raises `RateLimited`."""
        await throttle.admit_mail(self.buckets, self.settings, account=account, address=self.origin.ip)

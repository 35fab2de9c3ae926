"""A database, a Redis and servers of one's own, for tests that break them or turn their knobs."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from pydantic import SecretStr

from app.demo.serving import serving
from app.demo.state import claim
from app.demo.valkey import start_valkey
from app.jobs.worker import Work
from app.main import create_app
from app.serving.reader import Reader
from app.settings import Settings
from tests.conftest import KEY, create_database
from tests.factories.houses import House, make_house
from tests.factories.rows import open_pool
from tests.mailbox import Mailbox, open_mailbox

REDIS_DATABASES = 64


@dataclass(frozen=True)
class Realm:
    settings: Settings
    pool: asyncpg.Pool
    mailbox: Mailbox

    async def house(self, api: str) -> House:
        return await make_house(self.pool, self.settings, api)


@asynccontextmanager
async def realm(names: dict[str, str], number: int, **knobs: Any) -> AsyncIterator[Realm]:
    """`number` is the test process's own; two realms of one process do not live at once."""
    database = f"realm_{number}"
    urls = await create_database(names, database)
    defaults: dict[str, Any] = {
        "database_url": SecretStr(urls.server),
        "redis_url": SecretStr(names["redis"].format(REDIS_DATABASES - 1 - number)),
        "token_secret": SecretStr("a secret of the realm, long enough to be one"),
        "credentials_keys": SecretStr(KEY),
        "partner_private": True,
        "introspection": True,
        "live_poll_s": 1,
        "sweep_s": 1,
    }
    try:
        async with open_mailbox() as mailbox, open_pool(urls.superuser, max_size=8) as pool:
            yield Realm(Settings(**defaults | {"smtp_url": mailbox.url} | knobs), pool, mailbox)
    finally:
        superuser = await asyncpg.connect(names["superuser"].format("postgres"))
        await superuser.execute(f"DROP DATABASE {database} WITH (FORCE)")
        await superuser.close()


@asynccontextmanager
async def own_api(settings: Settings, **knobs: Any) -> AsyncIterator[str]:
    """An API process's worth of the server with some knobs turned."""
    async with serving(create_app(settings.model_copy(update=knobs))) as api:
        yield api


@asynccontextmanager
async def working(settings: Settings) -> AsyncIterator[None]:
    """A worker in this process."""
    task = asyncio.create_task(Work(settings, Reader).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class OwnValkey:
    """A Valkey to stop, to freeze and to start again at the same port."""

    def __init__(self, directory: Path) -> None:
        self._state = claim(directory)
        self._state.load()
        self.start()

    @property
    def url(self) -> SecretStr:
        return SecretStr(f"redis://:{self._state.secrets['redis']}@127.0.0.1:{self._state.ports['redis']}/0")

    def start(self) -> None:
        self.process, self._state.ports["redis"] = start_valkey(self._state, durable=False)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        self.thaw()
        self.kill()
        self._state.release()


@contextmanager
def own_valkey(directory: Path) -> Iterator[OwnValkey]:
    valkey = OwnValkey(directory)
    try:
        yield valkey
    finally:
        valkey.close()

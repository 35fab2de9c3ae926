"""Real PostgreSQL and real Valkey for the session, a database per worker, and the API and the worker in this process.

Tests do not clean up: each makes an organization of its own, and row-level security keeps them apart.
"""

import asyncio
import gc
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
import uvloop
from pydantic import SecretStr
from redis.asyncio import Redis
from starlette.applications import Starlette

from app.context import Server
from app.db import Database
from app.demo import servers
from app.demo.serving import serving
from app.jobs.alarm import QUEUE
from app.jobs.worker import Work
from app.main import create_app
from app.serving.reader import Reader
from app.settings import Settings
from tests.client import Client
from tests.factories.houses import House, make_house
from tests.factories.rows import open_pool
from tests.mailbox import Mailbox, open_mailbox
from tests.provider import REDIRECT, Provider, open_provider

ROOT = Path(__file__).parent.parent
CONTROLLER = pytest.StashKey[ExitStack]()
KEY = "dGhlIHRlc3RzJyBrZXksIHdoaWNoIGlzIDMyIGJ5dGU="


@dataclass(frozen=True)
class Urls:
    server: str
    owner: str
    superuser: str
    redis: str


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _boot(config: pytest.Config) -> dict[str, str]:
    """Start the servers of the whole session once, and bring one database up to date as the others' template."""
    stack = ExitStack()
    config.stash[CONTROLLER] = stack
    directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="waypost-tests-"))
    running = stack.enter_context(servers.start(Path(directory), durable=False))
    names = {
        "server": running.url("server", "{}"),
        "owner": running.url("owner", "{}"),
        "superuser": running.url("superuser", "{}"),
        "redis": running.redis_url().rsplit("/", 1)[0] + "/{}",
        "programs": str(running.postgres.programs),
    }
    migrate(names["owner"].format("waypost"))
    return names


def migrate(owner_url: str, *arguments: str) -> None:
    """Alembic, as its command line runs it, but for another second of imports."""
    from alembic import command
    from alembic.config import Config

    name, *rest = arguments or ("upgrade", "head")
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("sqlalchemy.url", owner_url.replace("%", "%%"))
    getattr(command, name)(config, *rest)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "servers: started once for the session")
    if not _is_worker(config) and not config.option.collectonly:
        config.stash[NAMES] = _boot(config)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is imported stays: no garbage is looked for meanwhile, nor among it later."""
    gc.disable()
    yield
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    gc.enable()


NAMES = pytest.StashKey[dict[str, str]]()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    node.workerinput["names"] = node.config.stash[NAMES]  # type: ignore[attr-defined]


def pytest_unconfigure(config: pytest.Config) -> None:
    if CONTROLLER in config.stash:
        config.stash[CONTROLLER].close()


@pytest.fixture(scope="session")
def names(request: pytest.FixtureRequest) -> dict[str, str]:
    """URLs with a gap for the name of the database, and where PostgreSQL's programs are."""
    config = request.config
    return config.workerinput["names"] if _is_worker(config) else config.stash[NAMES]  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def worker_number(worker_id: str) -> int:
    return 0 if worker_id == "master" else int(worker_id.removeprefix("gw"))


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop that serves in production."""
    return {"uvloop": uvloop.new_event_loop}


async def create_database(names: dict[str, str], name: str) -> Urls:
    """A migrated database of its own."""
    connection = await asyncpg.connect(names["superuser"].format("postgres"))
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE waypost OWNER waypost_owner")
    await connection.execute(f"GRANT CONNECT ON DATABASE {name} TO waypost_server")
    await connection.close()
    urls = {role: names[role].format(name) for role in ("server", "owner", "superuser")}
    return Urls(**urls, redis="")


@pytest_asyncio.fixture(scope="session")
async def urls(names: dict[str, str], worker_number: int) -> Urls:
    found = await create_database(names, f"test_{worker_number}")
    return Urls(found.server, found.owner, found.superuser, names["redis"].format(worker_number))


@pytest_asyncio.fixture
async def superuser_url(names: dict[str, str], worker_number: int) -> AsyncIterator[str]:
    """An empty, migrated database for one test alone."""
    name = f"single_{worker_number}"
    yield (await create_database(names, name)).superuser
    connection = await asyncpg.connect(names["superuser"].format("postgres"))
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


@pytest_asyncio.fixture(scope="session")
async def mailbox() -> AsyncIterator[Mailbox]:
    async with open_mailbox() as box:
        yield box


@pytest_asyncio.fixture(scope="session")
async def provider() -> AsyncIterator[Provider]:
    """Of OpenID Connect."""
    async with open_provider() as found:
        yield found


@pytest.fixture(scope="session")
def settings(urls: Urls, mailbox: Mailbox, provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        database_url=SecretStr(urls.server),
        redis_url=SecretStr(urls.redis),
        smtp_url=mailbox.url,
        oidc_providers=SecretStr(provider.config),
        oidc_redirect_uris=(REDIRECT,),
        tries_of_address_max=1_000_000,
        token_secret=SecretStr("a secret of the tests, long enough to be one"),
        credentials_keys=SecretStr(KEY),
        partner_private=True,
        introspection=True,
        live_poll_s=1,
        sweep_s=1,
        database_pool_size=15,
        storage_url=tmp_path_factory.mktemp("documents").as_uri(),
    )


@pytest_asyncio.fixture(scope="session")
async def database(settings: Settings) -> AsyncIterator[Database]:
    found = Database.connect(settings)
    yield found
    await found.close()


@pytest_asyncio.fixture(scope="session")
async def superuser(urls: Urls) -> AsyncIterator[asyncpg.Pool]:
    """For making rows and for looking behind the curtain; bound by no policy."""
    async with open_pool(urls.superuser, max_size=4) as pool:
        yield pool


@pytest.fixture(scope="session")
def app(settings: Settings) -> Starlette:
    return create_app(settings)


@pytest_asyncio.fixture(scope="session")
async def api(app: Starlette) -> AsyncIterator[str]:
    """The API on a port of its own; answers its base URL without scheme."""
    async with serving(app) as found:
        yield found


@pytest.fixture
def server(app: Starlette, api: str) -> Server:
    """What the API has open: it runs in this process."""
    found: Server = app.state.server
    return found


@pytest_asyncio.fixture
async def worker(settings: Settings, superuser: asyncpg.Pool) -> AsyncIterator[Work]:
    """A worker that does what falls due, while this test goes on; what earlier ones left to do is nobody's any more."""
    await superuser.execute("DELETE FROM due_work")
    async with Redis.from_url(settings.redis_url.get_secret_value()) as redis:
        await redis.delete(QUEUE)
    work = Work(settings, Reader)
    task = asyncio.create_task(work.run())
    yield work
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest_asyncio.fixture
async def house(superuser: asyncpg.Pool, settings: Settings, api: str) -> House:
    """An organization of this test alone."""
    return await make_house(superuser, settings, api)


@pytest_asyncio.fixture
async def stranger(superuser: asyncpg.Pool, settings: Settings, api: str) -> House:
    """Another organization."""
    return await make_house(superuser, settings, api)


@pytest.fixture
def anonymous(api: str) -> Client:
    return Client(api, None)

"""PostgreSQL and Valkey for the demo and the tests: no Docker, no root, no fixed ports, nothing left behind."""

import signal
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from app.demo.postgres import Postgres, copied_home, postgres
from app.demo.process import ServerFailed, require_main_thread, stop, tail
from app.demo.state import State, claim, delete
from app.demo.valkey import start_valkey

Role = Literal["server", "owner", "superuser"]

_LOGINS: dict[Role, str] = {
    "server": "waypost_server",
    "owner": "waypost_owner",
    "superuser": "postgres",
}


@dataclass
class Servers:
    """Both servers, running; a context manager that stops them."""

    state: State
    postgres: Postgres
    postgres_process: subprocess.Popen[bytes]
    postgres_port: int
    redis_process: subprocess.Popen[bytes]
    redis_port: int
    host: str = "127.0.0.1"

    def url(self, role: Role, database: str = "waypost") -> str:
        """libpq URL of a database for one of the roles that may connect."""
        return f"postgresql://{_LOGINS[role]}:{self.secret(role)}@{self.host}:{self.postgres_port}/{database}"

    def redis_url(self, database: int = 0) -> str:
        return f"redis://:{self.secret('redis')}@{self.host}:{self.redis_port}/{database}"

    def secret(self, name: str) -> str:
        """A password, or `token`, the key that signs access tokens."""
        return self.state.secrets[name]

    def psql(self, sql: str, database: str = "waypost") -> str:
        """Run SQL as the superuser; rows come back unaligned, columns separated by `|`. Raises ServerFailed."""
        return self.postgres.psql(self.postgres_port, sql, database)

    def reset_database(self) -> None:
        """Replace the database `waypost` by an empty one, extensions included."""
        self.psql("drop database if exists waypost with (force)", "postgres")
        self.postgres.create_roles(self.postgres_port)

    @property
    def pids(self) -> dict[str, int]:
        return {"postgres": self.postgres_process.pid, "valkey": self.redis_process.pid}

    def check(self) -> None:
        """Raise ServerFailed if one of the servers has died."""
        for name, process in (
            ("postgres", self.postgres_process),
            ("valkey", self.redis_process),
        ):
            if process.poll() is not None:
                raise ServerFailed(f"{name} died:\n{tail(self.state.logs / f'{name}.log')}")

    def stop(self) -> None:
        stop(self.redis_process)
        stop(self.postgres_process, signal.SIGINT, timeout_s=60)
        self.state.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.stop()


def start(
    state_dir: Path,
    *,
    durable: bool = True,
    fresh: bool = False,
    log: Callable[[str], None] = lambda _: None,
) -> Servers:
    """Start both servers on the data in `state_dir`, creating what is missing; `fresh` deletes the data first.

    `durable=False` is for tests: data may not survive a crash of the machine. `log` is told what is going on.
    Raises AlreadyRunning and ServerFailed.
    """
    require_main_thread()
    with ExitStack() as undo:
        state = claim(state_dir)
        undo.callback(state.release)
        if fresh:
            state.erase()
            delete(copied_home(state.path))
        state.load()
        cluster = postgres(state)
        database, state.ports["postgres"] = cluster.start(durable=durable, log=log)
        undo.callback(stop, database, signal.SIGINT)
        log("Starting Valkey")
        redis, state.ports["redis"] = start_valkey(state, durable=durable)
        undo.callback(stop, redis)
        state.save()
        cluster.create_roles(state.ports["postgres"])
        undo.pop_all()
    return Servers(state, cluster, database, state.ports["postgres"], redis, state.ports["redis"])

"""A command of waypost as a process of its own, to be killed."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from pydantic import SecretStr

from app.demo.process import tail
from app.settings import Settings
from tests.kills.nursery import Fork, begin


def environment(settings: Settings) -> dict[str, str]:
    """The settings as the environment gives them."""
    given = {name: value for name, value in settings if name in settings.model_fields_set}
    plain = {name: value.get_secret_value() if isinstance(value, SecretStr) else value for name, value in given.items()}
    return {f"WAYPOST_{name.upper()}": str(value) for name, value in plain.items()}


@dataclass
class Child:
    """`start` and `kill` may follow each other any number of times."""

    settings: Settings
    command: tuple[str, ...]
    log: Path
    fds: tuple[int, ...] = ()
    process: Fork | None = field(default=None, init=False)

    def start(self) -> None:
        self.process = begin(self.command, self.log, environment(self.settings), self.fds)

    def kill(self) -> None:
        assert self.lives, tail(self.log)
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    @property
    def lives(self) -> bool:
        return self.process is not None and not self.process.poll()

    def end(self) -> None:
        if self.process:
            self.process.end()


@contextmanager
def api_process(settings: Settings, directory: Path) -> Iterator[tuple[Child, str]]:
    """The API and its address. The socket is ours: while nobody serves, clients wait at the door."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listening:
        child = Child(settings, ("serve", "--fd", "{}"), directory / "api.log", (listening.fileno(),))
        child.start()
        try:
            yield child, f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            child.end()


@contextmanager
def worker_process(settings: Settings, directory: Path) -> Iterator[Child]:
    child = Child(settings, ("worker",), directory / "worker.log")
    child.start()
    try:
        yield child
    finally:
        child.end()


async def serves(api: str) -> None:
    """Wait until the API answers."""
    async with httpx.AsyncClient(trust_env=False, verify=False, timeout=30) as http:
        for _ in range(20):
            try:
                answer = await http.get(f"http://{api}/health")
            except httpx.TransportError:
                await asyncio.sleep(0.1)
                continue
            assert answer.status_code == 200
            return
    raise AssertionError("the API does not come back")

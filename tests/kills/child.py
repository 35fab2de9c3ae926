"""A command of waypost as a process of its own, to be killed."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from pydantic import SecretStr

from app.demo.process import spawn, stop, tail
from app.settings import Settings
from tests.conftest import ROOT


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
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        command = [sys.executable, "-m", "app.cli", *self.command]
        self.process = spawn(command, self.log, env=environment(self.settings), cwd=ROOT, keep_fds=self.fds)

    def kill(self) -> None:
        assert self.process
        assert self.process.poll() is None, tail(self.log)
        self.process.kill()
        self.process.wait()

    @property
    def lives(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def end(self) -> None:
        if self.process:
            stop(self.process)


@contextmanager
def api_process(settings: Settings, directory: Path) -> Iterator[tuple[Child, str]]:
    """The API and its address. The socket is ours: while nobody serves, clients wait at the door."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listening:
        fd = listening.fileno()
        child = Child(settings, ("serve", "--fd", str(fd)), directory / "api.log", (fd,))
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

"""Runs the processes of the demo and stops them together."""

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from app.demo.process import ServerFailed, spawn, stop, tail


class Supervisor:
    """Children with a log each; a context manager that stops them, the last started first."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        env: Mapping[str, str],
        keep_fds: Sequence[int] = (),
    ) -> None:
        self._children[name] = spawn(command, self.log(name), env=env, keep_fds=keep_fds)

    def log(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def check(self) -> None:
        """Raise ServerFailed with the end of its log if a child has died."""
        for name, process in self._children.items():
            if process.poll() is not None:
                raise ServerFailed(f"{name} died with {process.returncode}:\n{tail(self.log(name))}")

    def wait_until(self, ready: Callable[[], bool], timeout_s: float = 60) -> None:
        """Wait for the children to become ready. Raises ServerFailed if one dies or time runs out."""
        deadline = time.monotonic() + timeout_s
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                last = next(reversed(self._children))
                raise ServerFailed(f"{last} did not become ready:\n{tail(self.log(last))}")
            time.sleep(0.05)

    @property
    def pids(self) -> dict[str, int]:
        return {name: process.pid for name, process in self._children.items()}

    def stop(self) -> None:
        while self._children:
            name = next(reversed(self._children))
            stop(self._children[name])
            del self._children[name]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.stop()

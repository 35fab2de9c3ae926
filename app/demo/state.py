"""The state directory of embedded servers: who uses it, its secrets, and what may be deleted."""

import fcntl
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_SECRETS = ("superuser", "owner", "server", "redis", "token", "credentials")
_OURS = (
    "postgres",
    "postgres.new",
    "valkey",
    "logs",
    "documents",
    "mail",
    "mail.json",
    "demo.json",
    "people.json",
)
_MARKER = "servers.json"  # says that the directory is ours; erased last
_LEAVING = b"leaving"  # in the lock file of a process that is stopping
_WAIT_S = 45


class AlreadyRunning(RuntimeError):
    """Another process uses the state directory."""


@dataclass
class State:
    """A claimed state directory. `secrets` by name; `ports` that its servers had the last time."""

    path: Path
    lock: int
    children_lock: int
    secrets: dict[str, str] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    def save(self) -> None:
        write_private(
            self.path / _MARKER,
            json.dumps({"secrets": self.secrets, "ports": self.ports}),
        )

    def erase(self) -> None:
        """Delete what earlier runs left here, and nothing else."""
        if not (self.path / _MARKER).exists():
            return
        for name in (*_OURS, _MARKER):
            delete(self.path / name)

    def load(self) -> None:
        """Read secrets and ports; make the secrets that are missing."""
        marker = self.path / _MARKER
        saved = json.loads(marker.read_text()) if marker.exists() else {}
        self.ports = saved.get("ports", {})
        self.secrets = {name: secrets.token_urlsafe(32) for name in _SECRETS} | saved.get("secrets", {})
        self.save()
        self.logs.mkdir(mode=0o700, exist_ok=True)

    @contextmanager
    def leaving_is_told(self) -> Iterator[None]:
        """Once left, whoever wants the directory waits for us instead of being refused."""
        try:
            yield
        finally:
            os.pwrite(self.lock, _LEAVING, 0)

    def release(self) -> None:
        os.close(self.children_lock)
        os.close(self.lock)


def claim(path: Path) -> State:
    """Take the state directory for this process.

    The second lock is inherited by the servers, so it tells when those of a killed run have left.
    Raises AlreadyRunning.
    """
    path = path.resolve()
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not any(path.iterdir()) or (path / _MARKER).exists():
        path.chmod(0o700)
    state = State(path, _open(path / "lock"), _open(path / "children.lock"))
    try:
        _lock(
            state.lock,
            f"already running in {path}",
            waits=lambda: os.pread(state.lock, 16, 0) == _LEAVING,
        )
        os.ftruncate(state.lock, 0)
        _lock(
            state.children_lock,
            f"servers of an earlier run still live in {path}",
            waits=lambda: True,
        )
    except BaseException:
        state.release()
        raise
    return state


def delete(path: Path) -> None:
    """Delete a file or a folder, if it exists. It is renamed first, so that nobody finds half of it later."""
    renamed = path.with_name(path.name + ".deleted")
    for _ in range(2):  # what an interrupted deletion left, then the path itself
        if renamed.is_dir() and not renamed.is_symlink():
            shutil.rmtree(renamed)
        else:
            renamed.unlink(missing_ok=True)
        if path.exists():
            path.rename(renamed)


def write_private(path: Path, text: str) -> None:
    """Write a file that only we may read, so that a reader sees either the old text or the new one."""
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    beside.replace(path)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _lock(fd: int, refusal: str, waits: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _WAIT_S
    while True:
        try:
            return fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not waits() or time.monotonic() > deadline:
                raise AlreadyRunning(refusal) from None
            time.sleep(0.05)

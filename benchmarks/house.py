"""What the benchmarks share: servers of their own with an empty house, and processes of the API beside them."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from pydantic import SecretStr

from app.demo import servers
from app.demo.process import free_port
from app.settings import Settings

ROOT = Path(__file__).parent.parent
SECRET = "a secret of the benchmark, long enough to be one"
API = "app.main:create_app"


@dataclass(frozen=True)
class House:
    """Servers with every table and no row. `url` is the superuser's."""

    running: servers.Servers

    @property
    def url(self) -> str:
        return self.running.url("superuser")

    @property
    def settings(self) -> Settings:
        return Settings(
            database_url=SecretStr(self.running.url("server")),
            redis_url=SecretStr(self.running.redis_url()),
            token_secret=SecretStr(SECRET),
        )

    @property
    def environment(self) -> dict[str, str]:
        return {
            "WAYPOST_DATABASE_URL": self.running.url("server"),
            "WAYPOST_REDIS_URL": self.running.redis_url(),
            "WAYPOST_TOKEN_SECRET": SECRET,
        }

    @contextmanager
    def process(self, *command: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
        """A Python process that knows of the servers, as long as the block lasts."""
        environment = os.environ | self.environment | more
        process = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=environment)
        try:
            yield process
        finally:
            process.terminate()
            process.wait()

    @contextmanager
    def serving(self, factory: str = API, **more: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
        """One process of the API, or of another application, and its port; it answers already."""
        port = free_port()
        uvicorn = ("-m", "uvicorn", "--factory", factory, "--port", str(port), "--log-level", "error")
        serve = ("-m", "app.cli", "serve") if factory == API else uvicorn
        with self.process(*serve, WAYPOST_PORT=str(port), WAYPOST_LOG_LEVEL="ERROR", **more) as process:
            wait_for(port)
            yield process, port


@contextmanager
def open_house() -> Iterator[House]:
    """Everything goes away with the block."""
    with tempfile.TemporaryDirectory() as directory, servers.start(Path(directory)) as running:
        subprocess.run(
            [sys.executable, "-m", "alembic", "upgrade", "head"],
            cwd=ROOT,
            env=os.environ | {"WAYPOST_DATABASE_OWNER_URL": running.url("owner")},
            check=True,
            capture_output=True,
        )
        yield House(running)


def wait_for(port: int) -> None:
    for _ in range(200):
        try:
            httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False)
            return
        except httpx.TransportError:
            time.sleep(0.05)
    raise SystemExit("a server did not start")


def busy_s(pid: int) -> float:
    """CPU time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

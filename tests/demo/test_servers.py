"""The embedded servers: anywhere, as anybody, several at once, and never left behind."""

import ctypes
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
import redis

from app.demo import postgres, process, servers
from app.demo.process import NOBODY
from app.demo.servers import Role
from app.demo.state import AlreadyRunning, claim, delete

_HOLD = """
import sys, time
from pathlib import Path
from app.demo.servers import start
running = start(Path(sys.argv[1]), durable=False)
running.psql("create table if not exists kept (n int); insert into kept values (1)")
print(*running.pids.values(), flush=True)
time.sleep(600)
"""

_LOGINS: dict[Role, str] = {"server": "waypost_server", "owner": "waypost_owner", "superuser": "postgres"}


@pytest.fixture
def anybodys_dir() -> Iterator[Path]:
    """A folder that every user can reach, with a space in its name; pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="waypost test "))
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _hold(state_dir: Path) -> tuple[subprocess.Popen[str], list[int]]:
    """Start the servers in a process of their own; returns it and the servers' pids."""
    holder = subprocess.Popen([sys.executable, "-c", _HOLD, str(state_dir)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout
    return holder, [int(pid) for pid in holder.stdout.readline().split()]


def _start_as(user: int, state_dir: Path, answer: Connection) -> None:
    """Become somebody else, who may not be able to read our interpreter, and run the servers for a moment."""
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
    ctypes.CDLL(None).prctl(4, 1)  # PR_SET_DUMPABLE: /proc/self is ours again, as after an exec
    with servers.start(state_dir, durable=False) as running:
        answer.send([Path(f"/proc/{pid}").stat().st_uid for pid in running.pids.values()])
        answer.recv()


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _eventually(condition: Callable[[], bool], timeout_s: float = 20) -> bool:
    deadline = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def test_every_role_connects_and_none_but_the_superuser_has_power(tmp_path: Path) -> None:
    with servers.start(tmp_path, durable=False) as running:
        rows = running.psql(
            "select rolname, rolcanlogin, rolsuper, rolbypassrls from pg_roles where rolname like 'waypost%' order by 1"
        )
        assert rows.splitlines() == [
            "waypost_auth|f|f|t",
            "waypost_backup|f|f|t",
            "waypost_owner|t|f|f",
            "waypost_server|t|f|f",
        ]
        for role, user in _LOGINS.items():
            psql = str(running.postgres.programs / "psql")
            assert process.run([psql, "-XAt", running.url(role), "-c", "select current_user"]).strip() == user
        assert redis.Redis.from_url(running.redis_url(3)).ping()


def test_strangers_are_refused(tmp_path: Path) -> None:
    with servers.start(tmp_path, durable=False) as running:
        url = running.url("superuser").replace(running.secret("superuser"), "wrong")
        with pytest.raises(process.ServerFailed, match="password authentication failed"):
            process.run([running.postgres.programs / "psql", "-X", url, "-c", "select 1"])
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=running.redis_port).ping()


def test_secrets_are_private(tmp_path: Path) -> None:
    state_dir = tmp_path / "state"
    with servers.start(state_dir, durable=False):
        assert state_dir.stat().st_mode & 0o777 == 0o700
        assert (state_dir / "servers.json").stat().st_mode & 0o777 == 0o600
        assert (state_dir / "valkey" / "valkey.conf").stat().st_mode & 0o777 == 0o600


def test_two_at_once_and_a_folder_with_a_space(tmp_path: Path) -> None:
    with (
        servers.start(tmp_path / "one", durable=False) as one,
        servers.start(tmp_path / "the other", durable=False) as other,
    ):
        assert one.psql("show port", "postgres") != other.psql("show port", "postgres")
        assert not {one.redis_port, one.postgres_port} & {other.redis_port, other.postgres_port}


def test_the_same_folder_is_refused_while_in_use(tmp_path: Path) -> None:
    with servers.start(tmp_path, durable=False), pytest.raises(AlreadyRunning, match="already running"):
        servers.start(tmp_path, durable=False)


def test_who_is_leaving_is_waited_for(tmp_path: Path) -> None:
    leaver = """
import sys, time
from pathlib import Path
from app.demo.state import claim
state = claim(Path(sys.argv[1]))
with state.leaving_is_told():
    pass
print("leaving", flush=True)
time.sleep(0.5)
"""
    leaving = subprocess.Popen([sys.executable, "-c", leaver, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert leaving.stdout
    assert leaving.stdout.readline() == "leaving\n"
    claim(tmp_path).release()
    assert leaving.wait() == 0


def test_a_restart_keeps_data_ports_and_passwords(tmp_path: Path) -> None:
    with servers.start(tmp_path) as running:
        running.psql("create table kept (n int); insert into kept values (7)")
        redis.Redis.from_url(running.redis_url()).set("kept", "7")
        before = (running.url("server"), running.redis_url())
    with servers.start(tmp_path) as running:
        assert running.psql("select n from kept") == "7"
        assert redis.Redis.from_url(running.redis_url()).get("kept") == b"7"
        assert (running.url("server"), running.redis_url()) == before


def test_fresh_deletes_our_data_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("not ours")
    with servers.start(tmp_path, durable=False) as running:
        running.psql("create table kept (n int)")
    with servers.start(tmp_path, durable=False, fresh=True) as running:
        assert running.psql("select to_regclass('kept') is null") == "t"
    assert (tmp_path / "letter.txt").read_text() == "not ours"


def test_a_drop_that_was_cut_short_is_mended(tmp_path: Path) -> None:
    with servers.start(tmp_path, durable=False) as running:
        # what PostgreSQL leaves when it is killed in the middle of DROP DATABASE
        running.psql("update pg_database set datconnlimit = -2 where datname = 'waypost'", "postgres")
    with servers.start(tmp_path, durable=False) as running:
        assert running.psql("select current_database()") == "waypost"


def test_reset_leaves_an_empty_database_with_extensions(tmp_path: Path) -> None:
    with servers.start(tmp_path, durable=False) as running:
        running.psql("create table kept (n int)")
        running.reset_database()
        assert running.psql("select to_regclass('kept') is null") == "t"
        assert running.psql("select extname from pg_extension where extname <> 'plpgsql' order by 1").split() == [
            "btree_gist",
            "citext",
            "pg_trgm",
            "unaccent",
        ]


def test_a_deletion_that_was_cut_short_is_finished(tmp_path: Path) -> None:
    half_deleted = tmp_path / "data.deleted"
    half_deleted.mkdir()
    (half_deleted / "left").touch()
    (tmp_path / "data").mkdir()
    delete(tmp_path / "data")
    assert list(tmp_path.iterdir()) == []


def test_a_port_taken_between_choosing_and_binding_is_left_to_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with process.listen() as taken:
        choices = iter([taken.getsockname()[1]] * 2)
        really_free = process.free_port
        monkeypatch.setattr(process, "free_port", lambda preferred=0: next(choices, None) or really_free())
        with servers.start(tmp_path, durable=False) as running:
            assert running.psql("select 1") == "1"
            assert taken.getsockname()[1] not in (running.postgres_port, running.redis_port)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent died")
def test_sigkill_of_the_parent_leaves_nothing_and_the_data_stays(tmp_path: Path) -> None:
    holder, pids = _hold(tmp_path)
    assert len(pids) == 2
    holder.kill()
    holder.wait()
    with servers.start(tmp_path, durable=False) as running:  # at once: it waits until the others have left
        assert not any(map(_lives, pids))
        assert running.psql("select count(*) from kept") == "1"


@pytest.mark.skipif(sys.platform != "linux", reason="tells a stale pid file by /proc")
def test_a_stale_pid_file_that_names_a_living_stranger_does_no_harm(tmp_path: Path) -> None:
    with servers.start(tmp_path, durable=False) as running:
        pid_file = running.postgres.data / "postmaster.pid"
        text = pid_file.read_text()
    pid_file.write_text("\n".join([str(os.getppid()), *text.splitlines()[1:]]))
    with servers.start(tmp_path, durable=False) as running:
        assert running.psql("select 1") == "1"
    assert _lives(os.getppid())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("user", [pytest.param(NOBODY, id="nobody"), pytest.param(54321, id="a user without a name")])
def test_an_ordinary_user_can_run_them(anybodys_dir: Path, user: int) -> None:
    here, there = multiprocessing.Pipe()
    holder = multiprocessing.get_context("fork").Process(
        target=_start_as, args=(user, anybodys_dir / "state", there), daemon=True
    )
    holder.start()
    there.close()
    assert here.recv() == [user, user]
    here.send("enough")
    holder.join(30)
    assert holder.exitcode == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="others need no user namespace")
def test_root_without_user_namespaces_becomes_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbid(uid: int, gid: int) -> None:
        raise OSError("user namespaces are not allowed here")

    monkeypatch.setattr(process, "_become_nobody_in_a_namespace", forbid)
    try:
        with servers.start(tmp_path, durable=False) as running:
            assert Path(f"/proc/{running.pids['postgres']}").stat().st_uid == NOBODY
            running.psql("create table kept (n int)")
        with servers.start(tmp_path, durable=False) as running:
            assert running.psql("select count(*) from kept") == "0"
    finally:
        shutil.rmtree(postgres.copied_home(tmp_path), ignore_errors=True)


def test_stop_insists(tmp_path: Path) -> None:
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
    )
    log = tmp_path / "deaf.log"
    child = process.spawn([sys.executable, "-c", deaf], log)
    assert _eventually(lambda: "up" in process.tail(log))
    process.stop(child, timeout_s=0.1)
    assert child.returncode == -signal.SIGKILL

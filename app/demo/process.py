"""Child processes that cannot outlive this one, even if it is killed with SIGKILL."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from typing import NoReturn

_LINUX = sys.platform.startswith("linux")
_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER = 0x10000000
NOBODY = 65534


class ServerFailed(RuntimeError):
    """A child process did not start, or died; the message ends with the last lines of its log."""


class Stopped(SystemExit):
    """A signal asked this process to stop. A SystemExit, so that asyncio lets it through."""


@dataclass(frozen=True)
class Identity:
    """Whom a child runs as: us by default, us under the name of `nobody`, or the user `nobody`."""

    mapped: bool = False
    user: int | None = None


OURSELVES = Identity()


def spawn(
    command: Sequence[str | Path],
    log: Path,
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path = Path("/"),
    identity: Identity = OURSELVES,
    death_signal: signal.Signals = signal.SIGTERM,
    keep_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, where Ctrl-C does not reach it, with its output appended to `log`.

    It gets `death_signal` when we die. Linux sends that when the forking *thread* dies, hence only the main thread may.
    """
    require_main_thread()
    with open(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=env,
            cwd=cwd,
            pass_fds=keep_fds,
            preexec_fn=_prepare(identity, death_signal),
            user=identity.user,
            group=identity.user,
            extra_groups=None if identity.user is None else [],
        )


def run(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    stdin: str = "",
    identity: Identity = OURSELVES,
    writes: Path | None = None,
) -> str:
    """Run a short command and return its output. `writes` is a folder that it must be able to write.

    Raises ServerFailed with what the command said, if it failed, and OSError or SubprocessError, if it could not start.
    """
    require_main_thread()
    done = subprocess.run(
        command,
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=env,
        cwd="/",
        check=False,
        preexec_fn=_prepare(identity, signal.SIGTERM, writes),
        user=identity.user,
        group=identity.user,
        extra_groups=None if identity.user is None else [],
    )
    if done.returncode:
        raise ServerFailed(f"{Path(command[0]).name} failed:\n{done.stdout.strip()}")
    return done.stdout


def stop(
    process: subprocess.Popen[bytes],
    signum: signal.Signals = signal.SIGTERM,
    timeout_s: float = 15,
) -> None:
    """Ask a child to stop, insist after `timeout_s`, and take along whatever is left of its process group."""
    if process.poll() is None:
        process.send_signal(signum)
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout_s)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def start_on_port(
    preferred: int,
    start: Callable[[int], subprocess.Popen[bytes]],
    ready: Callable[[subprocess.Popen[bytes], int], bool],
    log: Path,
    timeout_s: float = 60,
) -> tuple[subprocess.Popen[bytes], int]:
    """Start a server that binds its port itself; take another port if somebody else was quicker."""
    port = free_port(preferred)
    for _ in range(10):
        already_said = log.stat().st_size if log.exists() else 0
        process = start(port)
        try:
            if _becomes_ready(process, partial(ready, process, port), timeout_s):
                return process, port
        except BaseException:
            stop(process)
            raise
        stop(process)
        if b"address already in use" not in log.read_bytes()[already_said:].lower():
            break
        port = free_port()
    raise ServerFailed(f"{log.stem} did not start:\n{tail(log)}")


def _becomes_ready(process: subprocess.Popen[bytes], ready: Callable[[], bool], timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while process.poll() is None and time.monotonic() < deadline:
        if ready():
            return True
        time.sleep(0.02)
    return False


def listen(preferred: int = 0) -> socket.socket:
    """A listening socket on the loopback address, at the preferred port if that is free."""
    try:
        return socket.create_server(("127.0.0.1", preferred))
    except OSError:
        return socket.create_server(("127.0.0.1", 0))


def free_port(preferred: int = 0) -> int:
    """A port that nobody listens on right now."""
    with listen(preferred) as found:
        return int(found.getsockname()[1])


def tail(log: Path, lines: int = 20) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""


def die_with_parent(signum: signal.Signals = signal.SIGTERM) -> None:
    """Have the kernel send us `signum` when the process that started us dies. Linux only; elsewhere nothing happens."""
    if _LINUX:
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(signum))


class Tie:
    """To a parent that we must not outlive, such as make. It has to be made as soon as possible.

    A make that alone gets SIGINT drops its handler and waits for us, without telling us: hence we look at its handler.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._watches_handler = _catches_sigint(pid)
        die_with_parent()

    def is_cut(self) -> bool:
        return os.getppid() != self._pid or (self._watches_handler and not _catches_sigint(self._pid))


def _catches_sigint(pid: int) -> bool:
    """Whether a process has a handler for SIGINT; False where nobody can tell."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    caught = next(
        (line.split()[1] for line in status.splitlines() if line.startswith("SigCgt")),
        "0",
    )
    return bool(int(caught, 16) >> (signal.SIGINT - 1) & 1)


def require_main_thread() -> None:
    """Children started from another thread would be stopped as soon as that thread ends."""
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("start servers from the main thread")


@contextmanager
def stops_on_signals() -> Iterator[None]:
    """Turn SIGINT, SIGTERM and SIGHUP into Stopped, once: what cleans up afterwards is not interrupted.

    Set explicitly, because `command &` in a shell script starts with SIGINT ignored.
    """
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def stop_once(signum: int, frame: FrameType | None) -> NoReturn:
        for each in signals:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped(0)

    before = {each: signal.signal(each, stop_once) for each in signals}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _prepare(identity: Identity, death_signal: signal.Signals, writes: Path | None = None) -> Callable[[], None]:
    """What the child does between fork and exec."""
    parent, uid, gid = os.getpid(), os.geteuid(), os.getegid()

    def prepare() -> None:
        os.setsid()
        if identity.mapped:
            _become_nobody_in_a_namespace(uid, gid)
        if writes and not os.access(writes, os.W_OK | os.X_OK):
            raise PermissionError(writes)
        die_with_parent(death_signal)  # last, because a change of identity clears it
        if os.getppid() != parent:  # it died before we could ask
            os._exit(1)

    return prepare


def _become_nobody_in_a_namespace(uid: int, gid: int) -> None:
    """Enter a user namespace in which our own uid is called `nobody`: files stay ours, yet uid is not 0."""
    if _LIBC.unshare(_CLONE_NEWUSER):
        raise OSError("user namespaces are not allowed here")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{NOBODY} {uid} 1"),
        ("gid_map", f"{NOBODY} {gid} 1"),
    ):
        Path("/proc/self", name).write_text(text)

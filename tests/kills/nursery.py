"""Commands of waypost as processes that begin at once: they fork from one that has loaded everything.

Loading takes seconds of CPU, and a test that kills needs many processes. What runs in them is the command as it is.
"""

import json
import os
import select
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from app.demo.process import die_with_parent, spawn

ROOT = Path(__file__).resolve().parents[2]
MESSAGE_MAX = 100_000
DESCRIPTORS_MAX = 4


class Fork:
    """A process that is nobody's child here: it is watched, killed and waited for by its descriptor."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._descriptor = os.pidfd_open(pid)

    def poll(self) -> bool:
        """Whether it has ended."""
        return bool(select.select([self._descriptor], [], [], 0)[0])

    def wait(self, timeout_s: float | None = None) -> None:
        if not select.select([self._descriptor], [], [], timeout_s)[0]:
            raise TimeoutError(f"process {self.pid} goes on")

    def send_signal(self, signum: signal.Signals) -> None:
        if not self.poll():
            signal.pidfd_send_signal(self._descriptor, signum)

    def end(self) -> None:
        """Ask it to stop, and insist."""
        self.send_signal(signal.SIGTERM)
        try:
            self.wait(15)
        except TimeoutError:
            self.send_signal(signal.SIGKILL)
            self.wait()


@cache
def _nursery() -> socket.socket:
    """The process that has loaded everything; it ends with this one."""
    ours, theirs = socket.socketpair()
    with theirs:
        command = [sys.executable, "-m", "tests.kills.nursery", str(theirs.fileno())]
        spawn(command, Path(os.devnull), env={**os.environ}, cwd=ROOT, keep_fds=(theirs.fileno(),))
    return ours


def begin(command: Sequence[str], log: Path, env: Mapping[str, str], descriptors: Sequence[int]) -> Fork:
    """Run `waypost COMMAND`; of each descriptor it gets its own, at the place of a `{}` in the command."""
    nursery, asked = _nursery(), json.dumps([list(command), str(log), dict(env)]).encode()
    socket.send_fds(nursery, [asked], list(descriptors))
    return Fork(int(nursery.recv(100)))


def main(descriptor: int) -> None:
    import app.jobs.worker
    import app.main  # noqa: F401

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them here
    with socket.socket(fileno=descriptor) as asked:
        while True:
            message, descriptors, _, _ = socket.recv_fds(asked, MESSAGE_MAX, DESCRIPTORS_MAX)
            if not message:
                return
            pid = os.fork()
            if not pid:
                asked.close()
                command, log, env = json.loads(message)
                _become(command, log, env, descriptors)
            asked.send(str(pid).encode())
            for each in descriptors:
                os.close(each)


def _become(command: list[str], log: str, env: dict[str, str], descriptors: list[int]) -> None:
    from app.cli import cli

    os.setsid()
    die_with_parent(signal.SIGTERM)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.environ.update(env)
    given = iter(descriptors)
    try:
        cli([str(next(given)) if word == "{}" else word for word in command])
    finally:
        os._exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]))

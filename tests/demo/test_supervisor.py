"""The supervisor: its children live and die with it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.demo.process import ServerFailed, tail
from app.demo.supervisor import Supervisor

_TOY = "import time; print('up', flush=True); time.sleep(600)"
_SUPERVISE = f"""
import os, sys, time
from pathlib import Path
from app.demo.process import stops_on_signals
from app.demo.supervisor import Supervisor
with stops_on_signals(), Supervisor(Path(sys.argv[1])) as children:
    for name in ("one", "two"):
        children.start(name, [sys.executable, "-c", {_TOY!r}], os.environ)
    print(*children.pids.values(), flush=True)
    time.sleep(600)
"""


def _gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_children_stop_with_their_parent(tmp_path: Path, signum: signal.Signals) -> None:
    # As a shell script's `command &` does it, SIGINT is ignored at the start.
    ignoring = (
        "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
    )
    command = [sys.executable, "-c", ignoring, sys.executable, "-c", _SUPERVISE, str(tmp_path)]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(pids) == 2
    parent.send_signal(signum)
    assert parent.wait(20) == (-signum if signum == signal.SIGKILL else 0)
    deadline = time.monotonic() + 10
    while not all(map(_gone, pids)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert all(map(_gone, pids))


def test_a_dead_child_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as children:
        children.start("lives", [sys.executable, "-c", _TOY], os.environ)
        children.start("dies", [sys.executable, "-c", "raise SystemExit('the disk is full')"], os.environ)
        with pytest.raises(ServerFailed, match=r"(?s)dies died with 1.*the disk is full"):
            children.wait_until(lambda: False)
        pid = children.pids["lives"]
    assert _gone(pid)


def test_a_child_that_never_becomes_ready_is_reported(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as children:
        children.start("slow", [sys.executable, "-c", _TOY], os.environ)
        children.wait_until(lambda: "up" in tail(children.log("slow")))
        with pytest.raises(ServerFailed, match=r"(?s)slow did not become ready.*up"):
            children.wait_until(lambda: False, timeout_s=0.1)

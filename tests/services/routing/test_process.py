import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from multiprocessing import active_children
from pathlib import Path
from time import monotonic, sleep

import pytest

from app.services.routing.problem import Progress
from app.services.routing.process import SolverDied, solve_in_process, warm_up

from .days import request, road, tbilisi, vehicle

LONG = tbilisi(100, 10)  # searched for 5 s

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG")


FROM_THE_START = pytest.mark.parametrize("before", ["pass", "await warm_up()"], ids=["cold", "warm"])
"""The two ways in which a search begins, in a process of its own: here it is warm, once and for all."""


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    asyncio.run(warm_up())


def state(pid: int) -> list[str]:
    """As proc(5) says, from the third field on: first whether it runs, then who made it."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def running(pid: int) -> bool:
    try:
        return state(pid)[0] != "Z"
    except FileNotFoundError:
        return False


@linux_only
def test_a_search_begins_at_once() -> None:
    """Loading what it needs would take a second and more of CPU."""
    used_s = []

    async def on_progress(_: Progress) -> None:
        (child,) = active_children()
        used_s.append(sum(map(int, state(child.pid or 0)[11:13])) / os.sysconf("SC_CLK_TCK"))
        raise ConnectionResetError  # that is all we wanted to know

    with pytest.raises(ConnectionResetError):
        asyncio.run(solve_in_process(LONG, 60, on_progress))
    assert used_s[0] < 0.5


def test_answers_like_solve_and_tells_its_progress_without_blocking_the_loop() -> None:
    reports: list[Progress] = []
    turns, turns_at = 0, list[int]()

    async def watch_the_loop() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.01)
            turns += 1

    async def on_progress(progress: Progress) -> None:
        reports.append(progress)
        turns_at.append(turns)

    async def scenario() -> None:
        watcher = asyncio.create_task(watch_the_loop())
        plan = await solve_in_process(tbilisi(30, 4), 1.0, on_progress)
        watcher.cancel()
        assert len(plan.served) + len(plan.unassigned) == 30
        assert len(plan.served) == reports[-1].assigned

    asyncio.run(scenario())
    assert reports[0] == Progress(0.0, 1.0, None, None)
    assert len(reports) >= 3
    assert turns_at[-1] - turns_at[0] > 5  # others got, while it searched for a second
    assert active_children() == []


def test_cancellation_kills_the_child() -> None:
    async def scenario() -> int:
        started = asyncio.Event()

        async def on_progress(_: Progress) -> None:
            started.set()

        task = asyncio.create_task(solve_in_process(LONG, 60, on_progress))
        await asyncio.wait_for(started.wait(), 10)
        (child,) = active_children()
        pid = child.pid or 0
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return pid

    assert not running(asyncio.run(scenario()))
    assert active_children() == []


def test_cancelled_before_the_child_has_read_the_problem() -> None:
    async def scenario() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(solve_in_process(LONG, 60), 0.05)

    asyncio.run(scenario())
    assert active_children() == []


def test_a_killed_child_is_an_error() -> None:
    async def kill(_: Progress) -> None:
        for child in active_children():
            os.kill(child.pid or 0, signal.SIGKILL)

    with pytest.raises(SolverDied, match="exit code -9"):
        asyncio.run(solve_in_process(LONG, 60, kill))


def test_an_error_in_the_child_brings_its_traceback() -> None:
    with pytest.raises(SolverDied, match="TypeError"):
        asyncio.run(solve_in_process(tbilisi(2, 1), "soon"))  # type: ignore[arg-type]


def test_an_error_of_the_listener_ends_the_search() -> None:
    async def fail(_: Progress) -> None:
        raise ConnectionResetError("the database is gone")  # not to be taken for the child's pipe

    with pytest.raises(ConnectionResetError, match="the database is gone"):
        asyncio.run(solve_in_process(LONG, 60, fail))
    assert active_children() == []


def script(body: str) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(body)]


@FROM_THE_START
def test_the_parent_never_imports_ortools_or_numba(before: str) -> None:
    ride = repr(road([request("r", 1, 2)], [vehicle("v")], size=3))
    program = script(f"""
        import asyncio, sys
        from app.services.routing import alone, baseline, checker, matrix, objective, schedule
        from app.services.routing.problem import *
        from app.services.routing.process import solve_in_process, warm_up

        async def scenario():
            {before}
            return await solve_in_process({ride}, 1)

        plan = asyncio.run(scenario())
        assert len(plan.routes) == 1
        print("ortools" in sys.modules, "numba" in sys.modules)
    """)
    assert subprocess.run(program, capture_output=True, text=True, check=True, timeout=60).stdout == "False False\n"


@linux_only
@FROM_THE_START
def test_sigkill_of_the_parent_leaves_no_child(before: str) -> None:
    program = script(f"""
        import asyncio, sys
        from multiprocessing import active_children
        sys.path.insert(0, "tests/services")
        from routing.days import tbilisi
        from app.services.routing.process import solve_in_process, warm_up

        async def tell(_):
            print(*(child.pid for child in active_children()), flush=True)

        async def scenario():
            {before}
            await solve_in_process(tbilisi(100, 10), 60, tell)

        asyncio.run(scenario())
    """)
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        maker = int(state(child)[1])
        assert running(child)
        assert (maker != parent.pid) == (before != "pass")  # the fork server, which ends too
        parent.kill()
    deadline = monotonic() + 2
    while (running(child) or running(maker)) and monotonic() < deadline:
        sleep(0.01)
    assert not running(child)
    assert not running(maker)

"""`solve` in a process of its own, so that a search neither holds up the event loop nor outlives whoever asked for it.

The parent imports neither OR-Tools nor numba. Everything crosses one pipe as pickles: the problem out, progress and the
plan back. A process that has just started takes more than a second of CPU to load what it needs. So a worker warms up:
it has a fork server load that once (`warm.py`), and from then on each search forks from there, in some milliseconds.
"""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from multiprocessing import Pipe, forkserver, get_context, parent_process
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from threading import Thread
from typing import TypeAlias

from app.services.routing.problem import Orders, Plan, Problem, Progress

PR_SET_PDEATHSIG = 1
"""prctl(2): the signal to get when the thread that made this process ends."""

WARM = "app.services.routing.warm"
"""What the fork server loads; by name, for it must not load here."""

OnProgress: TypeAlias = Callable[[Progress], Awaitable[None]]


class SolverDied(RuntimeError):
    """The child ended without a plan: killed, out of memory, or an error whose traceback is in the message."""


@dataclass(frozen=True, slots=True)
class _Failure:
    trace: str


_Message: TypeAlias = Progress | Plan | _Failure

_Task: TypeAlias = tuple[Problem, Orders | None]

# a fork of this process would copy sockets, threads and the event loop
_context: SpawnContext | ForkServerContext = get_context("spawn")


async def warm_up() -> None:
    """Have the machine code loaded, or compiled if nobody has yet; from then on a search begins at once.

    Call it in a thread that lasts: the fork server ends with the thread that made it.
    """
    global _context
    loop, warm = asyncio.get_running_loop(), asyncio.Event()
    forkserver.set_forkserver_preload([WARM])
    forkserver.ensure_running()

    def wait() -> None:
        first = get_context("forkserver").Process(target=_nothing, daemon=True)
        first.start()  # not before all is loaded
        first.join()
        with contextlib.suppress(RuntimeError):  # the loop may have ended meanwhile
            loop.call_soon_threadsafe(warm.set)

    # compiling may take half a minute, for which nobody who wants to end should wait
    Thread(target=wait, name="routing-warm-up", daemon=True).start()
    await warm.wait()
    _context = get_context("forkserver")


def _nothing() -> None:
    pass


async def solve_in_process(
    problem: Problem, time_limit_s: float, on_progress: OnProgress | None = None, current: Orders | None = None
) -> Plan:
    """`solve(problem, time_limit_s, current=current)` in a process of its own. Raises `SolverDied`.

    Cancelling the caller kills the child, as does the death of this process. An error in `on_progress` also ends the
    search and is raised.
    """
    here, there = Pipe()
    # Start in this thread, with little to hand over: the child dies with the thread that made it, and a large argument
    # would block the loop until the child has booted. So the problem follows through the pipe.
    child = _context.Process(target=_work, args=(there, time_limit_s), name="routing-solver", daemon=True)
    child.start()
    there.close()  # the child's copy is now the only one, so that its death is the end of the stream
    sending = asyncio.create_task(asyncio.to_thread(_send, here, (problem, current)))
    try:
        return await _receive(here, child, on_progress)
    finally:
        child.kill()
        child.join()
        await asyncio.wait([sending])  # at once, now that nobody is left to read
        here.close()
        child.close()


def _send(pipe: Connection, task: _Task) -> None:
    # a child that has died is what the reader sees for itself
    with contextlib.suppress(ConnectionError):
        pipe.send(task)


async def _receive(pipe: Connection, child: BaseProcess, on_progress: OnProgress | None) -> Plan:
    while True:
        match await _message(pipe, child):
            case Plan() as plan:
                return plan
            case _Failure(trace):
                raise SolverDied(trace)
            case Progress() as progress if on_progress is not None:
                await on_progress(progress)


async def _message(pipe: Connection, child: BaseProcess) -> _Message:
    """The next message. The loop is blocked only while one that has begun to arrive is read, at most some 100 kB."""
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(pipe.fileno(), readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(pipe.fileno())
    try:
        message: _Message = pipe.recv()
    except (EOFError, OSError):  # the latter if it died in the middle of a message
        child.join(1)
        raise SolverDied(f"the solver ended with exit code {child.exitcode} and no plan") from None
    return message


def _work(pipe: Connection, time_limit_s: float) -> None:
    """The child's life."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides what it means
    die_with_parent()
    parent = parent_process()
    if parent is None or not parent.is_alive():  # it died before we could ask for the signal
        os._exit(1)
    try:
        # only here: OR-Tools and numba must not load in the parent
        from app.services.routing.solver import solve

        problem, current = pipe.recv()
        answer: _Message = solve(problem, time_limit_s, pipe.send, current)
    except Exception:  # whatever it was, the parent must hear of it
        answer = _Failure(traceback.format_exc())
    pipe.send(answer)


def die_with_parent() -> None:
    """Even a SIGKILL of the parent leaves nothing behind; only Linux can promise it. Of the fork server, too: it ends
    with the worker, and the searches that forked from it end with it."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

"""`solve` in a process of its own, so that a search neither holds up the event loop nor outlives whoever asked for it.

The parent imports neither OR-Tools nor numba. Everything crosses one pipe as pickles: the problem out, progress and the
plan back.
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
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import TypeAlias

from app.services.routing.problem import Orders, Plan, Problem, Progress

PR_SET_PDEATHSIG = 1
"""prctl(2): the signal to get when the thread that made this process ends."""

OnProgress: TypeAlias = Callable[[Progress], Awaitable[None]]


class SolverDied(RuntimeError):
    """The child ended without a plan: killed, out of memory, or an error whose traceback is in the message."""


@dataclass(frozen=True, slots=True)
class _Failure:
    trace: str


_Message: TypeAlias = Progress | Plan | _Failure

_Task: TypeAlias = tuple[Problem, Orders | None]


async def solve_in_process(
    problem: Problem, time_limit_s: float, on_progress: OnProgress | None = None, current: Orders | None = None
) -> Plan:
    """`solve(problem, time_limit_s, current=current)` in a fresh child process. Raises `SolverDied`.

    Cancelling the caller kills the child, as does the death of this process. An error in `on_progress` also ends the
    search and is raised.
    """
    context = get_context("spawn")  # a fork would copy sockets, threads and the event loop
    here, there = context.Pipe()
    # Start in this thread, with little to hand over: the child dies with the thread that made it, and a large argument
    # would block the loop until the child has booted. So the problem follows through the pipe.
    child = context.Process(
        target=_work,
        args=(there, os.getpid(), time_limit_s),
        name="routing-solver",
        daemon=True,
    )
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


async def _receive(pipe: Connection, child: SpawnProcess, on_progress: OnProgress | None) -> Plan:
    while True:
        match await _message(pipe, child):
            case Plan() as plan:
                return plan
            case _Failure(trace):
                raise SolverDied(trace)
            case Progress() as progress if on_progress is not None:
                await on_progress(progress)


async def _message(pipe: Connection, child: SpawnProcess) -> _Message:
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


def _work(pipe: Connection, parent: int, time_limit_s: float) -> None:
    """The child's life."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides what it means
    _die_with(parent)
    try:
        # only here: OR-Tools and numba must not load in the parent
        from app.services.routing.solver import solve

        problem, current = pipe.recv()
        answer: _Message = solve(problem, time_limit_s, pipe.send, current)
    except Exception:  # whatever it was, the parent must hear of it
        answer = _Failure(traceback.format_exc())
    pipe.send(answer)


def _die_with(parent: int) -> None:
    """Even a SIGKILL of the parent leaves nothing behind; only Linux can promise it."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we could ask for the signal
        os._exit(1)

"""Whoever imports this has all that a search needs: OR-Tools, and the improver's machine code. Searches fork from a
process that has done so (see `process.py`), and none of them loads or compiles anything."""

import gc
import logging
import signal

from app.services.routing.improve import compile_improver
from app.services.routing.process import die_with_parent
from app.services.routing.solver import solve

__all__ = ["solve"]

log = logging.getLogger(__name__)

signal.signal(signal.SIGINT, signal.SIG_IGN)  # before the fork server does so itself: compiling may take a while
die_with_parent()
try:
    compile_improver()
except Exception:  # numba fails in many ways; without machine code there is still a plan
    log.exception("no machine code: plans come from OR-Tools alone")
# what is loaded stays: no search need look through it, or copy the pages that it lies in
gc.collect()
gc.freeze()

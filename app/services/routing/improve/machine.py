"""Functions that become machine code, where that is kept, and waiting for it.

numba looks only at the file a function stands in to see whether its cached machine code is out of date, not at the
functions and constants of other files that went into it. So the cache lies in a folder named after all sources here.
"""

import fcntl
import hashlib
import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

import numba

log = logging.getLogger(__name__)

SOURCES = Path(__file__).parent


def _sources_hash() -> str:
    digest = hashlib.sha256()
    for source in sorted(SOURCES.glob("[!_]*.py")):  # __init__ has none that becomes machine code
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _candidates() -> Iterator[Path]:
    if chosen := os.environ.get("NUMBA_CACHE_DIR"):
        yield Path(chosen)
    yield SOURCES / "__pycache__"
    yield Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "waypost"
    yield Path(tempfile.gettempdir()) / f"waypost-{os.getuid()}"


def _cache_dir() -> Path:
    """The first place that can be written to; an installation may be read-only."""
    for base in _candidates():
        folder = base / f"machine-code-{_sources_hash()}"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError:
            continue
        # Machine code from somebody else's folder would run as us.
        if os.access(folder, os.W_OK) and folder.stat().st_uid == os.getuid():
            return folder
    return Path(tempfile.mkdtemp(prefix="waypost-"))


CACHE = _cache_dir()
numba.config.CACHE_DIR = str(CACHE)  # type: ignore[attr-defined]

# Nothing here makes an array. So nothing needs numba's counting of references, which took nine tenths of the time.
_compile = partial(numba.njit, cache=True, error_model="numpy", _nrt=False)

compiled: Callable[..., Any] = _compile()
"""For functions that are called now and then."""

inlined: Callable[..., Any] = _compile(inline="always")
"""For those inside the innermost loops, where handing over some thirty arrays would cost more than the work."""


@contextmanager
def one_compiles() -> Iterator[None]:
    """Of several processes that need the machine code at once, one compiles it and the others wait to load it."""
    done = CACHE / f"compiled-{numba.__version__}"
    if done.exists():
        yield
        return
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
        done.touch()


class Loading:
    """Machine code on its way in a thread of its own, so that whoever needs it can do something else meanwhile."""

    def __init__(self, load: Callable[[], None]) -> None:
        self.load = load
        self.lock, self.begun = Lock(), False
        self.over, self.loaded = Event(), False

    def begin(self) -> None:
        with self.lock:
            begun, self.begun = self.begun, True
        if not begun:
            Thread(target=self._work, name="machine-code", daemon=True).start()

    def wait(self, timeout_s: float) -> bool:
        """Whether it is there within so many seconds."""
        self.over.wait(timeout_s)
        return self.loaded

    def _work(self) -> None:
        try:
            self.load()
            self.loaded = True
        except Exception:  # numba fails in many ways; without machine code there is still a plan
            log.exception("no machine code: plans come from OR-Tools alone")
        finally:
            self.over.set()

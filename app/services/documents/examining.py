"""Having a file looked at by a process of its own, which may run out of memory or time without harm to anybody else."""

import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from app.settings import Settings

PROGRAM = Path(__file__).with_name("picture.py")
MEMORY_MIN = 512 * 1024 * 1024
BYTES_PER_PIXEL = 24
"""Decoded, turned and converted: three images of the largest kind and some room."""


class ExaminerDied(RuntimeError):
    """No answer: the process was killed, ran out of time, or the message says what else."""


class Unfit(Exception):
    """The file cannot be kept; the message is for people."""


@dataclass(frozen=True)
class Examined:
    """What a file is, as its bytes tell. `width` and `height` are those of an image."""

    content_type: str
    byte_size: int
    sha256: str
    width: int | None
    height: int | None

    @property
    def is_image(self) -> bool:
        return self.width is not None


@dataclass(frozen=True)
class Desktop:
    """A file, what shall be kept of it, and its thumbnail. Having no names, they are gone however we end."""

    source: IO[bytes]
    kept: IO[bytes]
    thumbnail: IO[bytes]


@contextmanager
def desktop() -> Iterator[Desktop]:
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as kept, tempfile.TemporaryFile() as thumbnail:
        yield Desktop(source, kept, thumbnail)


async def examine(settings: Settings, files: Desktop) -> Examined:
    """Look at `source`; fill `kept` and, if it is an image, `thumbnail`. Raises `Unfit` and `ExaminerDied`."""
    files.source.flush()
    fds = {name: getattr(files, name).fileno() for name in ("source", "kept", "thumbnail")}
    asked = fds | {
        "types": settings.document_types,
        "pixels_max": settings.image_pixels_max,
        "thumbnail_px": settings.thumbnail_px,
        "memory_bytes": max(MEMORY_MIN, BYTES_PER_PIXEL * settings.image_pixels_max),
        "cpu_s": settings.examination_s_max,
    }
    answer = json.loads(await _run(json.dumps(asked), tuple(fds.values()), settings.examination_s_max))
    if "unfit" in answer:
        raise Unfit(answer["unfit"])
    return Examined(**answer)


async def _run(asked: str, fds: tuple[int, ...], time_limit_s: float) -> bytes:
    # isolated: neither the environment nor the folder it starts in decides what it imports
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        str(PROGRAM),
        asked,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        pass_fds=fds,
        env={},
    )
    try:
        async with asyncio.timeout(time_limit_s):
            said, complained = await child.communicate()
    except TimeoutError:
        raise ExaminerDied(f"no answer within {time_limit_s} s") from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode != 0:
        raise ExaminerDied(f"exit code {child.returncode}: {complained.decode(errors='replace')[-2000:]}")
    return said

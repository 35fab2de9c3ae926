"""Set up .venv with the locked dependencies, with nothing but the standard library. Quick when nothing has changed."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON_MIN = (3, 11)
UV_VERSION = "0.13.8"
UV_HOME = ROOT / ".waypost" / "uv"
VENV = ROOT / ".venv"
STAMP = VENV / ".set-up"
# They would end up in uv.lock, or make it look out of date.
_INDEXES = ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS")


def uv() -> Path:
    return UV_HOME / "bin" / "uv"


def uv_environment() -> dict[str, str]:
    """The environment for uv: this project's .venv, and public indexes only."""
    dropped = {*_INDEXES, "VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH"}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return kept | {"UV_PROJECT_ENVIRONMENT": str(VENV)}


def main() -> None:
    _require_python()
    (ROOT / ".waypost").mkdir(exist_ok=True)
    with open(ROOT / ".waypost" / "setup.lock", "w") as lock:  # two makes at once take turns
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (STAMP.exists() and STAMP.read_text() == _fingerprint()):
            _set_up()


def _require_python() -> None:
    """Go on with a newer Python if this one is too old and there is one."""
    if sys.version_info >= PYTHON_MIN:
        return
    for name in ("python3.13", "python3.12", "python3.11"):
        newer = shutil.which(name)
        if newer:
            os.execv(newer, [newer, *sys.argv])
    sys.exit("Waypost needs Python 3.11 or newer; this is {}.{}. Try: make PYTHON=…".format(*sys.version_info))


def _fingerprint() -> str:
    """Changes with the dependencies, with the Python, and with the place of the checkout, which .venv knows."""
    parts = [(ROOT / "uv.lock").read_bytes(), (ROOT / "pyproject.toml").read_bytes()]
    parts += [os.fsencode(ROOT), sys.version.encode(), UV_VERSION.encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _set_up() -> None:
    _install_uv()
    sync = [str(uv()), "sync", "--locked", "--all-extras", "--python", sys.executable]
    _run("Installing the dependencies into .venv", sync, env=uv_environment())
    STAMP.write_text(_fingerprint())


def _install_uv() -> None:
    if _uv_version() == UV_VERSION:
        return
    shutil.rmtree(UV_HOME, ignore_errors=True)
    _run("Creating a place for uv", [sys.executable, "-m", "venv", str(UV_HOME)])
    pip = [str(UV_HOME / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run("Installing uv " + UV_VERSION, [*pip, "uv==" + UV_VERSION])


def _uv_version() -> str | None:
    try:
        answer = subprocess.run([str(uv()), "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer.split()[1]


def _run(what: str, command: list[str], env: dict[str, str] | None = None) -> None:
    print(what, flush=True)
    if subprocess.run(command, cwd=ROOT, env=env, check=False).returncode:
        sys.exit(what + " failed; see above.")


if __name__ == "__main__":
    main()

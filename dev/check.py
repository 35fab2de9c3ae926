"""Everything that guards main, one after the other; fails at the end if any of it failed. Arguments go to pytest."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable

from setup import ROOT, VENV, uv, uv_environment

_PUBLIC = re.compile(r"https://(pypi\.org/simple|files\.pythonhosted\.org/packages/.*)")
_CODE = ("app", "tests", "dev", "alembic", "benchmarks")


def main() -> int:
    # what one process compiled, the hundreds that tests start need not compile again
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    code = [name for name in _CODE if any((ROOT / name).rglob("*.py"))]
    steps: dict[str, Callable[[], bool]] = {
        "lock file": _lock_is_current,
        "lock file names public places only": _lock_is_public,
        "ruff": lambda: _run("ruff", "check", "."),
        "format": lambda: _run("ruff", "format", "--check", "."),
        "mypy": lambda: _run("mypy", *code),
        "import contracts": lambda: _run("lint-imports"),
        "machine code": lambda: machine_code.wait() == 0,
        "tests": lambda: _run("pytest", "-n", "4", "--dist", "worksteal", *sys.argv[1:]),
    }
    machine_code = _compile()
    failed = [name for name, step in steps.items() if not _checked(name, step)]
    print("\n" + (f"FAILED: {', '.join(failed)}" if failed else "All is well."))
    return 1 if failed else 0


def _compile() -> "subprocess.Popen[bytes]":
    """The planner's machine code, once and beside the other steps, or else each process of the tests would do it."""
    code = "from app.services.routing.improve import compile_improver; compile_improver()"
    return subprocess.Popen([str(VENV / "bin" / "python"), "-c", code], cwd=ROOT)


def _checked(name: str, step: Callable[[], bool]) -> bool:
    print(f"\n── {name} {'─' * (76 - len(name))}", flush=True)
    started = time.monotonic()
    passed = step()
    print(f"{'ok' if passed else 'FAILED'} ({time.monotonic() - started:.1f} s)", flush=True)
    return passed


def _run(program: str, *arguments: str) -> bool:
    # as modules: the scripts of a virtual environment do not survive every folder name
    modules = {"lint-imports": ("-c", "from importlinter.cli import lint_imports_command as run; run()")}
    command = [str(VENV / "bin" / "python"), *modules.get(program, ("-m", program)), *arguments]
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def _lock_is_current() -> bool:
    command = [str(uv()), "lock", "--check", "--python", sys.executable]
    return subprocess.run(command, cwd=ROOT, env=uv_environment(), check=False).returncode == 0


def _lock_is_public() -> bool:
    places = set(re.findall(r'\b(?:registry|url|path|git) = "([^"]*)"', (ROOT / "uv.lock").read_text()))
    private = sorted(place for place in places if not _PUBLIC.fullmatch(place))
    print("\n".join(private) or f"{len(places)} places")
    return not private


if __name__ == "__main__":
    sys.exit(main())

"""The command line answers at once and says what it can do."""

import subprocess
import sys


def test_the_command_line_imports_nothing_heavy() -> None:
    heavy = {
        "strawberry",
        "sqlalchemy",
        "asyncpg",
        "starlette",
        "uvicorn",
        "alembic",
        "arq",
        "ortools",
        "rich.progress",
    }
    asked = [sys.executable, "-c", "import sys, app.cli; print(*sys.modules)"]
    imported = set(subprocess.run(asked, stdout=subprocess.PIPE, text=True, check=True).stdout.split())
    assert heavy & imported == set()


def test_help_names_every_command() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "app.cli", "--help"], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    for command in ("demo", "serve", "worker", "migrate", "seed", "schema"):
        assert command in shown

"""`waypost demo`: everything from nothing, in one command."""

import asyncio
import json
import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from app.demo import graphiql, servers, welcome
from app.demo.people import (
    Person,
    SignedIn,
    SignInFailed,
    load_people,
    save_people,
    sign_in,
)
from app.demo.process import ServerFailed, Tie, listen, run, stops_on_signals
from app.demo.scale import Scale
from app.demo.servers import Servers
from app.demo.state import AlreadyRunning, write_private
from app.demo.supervisor import Supervisor

_WAYPOST = (sys.executable, "-m", "app.cli")
_SIGN_IN_EVERY_S = 10 * 60  # access tokens live for a quarter of an hour; those in demo.json should work


@dataclass(frozen=True)
class Options:
    """Of the command. Port 0 takes a free one. `tied_to` is the pid of a parent that the demo must not outlive."""

    port: int
    state_dir: Path
    fresh: bool
    scale: Scale
    story: bool
    tied_to: int | None


@dataclass(frozen=True)
class Addresses:
    """Where the demo can be reached."""

    url: str
    ws_url: str
    mail_url: str


def launch(options: Options, console: Console) -> int:
    """Run the demo until a signal or a failure ends it; returns the exit code."""
    with stops_on_signals():
        tie = None if options.tied_to is None else Tie(options.tied_to)
        try:
            _run(options, tie, console)
        except (ServerFailed, AlreadyRunning) as failure:
            console.print(str(failure), style="red", markup=False, highlight=False, soft_wrap=True)
            return 1
        return 0


def _run(options: Options, tie: Tie | None, console: Console) -> None:
    with console.status("Starting the servers") as status:
        running = servers.start(options.state_dir, fresh=options.fresh, log=status.update)
    demo_json = running.state.path / "demo.json"
    try:
        with (
            running,
            Supervisor(running.state.logs) as children,
            running.state.leaving_is_told(),
        ):
            people = _prepare_data(running, options.scale, console)
            assets = _fetch_graphiql(running, console)
            with console.status("Starting API, worker and the sinks of messages"):
                addresses = _start_children(running, children, options.port, assets, console)
            signed_in = sign_in(addresses.url, people)
            if options.story:
                _tell_story(addresses, signed_in, console)
            _write_demo_json(demo_json, running, children, addresses, signed_in)
            welcome.show(console, addresses.url, addresses.mail_url, demo_json, signed_in)
            _watch(running, children, tie, addresses, people, demo_json)
    finally:
        demo_json.unlink(missing_ok=True)
        console.print("Stopped.")


def _prepare_data(running: Servers, scale: Scale, console: Console) -> list[Person]:
    """Migrate, and seed unless an earlier run has; the data of a seeding that was cut short is dropped first."""
    kept = running.state.path / "people.json"
    if not kept.exists():
        running.reset_database()
    migrate(running, console)
    if kept.exists():
        console.print("Going on with the data of the last run; --fresh starts anew.")
    else:
        save_people(kept, _seed(running.url("superuser"), scale, console))
    return load_people(kept)


def migrate(running: Servers, console: Console) -> None:
    with console.status("Migrating the database"):
        run(
            [*_WAYPOST, "migrate"],
            env=os.environ | {"WAYPOST_DATABASE_OWNER_URL": running.url("owner")},
        )


def _seed(database_url: str, scale: Scale, console: Console) -> list[Person]:
    from app.demo.seed import seed

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        return asyncio.run(seed(database_url, scale, progress))


def _fetch_graphiql(running: Servers, console: Console) -> Path | None:
    """The folder with GraphiQL's files; it may be given, to be shared between demos."""
    folder = Path(os.environ.get("WAYPOST_GRAPHIQL_ASSETS") or running.state.path / "graphiql").resolve()
    try:
        with console.status("Fetching GraphiQL"):
            graphiql.fetch(folder)
    except graphiql.FetchFailed as failure:
        console.print(f"GraphiQL will load from a CDN; {failure}", style="yellow", markup=False, soft_wrap=True)
        return None
    return folder


def _start_children(
    running: Servers, children: Supervisor, port: int, assets: Path | None, console: Console
) -> Addresses:
    """Start sinks, worker and API. The API gets a socket that already listens, so nobody can take its port."""
    state = running.state
    ports_of_mail = state.path / "mail.json"
    ports_of_mail.unlink(missing_ok=True)
    children.start(
        "mail",
        [sys.executable, "-m", "app.demo.mail", "--dir", state.path],
        os.environ,
        [state.children_lock],
    )
    children.wait_until(ports_of_mail.exists)
    mail = json.loads(ports_of_mail.read_text())
    environment = os.environ | _settings(running, mail, assets)
    children.start("worker", [*_WAYPOST, "worker"], environment)
    with listen(port) as socket:
        taken = socket.getsockname()[1]
        if port not in (0, taken):
            console.print(f"Port {port} is taken; using {taken}.")
        command = [*_WAYPOST, "serve", "--fd", str(socket.fileno())]
        children.start(
            "api",
            command,
            environment | {"WAYPOST_PORT": str(taken), "WAYPOST_PUBLIC_URL": f"http://127.0.0.1:{taken}"},
            keep_fds=[socket.fileno()],
        )
    base = f"127.0.0.1:{taken}"
    children.wait_until(lambda: _is_healthy(f"http://{base}/health"))
    return Addresses(
        f"http://{base}/graphql",
        f"ws://{base}/graphql",
        f"http://127.0.0.1:{mail['http_port']}",
    )


def _settings(running: Servers, mail: Mapping[str, Any], assets: Path | None) -> Mapping[str, str]:
    return {
        **{f"WAYPOST_{name.upper()}": value for name, value in mail["settings"].items()},
        "WAYPOST_DATABASE_URL": running.url("server"),
        "WAYPOST_REDIS_URL": running.redis_url(),
        "WAYPOST_SMTP_URL": f"smtp://127.0.0.1:{mail['smtp_port']}",
        "WAYPOST_TOKEN_SECRET": running.secret("token"),
        # 32 bytes as a key has them: with padding
        "WAYPOST_CREDENTIALS_KEYS": f"{running.secret('credentials')}=",
        "WAYPOST_PARTNER_PRIVATE": "true",
        "WAYPOST_HOST": "127.0.0.1",
        "WAYPOST_GRAPHIQL": "true",
        "WAYPOST_GRAPHIQL_ASSETS": str(assets or ""),
        "WAYPOST_INTROSPECTION": "true",
        "WAYPOST_STORAGE_URL": (running.state.path / "documents").as_uri(),
    }


def _is_healthy(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _tell_story(addresses: Addresses, people: list[SignedIn], console: Console) -> None:
    from app.demo import story

    asyncio.run(story.run(addresses.url, addresses.ws_url, people, console))


def _write_demo_json(
    path: Path,
    running: Servers,
    children: Supervisor,
    addresses: Addresses,
    people: list[SignedIn],
) -> None:
    content = asdict(addresses) | {
        "people": [asdict(person) for person in people],
        "database_url": running.url("server"),
        "owner_url": running.url("owner"),
        "superuser_url": running.url("superuser"),
        "redis_url": running.redis_url(),
        "pids": running.pids | children.pids,
    }
    write_private(path, json.dumps(content, indent=2))


def _watch(
    running: Servers,
    children: Supervisor,
    tie: Tie | None,
    addresses: Addresses,
    people: list[Person],
    demo_json: Path,
) -> None:
    """Keep the tokens of demo.json fresh until a signal comes. Raises ServerFailed if a process dies."""
    signed_in_at = time.monotonic()
    while True:
        time.sleep(0.5)
        running.check()
        children.check()
        if tie and tie.is_cut():
            return
        if time.monotonic() > signed_in_at + _SIGN_IN_EVERY_S:
            signed_in_at = time.monotonic()
            with suppress(SignInFailed):  # the old tokens stay; the next round may do better
                _write_demo_json(
                    demo_json,
                    running,
                    children,
                    addresses,
                    sign_in(addresses.url, people),
                )

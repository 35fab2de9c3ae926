"""The command `waypost`. Heavy imports stay inside the commands, so that `--help` answers at once."""

import asyncio
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.demo.scale import Scale

if TYPE_CHECKING:
    import uvicorn

_ROOT = Path(__file__).resolve().parent.parent

cli = typer.Typer(
    help="One GraphQL server for service businesses that take bookings and send drivers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # they may hold passwords
)


@cli.command()
def demo(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the API; 0 takes a free one.")] = 8000,
    state_dir: Annotated[Path, typer.Option(file_okay=False, help="Where data, logs and demo.json live.")] = Path(
        ".waypost/demo"
    ),
    fresh: Annotated[bool, typer.Option("--fresh", help="Delete the data of earlier runs first.")] = False,
    scale: Annotated[Scale, typer.Option(help="How much data to make.")] = Scale.SMALL,
    story: Annotated[bool, typer.Option(help="Play one booking from request to arrival at the start.")] = True,
    tied_to: Annotated[int | None, typer.Option(hidden=True, help="Pid of a parent not to outlive.")] = None,
) -> None:
    """Start everything on this machine: databases, API, worker, mail sink, and data to play with."""
    from rich.console import Console

    from app.demo.launch import Options, launch

    raise typer.Exit(launch(Options(port, state_dir, fresh, scale, story, tied_to), Console()))


@cli.command()
def simulate(
    transports: Annotated[int, typer.Option(min=1, max=400, help="How many are asked for before the day.")] = 300,
    drivers: Annotated[int, typer.Option(min=1, max=100, help="How many drive, each in a vehicle.")] = 25,
    search: Annotated[int, typer.Option(min=1, max=60, help="Seconds of search for each of the two plans.")] = 20,
    seed: Annotated[int, typer.Option(help="Makes the same day again.")] = 1,
    output: Annotated[Path, typer.Option(dir_okay=False, help="Where to draw the map.")] = Path("simulation.svg"),
) -> None:
    """Live through a day of couriers: bad networks, late traffic, changes of mind. Fails if anything is lost."""
    from tempfile import TemporaryDirectory

    from rich.console import Console

    from app.demo.process import stops_on_signals
    from app.demo.simulation import Options
    from app.demo.simulation import simulate as live

    with stops_on_signals(), TemporaryDirectory() as state:
        well = live(Options(transports, drivers, search, seed), Path(state), output, Console())
    raise typer.Exit(0 if well else 1)


@cli.command()
def serve(
    workers: Annotated[int, typer.Option(min=1, help="Number of processes.")] = 1,
    fd: Annotated[int | None, typer.Option(help="File descriptor of a listening socket, instead of a port.")] = None,
) -> None:
    """Serve the API; the environment (WAYPOST_…) holds the settings."""
    import uvicorn

    from app.settings import settings

    config = uvicorn.Config(
        "app.main:create_app",
        factory=True,
        host=settings().host,
        port=settings().port,
        workers=workers,
        http="app.serving.web.wire:Protocol",
        ws="app.serving.sockets.wire:Wire",
        lifespan="on",
        log_level=settings().log_level.lower(),
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    _serve(config, config.bind_socket() if fd is None else socket.socket(fileno=fd))


def _serve(config: "uvicorn.Config", listening: socket.socket) -> None:
    """Serve at a socket; one made here, as uvicorn takes descriptors for Unix sockets and leaves out TCP_NODELAY."""
    import uvicorn
    from uvicorn.supervisors import Multiprocess

    if config.workers > 1:
        listening.set_inheritable(True)
        Multiprocess(config, sockets=[listening]).run()
        return
    config.load_app()
    server = uvicorn.Server(config)
    server.run(sockets=[listening])
    if not server.started:
        sys.exit(3)


@cli.command()
def worker(
    check: Annotated[
        bool, typer.Option("--check", help="Only see whether due work is done; fail if it waits.")
    ] = False,
) -> None:
    """Run work that is due: planning, mails, expiries."""
    from app.jobs import worker as jobs
    from app.serving.reader import Reader
    from app.settings import settings

    if not check:
        jobs.run(Reader)
    elif not asyncio.run(jobs.is_done_in_time(settings())):
        raise typer.Exit(1)


@cli.command()
def migrate(to: Annotated[str, typer.Option(help="Revision to upgrade to.")] = "head") -> None:
    """Bring the database up to date, as the role of WAYPOST_DATABASE_OWNER_URL."""
    from alembic.command import upgrade
    from alembic.config import Config

    upgrade(Config(_ROOT / "alembic.ini"), to)


@cli.command("load-directory")
def load_directory(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="CSV with a heading; see docs/partners.md.")
    ],
) -> None:
    """Add partners to the directory that every organization sees, as the role of WAYPOST_DATABASE_OWNER_URL."""
    from rich.console import Console
    from rich.progress import Progress
    from sqlalchemy.ext.asyncio import create_async_engine

    from app.db import async_url
    from app.services.partners import directory
    from app.settings import settings

    owner = settings().database_owner_url
    if owner is None:
        raise typer.BadParameter("Set WAYPOST_DATABASE_OWNER_URL: the server's own role only reads the directory.")
    lines, console = file.read_text("utf-8-sig").splitlines(keepends=True), Console(stderr=True)

    async def load(progress: Progress) -> directory.Loaded:
        engine, task = create_async_engine(async_url(owner.get_secret_value())), progress.add_task("", total=None)
        try:
            async with engine.begin() as connection:
                return await directory.load(connection, lines, lambda count: progress.advance(task, count))
        finally:
            await engine.dispose()

    with Progress(console=console) as progress:
        loaded = asyncio.run(load(progress))
    for refusal in loaded.refused:
        console.print(refusal, highlight=False, markup=False)
    typer.echo(f"{loaded.created} created, {loaded.changed} changed, {loaded.unchanged} unchanged")
    raise typer.Exit(1 if loaded.refused else 0)


documents = typer.Typer(help="Documents that clients run by their names.", no_args_is_help=True)
cli.add_typer(documents, name="documents")


@documents.command("register")
def register_documents(
    manifests: Annotated[
        list[Path], typer.Argument(exists=True, dir_okay=False, help="Manifests, or documents; see docs/partners.md.")
    ],
    organization: Annotated[str | None, typer.Option(help="Slug of the partner's organization.")] = None,
    partner: Annotated[str | None, typer.Option(help="Id of the partner whose programs may run them.")] = None,
    client: Annotated[str | None, typer.Option(help="Or one of the house's own clients: admin, app.")] = None,
    only: Annotated[bool, typer.Option("--only", help="Withdraw all others.")] = False,
) -> None:
    """Let a partner's programs, or a client, run these documents: all of them, or none. Fails if one is refused."""
    from rich.console import Console
    from rich.progress import Progress

    from app.errors import DocumentsRefused, WaypostError
    from app.services import registry
    from app.serving.admission import registrar
    from app.settings import settings

    if (client is None) == (partner is None) or (partner is None) != (organization is None):
        raise typer.BadParameter("Give --organization and --partner, or --client.")
    console = Console(stderr=True)
    try:
        found = [document for file in manifests for document in registry.read(file.read_text("utf-8"))]
        listed = list({document.document_id: document for document in found}.values())
        with Progress(console=console) as progress:
            task = progress.add_task("", total=len(listed))
            tick = lambda: progress.advance(task)  # noqa: E731
            done = asyncio.run(
                registrar.for_client(settings(), client, listed, only, tick)
                if client
                else registrar.for_partner(settings(), str(organization), str(partner), listed, only, tick)
            )
    except DocumentsRefused as refused:
        for refusal in refused.refused:
            console.print(f"{refusal.document_id}: {refusal.reason}", highlight=False, markup=False)
        raise typer.Exit(1) from None
    except (WaypostError, UnicodeDecodeError) as error:
        console.print(str(error), highlight=False, markup=False)
        raise typer.Exit(1) from None
    typer.echo(f"version {done.version}: {done.added} added, {done.same} same, {done.withdrawn} withdrawn")


@cli.command()
def seed(
    database_url: Annotated[
        str,
        typer.Option(
            envvar="WAYPOST_DATABASE_SUPERUSER_URL",
            show_envvar=True,
            help="libpq URL of a role that bypasses row-level security: two organizations are copied in at once.",
        ),
    ],
    scale: Annotated[Scale, typer.Option(help="How much data to make.")] = Scale.SMALL,
) -> None:
    """Fill an empty database with the demo's data, and print who can sign in."""
    from rich.console import Console
    from rich.progress import Progress

    from app.demo.seed import seed as fill

    console = Console()
    with Progress(console=console) as progress:
        people = asyncio.run(fill(database_url, scale, progress))
    for person in people:
        console.print(person.organization, person.role, person.email, person.password, highlight=False)


@cli.command()
def schema(
    check: Annotated[bool, typer.Option("--check", help="Only compare with the file; fail if it differs.")] = False,
    output: Annotated[Path | None, typer.Option(dir_okay=False, help="File to write instead of printing.")] = None,
) -> None:
    """Print the GraphQL schema."""
    from app.graphql import schema as built

    text = built.as_str().rstrip() + "\n"
    if check:
        file = output or _ROOT / "schema.graphql"
        if not file.exists() or file.read_text() != text:
            typer.echo(f"{file.name} is not what the code says; `make schema` writes it", err=True)
            raise typer.Exit(1)
    elif output:
        output.write_text(text)
    else:
        typer.echo(text, nl=False)


def main() -> None:
    cli()


if __name__ == "__main__":
    main()

"""`waypost documents register`: for a partner, as the server; for a client of the house, as the owner of the tables."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner
from uuid_utils.compat import uuid7

from app.cli import cli
from app.settings import Settings
from app.settings import settings as environment
from tests.conftest import Urls
from tests.factories.houses import House
from tests.factories.keys import key, named

DUE = "query Due { careDue { totalCount } }"
MINE = "query Mine { viewer { role } }"


@pytest.fixture
def command(settings: Settings, urls: Urls, monkeypatch: pytest.MonkeyPatch) -> Iterator[CliRunner]:
    """As it is called on a machine that is set up."""
    for name in ("database_url", "redis_url", "token_secret"):
        monkeypatch.setenv(f"WAYPOST_{name.upper()}", getattr(settings, name).get_secret_value())
    monkeypatch.setenv("WAYPOST_DATABASE_OWNER_URL", urls.owner)
    environment.cache_clear()
    yield CliRunner()
    environment.cache_clear()


async def test_documents_are_registered_by_a_command(command: CliRunner, house: House, tmp_path: Path) -> None:
    practice = await key(house)
    manifest, text = tmp_path / "manifest.json", tmp_path / "due.graphql"
    manifest.write_text(json.dumps({"due": DUE}))
    text.write_text(DUE)
    partner = ["--organization", house.slug, "--partner", house.gid("Partner", practice.partner_id)]

    async def register(*arguments: str) -> tuple[int, str, str]:
        # it has a loop of its own
        done = await asyncio.to_thread(command.invoke, cli, ["documents", "register", *arguments])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.stdout.strip(), done.stderr

    assert (await register(str(manifest), str(text), *partner))[:2] == (0, "version 1: 2 added, 0 same, 0 withdrawn")
    assert (await register(str(manifest), str(text), *partner))[:2] == (0, "version 1: 0 added, 2 same, 0 withdrawn")
    assert (await register(str(text), *partner, "--only"))[:2] == (0, "version 2: 0 added, 1 same, 1 withdrawn")
    # what is for people is for the house's own clients
    text.write_text(MINE)
    code, _, told = await register(str(text), *partner)
    assert code == 1
    assert f"{named(MINE)}: For people, and not for partners' programs: viewer." in " ".join(told.split())
    for wrong in (["--organization", "nobody", *partner[2:]], [*partner[:3], house.gid("Pet", practice.id)]):
        code, _, told = await register(str(manifest), *wrong)
        assert (code, "There is no such" in told) == (1, True)
    assert (await register(str(manifest), "--client", "app", *partner))[0] == 2
    assert (await register(str(manifest)))[0] == 2

    client = f"c-{str(uuid7())[-12:]}"
    assert (await register(str(text), "--client", client))[:2] == (0, "version 1: 1 added, 0 same, 0 withdrawn")
    assert (await register(str(text), "--client", client))[:2] == (0, "version 1: 0 added, 1 same, 0 withdrawn")
    called = json.dumps({client: DUE})
    manifest.write_text(called)
    assert (await register(str(manifest), "--client", client, "--only"))[:2] == (
        0,
        "version 2: 1 added, 0 same, 1 withdrawn",
    )
    manifest.write_text(json.dumps({client: MINE}))
    code, _, told = await register(str(manifest), "--client", f"{client}-2")
    assert (code, "Another client calls another text so." in told) == (1, True)

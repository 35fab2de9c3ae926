"""The directory is filled from a file, again and again."""

import subprocess
import sys
from pathlib import Path
from uuid import UUID

from sqlalchemy.ext.asyncio import create_async_engine

from app.db import async_url
from app.services.partners import directory
from tests.conftest import Urls
from tests.factories.houses import House

HEADING = "type,country,name,clinic,licence_number,phone,email\n"


async def load(urls: Urls, text: str) -> directory.Loaded:
    engine = create_async_engine(async_url(urls.owner))
    async with engine.begin() as connection:
        found = await directory.load(connection, text.splitlines(keepends=True), lambda count: None)
    await engine.dispose()
    return found


def command(urls: Urls, file: Path, text: str) -> tuple[int, str, list[str]]:
    """Exit code, what it says, and what it refuses."""
    file.write_text(text, "utf-8-sig")
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "load-directory", str(file)],
        env={
            "WAYPOST_DATABASE_URL": urls.server,
            "WAYPOST_DATABASE_OWNER_URL": urls.owner,
            "WAYPOST_REDIS_URL": urls.redis,
            "WAYPOST_TOKEN_SECRET": "a secret of the tests, long enough to be one",
            "PATH": "",
            "COLUMNS": "200",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    refused = [line.strip() for line in done.stderr.splitlines() if line.startswith("line ")]
    return done.returncode, done.stdout.strip(), refused


async def test_a_file_is_loaded_as_often_as_it_changes(house: House, urls: Urls, tmp_path: Path) -> None:
    vet = f"GEO-{house.id}"
    eka = f'VET,GE,"ექა, ვეტი",Vake,{vet},555 12 34 56,Eka@Example.org\n'
    feeds = f"FOOD_BRAND,DE,Feeds {house.id},,,,\n"
    wrong = "VET,XYZ,Nobody,,,,\nVET,GE,Nobody,,,12,\nVET,GE,Nobody,,,,nobody\nGOD,GE,Zeus,,,,\nVET,GE,a,b,c,,,d\n"
    code, said, refused = command(urls, tmp_path / "vets.csv", HEADING + eka + wrong + feeds)
    assert (code, said) == (1, "2 created, 0 changed, 0 unchanged")
    assert [line.partition(": ")[0] for line in refused] == ["line 3", "line 4", "line 5", "line 6", "line 7"]
    found = "SELECT id, name, phone, email, clinic FROM partner_directory WHERE licence_number = $1"
    before = await house.pool.fetchrow(found, vet)
    assert tuple(before)[1:] == ("ექა, ვეტი", "+995555123456", "eka@example.org", "Vake")
    moved = eka.replace("Vake", "Saburtalo")
    assert await load(urls, HEADING + moved + feeds) == directory.Loaded(0, 1, 1, [])
    after = await house.pool.fetchrow(found, vet)
    assert (after["id"], after["clinic"]) == (before["id"], "Saburtalo")
    assert isinstance(after["id"], UUID)
    assert await load(urls, HEADING + moved + feeds) == directory.Loaded(0, 0, 2, [])

"""Workers killed with SIGKILL while they write a file: it is taken up again, and is whole in the end."""

import asyncio
import random
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

from tests.factories.houses import House
from tests.kills.child import worker_process
from tests.realm import Realm, own_api, realm
from tests.services.test_exports import ask, content, many_events
from tests.sizes import measured, sizes
from tests.steps import events, key, row
from tests.uploading import kept


@dataclass(frozen=True)
class Storm:
    entries: int
    kills: int


@sizes(Storm(entries=6_000, kills=1), Storm(entries=60_000, kills=15))
async def test_a_file_is_whole_however_often_its_writer_is_killed(
    names: dict[str, str], worker_number: int, tmp_path: Path, size: Storm, capsys: pytest.CaptureFixture[str]
) -> None:
    knobs = {"work_lease_s": 1, "storage_url": (tmp_path / "documents").as_uri()}
    async with realm(names, worker_number, **knobs) as found, own_api(found.settings) as api:
        house = await found.house(api)
        await many_events(house, size.entries)
        export = await ask(house, "JSONL")
        with measured(capsys, f"{size.entries} entries, {size.kills} workers killed"):
            text = await storm(found, house, tmp_path, size, export)
        written = [orjson.loads(line)["seq"] for line in text.splitlines()]
        assert written == list(range(1, size.entries + 1))
        assert kept(house, key(export["id"])) == ["file"]
        told = await events(house, size.entries)
        assert told == ["EXPORT_REQUESTED", "DOCUMENT_READY", "EXPORT_SUCCEEDED"]


async def storm(found: Realm, house: House, directory: Path, size: Storm, export: dict[str, str]) -> bytes:
    with worker_process(found.settings, directory) as worker:
        for _ in range(size.kills):
            async with asyncio.timeout(60):
                while (await row(house, "exports", key(export["id"])))["status"] == "QUEUED":
                    await asyncio.sleep(0.01)
            await asyncio.sleep(random.random() * 0.3)
            worker.kill()
            worker.start()
        async with asyncio.timeout(120):
            while (await row(house, "exports", key(export["id"])))["status"] != "SUCCEEDED":
                await asyncio.sleep(0.05)
        return await content(house, export)

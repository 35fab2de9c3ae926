"""Workers killed with SIGKILL while they look at files: each file is dealt with once, and nothing of it is left."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.client import Json
from tests.factories.documents import HTML, photograph
from tests.factories.houses import House
from tests.kills.child import worker_process
from tests.races.crowd import at_once
from tests.realm import Realm, own_api, realm
from tests.sizes import measured, sizes
from tests.steps import key, nothing_due
from tests.uploading import kept, upload


@dataclass(frozen=True)
class Storm:
    files: int
    kills: int


@sizes(Storm(files=4, kills=1), Storm(files=90, kills=25))
async def test_a_killed_worker_leaves_nothing_behind(
    names: dict[str, str], worker_number: int, tmp_path: Path, size: Storm, capsys: pytest.CaptureFixture[str]
) -> None:
    knobs = {"work_lease_s": 2, "storage_url": (tmp_path / "documents").as_uri()}
    async with realm(names, worker_number, **knobs) as found, own_api(found.settings) as api:
        house = await found.house(api)
        contents = [HTML if number % 3 == 0 else photograph() for number in range(size.files)]
        sent = await at_once(upload(house.client("STAFF"), content) for content in contents)
        with measured(capsys, f"{size.files} files, {size.kills} workers killed"):
            await storm(found, house, tmp_path, size)
        await all_is_told_once(house, sent)


async def storm(found: Realm, house: House, directory: Path, size: Storm) -> None:
    with worker_process(found.settings, directory) as worker:
        for _ in range(size.kills):
            waiting = await house.value("SELECT count(*) FROM due_work WHERE organization_id = $1")
            async with asyncio.timeout(60):
                # killed in the middle of it: something was done since it started
                while (
                    waiting and await house.value("SELECT count(*) FROM due_work WHERE organization_id = $1") == waiting
                ):
                    await asyncio.sleep(0.01)
            await asyncio.sleep(random.random() * 0.3)
            worker.kill()
            worker.start()
        async with asyncio.timeout(120):
            while not await nothing_due(house):
                await asyncio.sleep(0.05)


async def all_is_told_once(house: House, sent: list[Json]) -> None:
    told = await house.all("SELECT node_id, type FROM events WHERE organization_id = $1")
    ends = Counter((event["node_id"], event["type"]) for event in told if event["type"] != "DOCUMENT_CREATED")
    for number, document in enumerate(sent):
        id = key(document["id"])
        rejected = number % 3 == 0
        assert ends.pop((id, "DOCUMENT_REJECTED" if rejected else "DOCUMENT_READY")) == 1
        assert kept(house, id) == ([] if rejected else ["file", "thumbnail"])
    assert not ends

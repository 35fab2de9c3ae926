"""Workers killed with SIGKILL while they ask a partner's system: in the end all is there once, and was counted once."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from tests.clinic import clinic, shot
from tests.kills.child import worker_process
from tests.realm import own_api, realm
from tests.sizes import measured, sizes
from tests.steps import key, row
from tests.syncing import REPORT, Practice, ended


@dataclass(frozen=True)
class Storm:
    pets: int
    rows: int
    kills: int


@sizes(Storm(pets=24, rows=5, kills=1), Storm(pets=400, rows=12, kills=20))
async def test_a_killed_worker_loses_and_doubles_nothing(
    names: dict[str, str], worker_number: int, tmp_path: Path, size: Storm, capsys: pytest.CaptureFixture[str]
) -> None:
    async with realm(names, worker_number, work_lease_s=2) as found, own_api(found.settings) as api:
        house = await found.house(api)
        async with clinic(page_size=3, slow_s=0.02) as vet:
            practice = await Practice.of(house, vet, pets=size.pets)
            for chip in practice.chips:
                vet.knows("vaccinations", chip, *(shot(f"{chip}-{number}", chip) for number in range(size.rows)))
            run = key((await practice.request())["syncRun"]["id"])
            with measured(capsys, f"{size.pets * size.rows} records, {size.kills} workers killed"):
                await storm(practice, run, tmp_path, size)
            report = await row(house, "sync_runs", run)
            all_of_them = size.pets * size.rows
            assert tuple(report[name] for name in REPORT) == ("SUCCEEDED", all_of_them, 0, 0, 0, 0)
            assert (report["subjects"], report["subjects_done"]) == (size.pets, size.pets)
            ids = [record["external_id"] for record in await practice.records()]
            assert (len(ids), len(set(ids))) == (all_of_them, all_of_them)
        told = await house.all("SELECT type, node_id FROM events WHERE organization_id = $1")
        times = Counter(tuple(event) for event in told)
        assert max(times.values()) == 1
        assert sum(1 for type, _ in times if type == "CARE_RECORDED") == all_of_them


async def storm(practice: Practice, run: UUID, directory: Path, size: Storm) -> None:
    house = practice.house
    with worker_process(house.settings, directory) as worker:
        for _ in range(size.kills):
            before = (await row(house, "sync_runs", run))["subjects_done"]
            async with asyncio.timeout(60):
                # killed in the middle of it: something was done since it started
                while (now := await row(house, "sync_runs", run))["subjects_done"] == before:
                    assert now["status"] in ("QUEUED", "RUNNING"), "the run was too short to be killed"
                    await asyncio.sleep(0.01)
            await asyncio.sleep(random.random() * 0.05)
            worker.kill()
            worker.start()
        async with asyncio.timeout(120):
            while not await ended(house, run):
                await asyncio.sleep(0.05)

"""A file that the process which looks at it does not survive."""

from datetime import timedelta
from pathlib import Path

import pytest

from app import clock
from app.services import documents
from app.services.documents import ExaminerDied, Unfit
from app.settings import Settings
from tests.factories.documents import photograph
from tests.factories.houses import House
from tests.realm import own_api, realm, working
from tests.steps import events, eventually, key, nothing_due, row
from tests.uploading import kept, status, upload


@pytest.mark.parametrize(
    ("knobs", "expected", "reason"),
    [
        ({"examination_s_max": 0.01}, ExaminerDied, "no answer within 0.01 s"),
        ({"image_pixels_max": 100}, Unfit, "An image has at most 100 pixels"),
        ({"document_types": ("application/pdf",)}, Unfit, "application/pdf are"),
    ],
)
async def test_an_examination_has_bounds(
    settings: Settings, knobs: dict[str, object], expected: type[Exception], reason: str
) -> None:
    with documents.desktop() as files:
        files.source.write(photograph())
        files.source.seek(0)
        with pytest.raises(expected, match=reason):
            await documents.examine(settings.model_copy(update=knobs), files)


async def test_a_file_that_kills_is_given_up(names: dict[str, str], worker_number: int, tmp_path: Path) -> None:
    """Not at once: a process may be killed for no fault of the file's."""
    knobs = {"storage_url": tmp_path.as_uri(), "examination_s_max": 0}
    async with realm(names, worker_number, **knobs) as found, own_api(found.settings) as api:
        house = await found.house(api)
        document = await upload(house.client("STAFF"), photograph())
        async with working(found.settings):

            async def attempted() -> bool:
                return bool(await house.value("SELECT attempts FROM due_work WHERE organization_id = $1") == 1)

            await eventually(attempted)
            assert (await status(house, document), kept(house, key(document["id"]))) == ("RECEIVED", ["original"])
            past = clock.now() - timedelta(seconds=1)
            await eventually(lambda: is_put_back(house))
            await house.pool.execute("UPDATE due_work SET attempts = 2, run_at = $1", past)
            await eventually(lambda: nothing_due(house))
        rejected = await row(house, "documents", key(document["id"]))
        assert (rejected["status"], rejected["rejected_reason"]) == ("REJECTED", "This file cannot be read.")
        assert kept(house, key(document["id"])) == []
        assert await events(house) == ["DOCUMENT_CREATED", "DOCUMENT_REJECTED"]


async def is_put_back(house: House) -> bool:
    return bool(await house.value("SELECT lease_until IS NULL FROM due_work WHERE organization_id = $1"))

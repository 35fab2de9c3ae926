"""Tags, scanned by many hands at once."""

from app import clock
from tests.factories.houses import House
from tests.races.crowd import at_once, crowd
from tests.services.test_tags import SCANNED, Here
from tests.sizes import sizes
from tests.steps import events


@sizes(12, 50)
async def test_a_scan_counts_once_however_many_send_it(house: House, size: int) -> None:
    visit = await Here.of(house)
    await visit.booking("CONFIRMED")
    at = clock.now().isoformat()
    async with crowd(visit.staff) as people:
        wanted = {"tagUid": "04A2B3C4D5E680", "kind": "CHECK_IN", "at": at}
        answers = await at_once([people.act("scanTag", wanted, SCANNED) for _ in range(size)])
    assert {answer["scan"]["id"] for answer in answers} == {answers[0]["scan"]["id"]}
    assert [answer["booking"]["status"] for answer in answers] == ["CHECKED_IN"] * size
    assert await house.value("SELECT count(*) FROM tag_scans WHERE organization_id = $1") == 1
    assert (await events(house)).count("TAG_SCANNED") == 1
    assert (await events(house)).count("BOOKING_CHECKED_IN") == 1

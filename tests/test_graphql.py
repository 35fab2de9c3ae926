"""The schema as a production server executes it."""

from app.settings import Settings
from tests.client import Client
from tests.factories.houses import House
from tests.realm import own_api


async def test_introspection_is_closed_by_default(house: House, settings: Settings) -> None:
    async with own_api(settings, introspection=False) as api:
        closed = Client(api, house.client("OWNER").token)
        assert set(await closed.codes("{ __schema { queryType { name } } }")) == {"BAD_USER_INPUT"}
        answer = await closed.post("{ viewr { role } }")
        assert "Did you mean" not in answer["errors"][0]["message"]


async def test_limits_come_from_the_settings(house: House, settings: Settings) -> None:
    async with own_api(settings, depth_max=2, tokens_max=20, aliases_max=1, cost_max=30) as api:
        strict = Client(api, house.client("OWNER").token)
        assert await strict.codes("{ bookings { edges { node { id } } } }") == ["BAD_USER_INPUT"]
        assert await strict.codes("{ a: eventSeq b: eventSeq }") == ["BAD_USER_INPUT"]
        assert await strict.codes("{ " + "eventSeq " * 30 + "}") == ["BAD_USER_INPUT"]
        assert await strict.codes("{ bookings { totalCount } }") == ["COST_LIMIT"]
        assert await strict.codes("{ bookings(first: 5) { totalCount } }") == []

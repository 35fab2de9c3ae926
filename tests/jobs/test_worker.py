"""The worker process: PostgreSQL alone is enough for it to do what is due."""

import asyncio
import socket
from datetime import timedelta

from pydantic import SecretStr

from app import clock
from app.jobs.worker import Work
from app.settings import Settings
from tests.factories.houses import House
from tests.steps import eventually


def _nobody_listens() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


async def test_work_is_done_while_redis_is_away(house: House, settings: Settings) -> None:
    customer = await house.customer()
    past = clock.now() - timedelta(minutes=1)
    held = await house.booking(customer, await house.pet(customer), await house.slot(), status="HELD", held_until=past)
    await house.insert("due_work", kind="EXPIRE_HOLD", ref_id=held, run_at=past)
    dead = SecretStr(f"redis://127.0.0.1:{_nobody_listens()}/0")
    working = asyncio.create_task(Work(settings.model_copy(update={"redis_url": dead})).run())

    async def expired() -> bool:
        return bool(await house.value("SELECT status FROM bookings WHERE organization_id = $1") == "EXPIRED")

    await eventually(expired)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    assert await house.value("SELECT sum(taken)::int FROM slots WHERE organization_id = $1") == 0

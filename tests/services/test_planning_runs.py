"""Planning runs: one at a time for a day, called off, taken up again."""

from datetime import timedelta

import pytest

from app import clock
from app.jobs.worker import Work
from app.models import PlanningStatus
from app.models.routes import PLANNING_MACHINE
from tests.client import Json
from tests.factories.houses import House
from tests.planners import all_day, ask, has_status, routes
from tests.steps import due, errors, events, eventually, key, nothing_changes, nothing_due, row


async def test_a_run_waits_for_a_worker(house: House) -> None:
    run = (await ask(house, label=" Morning ", timeLimit=7))["planningRun"]
    assert (run["status"], run["label"], run["timeLimit"]) == ("QUEUED", "Morning", 7)


async def test_a_label_is_a_text(house: House) -> None:
    async with nothing_changes(house):
        input = {"date": house.day.isoformat(), "label": "Morning\0"}
        assert await errors(house.client("DISPATCHER"), "optimizeRoutes", input) == [("BAD_USER_INPUT", "label")]


@pytest.mark.parametrize("status", ["QUEUED", "RUNNING"])
async def test_a_day_is_planned_by_one_run_at_a_time(house: House, status: str) -> None:
    run = await house.insert("planning_runs", date=house.day, status=status, progress=0, time_limit_s=1)
    async with nothing_changes(house):
        assert await ask(house) == {
            "__typename": "PlanningRunActive",
            "planningRun": {"id": house.gid("PlanningRun", run), "status": status},
            "message": "This day is being planned already.",
        }
    assert (await ask(house, house.day + timedelta(days=1)))["__typename"] == "OptimizeRoutesSuccess"


@pytest.mark.parametrize("limit", [0, -1, 61])
async def test_a_search_has_a_limit(house: House, limit: int) -> None:
    async with nothing_changes(house):
        input = {"date": house.day.isoformat(), "timeLimit": limit}
        assert await errors(house.client("DISPATCHER"), "optimizeRoutes", input) == [("BAD_USER_INPUT", "timeLimit")]


async def test_a_day_may_be_too_large(house: House) -> None:
    customer, limit = await house.customer(), house.settings.planning_transports_max
    ride = await house.transport(customer)
    await house.pool.execute(
        "INSERT INTO transports SELECT (json_populate_record(t, json_build_object('id', uuidv7()))).* "
        "FROM transports t, generate_series(1, $2) WHERE t.id = $1",
        ride,
        limit,
    )
    async with nothing_changes(house):
        message = f"{limit + 1} transports on one day; one planning run takes {limit}."
        assert await ask(house) == {"__typename": "DayTooLarge", "limit": limit, "message": message}


@pytest.mark.parametrize("status", PlanningStatus)
async def test_cancelling_keeps_to_the_machine(house: House, status: PlanningStatus) -> None:
    run = await house.insert("planning_runs", date=house.day, status=status.value, progress=0, time_limit_s=1)
    selection = """... on CancelPlanningRunSuccess { planningRun { status finishedAt } }
      ... on InvalidTransition { currentStatus }"""
    answer = await house.client("DISPATCHER").act(
        "cancelPlanningRun", {"planningRunId": house.gid("PlanningRun", run)}, selection
    )
    if PlanningStatus.CANCELLED in PLANNING_MACHINE.transitions.get(status, ()):
        assert (answer["planningRun"]["status"], answer["planningRun"]["finishedAt"] is None) == ("CANCELLED", False)
        assert await events(house) == ["PLANNING_CANCELLED"]
    else:
        assert answer == {"__typename": "InvalidTransition", "currentStatus": status}


async def test_a_run_called_off_changes_nothing_more(house: House, worker: Work) -> None:
    customer = await house.customer()
    for _ in range(30):
        await house.transport(customer)
    await house.shift()
    await house.shift()
    id = (await ask(house, timeLimit=20))["planningRun"]["id"]
    await eventually(lambda: has_status(house, id, "RUNNING"))
    await house.client("DISPATCHER").act("cancelPlanningRun", {"planningRunId": id}, "")
    await eventually(lambda: nothing_due(house))
    assert ((await row(house, "planning_runs", key(id)))["status"], await routes(house)) == ("CANCELLED", [])
    assert await events(house) == ["PLANNING_REQUESTED", "PLANNING_STARTED", "PLANNING_CANCELLED"]


async def test_a_run_is_followed_while_it_searches(house: House, worker: Work) -> None:
    """How good the best plan is, how much it serves, and how long it took so far."""
    customer = await house.customer()
    for _ in range(60):
        await house.transport(customer, **all_day(house))
    for _ in range(4):
        await house.shift()
    id = (await ask(house, timeLimit=6))["planningRun"]["id"]
    fields = "status progress assigned bestObjective elapsed"
    following = f"subscription Follow($id: ID!) {{ planningRunUpdated(id: $id) {{ {fields} }} }}"
    frames: list[Json] = []
    async with house.client("DISPATCHER").subscribe(following, {"id": id}) as stream:
        while not frames or frames[-1]["status"] in ("QUEUED", "RUNNING"):
            frames.append((await stream.next())["planningRunUpdated"])
    searching = [frame for frame in frames if frame["status"] == "RUNNING" and frame["bestObjective"] is not None]
    assert searching
    assert searching[-1]["assigned"] == 60
    objectives = [frame["bestObjective"] for frame in searching]
    assert objectives == sorted(objectives, reverse=True)
    progress = [frame["progress"] for frame in frames]
    assert progress == sorted(progress)
    assert (frames[-1]["status"], frames[-1]["progress"], frames[-1]["assigned"]) == ("SUCCEEDED", 100, 60)


async def test_a_run_that_a_worker_left_behind_is_taken_up_again(house: House, worker: Work) -> None:
    ride = await house.transport(await house.customer())
    await house.shift()
    past = clock.now() - timedelta(seconds=1)
    run = await house.insert(
        "planning_runs", date=house.day, status="RUNNING", progress=40, time_limit_s=1, started_at=past
    )
    await due(house, "PLAN_ROUTES", run, attempts=1, lease_until=past)
    await eventually(lambda: nothing_due(house))
    found = await row(house, "planning_runs", run)
    assert (found["status"], found["progress"], found["assigned_count"]) == ("SUCCEEDED", 100, 1)
    assert (await row(house, "transports", ride))["status"] == "ASSIGNED"


async def test_a_run_that_another_worker_has_is_left_alone(house: House, worker: Work) -> None:
    soon = clock.now() + timedelta(minutes=2)
    run = await house.insert("planning_runs", date=house.day, status="RUNNING", progress=40, time_limit_s=1)
    await due(house, "PLAN_ROUTES", run, attempts=1, lease_until=soon)
    tomorrow = house.day + timedelta(days=1)
    other = await house.insert("planning_runs", date=tomorrow, status="QUEUED", progress=0, time_limit_s=1)
    await due(house, "PLAN_ROUTES", other)
    await eventually(lambda: has_status(house, house.gid("PlanningRun", other), "SUCCEEDED"))
    assert (await row(house, "planning_runs", run))["progress"] == 40

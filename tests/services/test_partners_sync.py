"""Asking a partner's system: what comes of it, whatever it answers."""

from datetime import date, timedelta
from typing import Any

import pytest

from app import clock
from app.jobs.worker import Work
from tests.clinic import TOKEN, TROUBLE, clinic, shot
from tests.factories.houses import House
from tests.sizes import measured, sizes
from tests.steps import due, events, eventually, key, nothing_due, row
from tests.syncing import Practice, connected, ended


@sizes(200, 5_000)
async def test_what_a_troubled_system_has_is_taken_over_once(
    house: House, worker: Work, size: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """It pages, stalls, answers 500, 429 and bad JSON, hangs up and repeats itself; in the end all is there once."""
    each = 10
    async with clinic(page_size=4, stall_s=0.2, trouble=(*TROUBLE, *("",) * 7)) as vet:
        practice = await Practice.of(house, vet, pets=size // each)
        for chip in practice.chips:
            vet.knows("vaccinations", chip, *(shot(f"{chip}-{number}", chip) for number in range(each)))
        first = next(iter(practice.chips))
        again = shot(f"{first}-0", first)
        vet.knows("vaccinations", first, again, shot("elsewhere", "another chip"), {"id": "nothing"}, "no row")
        with measured(capsys, f"{size} records from a troubled system"):
            assert await practice.report() == ("SUCCEEDED", size, 0, 1, 3, 0)
        assert len(await practice.records()) == size
        assert await practice.issues() == [
            ("OTHER_SUBJECT", "elsewhere"),
            ("MALFORMED", "nothing"),
            ("MALFORMED", None),
        ]
        assert vet.tokens == {f"Bearer {TOKEN}"}
        assert vet.most_at_once <= house.settings.partner_requests_at_once
        # what was refused is asked for until it is right
        vet.records["vaccinations", first] = vet.records["vaccinations", first][:each]
        assert await practice.report() == ("SUCCEEDED", 0, 0, each, 0, 0)
        before, log, asked = await practice.standing(), len(await events(house)), vet.asked["304"]
        with measured(capsys, "asked again"):
            assert await practice.report() == ("SUCCEEDED", 0, 0, 0, 0, 0)
        assert await practice.standing() == before
        assert (await events(house))[log:] == ["SYNC_REQUESTED", "SYNC_STARTED", "SYNC_SUCCEEDED"]
        assert vet.asked["304"] - asked == len(practice.chips)


async def test_a_row_becomes_a_record_with_what_is_due(house: House, worker: Work) -> None:
    async with clinic() as vet:
        practice = await Practice.of(house, vet)
        (chip,) = practice.chips
        vet.knows("vaccinations", chip, shot("v1", chip))
        assert await practice.report() == ("SUCCEEDED", 1, 0, 0, 0, 0)
        (record,) = await practice.records()
        due_on = date(2027, 3, 2)
        assert (record["title"], record["kind"], record["next_due_on"]) == ("Rabies", "VACCINATION", due_on)
        assert (record["batch_number"], record["notes"], record["partner_id"]) == (
            "B-17",
            "Vet: Dr Gela",
            practice.partner,
        )
        dues = await house.all("SELECT due_on, record_id FROM care_dues WHERE organization_id = $1")
        assert [tuple(found) for found in dues] == [(due_on, record["id"])]
        assert "CARE_RECORDED" in await events(house)


async def test_a_row_may_change_go_and_come_back(house: House, worker: Work) -> None:
    async with clinic() as vet:
        practice = await Practice.of(house, vet)
        (chip,) = practice.chips
        seen = []
        for row_ in (
            shot("v1", chip),
            shot("v1", chip, batch="B-18", next_due_on="2026-09-02"),
            {"id": "v1", "chip": chip, "deleted": True},
            shot("v1", chip),
        ):
            vet.records["vaccinations", chip] = [row_]
            report = await practice.report()
            (record,) = await practice.records()
            seen.append((report[1:3], record["batch_number"], record["void_reason"]))
        assert seen == [
            ((1, 0), "B-17", None),
            ((0, 1), "B-18", None),
            ((0, 1), "B-18", "The partner deleted it."),
            ((0, 1), "B-17", None),
        ]
        assert [type for type in await events(house) if type.startswith("CARE_")] == [
            "CARE_RECORDED",
            "CARE_RECORD_UPDATED",
            "CARE_RECORD_VOIDED",
            "CARE_RECORD_UPDATED",
        ]


async def test_what_was_voided_by_hand_stays_so(house: House, worker: Work) -> None:
    async with clinic() as vet:
        practice = await Practice.of(house, vet)
        (chip,) = practice.chips
        vet.knows("vaccinations", chip, shot("v1", chip))
        await practice.run()
        await house.pool.execute(
            "UPDATE care_records SET voided_at = now(), void_reason = 'Another animal' WHERE organization_id = $1",
            house.id,
        )
        vet.records["vaccinations", chip] = [shot("v1", chip, batch="B-19")]
        assert await practice.report() == ("SUCCEEDED", 0, 0, 1, 0, 0)
        assert (await practice.records())[0]["batch_number"] == "B-17"


TOMORROW = (clock.now() + timedelta(days=2)).date().isoformat()
WRONG: list[tuple[Any, str]] = [
    (["no", "object"], "MALFORMED"),
    ({"id": "x"}, "MALFORMED"),
    ({"performed_on": 20260302}, "MALFORMED"),
    ({"performed_on": "2026-02-30"}, "MALFORMED"),
    ({"performed_on": None}, "MALFORMED"),
    ({"protocol": None}, "MALFORMED"),
    ({"batch": "B\x0017"}, "MALFORMED"),
    ({"batch": "\ud800"}, "MALFORMED"),
    ({"title": "x" * 201}, "MALFORMED"),
    ({"updated_at": "2026-03-02T10:00:00"}, "MALFORMED"),
    ({"performed_on": TOMORROW}, "IMPLAUSIBLE"),
    ({"performed_on": "1066-10-14"}, "IMPLAUSIBLE"),
    ({"next_due_on": "2026-03-02"}, "IMPLAUSIBLE"),
    ({"chip": "985112000000999"}, "OTHER_SUBJECT"),
]


async def test_one_bad_row_stops_nothing(house: House, worker: Work) -> None:
    async with clinic() as vet:
        practice = await Practice.of(house, vet)
        (chip,) = practice.chips
        rows = [
            {**shot(f"w{number}", chip), **wrong} if isinstance(wrong, dict) and "id" not in wrong else wrong
            for number, (wrong, _) in enumerate(WRONG)
        ]
        vet.knows("vaccinations", chip, *rows, shot("good", chip))
        assert await practice.report() == ("SUCCEEDED", 1, 0, 0, len(WRONG), 0)
        assert [problem for problem, _ in await practice.issues()] == [problem for _, problem in WRONG]


async def test_an_id_belongs_to_one_subject(house: House, worker: Work) -> None:
    async with clinic() as vet:
        practice = await Practice.of(house, vet, pets=2, kinds=["VACCINATIONS", "REPORTS"])
        one, two = practice.chips
        vet.knows("vaccinations", one, shot("v1", one))
        vet.knows("vaccinations", two, shot("v1", two))
        vet.knows(
            "reports",
            one,
            shot("v1", one, kind="SURGERY"),
            shot("r1", one, protocol=None, title="Teeth", kind="SURGERY"),
        )
        assert await practice.report() == ("SUCCEEDED", 2, 0, 0, 2, 0)
        assert [(found["external_id"], found["kind"]) for found in await practice.records()] == [
            ("r1", "SURGERY"),
            ("v1", "SURGERY"),
        ]
        assert sorted(await practice.issues()) == [("CONFLICT", "v1"), ("CONFLICT", "v1")]


@pytest.mark.parametrize("mode", ["AUTOMATIC", "REVIEW"])
async def test_an_id_belongs_to_one_list(house: House, worker: Work, mode: str) -> None:
    async with clinic() as vet:
        practice = await Practice.of(house, vet, kinds=["VACCINATIONS", "REPORTS"], mode=mode)
        (chip,) = practice.chips
        for kind in ("vaccinations", "reports"):
            vet.knows(kind, chip, shot("v1", chip))
        taken = (1, 0, 0, 1, 0) if mode == "AUTOMATIC" else (0, 0, 0, 1, 1)
        assert await practice.report() == ("SUCCEEDED", *taken)
        assert await practice.report() == ("SUCCEEDED", 0, 0, 1, 1, 0)
        assert await practice.issues() == [("CONFLICT", "v1")] * 2


async def test_codes_of_theirs_mean_protocols_of_ours(house: House, worker: Work) -> None:
    async with clinic() as vet:
        practice = await Practice.of(house, vet)
        (chip,) = practice.chips
        vet.knows("vaccinations", chip, shot("v1", chip, protocol="ტყ-1"))
        await practice.run()
        assert [(found["title"], found["protocol_id"]) for found in await practice.records()] == [("ტყ-1", None)]
        codes = [{"theirs": "ტყ-1", "ours": "RABIES"}]
        await house.client("ADMIN").act(
            "updatePartnerConnection",
            {"connectionId": house.gid("PartnerLink", practice.connection), "version": 1, "protocolCodes": codes},
            "... on UpdatePartnerConnectionSuccess { connection { version } }",
        )
        # all is read anew, for it means something else
        assert await practice.report() == ("SUCCEEDED", 0, 1, 0, 0, 0)
        assert [found["title"] for found in await practice.records()] == ["Rabies"]


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ("500", "The answer is 500."),
        ("401", "The partner's system refuses the credentials (401)."),
        ("bad json", "The page is no JSON."),
        ("elsewhere", "The answer is 307."),
        ("huge", "The page is too large."),
        ("endless", "The pages do not end."),
        ("far", "The page is not as agreed: next: String should have at most 2000 characters"),
        ("hang up", "No answer: RemoteProtocolError."),
        ("wait 60", "The partner's system asks to be left alone (429)."),
    ],
)
async def test_a_system_that_does_not_answer_fails_the_run(house: House, worker: Work, broken: str, says: str) -> None:
    async with clinic(broken=broken) as vet:
        practice = await Practice.of(house, vet)
        run = await practice.run()
        assert (run["status"], run["error"]) == ("FAILED", says)
        now = await practice.now()
        assert (now["failures"], now["closed_until"] is not None) == (1, broken.startswith("wait"))


async def test_a_system_that_fails_again_and_again_is_left_alone(house: House, worker: Work) -> None:
    async with clinic(broken="501") as vet:
        practice = await Practice.of(house, vet, pets=12)
        for _ in range(3):
            assert (await practice.run())["status"] == "FAILED"
        asked = vet.asked["501"]
        assert asked <= 3 * 12
        answer = await practice.request()
        closed_until = (await practice.now())["closed_until"]
        assert (answer["__typename"], answer["closedUntil"]) == ("PartnerNotAsked", closed_until.isoformat())
        assert vet.asked["501"] == asked
        assert (await events(house)).count("PARTNER_UNREACHABLE") == 1
        # when the rest is over it has one chance, and rests twice as long if it misses that
        await house.pool.execute(
            "UPDATE partner_connections SET closed_until = now() WHERE id = $1", practice.connection
        )
        assert (await practice.run())["status"] == "FAILED"
        assert vet.asked["501"] - asked <= house.settings.partner_requests_at_once
        now = await practice.now()
        assert now["failures"] == 4
        rest = timedelta(seconds=2 * house.settings.partner_rest_s)
        assert rest - timedelta(minutes=1) < now["closed_until"] - clock.now() <= rest
        # and is trusted as before once it answers
        vet.broken = None
        await house.pool.execute(
            "UPDATE partner_connections SET closed_until = now() WHERE id = $1", practice.connection
        )
        assert (await practice.run())["status"] == "SUCCEEDED"
        assert ((await practice.now())["failures"], (await practice.now())["closed_until"]) == (0, None)


async def test_one_subject_that_cannot_be_asked_about_stops_nothing(house: House, worker: Work) -> None:
    async with clinic() as vet:
        practice = await Practice.of(house, vet, pets=3)
        for chip in practice.chips:
            vet.knows("vaccinations", chip, shot(chip, chip))
        second = list(practice.chips)[1]
        vet.records["vaccinations", second] = "nonsense"  # type: ignore[assignment]
        assert await practice.report() == ("SUCCEEDED", 2, 0, 0, 1, 0)
        assert [problem for problem, _ in await practice.issues()] == ["UNREADABLE"]


async def test_a_dead_system_does_not_slow_another(house: House, worker: Work) -> None:
    async with clinic(broken="stall", stall_s=4) as dead, clinic() as well:
        practice = await Practice.of(house, well, pets=3)
        for chip in practice.chips:
            well.knows("vaccinations", chip, shot(chip, chip))
        other = Practice(house, dead, practice.partner, await connected(house, practice.partner, dead.url))
        stuck = key((await other.request())["syncRun"]["id"])
        await eventually(lambda: _is(house, stuck, "RUNNING"))
        assert await practice.report() == ("SUCCEEDED", 3, 0, 0, 0, 0)
        assert await _is(house, stuck, "RUNNING")
        # called off, it ends at once, however long the answer takes
        await house.client("ADMIN").act("cancelSync", {"syncRunId": house.gid("SyncRun", stuck)}, "")
        await eventually(lambda: nothing_due(house))
        assert (await row(house, "sync_runs", stuck))["status"] == "CANCELLED"


async def _is(house: House, run: Any, status: str) -> bool:
    return bool((await row(house, "sync_runs", run))["status"] == status)


async def test_a_run_that_a_worker_left_behind_goes_on(house: House, worker: Work) -> None:
    """Behind the place that it had reached."""
    async with clinic() as vet:
        practice = await Practice.of(house, vet, pets=3)
        for chip in practice.chips:
            vet.knows("vaccinations", chip, shot(chip, chip))
        past, pets = clock.now() - timedelta(seconds=1), sorted(practice.chips.values())
        run = await house.insert(
            "sync_runs",
            connection_id=practice.connection,
            status="RUNNING",
            started_at=past,
            subjects=3,
            subjects_done=1,
            created=1,
            cursor=pets[0],
        )
        await due(house, "RUN_SYNC", run, attempts=1, lease_until=past)
        await eventually(lambda: ended(house, run))
        found = await row(house, "sync_runs", run)
        assert (found["status"], found["subjects_done"], found["created"]) == ("SUCCEEDED", 3, 3)
        assert len(await practice.records()) == 2


async def test_it_is_asked_as_often_as_was_agreed(house: House, worker: Work) -> None:
    async with clinic() as vet:
        practice = await Practice.of(house, vet, everyHours=6)
        await eventually(lambda: _succeeded(house, 1))
        (work,) = await house.all("SELECT * FROM due_work WHERE organization_id = $1")
        assert (work["kind"], work["ref_id"]) == ("START_SYNC", practice.connection)
        assert timedelta(hours=5) < work["run_at"] - clock.now() <= timedelta(hours=6)
        await house.pool.execute("UPDATE due_work SET run_at = now() WHERE id = $1", work["id"])
        await eventually(lambda: _succeeded(house, 2))


async def _succeeded(house: House, many: int) -> bool:
    return (await events(house)).count("SYNC_SUCCEEDED") == many


async def test_a_run_is_followed(house: House, worker: Work) -> None:
    async with clinic() as vet:
        practice = await Practice.of(house, vet, pets=20)
        for chip in practice.chips:
            vet.knows("vaccinations", chip, shot(chip, chip))
        id = (await practice.request())["syncRun"]["id"]
        following = "subscription F($id: ID!) { syncRunUpdated(id: $id) { status subjects subjectsDone created } }"
        frames: list[Any] = []
        async with house.client("ADMIN").subscribe(following, {"id": id}) as stream:
            while not frames or frames[-1]["status"] in ("QUEUED", "RUNNING"):
                frames.append((await stream.next())["syncRunUpdated"])
        assert frames[-1] == {"status": "SUCCEEDED", "subjects": 20, "subjectsDone": 20, "created": 20}
        done = [frame["subjectsDone"] for frame in frames]
        assert done == sorted(done)


@pytest.mark.parametrize("broken", ["many", "much"])
async def test_what_is_too_much_is_not_kept(house: House, worker: Work, broken: str) -> None:
    async with clinic(broken=broken) as vet:
        practice = await Practice.of(house, vet)
        run = await practice.run()
        assert (run["status"], run["error"], run["refused"]) == ("FAILED", "The pages are too large.", 1)
        assert vet.asked.total() == {"many": 1, "much": 2}[broken]


@pytest.mark.parametrize(
    "when",
    ["Mon, 01 Jan 2030 00:00:00 +99999999999999999999", "Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "soon", "-1"],
)
async def test_a_time_to_come_back_that_is_none_is_not_heeded(house: House, worker: Work, when: str) -> None:
    async with clinic(broken=f"wait {when}") as vet:
        practice = await Practice.of(house, vet)
        run = await practice.run()
        assert (run["status"], run["error"]) == ("FAILED", "The answer is 429.")


async def test_a_protocol_that_comes_later_is_found_in_what_was_read(house: House, worker: Work) -> None:
    """Also where the partner's system says that nothing is new; and one that counts no more stays what it was by."""
    async with clinic() as vet:
        practice = await Practice.of(house, vet)
        (chip,) = practice.chips
        vet.knows("vaccinations", chip, shot("v1", chip, protocol="COUGH"))
        assert await practice.report() == ("SUCCEEDED", 1, 0, 0, 0, 0)
        later = {"code": "COUGH", "name": "Kennel cough", "kind": "VACCINATION", "subjectKind": "PET"}
        made = "... on CreateCareProtocolSuccess { careProtocol { id } }"
        by = (await house.client("ADMIN").act("createCareProtocol", later, made))["careProtocol"]["id"]
        assert await practice.report() == ("SUCCEEDED", 0, 1, 0, 0, 0)
        assert [(found["title"], found["protocol_id"]) for found in await practice.records()] == [
            ("Kennel cough", key(by))
        ]
        change = {"protocolId": by, "version": 1, "active": False}
        await house.client("ADMIN").act(
            "updateCareProtocol", change, "... on UpdateCareProtocolSuccess { careProtocol { id } }"
        )
        assert await practice.report() == ("SUCCEEDED", 0, 0, 1, 0, 0)
        assert await practice.report() == ("SUCCEEDED", 0, 0, 0, 0, 0)

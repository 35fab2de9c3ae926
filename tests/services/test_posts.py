"""News: written, put before their readers at their time, read, taken back."""

import asyncio
from datetime import timedelta

import pytest

from app import clock
from app.jobs.worker import Work
from tests.client import Json
from tests.factories.houses import House
from tests.steps import errors, events, eventually, key, nothing_changes, nothing_due, row

POST = "post { id version status publishAt }"
WRITTEN = f"... on CreatePostPayload {{ {POST} }}"
NEWS = "query News($filter: PostFilter) { posts(filter: $filter) { edges { node { title readAt } } } unreadPosts }"


def moved(verb: str) -> str:
    return (
        f"... on {verb}Success {{ {POST} }} ... on InvalidTransition {{ currentStatus }} ... on Problem {{ message }}"
    )


async def write(house: House, title: str = "We are open", **more: object) -> str:
    wanted = {"title": title, "body": "Come in.", **more}
    id: str = (await house.client("STAFF").act("createPost", wanted, WRITTEN))["post"]["id"]
    return id


async def publish(house: House, id: str, **more: object) -> Json:
    return await house.client("STAFF").act("publishPost", {"postId": id, **more}, moved("PublishPost"))


async def news(house: House, role: str, **filter: object) -> tuple[list[str], int]:
    """The titles that somebody sees, and how many news they have not read."""
    found = await house.client(role).run(NEWS, {"filter": filter})
    return [edge["node"]["title"] for edge in found["posts"]["edges"]], found["unreadPosts"]


async def test_news_are_read_by_those_whom_they_are_for(house: House) -> None:
    for audience in ("EVERYONE", "HOUSE", "DRIVERS", "CUSTOMERS"):
        await publish(house, await write(house, audience, audience=audience))
    await write(house, "Draft")
    assert await news(house, "CUSTOMER") == (["CUSTOMERS", "EVERYONE"], 2)
    assert await news(house, "DRIVER") == (["DRIVERS", "EVERYONE"], 2)
    assert await news(house, "STAFF", status=["PUBLISHED"]) == (["CUSTOMERS", "DRIVERS", "HOUSE", "EVERYONE"], 2)
    assert await news(house, "STAFF", status=["DRAFT"]) == (["Draft"], 2)


async def test_what_was_read_is_read_once(house: House) -> None:
    first, second = [await write(house, title) for title in ("First", "Second")]
    for id in (first, second):
        await publish(house, id)
    customer = house.client("CUSTOMER")
    answer = "... on MarkPostsReadPayload { posts { title readAt } }"
    read = await asyncio.gather(*(customer.act("markPostsRead", {"postIds": [first]}, answer) for _ in range(8)))
    assert len({str(found) for found in read}) == 1
    assert read[0]["posts"][0]["readAt"]
    assert await house.value("SELECT count(*) FROM post_reads WHERE organization_id = $1") == 1
    assert await news(house, "CUSTOMER", unread=True) == (["Second"], 1)
    assert await news(house, "CUSTOMER", unread=False) == (["First"], 1)
    assert await news(house, "DRIVER") == (["Second", "First"], 2)


async def test_a_draft_is_nobody_elses(house: House) -> None:
    draft = await write(house)
    async with nothing_changes(house):
        assert await errors(house.client("CUSTOMER"), "markPostsRead", {"postIds": [draft]}) == [("NOT_FOUND", None)]
        assert await errors(house.client("CUSTOMER"), "markPostsRead", {"postIds": []}) == [
            ("BAD_USER_INPUT", "postIds")
        ]


async def test_news_appear_when_their_time_has_come(house: House, worker: Work) -> None:
    id = await write(house, priority="URGENT")
    soon = clock.now() + timedelta(hours=1)
    answer = await publish(house, id, publishAt=soon.isoformat())
    assert (answer["post"]["status"], answer["post"]["publishAt"]) == ("SCHEDULED", soon.isoformat())
    work = "SELECT run_at FROM due_work WHERE organization_id = $1 AND kind = 'PUBLISH_POST'"
    assert [found["run_at"] for found in await house.all(work)] == [soon]
    later = soon + timedelta(hours=1)
    assert (await publish(house, id, publishAt=later.isoformat()))["post"]["status"] == "SCHEDULED"
    assert [found["run_at"] for found in await house.all(work)] == [later]
    assert await news(house, "CUSTOMER") == ([], 0)
    past = clock.now() - timedelta(seconds=1)
    await house.pool.execute("UPDATE posts SET publish_at = $2 WHERE id = $1", key(id), past)
    await house.pool.execute("UPDATE due_work SET run_at = $2 WHERE ref_id = $1", key(id), past)

    async def out() -> bool:
        return bool((await row(house, "posts", key(id)))["status"] == "PUBLISHED")

    await eventually(out)
    assert await news(house, "CUSTOMER") == (["We are open"], 1)
    assert (await events(house)).count("POST_PUBLISHED") == 1


async def test_whoever_thinks_better_of_it_is_heard(house: House) -> None:
    id = await write(house)
    await publish(house, id, publishAt=(clock.now() + timedelta(hours=1)).isoformat())
    answer = await house.client("STAFF").act("withdrawPost", {"postId": id}, moved("WithdrawPost"))
    assert answer["post"]["status"] == "WITHDRAWN"
    assert not await house.all("SELECT FROM due_work WHERE organization_id = $1")
    refused = {"currentStatus": "WITHDRAWN"}
    async with nothing_changes(house):
        again = await publish(house, id)
        assert (again["__typename"], again["currentStatus"]) == ("InvalidTransition", refused["currentStatus"])
        change = {"postId": id, "version": answer["post"]["version"], "title": "Other"}
        changed = await house.client("STAFF").act("updatePost", change, moved("UpdatePost"))
        assert changed["__typename"] == "InvalidTransition"


@pytest.mark.parametrize("hours", [-1, 1])
async def test_news_that_are_over_are_none(house: House, hours: int) -> None:
    expires_at = (clock.now() + timedelta(hours=hours)).isoformat()
    wanted = {"title": "Old", "body": "Come in.", "expiresAt": expires_at}
    if hours < 0:
        async with nothing_changes(house):
            assert await errors(house.client("STAFF"), "createPost", wanted) == [("BAD_USER_INPUT", "expiresAt")]
        return
    id = await write(house, expiresAt=expires_at)
    late = (clock.now() + timedelta(hours=2)).isoformat()
    found = await errors(house.client("STAFF"), "publishPost", {"postId": id, "publishAt": late})
    assert found == [("BAD_USER_INPUT", "expiresAt")]
    await publish(house, id)
    assert await news(house, "CUSTOMER") == (["We are open"], 1)
    await house.pool.execute(
        "UPDATE posts SET publish_at = now() - interval '2 h', expires_at = now() - interval '1 h' WHERE id = $1",
        key(id),
    )
    assert await news(house, "CUSTOMER") == ([], 0)


async def test_of_two_who_change_the_same_one_is_told(house: House) -> None:
    id = await write(house)
    change = {"postId": id, "version": 1, "title": "Other", "category": "Hours"}
    staff = house.client("STAFF")
    assert (await staff.act("updatePost", change, moved("UpdatePost")))["post"]["version"] == 2
    assert (await staff.act("updatePost", change, moved("UpdatePost")))["__typename"] == "VersionConflict"
    assert (await row(house, "posts", key(id)))["title"] == "Other"


async def test_news_are_as_long_as_they_must_be(house: House) -> None:
    text = "Dear all,\n\n" + "we are closed over the holidays. " * 100 + "\n\nYours"
    assert (await row(house, "posts", key(await write(house, body=text))))["body"] == text
    for body in (" \n ", "x" * 5_001):
        async with nothing_changes(house):
            wanted = {"title": "Long", "body": body}
            assert await errors(house.client("STAFF"), "createPost", wanted) == [("BAD_USER_INPUT", "body")]


async def test_news_that_ran_out_before_a_worker_came_are_over(house: House, worker: Work) -> None:
    """They are of the time that was agreed: nothing waits for ever, and nobody sees them."""
    id = await write(house, expiresAt=(clock.now() + timedelta(hours=2)).isoformat())
    await publish(house, id, publishAt=(clock.now() + timedelta(hours=1)).isoformat())
    await house.pool.execute(
        "UPDATE posts SET publish_at = now() - interval '3 h', expires_at = now() - interval '2 h' WHERE id = $1",
        key(id),
    )
    agreed = (await row(house, "posts", key(id)))["publish_at"]
    await house.pool.execute("UPDATE due_work SET run_at = $2 WHERE organization_id = $1", house.id, agreed)
    await eventually(lambda: nothing_due(house))
    found = await row(house, "posts", key(id))
    assert (found["status"], found["publish_at"]) == ("PUBLISHED", agreed)
    assert await news(house, "CUSTOMER") == ([], 0)

"""The authorization matrix: every root field of the schema, asked by nobody, by the wrong role, for the ids of another
organization (and of other people of the same one), and by everyone who may.

It is generated from the schema. A root field that `tests/scenes.py` does not know fails here and says what to add.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from copy import deepcopy
from itertools import cycle, pairwise
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from uuid_utils.compat import uuid7

from app.access import PEOPLE_OF_THE_HOUSE, ROLE_PERMISSIONS
from app.context import Server
from app.models import Role
from app.resolvers.verbs import VERBS, Verb
from app.schema.nodes import MODELS
from app.schema.scalars import decode_any_id, encode_id
from app.settings import Settings
from tests.asking import SCHEMA, Answer, Path, ask, ids, name_of
from tests.client import Client, Json
from tests.factories.houses import House, make_house
from tests.scenes import SCENES, Scene, Stage, nodes
from tests.statements import counting
from tests.steps import TENANT_TABLES

FOR_EVERYONE = {
    "CareProtocol",
    "Partner",
    "Post",
    "Resource",
    "ResourcePool",
    "Schedule",
    "Service",
    "Slot",
    "Vehicle",
    "VehicleType",
}
"""Types of which all members see every row of their organization."""

NOBODYS = {"DirectoryEntry"}
"""Types whose rows belong to no organization: every member sees them."""

FOR_THE_WHOLE_HOUSE = {"update_role_permissions"}
"""Fields that change what others have open: they are answered in a house of their own."""

NONSENSE = cycle(("", "nonsense", "💩", "UGV0Og", "UGV0Om5vdC1hLXV1aWQ"))


def matrix(wanted: Callable[[Verb], bool] = lambda verb: True) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("verb", [verb for verb in VERBS if wanted(verb)], ids=name_of)


def scene_of(verb: Verb) -> Scene:
    name = verb.field.python_name
    if name not in SCENES:
        pytest.fail(
            f"The authorization matrix does not know `{name_of(verb)}`: add `async def {name}(stage)` to "
            "tests/scenes.py, which makes the rows that it needs and answers its variables, every id included."
        )
    return SCENES[name]


async def build(verb: Verb, stage: Stage) -> Json:
    """The scene's variables; each place for an id must be filled."""
    variables = await scene_of(verb).build(stage)
    empty = [".".join(map(str, path)) for path, value in ids(verb, variables) if value is None]
    assert not empty, f"the scene `{verb.field.python_name}` in tests/scenes.py gives no id for {', '.join(empty)}"
    return variables


def may(verb: Verb, role: Role) -> bool:
    return verb.permission is None or verb.permission in ROLE_PERMISSIONS[role]


# Nothing ever succeeds in these two, so nothing ever changes in them.


@pytest_asyncio.fixture(scope="module")
async def ours(superuser: asyncpg.Pool, settings: Settings, api: str) -> House:
    return await make_house(superuser, settings, api)


@pytest_asyncio.fixture(scope="module")
async def theirs(superuser: asyncpg.Pool, settings: Settings, api: str) -> House:
    return await make_house(superuser, settings, api)


@pytest_asyncio.fixture(scope="module")
async def busy(superuser: asyncpg.Pool, settings: Settings, api: str) -> House:
    """Where things do happen."""
    return await make_house(superuser, settings, api)


MINE = dict.fromkeys(TENANT_TABLES, "organization_id = ANY($1)") | {
    "organizations": "id = ANY($1)",
    "users": "id IN (SELECT user_id FROM memberships WHERE organization_id = ANY($1))",
}
DIGESTS = " UNION ALL ".join(
    f"SELECT '{table}' AS name, count(*) AS rows, sum(hashtextextended(t::text, 0)) AS digest FROM {table} t "
    f"WHERE {condition}"
    for table, condition in MINE.items()
)


async def fingerprints(pool: asyncpg.Pool, *houses: House) -> list[asyncpg.Record]:
    """A digest of every table's rows of these organizations, event heads and sessions included."""
    return list(await pool.fetch(DIGESTS, [house.id for house in houses]))


@asynccontextmanager
async def nothing_changes(pool: asyncpg.Pool, *houses: House) -> AsyncIterator[None]:
    before = await fingerprints(pool, *houses)
    yield
    assert await fingerprints(pool, *houses) == before


def replaced(variables: Json, path: Path, id: str) -> Json:
    """The variables with another id in one place."""
    copied = deepcopy(variables)
    holder: Any = copied
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = id
    return copied


def at(variables: Json, path: Path) -> str:
    found: Any = variables
    for step in path:
        found = found[step]
    return str(found)


def unknown(id: str) -> str:
    """The id of nothing, of the same type."""
    return encode_id(decode_any_id(id)[0], uuid7())


def mistyped(id: str) -> str:
    """The same key under the name of another type."""
    name, key = decode_any_id(id)
    return encode_id("Slot" if name != "Slot" else "Stop", key)


def roots() -> Iterator[str]:
    for root in (SCHEMA.query_type, SCHEMA.mutation_type, SCHEMA.subscription_type):
        assert root
        yield from root.fields


def test_the_matrix_covers_the_schema() -> None:
    assert sorted(roots()) == sorted(map(name_of, VERBS))
    assert SCENES.keys() == {verb.field.python_name for verb in VERBS}


@matrix(lambda verb: not verb.public)
async def test_whoever_may_not_is_refused(verb: Verb, ours: House, server: Server, anonymous: Client) -> None:
    """Nobody, the wrong roles, and whoever had a session that has ended."""
    stage = await Stage.set_up(ours, Role.OWNER)
    variables = await build(verb, stage)
    async with nothing_changes(ours.pool, ours):
        with counting(server) as statements:
            assert (await ask(anonymous, verb, variables)).codes == {"UNAUTHENTICATED"}
            for role in Role:
                if not may(verb, role):
                    assert (await ask(ours.client(role.value), verb, variables)).codes == {"FORBIDDEN"}, role
        assert (statements.setup, statements.data) == ([], []), "it is refused before any statement"
    if name_of(verb) != "signOut":
        await _ended_session_does_nothing_more(verb, stage, variables)


async def _ended_session_does_nothing_more(verb: Verb, stage: Stage, variables: Json) -> None:
    """Its access token is good for some minutes more, so every transaction looks at the session itself."""
    house = stage.house
    await house.pool.execute(
        "UPDATE sessions SET revoked_at = now() WHERE family_id = $1", stage.actor.viewer.session_family_id
    )
    async with nothing_changes(house.pool, house):
        assert (await ask(stage.actor.client, verb, variables)).codes == {"UNAUTHENTICATED"}


def takes_ids(verb: Verb) -> bool:
    return any(True for _ in ids(verb, {}))


@matrix(takes_ids)
async def test_ids_that_are_not_ours_are_ids_of_nothing(verb: Verb, ours: House, theirs: House) -> None:
    """Of the owner, who sees everything of one organization: another's ids, those of another type, and nonsense."""
    stage = await Stage.set_up(ours, Role.OWNER)
    variables, foreign = await build(verb, stage), await build(verb, await Stage.set_up(theirs, Role.OWNER))
    async with nothing_changes(ours.pool, ours, theirs):
        for path, id in ids(verb, variables):
            assert id

            async def told(id: str, path: Path = path) -> Answer:
                return await ask(stage.actor.client, verb, replaced(variables, path, id))

            assert (await told(mistyped(id))).codes == {"NOT_FOUND"}, path
            garbage = next(NONSENSE)
            assert (await told(garbage)).codes == {"BAD_USER_INPUT"}, (path, garbage)
            if decode_any_id(id)[0] not in NOBODYS:
                refused, absent = await told(at(foreign, path)), await told(unknown(id))
                assert refused.codes == {"NOT_FOUND"}, path
                assert refused.errors == absent.errors, path


PERSONAL = [
    (verb, role) for verb in VERBS for role in (Role.CUSTOMER, Role.DRIVER) if takes_ids(verb) and may(verb, role)
]


@pytest.mark.parametrize(("verb", "role"), PERSONAL, ids=[f"{name_of(verb)}-{role.value}" for verb, role in PERSONAL])
async def test_ids_of_other_people_are_ids_of_nothing(verb: Verb, role: Role, ours: House) -> None:
    """Customers and drivers reach what is theirs and what is everyone's, nothing else of their own organization."""
    stage = await Stage.set_up(ours, role)
    variables, others = await build(verb, stage), await build(verb, await Stage.set_up(ours, role))
    async with nothing_changes(ours.pool, ours):
        for path, _ in ids(verb, variables):
            other = at(others, path)
            if not await everyones(ours, other):
                answer = await ask(stage.actor.client, verb, replaced(variables, path, other))
                assert answer.codes == {"NOT_FOUND"}, path


async def everyones(house: House, id: str) -> bool:
    name, key = decode_any_id(id)
    own_site = "SELECT customer_id IS NULL FROM places WHERE organization_id = $1 AND id = $2"
    return name in FOR_EVERYONE | NOBODYS or (name == "Place" and bool(await house.value(own_site, key)))


SENIORITY = (Role.STAFF, Role.DISPATCHER, Role.ADMIN, Role.OWNER)
"""Roles that see every row; each may do whatever those before it may."""


def allowed() -> Iterator[Any]:
    """Of the roles that see everything the least one, and the others when there is time."""
    assert set(SENIORITY) == PEOPLE_OF_THE_HOUSE
    assert all(ROLE_PERMISSIONS[low] <= ROLE_PERMISSIONS[high] for low, high in pairwise(SENIORITY))
    for verb in VERBS:
        roles = [role for role in (Role.CUSTOMER, Role.DRIVER, *SENIORITY) if may(verb, role)]
        least = next(role for role in roles if role in SENIORITY)
        for role in roles:
            marks = [pytest.mark.soak] if role in SENIORITY and role is not least else []
            yield pytest.param(verb, role, id=f"{name_of(verb)}-{role.value}", marks=marks)


@pytest.mark.parametrize(("verb", "role"), list(allowed()))
async def test_the_right_viewer_is_answered(
    verb: Verb, role: Role, busy: House, settings: Settings, anonymous: Client
) -> None:
    alone = verb.field.python_name in FOR_THE_WHOLE_HOUSE
    stage = await Stage.set_up(await make_house(busy.pool, settings, busy.api) if alone else busy, role)
    variables = await build(verb, stage)
    answer = await ask(anonymous if verb.public else stage.actor.client, verb, variables)
    if role in scene_of(verb).unseen:
        assert answer.codes == {"NOT_FOUND"} or answer.value["edges"] == []
        return
    assert answer.errors == []
    assert is_granted(answer), answer.value["__typename"]


def is_granted(answer: Answer) -> bool:
    """A list is not empty, and what may be refused is not."""
    if not isinstance(answer.value, dict):
        return answer.value is not None
    kind = answer.value["__typename"]
    return bool(answer.value["edges"]) if kind.endswith("Connection") else kind not in PROBLEMS


PROBLEMS = {type.name for type in SCHEMA.get_possible_types(SCHEMA.type_map["Problem"])}  # type: ignore[arg-type]


# What the arguments of the matrix do not show.

NODE = "query Node($id: ID!) { node(id: $id) { __typename id } }"


async def test_every_kind_of_node_is_found_at_home_and_nowhere_else(ours: House, theirs: House) -> None:
    owner = (await Stage.set_up(ours, Role.OWNER)).actor.client
    here, there = await nodes(await Stage.set_up(ours, Role.OWNER)), await nodes(await Stage.set_up(theirs, Role.OWNER))
    assert here.keys() == MODELS.keys(), "add the missing type to `nodes` in tests/scenes.py"
    for name, id in here.items():
        assert await owner.run(NODE, {"id": id}) == {"node": {"__typename": name, "id": id}}
        foreign = unknown(id) if name in NOBODYS else there[name]
        answers = [await owner.post(NODE, {"id": wrong}) for wrong in (foreign, unknown(id), mistyped(id))]
        assert [answer["errors"][0]["extensions"]["code"] for answer in answers] == ["NOT_FOUND"] * 3, name
        assert answers[0] == answers[1], name


async def test_other_organizations_are_not_found_by_name(ours: House, theirs: House, anonymous: Client) -> None:
    stage = await Stage.set_up(ours, Role.OWNER)
    signing_in = (await SCENES["sign_in"].build(stage))["input"]
    for slug in (theirs.slug, "no-such-house"):
        wanted = {"input": {**signing_in, "organization": slug}}
        answer = await anonymous.post(SIGN_IN, wanted)
        assert answer["errors"][0]["extensions"] == {"code": "NOT_FOUND"}
        assert await stage.actor.client.codes(SWITCH, {"input": {"organization": slug}}) == ["NOT_FOUND"]


MEMBERSHIPS = "{ viewer { user { memberships { role organization { slug } } } } }"


@pytest.mark.parametrize("role", Role)
async def test_people_know_all_organizations_that_they_belong_to(role: Role, ours: House) -> None:
    """And nobody else's: they choose among them when they switch."""
    stage = await Stage.set_up(ours, role)
    branch = (await SCENES["switch_organization"].build(stage))["input"]["organization"]
    found = (await stage.actor.client.run(MEMBERSHIPS))["viewer"]["user"]["memberships"]
    assert found == [
        {"role": role.value, "organization": {"slug": ours.slug}},
        {"role": "STAFF", "organization": {"slug": branch}},
    ]


SIGN_IN = "mutation In($input: SignInInput!) { signIn(input: $input) { accessToken } }"
SWITCH = "mutation To($input: SwitchOrganizationInput!) { switchOrganization(input: $input) { accessToken } }"


async def test_waiting_for_nothing_leaves_nothing_open(server: Server) -> None:
    """The streams of the tests above have ended with their sockets."""
    async with asyncio.timeout(10):
        while server.hub._feeds:
            await asyncio.sleep(0.05)

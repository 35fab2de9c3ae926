import json
from datetime import time, timedelta, datetime, UTC
from typing import Any

import pytest

from app import clock
from app.db import Database
from app.jobs.worker import Work
from tests.client import Client, Json
from tests.driving import Drive
from tests.factories.houses import House
from tests.planners import all_day, planned, routes, ask
from tests.races.test_planning import plan_while, a_day, on_route, agreed
from tests.services.test_by_hand import Board
from tests.steps import row, events, key
from tests.invariants import routes_agree

INTRO = """{ __schema { types { name kind interfaces { name } possibleTypes { name } fields { name args { name type { kind } }
 type { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } }"""


def named(t: Json) -> Json:
    while t.get("ofType"):
        t = t["ofType"]
    return t


class Walk:
    def __init__(self, types: Json) -> None:
        self.types = types
        self.n = 0

    def select(self, name: str, depth: int, trail: tuple = (), alias_on: bool = False) -> str:
        t = self.types[name]
        if t["kind"] == "UNION" or t["kind"] == "INTERFACE":
            parts = ["__typename"]
            for p in t["possibleTypes"]:
                sel = self.select(p["name"], depth, trail, True)
                parts.append(f"... on {p['name']} {{ {sel} }}")
            return " ".join(parts)
        out = ["__typename"]
        for f in t["fields"]:
            if any(a["type"]["kind"] == "NON_NULL" for a in f["args"]):
                continue
            nt = named(f["type"])
            self.n += 1
            alias = f"f{self.n}_{f['name']}" if alias_on and f["type"]["kind"] != "NON_NULL" and nt["kind"] not in ("SCALAR", "ENUM") else f["name"]
            if nt["kind"] in ("SCALAR", "ENUM"):
                out.append(f['name']) if not alias_on else None
            elif depth > 0 and not nt["name"].endswith(("Connection",)) and f["name"] not in ("organization",):
                if trail.count(nt["name"]) >= 1 and nt["name"] not in ("Place", "Transport", "Stop"):
                    continue
                out.append(f"{f['name'] if alias == f['name'] else alias + ': ' + f['name']} {{ {self.select(nt['name'], depth - 1, trail + (nt['name'],))} }}")
        return " ".join(out)


MEMO: dict = {}


async def types(client: Client) -> Json:
    if MEMO:
        return MEMO
    found = await client.run(INTRO)
    MEMO.update({t["name"]: t for t in found["__schema"]["types"]})
    return MEMO
    return {t["name"]: t for t in found["__schema"]["types"]}


async def walk(house: House, role: str, typ: str, id: Any, depth: int = 2) -> list:
    t = await types(house.client("OWNER"))
    bad = []
    gid = house.gid(typ, id)
    for f in t[typ]["fields"]:
        if any(a["type"]["kind"] == "NON_NULL" for a in f["args"]):
            continue
        nt = named(f["type"])
        if nt["kind"] in ("SCALAR", "ENUM"):
            continue
        w = Walk(t)
        if nt["name"].endswith("Connection"):
            edge = named(next(x for x in t[nt["name"]]["fields"] if x["name"] == "edges")["type"])["name"]
            node = named(next(x for x in t[edge]["fields"] if x["name"] == "node")["type"])["name"]
            sel = f"edges {{ node {{ {w.select(node, depth - 1, (typ,))} }} }}"
            args = "(first: 5)"
        else:
            sel, args = w.select(nt["name"], depth, (typ,)), ""
        q = f"query Q($id: ID!) {{ node(id: $id) {{ ... on {typ} {{ {f['name']}{args} {{ {sel} }} }} }} }}"
        answer = await house.client(role).post(q, {"id": gid})
        for e in answer.get("errors") or []:
            bad.append((role, typ, f["name"], e["extensions"].get("code"), e["message"][:100], e.get("path")))
    return bad


async def check_all(house: House, day: Drive, label: str, customer_role: bool = True) -> list:
    bad = []
    for role in ("DRIVER", "CUSTOMER"):
        for typ, ids in (("Route", [day.route]), ("Stop", day.stops[3:4] + day.stops[6:7]), ("Transport", day.rides[:3])):
            for id in ids:
                for b in await walk(house, role, typ, id):
                    if b[3] != "NOT_FOUND":
                        bad.append((label, *b))
    return bad


async def test_walk(house: House, worker: Work) -> None:
    me = house.people["CUSTOMER"].viewer.customer_id
    pet, pet2 = await house.pet(me), await house.pet(me)
    service = await house.service()
    slot = await house.slot(service, house.at(time(10)))
    booking = await house.booking(me, pet, slot, status="CONFIRMED")
    day = await Drive.of(house, 4, customer=me, **all_day(house), booking_id=None)
    await house.pool.execute("UPDATE transports SET booking_id=$2, subject_id=$3, kind='TO_SITE' WHERE id=$1", day.rides[0], booking, pet)
    board = await Board.of(house)
    other = await board.route(1, status="PUBLISHED")
    bad = await check_all(house, day, "published")
    await day.start()
    await day.complete(0)
    doc = await day.document(driver_id=None)
    print(await day.complete(1, proof={"photoDocumentIds": [doc]}, role="DISPATCHER"))
    bad += await check_all(house, day, "done1")
    await day.complete(2)
    await day.fail(3)
    back = await day.returns()
    bad += await check_all(house, day, "failed")
    print(await board.move(day.rides[3], other, 1))
    bad += await check_all(house, day, "moved")
    cancel = {"transportId": house.gid("Transport", day.rides[2])}
    print(await house.client("DISPATCHER").act("cancelTransport", cancel, "__typename ... on InvalidTransition { currentStatus }"))
    bad += await check_all(house, day, "cancelled")
    print(await day.complete(back[0]))
    bad += await check_all(house, day, "over")
    print("STATUS", await row(house, "routes", day.route))
    print("BAD", *bad, sep="\n")
    assert not bad


async def test_new_place_during_search(house: House, database: Database) -> None:
    day = await a_day(house, 2)
    waiting = await house.transport(await house.customer(), **all_day(house))

    made = []

    async def by_hand() -> None:
        new = await house.transport(await house.customer(), **all_day(house),
            pickup_place_id=await house.place(latitude=41.75, longitude=44.9), dropoff_place_id=await house.place(latitude=41.76, longitude=44.91))
        made.append(new)
        move = {"transportId": house.gid("Transport", new), "routeId": house.gid("Route", day.route)}
        answer = await house.client("DISPATCHER").act("insertTransport", move, "")
        assert answer["__typename"] == "InsertTransportSuccess"

    run = await plan_while(house, database, by_hand)
    print(run["status"], run["unassigned_count"])
    assert (await row(house, "transports", made[0]))["status"] == "ASSIGNED"
    await agreed(house)


async def test_new_place_next_during_search(house: House, database: Database) -> None:
    day = await a_day(house, 2)
    await day.start()
    made = []

    async def by_hand() -> None:
        await day.complete(0)
        new = await house.transport(await house.customer(), **all_day(house),
            pickup_place_id=await house.place(latitude=41.75, longitude=44.9), dropoff_place_id=await house.place(latitude=41.76, longitude=44.91))
        made.append(new)
        move = {"transportId": house.gid("Transport", new), "routeId": house.gid("Route", day.route), "position": 3}
        answer = await house.client("DISPATCHER").act("moveTransport", move, "... on InvalidTransition { message }")
        assert answer["__typename"] == "MoveTransportSuccess", answer
        await day.complete(1)

    run = await plan_while(house, database, by_hand)
    print(run["status"], run["unassigned_count"])
    assert (await row(house, "transports", made[0]))["status"] == "EN_ROUTE"
    await agreed(house)


async def test_code_again(house: House) -> None:
    drive = await Drive.of(house, code="123456")
    await drive.complete(0)
    print(await drive.complete(1))
    print(await drive.complete(1, proof={"code": "999999"}))
    assert not await house.all("SELECT * FROM proofs WHERE organization_id = $1")


async def test_other_day(house: House) -> None:
    board = await Board.of(house)
    one, two = await board.route(2), await board.route(1)
    await house.pool.execute("UPDATE routes SET date = date + 1, starts_at = starts_at + interval '1 day', ends_at = ends_at + interval '1 day' WHERE id=$1", two)
    await house.pool.execute("UPDATE shifts SET starts_at = starts_at + interval '1 day', ends_at = ends_at + interval '1 day' WHERE id=(SELECT shift_id FROM routes WHERE id=$1)", two)
    ride = (await house.all("SELECT id FROM transports WHERE organization_id=$1 AND route_id=$2", one))[0]["id"]
    print(await board.move(ride, two, 1))
    print(await board.move(ride, two, 1, force=True, reason="x"))
    print((await row(house, "routes", one)), (await row(house, "routes", two)))
    assert (await row(house, "routes", one))["date"] == house.day
    print(await board.swap(one, two))
    print((await row(house, "routes", one)), (await row(house, "routes", two)))


async def test_two_routes_of_one_driver(house: House) -> None:
    day = await Drive.of(house, 1)
    driver = house.people["DRIVER"].viewer.driver_id
    print(await day.start())
    await house.pool.execute("UPDATE shifts SET ends_at = $2 WHERE organization_id=$1", house.id, house.at(time(12)))
    second = await house.shift(driver, starts_at=house.at(time(13)), ends_at=house.at(time(20)))
    ride = await house.transport(await house.customer())
    route = await house.insert("routes", date=house.day, status="PUBLISHED", driver_id=driver, vehicle_id=(await row(house, "shifts", second))["vehicle_id"], shift_id=second, starts_at=house.at(time(13)), ends_at=house.at(time(19)), distance_m=1, duration_s=1)
    print(await house.client("DRIVER").act("startRoute", {"routeId": house.gid("Route", route)}, "... on InvalidTransition { message }"))
    print(await day.complete(0), await day.complete(1))
    print(await house.all("SELECT status FROM drivers WHERE organization_id=$1", ))


ODD = ["\u0000", "a\u0000b", "x" * 100_000, "\U0001F600", "\u202e"]


async def test_odd(house: House) -> None:
    bad = []
    d = house.client("DISPATCHER")

    async def go(label: str, verb: str, input: Json, role: str = "DISPATCHER") -> None:
        name = f"{verb[0].upper()}{verb[1:]}Input"
        answer = await house.client(role).post(f"mutation A($input: {name}!) {{ {verb}(input: $input) {{ __typename }} }}", {"input": input})
        codes = [e["extensions"].get("code") for e in answer.get("errors") or []]
        print(label[:60], codes, str(answer.get("data"))[:100], [e["message"][:80] for e in answer.get("errors") or []])
        if "INTERNAL" in str(codes):
            bad.append(label)

    for day in ("9999-12-31", "0001-01-01", "9999-12-30"):
        await go(f"optimize {day}", "optimizeRoutes", {"date": day, "timeLimit": 1})
        await go(f"publish {day}", "publishRoutes", {"date": day})
        answer = await d.post("query R($d: Date!) { routes(filter: {date: $d}) { totalCount } planningRuns(filter: {date: $d}) { totalCount } }", {"d": day})
        print(day, str(answer)[:200])
        if "INTERNAL" in str(answer): bad.append(f"list {day}")
    drive = await Drive.of(house, 2, code="123456")
    for odd in ODD:
        await go(f"skip {odd!r}", "skipStop", drive.stop(0) | {"notes": odd}, "DRIVER")
        await go(f"code {odd!r}", "completeStop", drive.stop(1) | {"proof": {"code": odd}}, "DRIVER")
        await go(f"barcode {odd!r}", "completeStop", drive.stop(1) | {"proof": {"barcode": odd}}, "DRIVER")
        await go(f"cancel {odd!r}", "cancelRoute", {"routeId": odd, "reason": odd})
        await go(f"label {odd!r}", "optimizeRoutes", {"date": house.day.isoformat(), "label": odd, "timeLimit": 1})
    for at in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-01-01T00:00:00", "nonsense", "2026-11-21T00:00:00Z"):
        for verb in ("arriveAtStop", "skipStop", "completeStop"):
            await go(f"{verb} {at}", verb, drive.stop(2) | {"at": at}, "DRIVER")
    await go("nulls", "completeStop", drive.stop(2) | {"proof": {"photoDocumentIds": None, "signedBy": None, "signatureDocumentId": None, "code": None}}, "DRIVER")
    doc = await drive.document()
    await go("both", "completeStop", drive.stop(3) | {"proof": {"photoDocumentIds": [doc], "signatureDocumentId": doc}}, "DRIVER")
    rej = await drive.document("REJECTED")
    await go("rejected", "completeStop", drive.stop(3) | {"proof": {"photoDocumentIds": [rej]}}, "DRIVER")
    await go("emptyphotos", "completeStop", drive.stop(3) | {"proof": {"photoDocumentIds": []}}, "DRIVER")
    assert not bad

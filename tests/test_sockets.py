"""graphql-transport-ws to the letter, whatever a client sends."""

import asyncio
import random
import signal
from contextlib import suppress
from pathlib import Path

import httpx
from websockets.exceptions import ConnectionClosed

from app.context import Server
from app.settings import Settings
from tests.client import Client, Json, Socket
from tests.factories.houses import House
from tests.following import BOOKINGS, EVENTS, HEAD, Author, code_of, cursor, expiring, lets_go
from tests.kills.child import api_process, serves
from tests.races.crowd import at_once
from tests.realm import own_api, realm
from tests.wires import BINARY, CLOSE, PING, PONG, TEXT, frame, message, raw

INIT = message(type="connection_init")
HUGE = b'"' + b"a" * 1_200_000 + b'"'
DEEP = b"[" * 200_000
ASK = {"query": HEAD}


def subscribe(payload: object = ASK, id: object = "1") -> bytes:
    return message(type="subscribe", id=id, payload=payload)


def text(content: bytes) -> bytes:
    return frame(TEXT, content)


# what is sent, and the code that closes the socket
HOSTILE: dict[str, tuple[tuple[bytes, ...], int]] = {
    "no JSON": ((text(b"hello"),), 4400),
    "nothing": ((text(b""),), 4400),
    "a list": ((text(b"[]"),), 4400),
    "null": ((text(b"null"),), 4400),
    "a number": ((text(b"1"),), 4400),
    "a string": ((text(b'"x"'),), 4400),
    "not a number": ((text(b"NaN"),), 4400),
    "deep JSON": ((text(DEEP),), 4400),
    "deep JSON that is whole": ((text(DEEP + b"]" * 200_000),), 4400),
    "a huge number": ((text(b'{"type": 1' + b"0" * 7000 + b"}"),), 4400),
    "a number beyond 64 bits": (
        (
            INIT,
            text(
                b'{"type": "subscribe", "id": "1", "payload": {"query": "{ eventSeq }", "variables": {"n": 1%b}}}'
                % (b"0" * 20)
            ),
        ),
        4400,
    ),
    "a lone surrogate": ((text(b'{"type": "\\ud800"}'),), 4400),
    "no type": ((message(id="1"),), 4400),
    "an unknown type": ((message(type="start", id="1"),), 4400),
    "a type that is a list": ((message(type=["ping"]),), 4400),
    "what servers say": ((INIT, message(type="next", id="1", payload={})), 4400),
    "binary": ((frame(BINARY, b'{"type":"connection_init"}'),), 4400),
    "a greeting with a list": ((message(type="connection_init", payload=[]),), 4400),
    "a greeting with a string": ((message(type="connection_init", payload="x"),), 4400),
    "two greetings": ((INIT, INIT), 4429),
    "a bad token": ((message(type="connection_init", payload={"authorization": "Bearer nonsense"}),), 4403),
    "another scheme": ((message(type="connection_init", payload={"Authorization": "Basic abc"}),), 4403),
    "a scheme and no token": ((message(type="connection_init", payload={"authorization": "Bearer "}),), 4403),
    "a token that is a list": ((message(type="connection_init", payload={"authorization": ["Bearer"]}),), 4403),
    "no greeting": ((subscribe(),), 4401),
    "no id": ((INIT, message(type="subscribe", payload=ASK)), 4400),
    "an empty id": ((INIT, subscribe(id="")), 4400),
    "an id that is a number": ((INIT, subscribe(id=1)), 4400),
    "a long id": ((INIT, subscribe(id="i" * 257)), 4400),
    "an id of half a megabyte": ((INIT, subscribe(id="i" * 500_000)), 4400),
    "completing nothing in particular": ((INIT, message(type="complete")), 4400),
    "no payload": ((INIT, message(type="subscribe", id="1")), 4400),
    "an empty payload": ((INIT, subscribe({})), 4400),
    "a payload that is a list": ((INIT, subscribe([])), 4400),
    "a payload that is a string": ((INIT, subscribe(HEAD)), 4400),
    "a query that is none": ((INIT, subscribe({"query": None})), 4400),
    "a query that is a list": ((INIT, subscribe({"query": [HEAD]})), 4400),
    "variables that are a list": ((INIT, subscribe({**ASK, "variables": []})), 4400),
    "a name that is a number": ((INIT, subscribe({**ASK, "operationName": 1})), 4400),
    "extensions that are a string": ((INIT, subscribe({**ASK, "extensions": "x"})), 4400),
    "a huge message": ((text(HUGE),), 1009),
    "a huge message, and more of it": ((text(HUGE), *(text(HUGE) for _ in range(10))), 1009),
    "a message that claims to be huge": ((frame(TEXT, b"x", length=2**62),), 1009),
    "a huge message in parts": ((frame(TEXT, b"a" * 900_000, first=0), frame(0, b"a" * 900_000)), 1009),
    "bad UTF-8": ((text(b'{"type": "\xff"}'),), 1007),
    "an unknown opcode": ((frame(3, b""),), 1002),
    "a reserved bit": ((frame(TEXT, b"{}", first=0xC0),), 1002),
    "no mask": ((frame(TEXT, b"{}", mask=None),), 1002),
    "a continuation of nothing": ((frame(0, b"{}"),), 1002),
    "a message within a message": ((frame(TEXT, b"{", first=0), text(b"{}")), 1002),
    "a ping in parts": ((frame(PING, b"", first=0),), 1002),
    "a long ping": ((frame(PING, b"x" * 126),), 1002),
    "a close frame of one byte": ((frame(CLOSE, b"x"),), 1002),
    "a close code that is none": ((frame(CLOSE, (999).to_bytes(2, "big")),), 1002),
    "farewell": ((INIT, frame(CLOSE, (1000).to_bytes(2, "big"))), 1000),
    "farewell for a reason of one's own": ((frame(CLOSE, (4999).to_bytes(2, "big") + b"bye"),), 4999),
}


async def test_every_bad_message_closes_the_socket_with_its_code(api: str, house: House) -> None:
    async def attack(sent: tuple[bytes, ...]) -> int:
        async with raw(api) as socket:
            sending = asyncio.create_task(socket.send(*sent))
            try:
                return await socket.closed_with()
            except (EOFError, ConnectionError):
                return 1006
            finally:
                sending.cancel()

    found = await at_once(attack(sent) for sent, _ in HOSTILE.values())
    assert dict(zip(HOSTILE, found, strict=True)) == {name: code for name, (_, code) in HOSTILE.items()}
    async with raw(api, "graphql-ws") as legacy, raw(api, "") as plain:
        assert [await legacy.closed_with(), await plain.closed_with()] == [4406, 4406]
    async with raw(api) as expired:
        await expired.send(message(type="connection_init", payload=expiring(house, "STAFF", -1).headers))
        assert await expired.closed_with() == 4403


async def test_an_id_is_taken_as_long_as_its_operation_runs(api: str, house: House) -> None:
    async with raw(api) as socket:
        await socket.send(message(type="connection_init", payload=house.client("STAFF").headers))
        assert await socket.says() == {"type": "connection_ack"}
        for id in ("__proto__", "1", "é" * 256):
            await socket.send(subscribe(id=id))
            assert await socket.says() == {"id": id, "type": "next", "payload": {"data": {"eventSeq": cursor(0)}}}
            assert await socket.says() == {"id": id, "type": "complete"}
        stream = subscribe({"query": EVENTS}, "é" * 256)
        await socket.send(stream, message(type="complete", id="é" * 256), message(type="complete", id="none"), stream)
        await socket.send(subscribe(id="1"))
        assert [(await socket.says())["id"] for _ in range(2)] == ["1", "1"]
        await socket.send(stream)
        assert await socket.closed_with() == 4409


async def test_the_greeting_and_pings(settings: Settings, anonymous: Client, api: str) -> None:
    async with raw(api) as socket:
        await socket.send(message(type="ping"), message(type="pong", payload={"a": 1}))
        assert await socket.says() == {"type": "pong"}
        await socket.send(message(type="connection_init", payload=None), message(type="ping", payload={"at": [1]}))
        assert await socket.says() == {"type": "connection_ack"}
        assert await socket.says() == {"type": "pong", "payload": {"at": [1]}}
        await socket.send(frame(PING, b"there?"), frame(PONG, b"unasked"))
        assert await socket.receive() == (PONG, b"there?")
        # a message in parts, with a control frame between them
        ping = b'{"type": "ping"}'
        await socket.send(frame(TEXT, ping[:5], first=0), frame(PING, b"!"), frame(0, ping[5:]))
        assert await socket.receive() == (PONG, b"!")
        assert await socket.says() == {"type": "pong"}
    async with anonymous.socket() as nobody:
        for query in (EVENTS, BOOKINGS):
            assert await code_of(await nobody.subscribe(query)) == "UNAUTHENTICATED"
        answer = await (await nobody.subscribe(HEAD)).message()
        assert answer["payload"]["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}
    async with own_api(settings, socket_init_s=0.1) as hasty, raw(hasty) as silent:
        assert await silent.closed_with() == 4408


async def test_a_bad_operation_ends_alone(server: Server, house: House) -> None:
    author = await Author.of(server, house)
    async with house.client("STAFF").socket() as socket:
        lives = await socket.subscribe(EVENTS, {"after": cursor(0)})
        for query in ("subscription {", "subscription { nothing }", ""):
            assert await code_of(await socket.subscribe(query)) == "BAD_USER_INPUT"
        assert await code_of(await socket.subscribe(EVENTS, {"after": "nonsense"})) == "BAD_USER_INPUT"
        for payload in (
            {"query": "query A { eventSeq } query B { eventSeq }", "operationName": "C"},
            {"query": "query A { eventSeq } query B { eventSeq }"},
            {"query": "fragment F on Query { eventSeq }"},
            {"query": "query ($a: Int!) { bookings(first: $a) { totalCount } }"},
        ):
            await socket.send({"id": "bad", "type": "subscribe", "payload": payload})
            refused = await socket.receive()
            assert (refused["id"], refused["type"]) == ("bad", "error")
            assert refused["payload"][0]["extensions"]["code"] == "BAD_USER_INPUT"
        assert (await (await socket.subscribe(HEAD)).next())["eventSeq"] == cursor(0)
        assert (await (await socket.subscribe(HEAD)).message())["type"] == "next"
        await author.write()
        assert (await lives.next())["events"]["seq"] == cursor(1)
    await lets_go(server, house)


async def test_what_is_done_by_socket_is_done_once(server: Server, house: House) -> None:
    await Author.of(server, house)
    query = """mutation ($input: CreateCustomerInput!) {
      createCustomer(input: $input) { ... on CreateCustomerSuccess { customer { id } } }
    }"""
    payload = {"query": query, "variables": {"input": {"name": "Nino"}}, "extensions": {"idempotencyKey": "once"}}
    async with house.client("STAFF").socket() as socket:
        made: list[Json] = []
        for id in ("1", "2"):
            await socket.send({"id": id, "type": "subscribe", "payload": payload})
            made.append((await socket.receive())["payload"]["data"])
            assert (await socket.receive())["type"] == "complete"
        assert made[0] == made[1]


# limits


async def test_a_socket_has_its_limits(settings: Settings, house: House) -> None:
    knobs = {"socket_operations_max": 2, "sockets_per_caller_max": 2, "sockets_per_address_max": 4}
    async with own_api(settings, **knobs, socket_messages_per_s=5) as api:
        staff = Client(api, house.client("STAFF").token)
        async with staff.socket() as one, staff.socket() as other:
            async with raw(api) as third:
                await third.send(message(type="connection_init", payload=staff.headers))
                assert await third.closed_with() == 1013
            async with raw(api), raw(api), raw(api) as fifth:
                assert await fifth.closed_with() == 1013
            streams = [await one.subscribe(EVENTS) for _ in range(2)]
            assert await code_of(await one.subscribe(HEAD)) == "RATE_LIMITED"
            await one.send({"id": streams[0].id, "type": "complete"})
            assert (await (await one.subscribe(HEAD)).next()).keys() == {"eventSeq"}
            # ten at once, and five a second from then on
            began = asyncio.get_running_loop().time()
            for _ in range(16):
                await other.send({"type": "ping"})
            for _ in range(16):
                assert await other.receive() == {"type": "pong"}
            assert asyncio.get_running_loop().time() - began > 1


async def test_who_does_not_read_is_dropped(settings: Settings, server: Server, house: House) -> None:
    """What waits for a slow reader is bounded, and so is how long it waits."""
    author = await Author.of(server, house)
    dice = random.Random(1)
    for _ in range(4):
        await author.write(50, {"much": dice.randbytes(30_000).hex()})
    async with (
        own_api(settings, socket_buffer_bytes=20_000, socket_stall_s=0.3) as api,
        raw(api, window=4096) as socket,
    ):
        await socket.send(message(type="connection_init", payload=house.client("STAFF").headers))
        assert await socket.says() == {"type": "connection_ack"}
        await socket.send(subscribe({"query": EVENTS, "variables": {"after": cursor(0)}}))
        assert (await socket.says())["type"] == "next"
        # nothing of what comes now is read for longer than the server waits
        socket.pause()
        await asyncio.sleep(1)
        socket.resume()
        assert await socket.closed_with() == 4008


async def test_pages_of_others_have_no_business_here(settings: Settings) -> None:
    upgrade = {
        "connection": "upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    async with own_api(settings, cors_origins=("https://admin.example",)) as api:
        async with httpx.AsyncClient(trust_env=False, verify=False) as http:
            refused = await http.get(f"http://{api}/graphql", headers={**upgrade, "origin": "https://evil.example"})
        assert refused.status_code == 403


# the end of the process


async def test_a_server_that_stops_says_so(names: dict[str, str], worker_number: int, tmp_path: Path) -> None:
    """SIGTERM: what is on its way is answered, every socket is closed with 1012, and the process is gone soon."""
    async with realm(names, worker_number) as own:
        with api_process(own.settings, tmp_path) as (process, api):
            house = await own.house(api)
            await serves(api)
            async with house.client("STAFF").socket() as idle, house.client("ADMIN").socket() as busy, raw(api) as mute:
                stream = await idle.subscribe(EVENTS, {"after": cursor(0)})
                asked = [await busy.subscribe(HEAD) for _ in range(5)]
                assert process.process
                await busy.send({"type": "ping"})
                process.process.send_signal(signal.SIGTERM)
                assert await mute.closed_with() == 1012
                got = await rest(busy)
                assert len([found for found in got if found["type"] == "next"]) == len(asked)
                assert await rest(idle) == []
                assert (idle.connection.close_code, busy.connection.close_code) == (1012, 1012)
                assert stream.id == "1"
            await asyncio.to_thread(process.process.wait, 8)
        assert "Traceback" not in (tmp_path / "api.log").read_text()


async def rest(socket: Socket) -> list[Json]:
    """What comes until the server hangs up."""
    found = []
    with suppress(ConnectionClosed):
        while True:
            found.append(await socket.receive())
    return found

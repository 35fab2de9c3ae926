"""What drivers show at the stops, and what is demanded of them."""

from typing import Any

import pytest

from app import clock
from tests.client import Json
from tests.driving import Drive
from tests.factories.documents import document
from tests.factories.houses import House
from tests.races.crowd import at_once, crowd
from tests.steps import errors, events, nothing_changes

CODE = "481516"
WRONG = "000000"
PROOFS = "kind signedBy barcode document { id }"


async def _aboard(house: House, *demanded: str, **ride: Any) -> Drive:
    """The driver's route of a transport that is picked up."""
    if "CODE" in demanded:
        ride["code"] = CODE
    drive = await Drive.of(house, proof_required=list(demanded), **ride)
    await drive.complete(0)
    return drive


async def _shown(house: House, drive: Drive, role: str = "DISPATCHER") -> list[Json]:
    query = f"query Of($id: ID!) {{ node(id: $id) {{ ... on Transport {{ proofs {{ {PROOFS} }} }} }} }}"
    found = await house.client(role).run(query, {"id": house.gid("Transport", drive.rides[0])})
    proofs: list[Json] = found["node"]["proofs"]
    return proofs


async def test_a_dropoff_needs_what_is_demanded(house: House) -> None:
    drive = await _aboard(house, "SIGNATURE", "PHOTO", "BARCODE", "CODE")
    async with nothing_changes(house):
        assert await drive.complete(1) == {
            "__typename": "ProofRequired",
            "missing": ["SIGNATURE", "PHOTO", "BARCODE", "CODE"],
        }
    some = {"barcode": "4006381333931", "photoDocumentIds": [await drive.document()]}
    async with nothing_changes(house):
        assert (await drive.complete(1, proof=some))["missing"] == ["SIGNATURE", "CODE"]
    signature = await drive.document()
    whole = some | {"signatureDocumentId": signature, "signedBy": " Nino  Beridze ", "code": f" {CODE} "}
    assert (await drive.complete(1, proof=whole))["stop"]["transport"] == {"status": "DELIVERED"}
    expected = [
        {"kind": "SIGNATURE", "signedBy": "Nino Beridze", "barcode": None, "document": {"id": signature}},
        {"kind": "PHOTO", "signedBy": None, "barcode": None, "document": {"id": some["photoDocumentIds"][0]}},
        {"kind": "BARCODE", "signedBy": None, "barcode": "4006381333931", "document": None},
        {"kind": "CODE", "signedBy": None, "barcode": None, "document": None},
    ]
    assert await _shown(house, drive) == expected
    assert await _shown(house, drive, "DRIVER") == expected


async def test_customers_see_what_was_shown_for_them(house: House) -> None:
    me = house.people["CUSTOMER"]
    drive = await _aboard(house, customer=me.viewer.customer_id)
    photo = await drive.document()
    await drive.complete(1, proof={"photoDocumentIds": [photo]})
    (shown,) = await _shown(house, drive, "CUSTOMER")
    assert shown["document"] == {"id": photo}
    theirs = house.gid("Document", await document(house))
    assert await me.client.codes("query Of($id: ID!) { node(id: $id) { id } }", {"id": theirs}) == ["NOT_FOUND"]


async def test_a_pickup_and_a_return_need_none_but_keep_it(house: House) -> None:
    drive = await Drive.of(house, proof_required=["PHOTO"])
    photos = [await drive.document() for _ in range(3)]
    await drive.complete(0, proof={"photoDocumentIds": [photos[0], photos[0]]})
    await drive.fail(1)
    (back,) = await drive.returns()
    assert (await drive.complete(back, proof={"barcode": "A"}))["stop"]["transport"] == {"status": "RETURNED"}
    assert [(proof["kind"], proof["barcode"]) for proof in await _shown(house, drive)] == [
        ("PHOTO", None),
        ("BARCODE", "A"),
    ]


async def test_proofs_that_come_later_are_added_once(house: House) -> None:
    drive = await _aboard(house, "BARCODE")
    await drive.complete(1, proof={"barcode": "A"})
    photo = await drive.document()
    proof = {"barcode": "A", "photoDocumentIds": [photo]}
    assert (await drive.complete(1, proof=proof))["stop"]["status"] == "DONE"
    async with nothing_changes(house):
        await drive.complete(1, proof=proof)
        await drive.complete(1)
    assert [shown["kind"] for shown in await _shown(house, drive)] == ["BARCODE", "PHOTO"]


# the code


async def test_a_code_cannot_be_guessed(house: House) -> None:
    drive = await _aboard(house, "CODE")
    before = len(await events(house))
    for left in (4, 3, 2, 1):
        answer = await drive.complete(1, proof={"code": WRONG})
        assert answer == {"__typename": "WrongCode", "attemptsLeft": left, "message": "This is not the code."}
    # the customer and the house can see that somebody guesses
    assert (await events(house))[before:] == ["TRANSPORT_CODE_REFUSED"] * 4
    assert (await drive.complete(1, proof={"code": WRONG}))["attemptsLeft"] == 0
    async with nothing_changes(house):
        answer = await drive.complete(1, proof={"code": CODE})
    assert answer == {
        "__typename": "WrongCode",
        "attemptsLeft": 0,
        "message": "Too many wrong codes: ask the house.",
    }
    async with nothing_changes(house):
        assert (await drive.complete(1, proof={"code": WRONG}, role="DISPATCHER"))["attemptsLeft"] == 5
    assert (await drive.complete(1, proof={"code": CODE}, role="DISPATCHER"))["stop"]["status"] == "DONE"
    assert await drive.column("transports", "status") == ["DELIVERED"]


async def test_another_transport_has_guesses_of_its_own(house: House) -> None:
    drive = await Drive.of(house, rides=2, proof_required=["CODE"], code=CODE)
    for _ in range(5):
        await drive.complete(1, proof={"code": WRONG})
    assert (await drive.complete(3, proof={"code": WRONG}))["attemptsLeft"] == 4
    assert (await drive.complete(3, proof={"code": CODE}))["stop"]["status"] == "DONE"


async def test_a_wrong_code_changes_nothing_else(house: House) -> None:
    """Not even the route sets out, though whoever tells of a stop has."""
    drive = await Drive.of(house, proof_required=["CODE"], code=CODE)
    assert (await drive.complete(1, proof={"code": WRONG}))["attemptsLeft"] == 4
    assert await drive.column("routes", "status") == ["PUBLISHED"]
    assert await drive.statuses() == ["PLANNED", "PLANNED"]
    assert await events(house) == ["TRANSPORT_CODE_REFUSED"]


async def test_a_code_that_comes_later_is_looked_at_too(house: House) -> None:
    drive = await _aboard(house, code=CODE)
    await drive.complete(1)
    assert (await drive.complete(1, proof={"code": WRONG, "barcode": "A"}))["attemptsLeft"] == 4
    assert await _shown(house, drive) == []
    for _ in range(2):
        assert (await drive.complete(1, proof={"code": CODE}))["stop"]["status"] == "DONE"
    assert [shown["kind"] for shown in await _shown(house, drive)] == ["CODE"]


async def test_a_guess_with_a_key_counts_and_frees_the_key(house: House) -> None:
    drive = await _aboard(house, "CODE")
    driver, input = house.client("DRIVER"), drive.stop(1) | {"proof": {"code": WRONG}}
    selection = "... on WrongCode { attemptsLeft } ... on CompleteStopSuccess { stop { status } }"
    for left in (4, 3):
        answer = await driver.act("completeStop", input, selection, idempotency_key="a")
        assert answer["attemptsLeft"] == left
    right = drive.stop(1) | {"proof": {"code": CODE}}
    for _ in range(2):
        answer = await driver.act("completeStop", right, selection, idempotency_key="a")
        assert answer["stop"] == {"status": "DONE"}


async def test_guesses_are_counted_though_they_come_at_once(house: House) -> None:
    drive = await _aboard(house, "CODE")
    async with crowd(house.client("DRIVER")) as phone:
        input = drive.stop(1) | {"proof": {"code": WRONG}}
        answers = await at_once(
            phone.act("completeStop", input, "... on WrongCode { attemptsLeft }") for _ in range(12)
        )
    assert sorted(answer["attemptsLeft"] for answer in answers) == [0] * 8 + [1, 2, 3, 4]


# what is no proof


@pytest.mark.parametrize(
    ("proof", "field"),
    [
        ({"signedBy": "Nino"}, "signedBy"),
        ({"signedBy": " "}, "signedBy"),
        ({"barcode": ""}, "barcode"),
        ({"barcode": "x" * 201}, "barcode"),
        ({"code": "123456"}, "code"),
    ],
)
async def test_what_is_no_proof_is_refused(house: House, proof: Json, field: str) -> None:
    drive = await Drive.of(house)
    async with nothing_changes(house):
        input = drive.stop(0) | {"proof": proof}
        assert await errors(house.client("DRIVER"), "completeStop", input) == [("BAD_USER_INPUT", field)]


async def test_documents_of_others_are_no_proof(house: House) -> None:
    drive = await Drive.of(house)
    someone_elses = await drive.document(driver_id=await house.driver())
    awaited, rejected = await drive.document(status="AWAITED"), await drive.document(status="REJECTED")
    many = [await drive.document() for _ in range(11)]
    async with nothing_changes(house):
        for id, code in (
            (someone_elses, "NOT_FOUND"),
            (house.gid("Document", drive.route), "NOT_FOUND"),
            (awaited, "BAD_USER_INPUT"),
            (rejected, "BAD_USER_INPUT"),
        ):
            input = drive.stop(0) | {"proof": {"photoDocumentIds": [id]}}
            ((found, _),) = await errors(house.client("DRIVER"), "completeStop", input)
            assert found == code
        input = drive.stop(0) | {"proof": {"photoDocumentIds": many}}
        assert await errors(house.client("DRIVER"), "completeStop", input) == [("BAD_USER_INPUT", "photoDocumentIds")]


async def test_a_document_proves_one_thing(house: House) -> None:
    drive = await Drive.of(house)
    photo = await drive.document()
    await drive.complete(0, proof={"photoDocumentIds": [photo]})
    async with nothing_changes(house):
        input = drive.stop(1) | {"proof": {"photoDocumentIds": [photo]}}
        assert await errors(house.client("DRIVER"), "completeStop", input) == [("BAD_USER_INPUT", "documentId")]
    other = await drive.document()
    async with nothing_changes(house):
        input = drive.stop(1) | {"proof": {"photoDocumentIds": [other], "signatureDocumentId": other}}
        assert await errors(house.client("DRIVER"), "completeStop", input) == [("BAD_USER_INPUT", "documentId")]


async def test_a_stop_has_room_for_so_many(house: House) -> None:
    drive = await Drive.of(house)
    for _ in range(2):
        await drive.complete(0, proof={"photoDocumentIds": [await drive.document() for _ in range(10)]})
    async with nothing_changes(house):
        input = drive.stop(0) | {"proof": {"barcode": "A"}}
        assert await errors(house.client("DRIVER"), "completeStop", input) == [("BAD_USER_INPUT", "proof")]


async def test_when_it_was_given_is_when_the_stop_was_done(house: House) -> None:
    drive, now = await Drive.of(house), clock.now()
    await drive.complete(0, now, proof={"barcode": "A"})
    (given_at,) = await drive.column("proofs", "given_at")
    assert given_at == now

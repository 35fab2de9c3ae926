"""The organization's own words, and how people want to be spoken to."""

from typing import Any

import pytest

from tests.client import Json
from tests.factories.houses import House
from tests.steps import errors, events, key

WORDS: Json = {"kind": "BOOKING_CONFIRMED", "channel": "SMS", "locale": "en", "body": "{{ number }}"}
CREATED = "... on CreateMessageTemplateSuccess { messageTemplate { id version subject body locale } }"
PREVIEW = "query P($input: PreviewMessageInput!) { previewMessage(input: $input) { subject body parts variables } }"
PREFERENCE = "contactPreference { id version locale quietFrom quietUntil muted { kind channel } customer { id } }"
SAID = f"... on UpdateContactPreferenceSuccess {{ {PREFERENCE} }} ... on VersionConflict {{ currentVersion }}"


async def _create(house: House, **more: Any) -> Json:
    return await house.client("ADMIN").act("createMessageTemplate", WORDS | more, CREATED)


async def _preview(house: House, **more: Any) -> Json:
    found: Json = (await house.client("ADMIN").run(PREVIEW, {"input": WORDS | more}))["previewMessage"]
    return found


async def test_words_live_from_creation_to_removal(house: House) -> None:
    made = (await _create(house))["messageTemplate"]
    assert (made["version"], made["body"], made["subject"]) == (1, "{{ number }}", None)
    assert (await _create(house))["__typename"] == "AlreadyExists"
    change = {"messageTemplateId": made["id"], "version": 1, "body": "Booking {{ number }}"}
    changed = "... on UpdateMessageTemplateSuccess { messageTemplate { version body } }"
    admin = house.client("ADMIN")
    answer = await admin.act("updateMessageTemplate", change, changed)
    assert answer["messageTemplate"] == {"version": 2, "body": "Booking {{ number }}"}
    assert (await admin.act("updateMessageTemplate", change, changed))["__typename"] == "VersionConflict"
    assert (await _preview(house, body=None))["body"] == "Booking K7PM2X"
    await admin.act("removeMessageTemplate", {"messageTemplateId": made["id"]}, "removed")
    assert await admin.codes("query N($id: ID!) { node(id: $id) { id } }", {"id": made["id"]}) == ["NOT_FOUND"]
    assert (await _preview(house, body=None))["body"].startswith("The House: Day care for Bim on ")
    assert await events(house) == [f"MESSAGE_TEMPLATE_{what}" for what in ("CREATED", "UPDATED", "REMOVED")]


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"body": "{{ password }}"}, "body", "Unknown: password. Known: date, day, "),
        ({"body": "{% if secret %}x{% endif %}"}, "body", "Unknown: secret."),
        ({"body": "{{ person.name }}"}, "body", "Unknown: person.name."),
        ({"body": "{{ number"}, "body", "This cannot be filled in"),
        ({"body": "{% for i in (1..9) %}x{% endfor %}"}, "body", "This cannot be filled in"),
        ({"body": "{% include 'x' %}"}, "body", "This cannot be filled in"),
        ({"body": "{% render 'x' %}"}, "body", "This cannot be filled in"),
        ({"body": "{{ number | replace: 'K', 'KKKKKKKK' }}"}, "body", "This cannot be filled in"),
        ({"body": "x" * 5_001}, "body", "`body` has at most 5000 characters."),
        ({"body": " \n"}, "body", "`body` is empty."),
        ({"subject": "Hello"}, "subject", "A text message has no subject."),
        ({"channel": "EMAIL"}, "subject", "A mail and a push message have a subject."),
        ({"channel": "PUSH", "subject": "{{ nobody }}"}, "subject", "Unknown: nobody."),
        ({"locale": "EN"}, "locale", "This is no language"),
        ({"locale": "zz"}, "locale", "This is no language"),
        ({"locale": "en_US_POSIX"}, "locale", "This is no language"),
        ({"kind": "CARE_DUE"}, "body", "Unknown: number. Known: care, date, list, organization, person, subject."),
    ],
)
async def test_words_that_could_not_be_used_are_refused(house: House, wrong: Json, field: str, says: str) -> None:
    create = "mutation C($input: CreateMessageTemplateInput!) { createMessageTemplate(input: $input) { __typename } }"
    for document in (create, PREVIEW):
        answer = await house.client("ADMIN").post(document, {"input": WORDS | wrong})
        (error,) = answer["errors"]
        assert error["message"].startswith(says)
        assert error["extensions"] == {"code": "BAD_USER_INPUT", "field": field}
    assert await events(house) == []


async def test_a_preview_counts_text_messages(house: House) -> None:
    shown = await _preview(house, body="{{ person }}" + "a" * 150)
    assert (shown["parts"], len(shown["body"])) == (2, 162)
    assert (await _preview(house, body="{{ person }} ლ"))["parts"] == 1
    assert {"number", "person", "organization", "starts"} <= set(shown["variables"])
    mail = await _preview(house, channel="EMAIL", subject="To {{ person }}", body="Hello")
    assert mail | {"variables": []} == {"subject": "To Nino Beridze", "body": "Hello\n", "parts": None, "variables": []}


async def test_a_preview_speaks_to_a_customer_of_the_latest_booking(house: House) -> None:
    customer = await house.customer(name="Keti")
    whose = {"customerId": house.gid("Customer", customer), "body": "{{ person }}, {{ number }}, {{ subject }}"}
    assert (await _preview(house, **whose))["body"] == "Keti, K7PM2X, Bim"
    pet = await house.pet(customer, name="Murtaza")
    await house.booking(customer, pet, await house.slot(), number="ABC")
    assert (await _preview(house, **whose))["body"] == "Keti, ABC, Murtaza"


@pytest.mark.parametrize(
    ("kept", "wanted", "found"),
    [
        (["ka", "en"], "ka_GE", "ka"),
        (["ka_GE", "ka"], "ka_GE", "ka_GE"),
        (["en"], "ka", None),
        (["en"], "fi", "en"),
        (["fi"], "fi", "fi"),
        (["de"], "fi", None),
    ],
)
async def test_words_are_looked_for_from_the_nearest(
    house: House, kept: list[str], wanted: str, found: str | None
) -> None:
    """Waypost's own Georgian comes before the organization's English."""
    for locale in kept:
        await _create(house, locale=locale, body=f"[{locale}]")
    body = (await _preview(house, locale=wanted, body=None))["body"]
    assert body == f"[{found}]" if found else "K7PM2X" in body


# preferences


async def test_people_say_how_they_want_to_be_spoken_to(house: House) -> None:
    for role in ("CUSTOMER", "DRIVER", "STAFF"):
        client = house.client(role)
        assert await client.run(f"{{ {PREFERENCE} }}") == {"contactPreference": None}
        muted = [{"kind": "AFTER_VISIT", "channel": "EMAIL"}] * 2
        given = {"version": 0, "locale": "ka", "quietFrom": "22:00", "quietUntil": "07:00", "muted": muted}
        said = (await client.act("updateContactPreference", given, SAID))["contactPreference"]
        customer = house.people[role].viewer.customer_id
        assert said | {"id": ""} == {
            "id": "",
            "version": 2,
            "locale": "ka",
            "quietFrom": "22:00",
            "quietUntil": "07:00",
            "muted": muted[:1],
            "customer": {"id": house.gid("Customer", customer)} if customer else None,
        }
        assert (await client.run(f"{{ {PREFERENCE} }}"))["contactPreference"] == said
        again = await client.act("updateContactPreference", given, SAID)
        assert again == {"__typename": "VersionConflict", "currentVersion": 2}
        change: Json = {"version": 2, "quietFrom": None, "quietUntil": None, "muted": []}
        changed = (await client.act("updateContactPreference", change, SAID))["contactPreference"]
        assert (changed["locale"], changed["quietFrom"], changed["muted"]) == ("ka", None, [])
    assert await events(house) == ["CONTACT_PREFERENCE_UPDATED"] * 6


async def test_the_house_speaks_for_a_customer(house: House) -> None:
    staff, customer = house.client("STAFF"), await house.customer()
    whose = house.gid("Customer", customer)
    said = await staff.act("updateContactPreference", {"version": 0, "customerId": whose, "locale": "ka"}, SAID)
    assert said["contactPreference"]["customer"] == {"id": whose}
    query = "query Q($id: ID) { contactPreference(customerId: $id) { id locale } } "
    found = await staff.run(query, {"id": whose})
    assert (key(found["contactPreference"]["id"]), found["contactPreference"]["locale"]) == (
        key(said["contactPreference"]["id"]),
        "ka",
    )
    assert await house.client("CUSTOMER").codes(query, {"id": whose}) == ["NOT_FOUND"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"locale": "xx"}, "locale"),
        ({"quietFrom": "22:00"}, "quietUntil"),
        ({"quietFrom": "22:00", "quietUntil": "22:00"}, "quietUntil"),
        ({"quietUntil": "07:00"}, "quietUntil"),
    ],
)
async def test_what_nobody_can_want_is_refused(house: House, wrong: Json, field: str) -> None:
    client = house.client("CUSTOMER")
    found = await errors(client, "updateContactPreference", {"version": 0, **wrong})
    assert found == [("BAD_USER_INPUT", field)]
    assert await client.run("{ contactPreference { id } }") == {"contactPreference": None}
    unheard = await client.act("updateContactPreference", {"version": 7, "locale": "en"}, SAID)
    assert unheard == {"__typename": "VersionConflict", "currentVersion": 0}

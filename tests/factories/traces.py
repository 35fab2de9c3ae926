"""A customer who has left a trace in every table that may know of one."""

import json
from dataclasses import dataclass
from datetime import time, timedelta
from uuid import UUID

import asyncpg
from uuid_utils.compat import uuid7

from app import clock
from app.models import Role
from tests.factories.documents import document
from tests.factories.houses import House, Person

MARK = "Zviadauri"
"""Stands in every text that tells of the person."""
PHONE = "+995599000111"
EMAIL = "zviadauri@example.org"
POINT = (41.712345, 44.798765)


@dataclass(frozen=True)
class Traces:
    person: Person
    customer_id: UUID
    pet: UUID
    booking: UUID
    transport: UUID
    document: UUID
    proof: UUID


async def leave_traces(house: House) -> Traces:
    """Nothing of it is still to come."""
    person = await house.person(Role.CUSTOMER, name=MARK)
    customer_id = person.viewer.customer_id
    assert customer_id
    await house.pool.execute(
        "UPDATE customers SET name = $3, email = $4, phone = $5, notes = $3, external_id = $3 "
        "WHERE organization_id = $1 AND id = $2",
        house.id,
        customer_id,
        MARK,
        EMAIL,
        PHONE,
    )
    await house.pool.execute("UPDATE users SET email = $2 WHERE id = $1", person.user_id, f"{person.user_id}-{EMAIL}")
    pet = await _subjects(house, customer_id)
    booking = await _bookings(house, customer_id, pet)
    transport, proof = await _rides(house, customer_id, pet, booking)
    file = await document(house, name=f"{MARK}.png", customer_id=customer_id, rejected_reason=MARK)
    await _care(house, customer_id, pet, file)
    await _messages(house, person, customer_id)
    await _syncs(house, pet)
    return Traces(person, customer_id, pet, booking, transport, file, proof)


async def _subjects(house: House, customer_id: UUID) -> UUID:
    marked = {"name": MARK, "notes": MARK, "external_id": MARK}
    pet = await house.insert("subjects", kind="PET", customer_id=customer_id, **marked)
    await _kind(house, "pets", pet, species="DOG", breed=MARK, chip_number=MARK, born_on=house.day, weight_g=4_321)
    patient = await house.insert("subjects", kind="PATIENT", customer_id=customer_id, name=MARK)
    await _kind(house, "patients", patient, mobility="STRETCHER", oxygen=True, birth_date=house.day)
    car = await house.insert("subjects", kind="CAR", customer_id=customer_id, name=MARK)
    await _kind(house, "cars", car, license_plate=MARK, make=MARK, model=MARK, vin=MARK, mileage_km=7)
    return pet


async def _kind(house: House, table: str, id: UUID, **values: object) -> None:
    kind = {"pets": "PET", "patients": "PATIENT", "cars": "CAR"}[table]
    await house.insert(table, id=id, kind=kind, **values)


async def _bookings(house: House, customer_id: UUID, pet: UUID) -> UUID:
    group = await house.insert("booking_groups", customer_id=customer_id)
    texts = {"notes": MARK, "reason": MARK, "care_waived_reason": MARK}
    slot = await house.slot()
    booking = await house.booking(customer_id, pet, slot, status="CANCELLED", group_id=group, **texts)
    fee = {"kind": "CANCELLATION", "amount_minor": 500, "currency": "GEL"}
    await house.insert("booking_charges", booking_id=booking, customer_id=customer_id, **fee)
    await house.waitlist_entry(customer_id, pet, slot, status="LEFT")
    series = await house.series(customer_id, pet, await house.service(), status="ENDED", notes=MARK)
    at = house.at(time(10))
    await house.insert(
        "occurrences", series_id=series, local_at=at.replace(tzinfo=None), starts_at=at, outcome="SLOT_FULL"
    )
    await house.insert("calendar_feeds", customer_id=customer_id, name=MARK)
    return booking


async def _rides(house: House, customer_id: UUID, pet: UUID, booking: UUID) -> tuple[UUID, UUID]:
    latitude, longitude = POINT
    texts = {"label": MARK, "address": MARK, "access_notes": MARK}
    home = await house.insert("places", customer_id=customer_id, latitude=latitude, longitude=longitude, **texts)
    contact = {"contact_name": MARK, "contact_phone": PHONE, "notes": MARK, "code": "481516"}
    transport = await house.transport(customer_id, pickup_place_id=home, subject_id=pet, booking_id=booking, **contact)
    route = await house.route(await house.driver(), [transport], status="COMPLETED")
    await house.pool.execute("UPDATE transports SET status = 'DELIVERED' WHERE id = $1", transport)
    await house.pool.execute("UPDATE stops SET status = 'DONE', notes = $2 WHERE transport_id = $1", transport, MARK)
    stop = await house.value("SELECT id FROM stops WHERE organization_id = $1 AND transport_id = $2 LIMIT 1", transport)
    given = {"stop_id": stop, "transport_id": transport, "given_at": clock.now()}
    signature = await document(house, name=f"{MARK}-signature.png")
    await house.insert("proofs", kind="SIGNATURE", signed_by=MARK, document_id=signature, **given)
    await house.insert("proofs", kind="BARCODE", barcode=MARK, **given)
    await house.insert("tracking_links", transport_id=transport, expires_at=clock.now() + timedelta(days=1))
    way = {"fingerprint": "f", "provider": "osrm", "polyline": MARK, "legs": "[]", "fetched_at": clock.now()}
    await house.insert("directions", route_id=route, **way)
    return transport, signature


async def _care(house: House, customer_id: UUID, pet: UUID, file: UUID) -> None:
    whose = {"subject_id": pet, "customer_id": customer_id}
    texts = dict.fromkeys(("title", "batch_number", "diagnosis", "treatment", "notes", "void_reason"), MARK)
    record = await house.insert(
        "care_records", kind="VACCINATION", performed_on=house.day, voided_at=clock.now(), **whose, **texts
    )
    await house.insert("care_record_documents", record_id=record, document_id=file)
    await house.insert("care_dues", kind="VACCINATION", title=MARK, due_on=house.day, record_id=record, **whose)
    tag = await house.insert("tags", kind="QR", status="ACTIVE", uid=MARK, label=MARK, **whose)
    counted = asyncpg.Range(clock.now(), clock.now() + timedelta(minutes=1))
    scan = {"kind": "SIGHTING", "scanned_at": clock.now(), "counted": counted, "location": MARK}
    await house.insert("tag_scans", tag_id=tag, **whose, **scan)


async def _messages(house: House, person: Person, customer_id: UUID) -> None:
    device = await house.insert(
        "device_tokens",
        user_id=person.user_id,
        customer_id=customer_id,
        token=MARK,
        platform="IOS",
        provider="EXPO",
        last_seen_at=clock.now(),
    )
    for channel, status in (("EMAIL", "SENT"), ("PUSH", "QUEUED")):
        message = {
            "kind": "CARE_DUE",
            "channel": channel,
            "status": status,
            "sent_at": clock.now() if status == "SENT" else None,
            "device_id": device if channel == "PUSH" else None,
            "cause": str(uuid7()),
            "recipient": str(customer_id),
            "about_type": "Customer",
            "about": customer_id,
            "locale": "en",
            "send_at": clock.now() + timedelta(days=1),
            **dict.fromkeys(("address", "subject", "body", "provider_reference"), MARK),
        }
        id = await house.insert("notifications", customer_id=customer_id, **message)
        await house.insert("notification_attempts", notification_id=id, outcome="RETRY", detail=MARK)
    await house.insert("account_mails", kind="EMAIL_CONFIRMATION", address=EMAIL, user_id=person.user_id)
    await house.insert(
        "invitations", email=EMAIL, role="CUSTOMER", status="REVOKED", expires_at=clock.now(), invited_by=person.user_id
    )
    await house.insert("dead_addresses", channel="EMAIL", address=EMAIL, reason=MARK)
    await house.insert("contact_preferences", customer_id=customer_id, locale="ka")
    news = {"title": "News", "body": "News", "priority": "NORMAL", "audience": "EVERYONE"}
    post = await house.insert("posts", status="PUBLISHED", publish_at=clock.now(), **news)
    await house.insert("post_reads", post_id=post, user_id=person.user_id, read_at=clock.now())


async def _syncs(house: House, pet: UUID) -> None:
    partner = await house.insert("partners", type="VET", name="The clinic")
    connection = await house.insert(
        "partner_connections",
        partner_id=partner,
        status="ACTIVE",
        endpoint="http://127.0.0.1:9",
        kinds=["REPORTS"],
        mode="REVIEW",
    )
    of = {"connection_id": connection, "subject_id": pet}
    values = json.dumps({"title": MARK})
    await house.insert("review_items", external_id=MARK, status="PENDING", values=values, **of)
    await house.insert("sync_states", kind="REPORTS", chip_number=MARK, etag=MARK, **of)
    run = await house.insert("sync_runs", connection_id=connection, status="SUCCEEDED")
    issue = {"problem": "MALFORMED", "detail": MARK, "external_id": MARK}
    await house.insert("sync_issues", run_id=run, subject_id=pet, **issue)

"""One row in each table of care, tags, partners, messages, news and exports."""

from datetime import date, time, timedelta
from uuid import UUID

import asyncpg

from tests.factories import webhooks
from tests.factories.houses import House
from tests.factories.rows import insert

NOON = time(12)
DAY = date(2026, 3, 2)


async def keep(house: House, user_id: UUID, customer_id: UUID, driver_id: UUID, service_id: UUID) -> None:
    """A pet with all that is kept of it, and people who hear of it."""
    vet = await _partner(house, "VET", "Dr Gela")
    brand = await _partner(house, "FOOD_BRAND", "Bones")
    pet = await house.pet(customer_id, preferred_vet_id=vet, preferred_food_brand_id=brand)
    connection = await house.insert(
        "partner_connections",
        partner_id=vet,
        status="ACTIVE",
        endpoint="https://vet.invalid",
        kinds=["VACCINATIONS"],
        mode="REVIEW",
    )
    await _care(house, user_id, pet, customer_id, service_id, vet, connection)
    await _sync(house, user_id, pet, connection)
    await _tags(house, user_id, pet, customer_id, driver_id)
    await _messages(house, user_id, customer_id)
    await house.insert(
        "registered_documents",
        partner_id=vet,
        document_id="Pets",
        hash="0" * 64,
        body="{ __typename }",
        operations="[]",
        first_version=1,
        last_version=1,
        registered_by=user_id,
    )
    await _members(house, user_id)
    delivery = await webhooks.delivery(house, endpoint := await webhooks.endpoint(house), 1)
    await webhooks.attempt(house, delivery)
    await webhooks.replay(house, endpoint)
    post = await house.insert(
        "posts", status="DRAFT", title="News", body="None", priority="NORMAL", audience="HOUSE", written_by=user_id
    )
    await house.insert("post_reads", post_id=post, user_id=user_id, read_at=house.at(NOON))
    file = await house.insert("documents", name="Everything", status="AWAITED", customer_id=customer_id)
    await house.insert(
        "exports",
        kind="PERSON",
        format="ZIP",
        status="QUEUED",
        requested_by=user_id,
        customer_id=customer_id,
        document_id=file,
    )


async def _members(house: House, user_id: UUID) -> None:
    await house.insert("role_policies", role="STAFF", second_factor_required=False)
    invitation = await house.insert(
        "invitations",
        email="new@example.org",
        role="STAFF",
        status="PENDING",
        expires_at=house.at(NOON),
        invited_by=user_id,
    )
    await house.insert("account_mails", kind="INVITATION", address="new@example.org", invitation_id=invitation)


async def _partner(house: House, type: str, name: str) -> UUID:
    entry = await insert(house.pool, "partner_directory", type=type, country="GE", name=name)
    return await house.insert("partners", type=type, name=name, directory_entry_id=entry)


async def _care(
    house: House, user_id: UUID, pet: UUID, customer_id: UUID, service_id: UUID, vet: UUID, connection: UUID
) -> None:
    protocol = await house.insert(
        "care_protocols", code="RABIES", name="Rabies", kind="VACCINATION", subject_kind="PET"
    )
    booking = await house.value("SELECT id FROM bookings WHERE organization_id = $1 LIMIT 1")
    of = {"subject_id": pet, "customer_id": customer_id, "kind": "VACCINATION", "title": "Rabies"}
    record = await house.insert(
        "care_records",
        **of,
        protocol_id=protocol,
        partner_id=vet,
        booking_id=booking,
        performed_on=DAY,
        connection_id=connection,
        external_id="1",
        recorded_by=user_id,
    )
    report = await house.insert("documents", name="Report", status="AWAITED", customer_id=customer_id)
    await house.insert("care_record_documents", record_id=record, document_id=report)
    await house.insert("care_dues", **of, protocol_id=protocol, record_id=record, due_on=DAY + timedelta(days=365))
    await house.insert("care_requirements", service_id=service_id, protocol_id=protocol)
    await house.insert(
        "review_items",
        connection_id=connection,
        subject_id=pet,
        external_id="2",
        status="ACCEPTED",
        values="{}",
        record_id=record,
        decided_by=user_id,
    )


async def _sync(house: House, user_id: UUID, pet: UUID, connection: UUID) -> None:
    run = await house.insert("sync_runs", connection_id=connection, status="SUCCEEDED", requested_by=user_id)
    await house.insert("sync_issues", run_id=run, subject_id=pet, problem="MALFORMED", detail="No date.")
    await house.insert(
        "sync_states", connection_id=connection, subject_id=pet, kind="VACCINATIONS", chip_number="1", etag='"1"'
    )


async def _tags(house: House, user_id: UUID, pet: UUID, customer_id: UUID, driver_id: UUID) -> None:
    of = {"subject_id": pet, "customer_id": customer_id}
    new = await house.insert("tags", kind="QR", status="ACTIVE", uid="new", **of)
    old = await house.insert("tags", kind="NFC", status="RETIRED", uid="old", replaced_by_id=new, **of)
    booking = await house.value("SELECT id FROM bookings WHERE organization_id = $1 LIMIT 1")
    at = house.at(NOON)
    await house.insert(
        "tag_scans",
        tag_id=old,
        kind="CHECK_IN",
        scanned_at=at,
        counted=asyncpg.Range(at, at + timedelta(minutes=1)),
        scanned_by=user_id,
        driver_id=driver_id,
        place_id=await house.place(),
        booking_id=booking,
        **of,
    )


async def _messages(house: House, user_id: UUID, customer_id: UUID) -> None:
    at = house.at(NOON)
    device = await house.insert(
        "device_tokens",
        user_id=user_id,
        customer_id=customer_id,
        token="1",
        platform="IOS",
        provider="EXPO",
        last_seen_at=at,
    )
    protocol = await house.value("SELECT id FROM care_protocols WHERE organization_id = $1 LIMIT 1")
    rule = await house.insert("reminder_rules", kind="CARE_DUE", channels=["PUSH"], days_before=7, protocol_id=protocol)
    notification = await house.insert(
        "notifications",
        kind="CARE_DUE",
        channel="PUSH",
        status="QUEUED",
        cause="1",
        recipient=str(device),
        customer_id=customer_id,
        user_id=user_id,
        device_id=device,
        rule=rule,
        about_type="Customer",
        about=customer_id,
        locale="en",
        send_at=at,
    )
    await house.insert("notification_attempts", notification_id=notification, outcome="RETRY")
    await house.insert("message_templates", kind="CARE_DUE", channel="SMS", locale="ka", body="…")
    await house.insert("contact_preferences", customer_id=customer_id)
    await house.insert("contact_preferences", user_id=user_id)
    await house.insert("dead_addresses", channel="EMAIL", address="a@b.invalid", reason="550")

"""Reminders, and what they are about."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from uuid_utils.compat import uuid7

from tests.factories.houses import House


async def protocol(house: House, **values: Any) -> UUID:
    """A rabies shot every year, of which dogs are told two weeks ahead."""
    usual = {
        "code": f"RABIES-{str(uuid7())[-8:].upper()}",
        "name": "Rabies",
        "kind": "VACCINATION",
        "subject_kind": "PET",
        "interval_days": 365,
        "warning_days": 14,
    }
    return await house.insert("care_protocols", **usual | values)


async def due(house: House, subject: UUID, due_on: date, protocol_id: UUID | None, **values: Any) -> UUID:
    """What a subject needs; it was given a year before."""
    customer = await house.value("SELECT customer_id FROM subjects WHERE organization_id = $1 AND id = $2", subject)
    named = {"subject_id": subject, "customer_id": customer, "protocol_id": protocol_id}
    common = {"kind": "VACCINATION", "title": "Rabies"}
    record = await house.insert(
        "care_records", **named, **common, performed_on=due_on - timedelta(days=365), next_due_on=due_on
    )
    return await house.insert("care_dues", **{**named, **common, "record_id": record, "due_on": due_on, **values})


async def rule(house: House, kind: str, run_on: date | None, at: time | None = time(8), **values: Any) -> UUID:
    """A reminder that runs next on a day, with the work of that."""
    channels = values.pop("channels", ["EMAIL"])
    id = await house.insert("reminder_rules", kind=kind, channels=channels, at=at, run_on=run_on, **values)
    if run_on is not None and at is not None:
        zone = await house.value("SELECT time_zone FROM organizations WHERE id = $1")
        run_at = datetime.combine(run_on, at, ZoneInfo(zone))
        await house.insert("due_work", kind="RUN_REMINDER", ref_id=id, run_at=run_at)
    return id

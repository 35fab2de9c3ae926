"""Protocols, records and what is due, as rows."""

from datetime import date
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from tests.factories.houses import House


async def protocol(house: House, **values: Any) -> UUID:
    """A vaccine for all pets, once a year."""
    code = str(uuid7())[-12:].upper()
    named = {"code": code, "name": f"Vaccine {code}", "kind": "VACCINATION", "subject_kind": "PET"}
    return await house.insert("care_protocols", **{**named, "interval_days": 365, **values})


async def record(house: House, customer_id: UUID, subject_id: UUID, performed_on: date, **values: Any) -> UUID:
    """What is due does not follow: nothing but the server works it out."""
    named = {"kind": "VACCINATION", "title": "A shot", "performed_on": performed_on}
    return await house.insert(
        "care_records", **{**named, "customer_id": customer_id, "subject_id": subject_id, **values}
    )


async def due(
    house: House, customer_id: UUID, subject_id: UUID, protocol_id: UUID, due_on: date, **values: Any
) -> UUID:
    named = {"kind": "VACCINATION", "title": "A shot", "due_on": due_on, "protocol_id": protocol_id}
    return await house.insert("care_dues", **{**named, "customer_id": customer_id, "subject_id": subject_id, **values})


async def required(house: House, service_id: UUID, protocol_id: UUID) -> UUID:
    return await house.insert("care_requirements", service_id=service_id, protocol_id=protocol_id)


async def reported(house: House, record_id: UUID, document_id: UUID) -> UUID:
    return await house.insert("care_record_documents", record_id=record_id, document_id=document_id)

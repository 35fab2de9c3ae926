"""What the audit log shows of changed values. The list below is all that is declared: a text that it does not name is
hidden, so a new column is never shown by accident. `docs/privacy.md` says why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from sqlalchemy import ARRAY, JSON, LargeBinary, String
from sqlalchemy import Enum as SqlEnum
from sqlalchemy.types import TypeEngine

from app import models as m
from app.models.base import Base, Versioned


class Mask(Enum):
    SHOWN = auto()
    PARTLY = auto()
    """Its end, by which people who know it recognise it."""
    HIDDEN = auto()


HIDDEN_TEXT = "•••"
ENDING = 4
"""Characters of a partly shown value."""
TELLING = 8
"""A value must be so long that its end does not give it away."""

SHOWN, PARTLY, HIDDEN = Mask.SHOWN, Mask.PARTLY, Mask.HIDDEN
_SUBJECT = {"name": SHOWN, "notes": HIDDEN, "external_id": SHOWN}
_PARTNER = dict.fromkeys(("name", "clinic", "licence_number", "phone", "email", "website", "address"), SHOWN)

MASKS: dict[type[Base], Mapping[str, Mask]] = {
    m.ApiKey: {"name": SHOWN, "prefix": SHOWN, "secret_hash": HIDDEN, "scopes": SHOWN},
    m.Booking: {
        "number": SHOWN,
        "currency": SHOWN,
        "notes": HIDDEN,
        "reason": HIDDEN,
        "care_waived_reason": HIDDEN,
    },
    m.Car: {**_SUBJECT, "license_plate": PARTLY, "make": SHOWN, "model": SHOWN, "vin": PARTLY},
    m.CareProtocol: {"code": SHOWN, "name": SHOWN, "description": SHOWN},
    m.CareRecord: {
        "title": HIDDEN,
        "batch_number": HIDDEN,
        "diagnosis": HIDDEN,
        "treatment": HIDDEN,
        "notes": HIDDEN,
        "external_id": SHOWN,
        "void_reason": HIDDEN,
    },
    m.ContactPreference: {"locale": SHOWN, "muted": SHOWN},
    m.Customer: {
        "name": SHOWN,
        "email": PARTLY,
        "phone": PARTLY,
        "notes": HIDDEN,
        "external_id": SHOWN,
        "reason": SHOWN,
    },
    m.Driver: {"display_name": SHOWN, "phone": PARTLY, "skills": SHOWN, "licence_number": PARTLY},
    m.Membership: {},
    m.MessageTemplate: {"locale": SHOWN, "subject": SHOWN, "body": SHOWN},
    m.Partner: {**_PARTNER, "notes": HIDDEN, "external_id": SHOWN},
    # the URL may hold a key
    m.PartnerLink: {"endpoint": HIDDEN, "credentials": HIDDEN, "kinds": SHOWN, "protocol_codes": SHOWN},
    m.Patient: {**_SUBJECT, "birth_date": HIDDEN, "mobility": HIDDEN, "oxygen": HIDDEN},
    m.Pet: {**_SUBJECT, "breed": SHOWN, "chip_number": PARTLY},
    m.Place: {"label": SHOWN, "address": HIDDEN, "access_notes": HIDDEN, "latitude": HIDDEN, "longitude": HIDDEN},
    m.PlanningRun: {"label": SHOWN, "error_code": SHOWN, "error_message": SHOWN},
    m.Post: {"title": SHOWN, "body": SHOWN, "category": SHOWN},
    m.ReminderRule: {"channels": SHOWN},
    m.Resource: {"name": SHOWN},
    m.ResourcePool: {"name": SHOWN, "resource_ids": SHOWN},
    m.RolePolicy: {"permissions": SHOWN},
    m.Route: {"breaks": SHOWN, "forced_reason": SHOWN},
    m.Schedule: {"name": SHOWN, "rule": SHOWN},
    m.ScheduleException: {"reason": SHOWN},
    m.Series: {"rule": SHOWN, "time_zone": SHOWN, "except_local": SHOWN, "extra_local": SHOWN, "notes": HIDDEN},
    m.Service: {
        "name": SHOWN,
        "description": SHOWN,
        "currency": SHOWN,
        "requirement_ids": SHOWN,
        "protocol_ids": SHOWN,
    },
    m.Shift: {"breaks": SHOWN},
    m.Slot: {},
    m.Tag: {"uid": PARTLY, "label": SHOWN},
    m.Team: {"name": SHOWN},
    m.Transport: {
        "demand": SHOWN,
        "notes": HIDDEN,
        "currency": SHOWN,
        "required_equipment": SHOWN,
        "required_skills": SHOWN,
        "load_class": SHOWN,
        "apart_from": SHOWN,
        "contact_name": HIDDEN,
        "contact_phone": PARTLY,
        "proof_required": SHOWN,
        "code": HIDDEN,
    },
    m.Vehicle: {"license_plate": SHOWN, "capacity": SHOWN, "equipment": SHOWN},
    # the URL may hold a key
    m.WebhookEndpoint: {
        "url": HIDDEN,
        "description": SHOWN,
        "event_types": SHOWN,
        "secret": HIDDEN,
        "old_secret": HIDDEN,
    },
    m.VehicleType: {"name": SHOWN, "capacity": SHOWN, "equipment": SHOWN},
}
"""For every model that people edit: what is shown of its texts and of what is noted with its changes, and whatever else
is not for everyone's eyes."""

_BY_NAME = {model.__name__: model for model in MASKS}


@dataclass(frozen=True)
class Change:
    """One column before and after. `masked`: at least one of the two is not shown as it was."""

    field: str
    before: Any
    after: Any
    masked: bool


def shown(node_type: str, changes: Mapping[str, Any] | None) -> list[Change]:
    """What may be seen of the changes of an event, by the columns' names."""
    found = []
    for name, (before, after) in sorted((changes or {}).items()):
        mask = mask_of(node_type, name)
        told = (masked(before, mask), masked(after, mask))
        found.append(Change(name, *told, masked=told != (before, after)))
    return found


def mask_of(node_type: str, name: str) -> Mask:
    model = _BY_NAME.get(node_type)
    if model is None:
        return HIDDEN
    declared = MASKS[model].get(name)
    if declared is not None:
        return declared
    column = model.__mapper__.columns.get(name)
    return SHOWN if column is not None and not is_free(column.type) else HIDDEN


def is_free(type_: TypeEngine[Any]) -> bool:
    """Whether a column holds whatever somebody wrote; numbers, times, ids and words of a list tell little."""
    return isinstance(type_, (String, ARRAY, JSON, LargeBinary)) and not isinstance(type_, SqlEnum)


def masked(value: Any, mask: Mask) -> Any:
    if value is None or mask is SHOWN:
        return value
    if mask is PARTLY and isinstance(value, str) and len(value) >= TELLING:
        return HIDDEN_TEXT + _ending(value)
    return HIDDEN_TEXT


def _ending(value: str) -> str:
    """Of a mail address, where it is."""
    return value[value.index("@") :] if "@" in value else value[-ENDING:]


def versioned() -> Sequence[type[Any]]:
    """The models that people edit; of subjects, the kinds."""
    found: list[type[Any]] = [mapper.class_ for mapper in Base.registry.mappers]
    edited = [model for model in found if issubclass(model, Versioned) and model is not m.Subject]
    return sorted(edited, key=lambda model: str(model.__name__))

"""Values that people type, checked and brought into the one form that is kept."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from app import models
from app.errors import BadUserInput
from app.uow import UnitOfWork

NAME_MAX = 200
NAMES_MAX = 50
TEXT_MAX = 5_000
DAY_S = 24 * 3600
CLOCK_SKEW = timedelta(minutes=5)
"""How far a phone's clock may run ahead of ours."""


def name(value: str | None, field: str) -> str:
    trimmed = " ".join((value or "").split())
    if not 1 <= len(trimmed) <= NAME_MAX:
        raise BadUserInput(f"`{field}` has 1 to {NAME_MAX} characters.", field)
    return trimmed


def names(value: Sequence[str], field: str) -> list[str]:
    """Each once, in order."""
    if len(value) > NAMES_MAX:
        raise BadUserInput(f"`{field}` has at most {NAMES_MAX} names.", field)
    return sorted({name(item, field) for item in value})


def text(value: str | None, field: str) -> str | None:
    if value is not None and len(value) > TEXT_MAX:
        raise BadUserInput(f"`{field}` has at most {TEXT_MAX} characters.", field)
    return value.strip() or None if value else None


def email(value: str | None) -> str | None:
    if not value:
        return None
    try:
        return validate_email(value.strip(), check_deliverability=False, allow_smtputf8=True).normalized.lower()
    except EmailNotValidError as error:
        raise BadUserInput(f"This is not an email address: {error}", "email") from error


async def phone(uow: UnitOfWork, value: str | None, field: str = "phone") -> str | None:
    """E.164; a number without a country is one of the organization's."""
    if not value:
        return None
    return e164(value, None if value.strip().startswith("+") else (await organization(uow)).country, field)


def e164(value: str, country: str | None, field: str = "phone") -> str:
    """`country`: whose number it is, if it does not say so itself."""
    try:
        number = phonenumbers.parse(value, country)
    except phonenumbers.NumberParseException as error:
        raise BadUserInput("This is not a phone number.", field) from error
    if not phonenumbers.is_valid_number(number):
        raise BadUserInput("This is not a valid phone number.", field)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


async def organization(uow: UnitOfWork) -> models.Organization:
    return await uow.get(models.Organization, uow.viewer.organization_id)


def between(value: int, low: int, high: int, field: str) -> int:
    if not low <= value <= high:
        raise BadUserInput(f"`{field}` is between {low} and {high}.", field)
    return value


def past(uow: UnitOfWork, at: datetime | None) -> datetime:
    """When something happened that is told now, or was told late."""
    if at is not None and at > uow.now + CLOCK_SKEW:
        raise BadUserInput("This lies in the future.", "at")
    return at or uow.now


Check = Callable[[Any], Any]


def checked(changes: Mapping[str, Any], checks: Mapping[str, Check]) -> dict[str, Any]:
    """The values, each through its check; those without one as they are."""
    return {field: checks[field](value) if field in checks else value for field, value in changes.items()}

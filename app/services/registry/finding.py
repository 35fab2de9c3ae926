"""Documents by what they are called."""

import re
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select

from app.models import ClientDocument, RegisteredDocument
from app.models.keys import SHA256

CUSTOM = re.compile(r"[A-Za-z0-9_./-]{1,128}|x-[A-Za-z0-9_-]{1,64}:[A-Za-z0-9_./-]{1,128}")
"""What clients may call a document besides its hash: prefixes are the specification's, unless they begin with x-."""
HASH = re.compile(r"(?:sha256:)?([0-9a-fA-F]{64})", re.ASCII)


def named(name: str) -> str:
    """The one form of a name: the hash of a text may come with its prefix or without, in any case."""
    found = HASH.fullmatch(name)
    return SHA256 + found[1].lower() if found else name


def is_name(name: str) -> bool:
    """Whether a document can be called so."""
    return HASH.fullmatch(name) is not None if is_hash(name) else CUSTOM.fullmatch(name) is not None


def is_hash(name: str) -> bool:
    """Whether a name is the hash of a text, or is meant to be."""
    return name.startswith(SHA256)


def of_partner(organization_id: UUID, partner_id: UUID, name: str) -> Select[Any]:
    """The text that a partner may run by this name."""
    return (
        select(RegisteredDocument.body)
        .where(
            RegisteredDocument.organization_id == organization_id,
            RegisteredDocument.partner_id == partner_id,
            RegisteredDocument.withdrawn_at.is_(None),
            _called(RegisteredDocument, name),
        )
        .limit(1)
    )


def of_client(name: str) -> Select[Any]:
    """The text that a client of the house runs by this name."""
    live = ClientDocument.withdrawn_at.is_(None)
    return select(ClientDocument.body).where(live, _called(ClientDocument, name)).limit(1)


def _called(model: Any, name: str) -> ColumnElement[bool]:
    """Every text is known by its hash, whatever else it is called."""
    found: ColumnElement[bool] = model.hash == name.removeprefix(SHA256) if is_hash(name) else model.document_id == name
    return found

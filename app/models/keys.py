"""How partners' programs come in, and the documents that they, and the clients of the house, may run."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Global, Stamped, Tenant, Versioned, refers

SCOPES = ("CATALOGUE_READ", "CARE_READ", "CARE_WRITE", "PARTNERS_READ")
"""Permissions that a partner can be given; all others are for people."""

SHA256 = "sha256:"
"""How the name of a document begins that is the hash of its text."""


class ApiKey(Global, Versioned, Base):
    """What a partner's program shows instead of signing in: `wpk_<prefix>_<secret>`, of which the secret is not kept.

    Read before the tenant is known, and so global; it acts in one organization. `previous_id`: the key whose place it
    takes, which lives on for a while.
    """

    __tablename__ = "api_keys"
    __table_args__ = (
        refers("partner_id", "partners"),
        refers("previous_id", "api_keys"),
        UniqueConstraint("organization_id", "id"),
        Index(None, "organization_id", "partner_id", "created_at", "id"),
        CheckConstraint("prefix ~ '^[a-z2-7]{12}$'", name="prefix"),
        CheckConstraint("octet_length(secret_hash) = 32", name="secret_hash"),
        CheckConstraint(f"cardinality(scopes) > 0 AND scopes <@ '{{{','.join(SCOPES)}}}'::text[]", name="scopes"),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    partner_id: Mapped[UUID]
    previous_id: Mapped[UUID | None]
    name: Mapped[str]
    prefix: Mapped[str] = mapped_column(unique=True)
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary, deferred=True, deferred_raiseload=True)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Persisted(Stamped):
    """A text of GraphQL that may be run by its name.

    document_id: what clients call it: `sha256:` and the hash of the text, or a name of theirs. operations: name, kind,
    permissions and cost of each. first_version, last_version: the manifests that it first and last came with.
    """

    document_id: Mapped[str]
    hash: Mapped[str]
    body: Mapped[str]
    operations: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    first_version: Mapped[int]
    last_version: Mapped[int]
    withdrawn_at: Mapped[datetime | None]


def _plausible() -> tuple[CheckConstraint, ...]:
    return (
        CheckConstraint("hash ~ '^[0-9a-f]{64}$'", name="hash"),
        CheckConstraint(f"document_id NOT LIKE '{SHA256}%' OR document_id = '{SHA256}' || hash", name="named_by_hash"),
        CheckConstraint("jsonb_typeof(operations) = 'array'", name="operations"),
        CheckConstraint("first_version BETWEEN 1 AND last_version", name="versions"),
    )


class RegisteredDocument(Persisted, Tenant, Base):
    """What a partner may run, and nothing besides."""

    __tablename__ = "registered_documents"
    __table_args__ = (
        refers("partner_id", "partners"),
        UniqueConstraint("organization_id", "partner_id", "document_id"),
        Index(None, "organization_id", "partner_id", "hash"),
        Index(None, "organization_id", "partner_id", "created_at", "id"),
        *_plausible(),
    )

    partner_id: Mapped[UUID]
    registered_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))


class ClientDocument(Persisted, Global, Base):
    """What a client of the house runs, whichever organization it is for; the server only reads it."""

    __tablename__ = "client_documents"
    __table_args__ = (
        UniqueConstraint("client", "document_id"),
        Index(None, "document_id"),
        Index(None, "hash"),
        CheckConstraint("client ~ '^[a-z][a-z0-9-]{0,39}$'", name="client"),
        *_plausible(),
    )

    client: Mapped[str]

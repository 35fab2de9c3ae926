"""API keys of partners, and the documents that they may run."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.models.closing import listing, reword, unbound
from app.models.policies import AUTH, CURRENT_ORG, SERVER, force, protect

revision = "0010"
down_revision = "0009"

EVENT_TYPES = (
    "API_KEY_CREATED",
    "API_KEY_UPDATED",
    "API_KEY_ROTATED",
    "API_KEY_REVOKED",
    "DOCUMENTS_REGISTERED",
    "DOCUMENTS_WITHDRAWN",
)
ACTORS = ("actor_partner_id", "actor_api_key_id")

FUNCTIONS = {
    "api_key(text)": """
        CREATE FUNCTION api_key(wanted_prefix text)
        RETURNS TABLE (id uuid, organization_id uuid, partner_id uuid, secret_hash bytea, scopes text[],
                       expires_at timestamptz, last_used_at timestamptz)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
        BEGIN ATOMIC
            SELECT k.id, k.organization_id, k.partner_id, k.secret_hash, k.scopes, k.expires_at, k.last_used_at
            FROM public.api_keys k
            WHERE k.prefix = wanted_prefix AND k.revoked_at IS NULL
              AND EXISTS (SELECT FROM public.partners p
                          WHERE p.organization_id = k.organization_id AND p.id = k.partner_id AND p.active);
        END""",
    "api_key_lives(uuid, uuid, uuid, text[])": """
        CREATE FUNCTION api_key_lives(org uuid, key uuid, partner uuid, scopes_then text[]) RETURNS boolean
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
        BEGIN ATOMIC
            SELECT EXISTS (SELECT FROM public.api_keys k
                           WHERE k.organization_id = org AND k.id = key AND k.partner_id = partner
                             AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
                             AND k.scopes @> scopes_then AND k.scopes <@ scopes_then)
               AND EXISTS (SELECT FROM public.partners p
                           WHERE p.organization_id = org AND p.id = partner AND p.active);
        END""",
    "organization_named(text)": """
        CREATE FUNCTION organization_named(wanted_slug text) RETURNS uuid
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
        BEGIN ATOMIC
            SELECT o.id FROM public.organizations o WHERE o.slug = wanted_slug;
        END""",
}
READ_BEFORE = ("api_keys", "partners", "organizations")
"""What these functions read."""


def _persisted() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("operations", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("first_version", sa.Integer(), nullable=False),
        sa.Column("last_version", sa.Integer(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )


def _plausible(table: str) -> tuple[sa.CheckConstraint, ...]:
    return (
        sa.CheckConstraint("hash ~ '^[0-9a-f]{64}$'", name=op.f(f"ck_{table}_hash")),
        sa.CheckConstraint(
            "document_id NOT LIKE 'sha256:%' OR document_id = 'sha256:' || hash",
            name=op.f(f"ck_{table}_named_by_hash"),
        ),
        sa.CheckConstraint("jsonb_typeof(operations) = 'array'", name=op.f(f"ck_{table}_operations")),
        sa.CheckConstraint("first_version BETWEEN 1 AND last_version", name=op.f(f"ck_{table}_versions")),
    )


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("previous_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("prefix ~ '^[a-z2-7]{12}$'", name=op.f("ck_api_keys_prefix")),
        sa.CheckConstraint("octet_length(secret_hash) = 32", name=op.f("ck_api_keys_secret_hash")),
        sa.CheckConstraint(
            "cardinality(scopes) > 0 AND scopes <@ '{CATALOGUE_READ,CARE_READ,CARE_WRITE,PARTNERS_READ}'::text[]",
            name=op.f("ck_api_keys_scopes"),
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_api_keys_organization_id")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_api_keys_created_by")),
        sa.ForeignKeyConstraint(
            ["organization_id", "partner_id"],
            ["partners.organization_id", "partners.id"],
            name=op.f("fk_api_keys_partner_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_api_keys_id")),
        sa.UniqueConstraint("prefix", name=op.f("uq_api_keys_prefix")),
        sa.ForeignKeyConstraint(
            ["organization_id", "previous_id"],
            ["api_keys.organization_id", "api_keys.id"],
            name=op.f("fk_api_keys_previous_id"),
        ),
    )
    op.create_index(
        op.f("ix_api_keys_partner_id_created_at_id"), "api_keys", ["organization_id", "partner_id", "created_at", "id"]
    )
    op.create_table(
        "registered_documents",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("registered_by", sa.Uuid(), nullable=True),
        *_persisted(),
        *_plausible("registered_documents"),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_registered_documents_organization_id")
        ),
        sa.ForeignKeyConstraint(["registered_by"], ["users.id"], name=op.f("fk_registered_documents_registered_by")),
        sa.ForeignKeyConstraint(
            ["organization_id", "partner_id"],
            ["partners.organization_id", "partners.id"],
            name=op.f("fk_registered_documents_partner_id"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_registered_documents")),
        sa.UniqueConstraint(
            "organization_id",
            "partner_id",
            "document_id",
            name=op.f("uq_registered_documents_partner_id_document_id"),
        ),
    )
    op.create_index(
        op.f("ix_registered_documents_partner_id_hash"),
        "registered_documents",
        ["organization_id", "partner_id", "hash"],
    )
    op.create_index(
        op.f("ix_registered_documents_partner_id_created_at_id"),
        "registered_documents",
        ["organization_id", "partner_id", "created_at", "id"],
    )
    op.create_table(
        "client_documents",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        *_persisted(),
        sa.CheckConstraint("client ~ '^[a-z][a-z0-9-]{0,39}$'", name=op.f("ck_client_documents_client")),
        *_plausible("client_documents"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_documents")),
        sa.UniqueConstraint("client", "document_id", name=op.f("uq_client_documents_client_document_id")),
    )
    op.create_index(op.f("ix_client_documents_document_id"), "client_documents", ["document_id"])
    op.create_index(op.f("ix_client_documents_hash"), "client_documents", ["hash"])
    for column in ACTORS:
        op.add_column("events", sa.Column(column, sa.Uuid(), nullable=True))
    reword("events", "type", add=EVENT_TYPES)
    _guard()


def _guard() -> None:
    for statement in (
        *force("api_keys"),
        f"CREATE POLICY tenant ON api_keys USING (organization_id = {CURRENT_ORG})",
        f"GRANT SELECT, INSERT, UPDATE ON api_keys TO {SERVER}",
        *protect("registered_documents", "SELECT, INSERT, UPDATE, DELETE"),
        f"GRANT SELECT ON client_documents TO {SERVER}",
        f"GRANT SELECT ON {', '.join(READ_BEFORE)} TO {AUTH}",
        f"GRANT CREATE ON SCHEMA public TO {AUTH}",
    ):
        op.execute(statement)
    for signature, definition in FUNCTIONS.items():
        op.execute(definition)
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {SERVER}")
        op.execute(f"ALTER FUNCTION {signature} OWNER TO {AUTH}")
    op.execute(f"REVOKE CREATE ON SCHEMA public FROM {AUTH}")


def downgrade() -> None:
    """Keys and registered documents are forgotten, and who of the partners did what with them."""
    op.execute(f"SET LOCAL ROLE {AUTH}")
    for signature in FUNCTIONS:
        op.execute(f"DROP FUNCTION {signature}")
    op.execute("RESET ROLE")
    op.execute(f"REVOKE SELECT ON {', '.join(READ_BEFORE)} FROM {AUTH}")
    unbound(("events",), [f"DELETE FROM events WHERE type IN ({listing(EVENT_TYPES)})"])
    reword("events", "type", remove=EVENT_TYPES)
    for column in ACTORS:
        op.drop_column("events", column)
    for table in ("client_documents", "registered_documents", "api_keys"):
        op.drop_table(table)

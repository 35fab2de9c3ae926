"""Sessions, invitations, second factors and what roles may do."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.models.closing import listing, reword, unbound
from app.models.policies import AUTH, CURRENT_ORG, CURRENT_USER, SERVER, force, protect

revision = "0009"
down_revision = "0008"

TENANT_TABLES = ("role_policies", "invitations", "account_mails")
OWN_TABLES = ("user_identities", "second_factors")
"""Of a person, in whatever organization: shown to that person alone, as sessions are."""

ROLES = ("OWNER", "ADMIN", "DISPATCHER", "STAFF", "DRIVER", "CUSTOMER")
INVITATION_STATUSES = ("PENDING", "ACCEPTED", "REVOKED", "EXPIRED")
MAIL_KINDS = (
    "PASSWORD_RESET",
    "PASSWORD_CHANGED",
    "EMAIL_CONFIRMATION",
    "EMAIL_CHANGE",
    "EMAIL_CHANGED",
    "SECOND_FACTOR_ADDED",
    "SECOND_FACTOR_REMOVED",
    "RECOVERY_CODE_USED",
    "INVITATION",
)
EVENT_TYPES = (
    "PASSWORD_CHANGED",
    "EMAIL_CONFIRMED",
    "EMAIL_CHANGED",
    "SESSION_REVOKED",
    "SECOND_FACTOR_ADDED",
    "SECOND_FACTOR_REMOVED",
    "RECOVERY_CODE_USED",
    "SECOND_FACTOR_REQUIRED",
    "IDENTITY_LINKED",
    "MEMBER_INVITED",
    "INVITATION_RESENT",
    "INVITATION_REVOKED",
    "MEMBER_JOINED",
    "MEMBER_ROLE_CHANGED",
    "MEMBER_REMOVED",
    "ROLE_PERMISSIONS_CHANGED",
)
WORK_KINDS = ("SEND_ACCOUNT_MAIL",)

GRANTS = {
    "users": "INSERT (email, password_hash, full_name, email_confirmed_at), UPDATE (email_confirmed_at)",
    "sessions": "UPDATE (revoked_at, updated_at)",
    "role_policies": "SELECT",
    "user_identities": "SELECT, DELETE",
    "second_factors": "SELECT, DELETE",
}
"""What the functions below need besides what their owner may already."""

DEFINER = "SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"

OLD_SIGNATURE = "session_lives(uuid, uuid, text, uuid, uuid, uuid)"
_LIVES = """
            SELECT EXISTS (SELECT FROM public.memberships m
                           WHERE m.organization_id = org AND m.user_id = usr AND m.role = role_then)
               AND EXISTS (SELECT FROM public.sessions s
                           WHERE s.family_id = family AND s.user_id = usr AND s.organization_id = org
                             AND s.revoked_at IS NULL)
               AND customer IS NOT DISTINCT FROM
                   (SELECT c.id FROM public.customers c WHERE c.organization_id = org AND c.user_id = usr)
               AND driver IS NOT DISTINCT FROM
                   (SELECT d.id FROM public.drivers d WHERE d.organization_id = org AND d.user_id = usr)"""
OLD_SESSION_LIVES = f"""
    CREATE FUNCTION session_lives(org uuid, usr uuid, role_then text, family uuid, customer uuid, driver uuid)
    RETURNS boolean LANGUAGE sql STABLE {DEFINER}
    BEGIN ATOMIC
        {_LIVES};
    END"""
FORGET = "forget_user(uuid, uuid)"
_FORGET_USER = f"""
    CREATE FUNCTION forget_user(org uuid, usr uuid) RETURNS void LANGUAGE sql {DEFINER}
    BEGIN ATOMIC
        DELETE FROM public.sessions s
        WHERE s.organization_id = org AND s.organization_id = {CURRENT_ORG} AND s.user_id = usr
          AND NOT EXISTS (SELECT FROM public.memberships m WHERE m.organization_id = org AND m.user_id = usr);
        %s
        UPDATE public.users u
        SET email = 'erased-' || u.id || '@erased.invalid', full_name = 'Erased', password_hash = '',
            %s updated_at = now()
        WHERE u.id = usr AND NOT EXISTS (SELECT FROM public.memberships m WHERE m.user_id = usr);
    END"""
NOWHERE = "WHERE t.user_id = usr AND NOT EXISTS (SELECT FROM public.memberships m WHERE m.user_id = usr)"
OLD_FORGET_USER = _FORGET_USER % ("", "")
FORGET_USER = _FORGET_USER % (
    " ".join(f"DELETE FROM public.{table} t {NOWHERE};" for table in OWN_TABLES),
    "email_confirmed_at = NULL,",
)

FUNCTIONS = {
    "session_lives(uuid, uuid, text, uuid, uuid, uuid, integer)": f"""
        CREATE FUNCTION session_lives(
            org uuid, usr uuid, role_then text, family uuid, customer uuid, driver uuid, policy_then integer)
        RETURNS boolean LANGUAGE sql STABLE {DEFINER}
        BEGIN ATOMIC
            {_LIVES}
               AND policy_then IS NOT DISTINCT FROM
                   (SELECT p.version FROM public.role_policies p WHERE p.organization_id = org AND p.role = role_then);
        END""",
    "identity_user_id(text, text)": f"""
        CREATE FUNCTION identity_user_id(wanted_issuer text, wanted_subject text) RETURNS uuid
        LANGUAGE sql STABLE {DEFINER}
        BEGIN ATOMIC
            SELECT i.user_id FROM public.user_identities i
            WHERE i.issuer = wanted_issuer AND i.subject = wanted_subject;
        END""",
    "add_user(text, text, text)": f"""
        CREATE FUNCTION add_user(new_email text, new_hash text, new_name text) RETURNS uuid
        LANGUAGE sql {DEFINER}
        BEGIN ATOMIC
            INSERT INTO public.users (email, password_hash, full_name, email_confirmed_at)
            VALUES (new_email, new_hash, new_name, now())
            ON CONFLICT (email) DO NOTHING
            RETURNING id;
        END""",
    "set_password(text, text)": f"""
        CREATE FUNCTION set_password(hash_then text, new_hash text) RETURNS boolean
        LANGUAGE sql {DEFINER}
        BEGIN ATOMIC
            UPDATE public.users u SET password_hash = new_hash, updated_at = now()
            WHERE u.id = {CURRENT_USER} AND u.password_hash = hash_then
            RETURNING true;
        END""",
    "set_email(text, timestamptz, text)": f"""
        CREATE FUNCTION set_email(email_then text, confirmed_then timestamptz, new_email text) RETURNS boolean
        LANGUAGE sql {DEFINER}
        BEGIN ATOMIC
            UPDATE public.users u SET email = new_email, email_confirmed_at = clock_timestamp(), updated_at = now()
            WHERE u.id = {CURRENT_USER} AND u.email = email_then
              AND u.email_confirmed_at IS NOT DISTINCT FROM confirmed_then
            RETURNING true;
        END""",
    "end_sessions(uuid)": f"""
        CREATE FUNCTION end_sessions(usr uuid) RETURNS SETOF uuid
        LANGUAGE sql {DEFINER}
        BEGIN ATOMIC
            -- whoever is being refreshed is waited for, so that the next statement sees the successor
            SELECT s.id FROM public.sessions s
            WHERE s.organization_id = {CURRENT_ORG} AND s.user_id = usr ORDER BY s.id FOR UPDATE;
            WITH ended AS (
                UPDATE public.sessions s SET revoked_at = now(), updated_at = now()
                WHERE s.organization_id = {CURRENT_ORG} AND s.user_id = usr AND s.revoked_at IS NULL
                RETURNING s.family_id, s.used_at, s.expires_at
            )
            SELECT DISTINCT e.family_id FROM ended e WHERE e.used_at IS NULL AND e.expires_at > now();
        END""",
}
"""What the server may do to people beyond its own organization's rows: of the current user, or of the current
organization. Each compares and swaps, so that of two who race one finds that the other was first."""

KEEP_AN_OWNER = """
    CREATE FUNCTION memberships_keep_an_owner() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        -- one after the other: the second sees what the first has done
        PERFORM pg_advisory_xact_lock(hashtextextended('owners of ' || OLD.organization_id, 0));
        IF NOT EXISTS (SELECT FROM memberships WHERE organization_id = OLD.organization_id AND role = 'OWNER') THEN
            RAISE EXCEPTION 'the last owner of an organization stays'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_memberships_last_owner';
        END IF;
        RETURN NULL;
    END $$"""


def upgrade() -> None:
    op.add_column("users", sa.Column("email_confirmed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("memberships", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("sessions", sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()")))
    op.add_column("sessions", sa.Column("ip", sa.Text(), nullable=True))
    op.add_column("sessions", sa.Column("user_agent", sa.Text(), nullable=True))
    first = "SELECT min(f.created_at) FROM sessions f WHERE f.family_id = s.family_id"
    unbound(("sessions",), [f"UPDATE sessions s SET started_at = ({first})"])
    op.alter_column("sessions", "started_at", nullable=False)
    _own_tables()
    _tenant_tables()
    reword("events", "type", add=EVENT_TYPES)
    reword("due_work", "kind", add=WORK_KINDS)
    for table in TENANT_TABLES:
        _run(protect(table))
    for table in OWN_TABLES:
        _run(force(table))
        op.execute(f"CREATE POLICY own ON {table} USING (user_id = {CURRENT_USER})")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {SERVER}")
    op.execute(f"GRANT SELECT (email_confirmed_at) ON users TO {SERVER}")
    for table, grants in GRANTS.items():
        op.execute(f"GRANT {grants} ON {table} TO {AUTH}")
    _drop_functions(OLD_SIGNATURE)
    _functions(FUNCTIONS)
    _forget(FORGET_USER)
    _run([KEEP_AN_OWNER])
    op.execute(
        "CREATE TRIGGER keep_an_owner AFTER DELETE OR UPDATE OF role ON memberships FOR EACH ROW "
        "WHEN (OLD.role = 'OWNER') EXECUTE FUNCTION memberships_keep_an_owner()"
    )


def downgrade() -> None:
    """Second factors and links to providers go: whoever has no password sets one."""
    op.execute("DROP TRIGGER keep_an_owner ON memberships")
    op.execute("DROP FUNCTION memberships_keep_an_owner()")
    _drop_functions(*FUNCTIONS)
    _functions({OLD_SIGNATURE: OLD_SESSION_LIVES})
    _forget(OLD_FORGET_USER)
    for table, grants in GRANTS.items():
        op.execute(f"REVOKE {grants} ON {table} FROM {AUTH}")
    op.execute(f"REVOKE SELECT (email_confirmed_at) ON users FROM {SERVER}")
    op.execute(f"DELETE FROM due_work WHERE kind IN ({listing(WORK_KINDS)})")
    reword("due_work", "kind", remove=WORK_KINDS)
    unbound(("events",), [f"DELETE FROM events WHERE type IN ({listing(EVENT_TYPES)})"])
    reword("events", "type", remove=EVENT_TYPES)
    for table in (*reversed(TENANT_TABLES), *OWN_TABLES):
        op.drop_table(table)
    for column in ("user_agent", "ip", "started_at"):
        op.drop_column("sessions", column)
    op.drop_column("memberships", "version")
    op.drop_column("users", "email_confirmed_at")


def _stamps() -> tuple[sa.Column[object], ...]:
    kind = sa.DateTime(timezone=True)
    return tuple(
        sa.Column(name, kind, server_default=sa.text("now()"), nullable=False) for name in ("created_at", "updated_at")
    )


def _id() -> sa.Column[object]:
    return sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False)


def _own_tables() -> None:
    op.create_table(
        "user_identities",
        _id(),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        *_stamps(),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_identities_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_identities")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_user_identities_issuer_subject")),
    )
    op.create_index(op.f("ix_user_identities_user_id"), "user_identities", ["user_id"], unique=False)
    op.create_table(
        "second_factors",
        _id(),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        sa.Column(
            "recovery_hashes", postgresql.ARRAY(sa.LargeBinary()), server_default=sa.text("'{}'"), nullable=False
        ),
        *_stamps(),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_second_factors_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_factors")),
        sa.UniqueConstraint("user_id", name=op.f("uq_second_factors_user_id")),
    )


def _tenant_tables() -> None:
    role = sa.Enum(*ROLES, name="role", native_enum=False, length=40)
    status = sa.Enum(*INVITATION_STATUSES, name="invitationstatus", native_enum=False, length=40)
    kind = sa.Enum(*MAIL_KINDS, name="accountmailkind", native_enum=False, length=40)
    op.create_table(
        "role_policies",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        _id(),
        sa.Column("role", role, nullable=False),
        sa.Column("permissions", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("second_factor_required", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        *_stamps(),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(f"role IN ({listing(ROLES)})", name=op.f("ck_role_policies_role")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_role_policies_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_role_policies")),
        sa.UniqueConstraint("organization_id", "role", name=op.f("uq_role_policies_role")),
    )
    op.create_table(
        "invitations",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        _id(),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role", role, nullable=False),
        sa.Column("status", status, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=False),
        sa.Column("accepted_by", sa.Uuid(), nullable=True),
        *_stamps(),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_invitations_email_lower")),
        sa.CheckConstraint("(status = 'ACCEPTED') = (accepted_by IS NOT NULL)", name=op.f("ck_invitations_accepted")),
        sa.CheckConstraint(f"role IN ({listing(ROLES)})", name=op.f("ck_invitations_role")),
        sa.CheckConstraint(f"status IN ({listing(INVITATION_STATUSES)})", name=op.f("ck_invitations_status")),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_invitations_organization_id")),
        sa.ForeignKeyConstraint(["invited_by"], ["users.id"], name=op.f("fk_invitations_invited_by")),
        sa.ForeignKeyConstraint(["accepted_by"], ["users.id"], name=op.f("fk_invitations_accepted_by")),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_invitations")),
    )
    op.create_index(
        op.f("ix_invitations_created_at_id"), "invitations", ["organization_id", "created_at", "id"], unique=False
    )
    op.create_index(
        "uq_invitations_pending",
        "invitations",
        ["organization_id", "email"],
        unique=True,
        postgresql_where=sa.text("status = 'PENDING'"),
    )
    op.create_table(
        "account_mails",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        _id(),
        sa.Column("kind", kind, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("invitation_id", sa.Uuid(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        *_stamps(),
        sa.CheckConstraint("(user_id IS NULL) <> (invitation_id IS NULL)", name=op.f("ck_account_mails_about")),
        sa.CheckConstraint(f"kind IN ({listing(MAIL_KINDS)})", name=op.f("ck_account_mails_kind")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_account_mails_organization_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_account_mails_user_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["organization_id", "invitation_id"],
            ["invitations.organization_id", "invitations.id"],
            name=op.f("fk_account_mails_invitation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_account_mails")),
    )


def _functions(functions: dict[str, str]) -> None:
    op.execute(f"GRANT CREATE ON SCHEMA public TO {AUTH}")
    for signature, definition in functions.items():
        op.execute(definition)
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {SERVER}")
        op.execute(f"ALTER FUNCTION {signature} OWNER TO {AUTH}")
    op.execute(f"REVOKE CREATE ON SCHEMA public FROM {AUTH}")


def _drop_functions(*signatures: str) -> None:
    # the owner may act as the functions' owner, but does not have its rights unasked
    op.execute(f"SET LOCAL ROLE {AUTH}")
    for signature in signatures:
        op.execute(f"DROP FUNCTION {signature}")
    op.execute("RESET ROLE")


def _forget(definition: str) -> None:
    """Dropped and made again: to replace it, its owner would have to be allowed to make functions."""
    _drop_functions(FORGET)
    _functions({FORGET: definition})


def _run(statements: list[str]) -> None:
    for statement in statements:
        op.execute(statement)

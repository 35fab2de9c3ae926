"""Row-level security as DDL, for migrations: one shape for every table of a tenant."""

SERVER = "waypost_server"
"""The role that the server connects as: owns nothing, is bound by every policy."""

AUTH = "waypost_auth"
"""Owns the few functions that read before a tenant is known; nobody can sign in as it."""

CURRENT_ORG = "nullif(current_setting('app.current_org_id', true), '')::uuid"
CURRENT_USER = "nullif(current_setting('app.current_user_id', true), '')::uuid"


def force(table: str) -> list[str]:
    return [f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY", f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"]


def protect(table: str, grants: str = "SELECT, INSERT, UPDATE, DELETE") -> list[str]:
    """Rows of the current organization and no others; without a current organization, none."""
    return [
        *force(table),
        f"CREATE POLICY tenant ON {table} USING (organization_id = {CURRENT_ORG})",
        f"GRANT {grants} ON {table} TO {SERVER}",
    ]

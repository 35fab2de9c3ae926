"""The log, for admins."""

from app.access import Permission
from app.loaders import audit as relations
from app.resolvers.verbs import connection
from app.schema.audit import AuditEntry, AuditLogFilter

connection(
    "audit_log",
    relations.AUDIT_LOG,
    AuditEntry,
    "Who did what, from where, and what was changed; the latest first.",
    Permission.AUDIT_READ,
    filter=AuditLogFilter,
)

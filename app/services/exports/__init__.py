"""Files that people ask for: what is wanted, and what becomes of it. A worker writes them (`app/jobs/exports.py`)."""

from app.services.exports.asking import bulk_export, cancel_export, export_audit_log, export_person
from app.services.exports.lines import Lines
from app.services.exports.writing import (
    ListPage,
    Unreadable,
    Written,
    count,
    document_of,
    fail,
    is_still_wanted,
    requester,
    start,
    succeed,
    wanted,
)

__all__ = [
    "Lines",
    "ListPage",
    "Unreadable",
    "Written",
    "bulk_export",
    "cancel_export",
    "count",
    "document_of",
    "export_audit_log",
    "export_person",
    "fail",
    "is_still_wanted",
    "requester",
    "start",
    "succeed",
    "wanted",
]

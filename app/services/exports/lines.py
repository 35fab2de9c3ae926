"""The log as lines of text."""

import csv
import io
import re
from collections.abc import Iterable
from typing import Any

import orjson

from app.models import ExportFormat
from app.services import audit
from app.services.audit import Entry

HEADINGS = (
    "seq",
    "type",
    "occurred_at",
    "node_type",
    "node_id",
    "actor_id",
    "actor",
    "customer_id",
    "ip",
    "user_agent",
    "payload",
    "changes",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a cell begins with that a spreadsheet would run (OWASP, CSV injection)."""
CELL = re.compile(r";(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
"""Where numbers have a decimal comma, spreadsheets take a semicolon for the beginning of a cell."""


class Lines:
    """Entries in one format."""

    def __init__(self, format: ExportFormat) -> None:
        self._csv = format is ExportFormat.CSV

    def head(self) -> bytes:
        return _rows([HEADINGS]) if self._csv else b""

    def of(self, entries: Iterable[Entry]) -> bytes:
        found = map(_values, entries)
        if self._csv:
            return _rows([_cell(row[name]) for name in HEADINGS] for row in found)
        return b"".join(orjson.dumps(row, default=str, option=orjson.OPT_APPEND_NEWLINE) for row in found)


def _values(entry: Entry) -> dict[str, Any]:
    event = entry.event
    changes = None if entry.changes is None else audit.shown(event.node_type, entry.changes)
    return {
        "seq": event.seq,
        "type": event.type.value,
        "occurred_at": event.occurred_at.isoformat(),
        "node_type": event.node_type,
        "node_id": event.node_id,
        "actor_id": event.actor_user_id or event.actor_partner_id,
        "actor": entry.actor,
        "customer_id": event.customer_id,
        "ip": entry.ip,
        "user_agent": entry.user_agent,
        "payload": event.payload,
        "changes": changes and [{"field": c.field, "before": c.before, "after": c.after} for c in changes],
    }


def _rows(rows: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cell(value: object) -> str:
    """What would be taken for a formula is quoted, as spreadsheets do."""
    if value is None:
        return ""
    text = CELL.sub(";'", value if isinstance(value, str) else _plain(value))
    return f"'{text}" if text.startswith(FORMULA) else text


def _plain(value: object) -> str:
    return orjson.dumps(value, default=str).decode() if isinstance(value, dict | list) else str(value)

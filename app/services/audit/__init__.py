"""The log as admins read it: who did what from where, and what was changed, without what is nobody's business."""

from app.services.audit.masking import Change, shown
from app.services.audit.reading import Entry, Wanted, count, entries

__all__ = ["Change", "Entry", "Wanted", "count", "entries", "shown"]

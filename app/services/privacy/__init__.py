"""Everything about a person: handed out, and erased."""

from app.services.privacy.collecting import Part, accounts, documents_of, events_of, parts, person_of, rows_of
from app.services.privacy.erasing import erase_person

__all__ = ["Part", "accounts", "documents_of", "erase_person", "events_of", "parts", "person_of", "rows_of"]

"""Tags that subjects wear: given out, printed, exchanged, and what follows when one is scanned."""

from app.services.tags.printing import drawn, print_tags
from app.services.tags.registering import register_tag, replace_tag, retire_tag
from app.services.tags.scanning import scan_tag

__all__ = ["drawn", "print_tags", "register_tag", "replace_tag", "retire_tag", "scan_tag"]

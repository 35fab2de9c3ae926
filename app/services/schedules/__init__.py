"""Schedules: recurring opening hours, and the slots and openings that follow from them.

`hours` works out what is open when; `slots` and `openings` bring the rows in line with that; `planning` is what both
have around them; `editing` is what people do.
"""

from app.services.schedules.editing import (
    create_exception,
    create_schedule,
    extend,
    generate_slots,
    remove_exception,
    update_schedule,
)
from app.services.schedules.planning import Planned

__all__ = [
    "Planned",
    "create_exception",
    "create_schedule",
    "extend",
    "generate_slots",
    "remove_exception",
    "update_schedule",
]

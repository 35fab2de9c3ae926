"""Partners, and what comes from their systems.

A run asks a system about each pet with a chip number (`remote`), reads what it says (`entries`, `drafts`) and takes it
over (`importing`), at once or after people have looked at it (`reviewing`). docs/partners.md says what is agreed.
"""

from app.services.partners.calls import cancel_sync, request_sync, start_sync
from app.services.partners.chips import record_care_by_chip
from app.services.partners.connections import (
    connect_partner,
    pause_partner_connection,
    remove_partner_connection,
    resume_partner_connection,
    update_partner_connection,
)
from app.services.partners.people import check_preferred, create_partner, update_partner
from app.services.partners.reviewing import accept_review_items, reject_review_item
from app.services.partners.runs import Stopped, Sync, Visit, begin, fail, is_wanted, next_pets, portions, store, succeed
from app.services.vault import Sealed

__all__ = [
    "Sealed",
    "Stopped",
    "Sync",
    "Visit",
    "accept_review_items",
    "begin",
    "cancel_sync",
    "check_preferred",
    "connect_partner",
    "create_partner",
    "fail",
    "is_wanted",
    "next_pets",
    "pause_partner_connection",
    "portions",
    "record_care_by_chip",
    "reject_review_item",
    "remove_partner_connection",
    "request_sync",
    "resume_partner_connection",
    "start_sync",
    "store",
    "succeed",
    "update_partner",
    "update_partner_connection",
]

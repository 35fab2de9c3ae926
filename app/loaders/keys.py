"""Relations of partners' keys, and of the documents that they may run."""

from sqlalchemy import ColumnElement

from app import clock
from app.loaders.base import Listing, ToOne
from app.models import ApiKey, Partner, RegisteredDocument, User


def _live(wanted: bool) -> ColumnElement[bool]:
    live: ColumnElement[bool] = ApiKey.revoked_at.is_(None) & (
        ApiKey.expires_at.is_(None) | (ApiKey.expires_at > clock.now())
    )
    return live if wanted else ~live


PARTNER_KEYS = Listing(ApiKey, "-created_at", remote="partner_id", filters={"live": _live})
KEY_PARTNER = ToOne(Partner, "partner_id")
KEY_PREVIOUS = ToOne(ApiKey, "previous_id")
EVENT_KEY = ToOne(ApiKey, "actor_api_key_id")
KEY_MAKER = ToOne(User, "created_by")

PARTNER_DOCUMENTS = Listing(
    RegisteredDocument,
    "-created_at",
    remote="partner_id",
    filters={
        "withdrawn": lambda wanted: (
            RegisteredDocument.withdrawn_at.is_not(None) if wanted else RegisteredDocument.withdrawn_at.is_(None)
        ),
        "version": lambda version: RegisteredDocument.last_version == version,
    },
)
DOCUMENT_PARTNER = ToOne(Partner, "partner_id")
DOCUMENT_REGISTRAR = ToOne(User, "registered_by")

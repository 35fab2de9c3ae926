"""Relations of exports."""

from app.loaders.base import Listing, ToOne
from app.models import Customer, Document, Export, User

EXPORTS = Listing(
    Export,
    "-created_at",
    filters={
        "kind": lambda kinds: Export.kind.in_(kinds),
        "status": lambda statuses: Export.status.in_(statuses),
        "customer_id": lambda id: Export.customer_id == id,
    },
    referents={"customer_id": Customer},
)
EXPORT_CUSTOMER = ToOne(Customer, "customer_id")
EXPORT_DOCUMENT = ToOne(Document, "document_id")
EXPORT_REQUESTER = ToOne(User, "requested_by")

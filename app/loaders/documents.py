"""Relations of documents."""

from app.loaders.base import Listing, ToOne
from app.models import Customer, Document, Driver, User

DOCUMENTS = Listing(
    Document,
    "-created_at",
    filters={
        "status": lambda statuses: Document.status.in_(statuses),
        "customer_id": lambda id: Document.customer_id == id,
        "driver_id": lambda id: Document.driver_id == id,
    },
    referents={"customer_id": Customer, "driver_id": Driver},
)
DOCUMENT_CUSTOMER = ToOne(Customer, "customer_id")
DOCUMENT_DRIVER = ToOne(Driver, "driver_id")
DOCUMENT_UPLOADER = ToOne(User, "uploaded_by")

"""Relations of pets, patients and cars."""

from app.loaders.base import Listing, ToOne
from app.models import Customer, Subject

SUBJECTS = Listing(
    Subject,
    "name",
    orders={"NAME": "name"},
    filters={
        "search": lambda text: Subject.name.icontains(text, autoescape=True),
        "kinds": lambda kinds: Subject.kind.in_(kinds),
        "customer_id": lambda id: Subject.customer_id == id,
    },
    referents={"customer_id": Customer},
)
SUBJECT_CUSTOMER = ToOne(Customer, "customer_id")

"""Relations of pets, patients and cars."""

from sqlalchemy import ColumnElement

from app.loaders.base import Listing, ToOne
from app.models import Customer, Subject


def archived(wanted: bool) -> ColumnElement[bool]:
    return Subject.archived_at.is_not(None) if wanted else Subject.archived_at.is_(None)


SUBJECTS = Listing(
    Subject,
    "name",
    orders={"NAME": "name"},
    filters={
        "search": lambda text: Subject.name.icontains(text, autoescape=True),
        "kinds": lambda kinds: Subject.kind.in_(kinds),
        "customer_id": lambda id: Subject.customer_id == id,
        "archived": archived,
    },
    defaults={"archived": False},
    referents={"customer_id": Customer},
)
SUBJECT_CUSTOMER = ToOne(Customer, "customer_id")

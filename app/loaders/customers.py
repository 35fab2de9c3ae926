"""Relations of customers and places."""

from sqlalchemy import ColumnElement, and_, or_, true

from app.loaders.base import Listing, ToMany, ToOne
from app.loaders.bookings import BOOKINGS
from app.loaders.subjects import archived
from app.models import Booking, Customer, Place, Subject, User


def _search(text: str) -> ColumnElement[bool]:
    """Every word is part of the name, the phone or the email, in whatever case."""
    columns = (Customer.name, Customer.phone, Customer.email)
    words = [or_(*(column.icontains(word, autoescape=True) for column in columns)) for word in text.split()]
    return and_(true(), *words)


CUSTOMERS = Listing(Customer, "name", orders={"NAME": "name", "CREATED_AT": "created_at"}, filters={"search": _search})
PLACES = Listing(
    Place,
    "label",
    filters={
        "customer_id": lambda id: Place.customer_id == id,
        "own": lambda own: Place.customer_id.is_(None) if own else Place.customer_id.is_not(None),
    },
    referents={"customer_id": Customer},
)
CUSTOMER_PLACES = ToMany(Place, "customer_id", ("label", "id"))
CUSTOMER_SUBJECTS = Listing(
    Subject, "name", remote="customer_id", filters={"archived": archived}, defaults={"archived": False}
)
CUSTOMER_BOOKINGS = Listing(
    Booking,
    "starts_at",
    remote="customer_id",
    orders=BOOKINGS.orders,
    filters=BOOKINGS.filters,
    referents=BOOKINGS.referents,
)
PLACE_CUSTOMER = ToOne(Customer, "customer_id")
CUSTOMER_USER = ToOne(User, "user_id")

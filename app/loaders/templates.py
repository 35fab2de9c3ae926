"""Relations of the words of messages, and of how people want to be spoken to."""

from sqlalchemy import select

from app.access import conditions
from app.loaders.base import Listing, ToOne
from app.models import ContactPreference, Customer, MessageTemplate
from app.uow import ReadUnit

MESSAGE_TEMPLATES = Listing(
    MessageTemplate,
    "created_at",
    filters={
        "kind": lambda kinds: MessageTemplate.kind.in_(kinds),
        "channel": lambda channels: MessageTemplate.channel.in_(channels),
        "locale": lambda locale: MessageTemplate.locale == locale,
    },
)
PREFERENCE_CUSTOMER = ToOne(Customer, "customer_id")


async def own_preference(reads: ReadUnit) -> ContactPreference | None:
    """What the viewer has said."""
    viewer = reads.viewer
    own = (
        ContactPreference.customer_id == viewer.customer_id
        if viewer.customer_id
        else ContactPreference.user_id == viewer.user_id
    )
    found = await reads.scalars(select(ContactPreference).where(own, *conditions(viewer, ContactPreference)))
    return found[0] if found else None

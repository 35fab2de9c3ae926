"""Relations of messages, and of the phones and addresses they go to."""

from app.loaders.base import Listing, ToOne
from app.models import Customer, DeadAddress, DeviceToken, Notification, NotificationAttempt, User

NOTIFICATIONS = Listing(
    Notification,
    "-created_at",
    filters={
        "kind": lambda kinds: Notification.kind.in_(kinds),
        "channel": lambda channels: Notification.channel.in_(channels),
        "status": lambda statuses: Notification.status.in_(statuses),
        "customer_id": lambda id: Notification.customer_id == id,
    },
    referents={"customer_id": Customer},
)
CUSTOMER_NOTIFICATIONS = Listing(
    Notification, "-created_at", remote="customer_id", filters=NOTIFICATIONS.filters, referents=NOTIFICATIONS.referents
)
NOTIFICATION_CUSTOMER = ToOne(Customer, "customer_id")
NOTIFICATION_USER = ToOne(User, "user_id")
NOTIFICATION_DEVICE = ToOne(DeviceToken, "device_id")
NOTIFICATION_ATTEMPTS = Listing(NotificationAttempt, "created_at", remote="notification_id")
ATTEMPT_NOTIFICATION = ToOne(Notification, "notification_id")
DEVICE_CUSTOMER = ToOne(Customer, "customer_id")
DEAD_ADDRESSES = Listing(
    DeadAddress,
    "-created_at",
    filters={
        "channel": lambda channels: DeadAddress.channel.in_(channels),
        "address": lambda address: DeadAddress.address == address.strip().lower(),
    },
)

"""What was said to people, and where it went."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app import models
from app.context import Info
from app.loaders import messaging as relations
from app.models.messaging import (
    AttemptOutcome,
    Channel,
    DevicePlatform,
    NotificationKind,
    NotificationStatus,
    PushProvider,
    Suppression,
)
from app.schema.fields import Connection, column, derived, listing, to_one, vocabulary
from app.schema.identity import User
from app.schema.inputs import Values
from app.schema.nodes import MODELS, Node, node

if TYPE_CHECKING:
    from app.schema.customers import Customer

vocabulary(Channel, "A way of reaching people.")
vocabulary(NotificationKind, "What a message says.")
vocabulary(NotificationStatus, "Where a message stands.")
vocabulary(Suppression, "Why a message was not sent.")
vocabulary(AttemptOutcome, "What a provider said.")
vocabulary(DevicePlatform, "What a phone runs.")
vocabulary(PushProvider, "Who pushes messages to a phone.")


@node(models.NotificationAttempt, "One try to hand a message to its provider.")
class NotificationAttempt(Node):
    outcome: AttemptOutcome = column("What the provider said.")
    detail: str | None = column("In its own words, without the address.")
    created_at: datetime = column("When.")
    notification: Annotated["Notification", strawberry.lazy("app.schema.messaging")] = to_one(
        relations.ATTEMPT_NOTIFICATION, "Of which message."
    )


@node(models.DeviceToken, "A phone that can be sent messages.")
class DeviceToken(Node):
    platform: DevicePlatform = column("What it runs.")
    provider: PushProvider = column("Who pushes to it.")
    created_at: datetime = column("When it registered first.")
    last_seen_at: datetime = column("When it registered last.")
    retired_at: datetime | None = column("When it was found to be gone, or unregistered.")
    customer: Annotated["Customer", strawberry.lazy("app.schema.customers")] | None = to_one(
        relations.DEVICE_CUSTOMER, "Whose it is, if a customer's."
    )


def _address(notification: models.Notification) -> str | None:
    """A phone's token is between the phone and us."""
    return None if notification.channel is Channel.PUSH else notification.address


@node(models.Notification, "One message to one person by one way.")
class Notification(Node):
    kind: NotificationKind = column("What it says.")
    channel: Channel = column("By which way.")
    status: NotificationStatus = column("Where it stands.")
    suppressed: Suppression | None = column("Why it was not sent.")
    locale: str = column("In which language.")
    address: str | None = derived(_address, "Where it goes, once it was written; none for what is pushed to a device.")
    subject: str | None = column("Its subject or title, once it was written.")
    body: str | None = column("Its text, once it was written.")
    attempt_count: int = derived(lambda notification: notification.attempts, "How often it was tried.")
    created_at: datetime = column("When there was a cause for it.")
    send_at: datetime = column("When it was, or is, to be sent.")
    sent_at: datetime | None = column("When the provider took it.")
    customer: Annotated["Customer", strawberry.lazy("app.schema.customers")] | None = to_one(
        relations.NOTIFICATION_CUSTOMER, "The customer whom it is for."
    )
    user: User | None = to_one(relations.NOTIFICATION_USER, "The user whom it is for, if the viewer may know.")
    device: DeviceToken | None = to_one(relations.NOTIFICATION_DEVICE, "The phone to which it is pushed.")
    attempts: Connection[NotificationAttempt] = listing(
        relations.NOTIFICATION_ATTEMPTS, "Each try to hand it over, as far as the viewer may know; the first one first."
    )

    @strawberry.field(description="What it is about, as it is now; null if it is gone or the viewer does not see it.")
    async def about(root: strawberry.Parent[models.Notification], info: Info) -> Node | None:
        model = MODELS.get(root.about_type)
        return None if model is None else await info.context.loaders.one(model, root.about)


@node(models.DeadAddress, "A mail address or number at which nothing arrives any more; nothing is sent there.")
class DeadAddress(Node):
    channel: Channel = column("By which way nothing arrives.")
    address: str = column("Which address.")
    reason: str = column("Why it is thought so.")
    created_at: datetime = column("Since when.")


@strawberry.input(description="Which messages are wanted; all conditions hold at once.")
class NotificationFilter(Values):
    kind: list[NotificationKind] | None = column("Of one of these kinds.", default=None)
    channel: list[Channel] | None = column("By one of these ways.", default=None)
    status: list[NotificationStatus] | None = column("In one of these states.", default=None)
    customer_id: strawberry.ID | None = column("To this customer.", default=None)


@strawberry.input(description="Which dead addresses are wanted; all conditions hold at once.")
class DeadAddressFilter(Values):
    channel: list[Channel] | None = column("By one of these ways.", default=None)
    address: str | None = column("This one.", default=None)


@strawberry.input(description="A phone that may be sent messages.")
class RegisterDeviceInput(Values):
    token: str = column("What Expo or Firebase calls it.")
    platform: DevicePlatform = column("What it runs.")


@strawberry.input(description="A phone of one's own that shall be sent no more messages.")
class UnregisterDeviceInput(Values):
    device_id: strawberry.ID = column("Which.")


@strawberry.input(description="A message that was given up.")
class ResendNotificationInput(Values):
    notification_id: strawberry.ID = column("Which.")


@strawberry.input(description="A mail address or number at which nothing arrives.")
class RetireAddressInput(Values):
    channel: Channel = column("By which way: EMAIL or SMS.")
    address: str = column("Which.")
    reason: str = column("Why it is thought so.")


@strawberry.input(description="An address that is good again.")
class ReviveAddressInput(Values):
    dead_address_id: strawberry.ID = column("Which.")

"""Messages, and the phones and addresses they go to."""

from app.access import Permission
from app.context import Info
from app.loaders import messaging as relations
from app.resolvers.verbs import Nodes, connection, mutation
from app.schema.messaging import (
    DeadAddress,
    DeadAddressFilter,
    DeviceToken,
    Notification,
    NotificationFilter,
    RegisterDeviceInput,
    ResendNotificationInput,
    RetireAddressInput,
    ReviveAddressInput,
    UnregisterDeviceInput,
)
from app.schema.problems import InvalidTransition
from app.services.messaging import addresses, devices, sending
from app.uow import UnitOfWork

connection(
    "notifications",
    relations.NOTIFICATIONS,
    Notification,
    "What was, or is to be, said to people; the newest first.",
    Permission.MESSAGES_READ,
    filter=NotificationFilter,
)
connection(
    "dead_addresses",
    relations.DEAD_ADDRESSES,
    DeadAddress,
    "Addresses at which nothing arrives any more; the newest first.",
    Permission.MESSAGES_READ,
    filter=DeadAddressFilter,
)


@mutation(
    "Try a message again that was given up, under the same id.",
    Permission.MESSAGES_WRITE,
    answers={"notification": (Notification, "The message; a worker sends it next.")},
    refusals=(InvalidTransition,),
)
async def resend_notification(info: Info, uow: UnitOfWork, input: ResendNotificationInput) -> Nodes:
    return {"notification": await sending.resend_notification(uow, **input.values())}


@mutation(
    "Let messages be pushed to the phone one holds. Registered again it is the same one, of whoever did so last.",
    Permission.CONTACT,
    answers={"device": (DeviceToken, "The phone.")},
)
async def register_device(info: Info, uow: UnitOfWork, input: RegisterDeviceInput) -> Nodes:
    return {"device": await devices.register_device(uow, **input.values())}


@mutation(
    "Let no more messages be pushed to a phone of one's own. It may be said twice.",
    Permission.CONTACT,
    answers={"device": (DeviceToken, "The phone.")},
)
async def unregister_device(info: Info, uow: UnitOfWork, input: UnregisterDeviceInput) -> Nodes:
    return {"device": await devices.unregister_device(uow, **input.values())}


@mutation(
    "Send nothing more to an address, for instance because a mail came back from it. It may be said twice.",
    Permission.MESSAGES_WRITE,
    answers={"dead_address": (DeadAddress, "The address.")},
)
async def retire_address(info: Info, uow: UnitOfWork, input: RetireAddressInput) -> Nodes:
    return {"dead_address": await addresses.retire_address(uow, **input.values())}


@mutation(
    "Send to an address again.",
    Permission.MESSAGES_WRITE,
    answers={"revived": (bool, "That it is done.")},
)
async def revive_address(info: Info, uow: UnitOfWork, input: ReviveAddressInput) -> Nodes:
    await addresses.revive_address(uow, **input.values())
    return {"revived": True}

"""The words of messages, and how people want to be spoken to."""

from typing import Annotated, Any

import strawberry

from app.access import Permission
from app.context import Info
from app.errors import NotFound
from app.loaders import templates as relations
from app.models import ContactPreference as ContactPreferenceRow
from app.models import Customer
from app.resolvers.verbs import Nodes, connection, mutation, query
from app.schema.problems import AlreadyExists, VersionConflict
from app.schema.scalars import decode_id
from app.schema.templates import (
    ContactPreference,
    CreateMessageTemplateInput,
    MessagePreview,
    MessageTemplate,
    MessageTemplateFilter,
    PreviewMessageInput,
    RemoveMessageTemplateInput,
    UpdateContactPreferenceInput,
    UpdateMessageTemplateInput,
)
from app.services.messaging import preferences, previewing, templates
from app.uow import UnitOfWork

Whose = Annotated[
    strawberry.ID | None, strawberry.argument(description="For the house: this customer's; left out: one's own.")
]
Wanted = Annotated[PreviewMessageInput, strawberry.argument(description="What to look at.")]
TEMPLATE = {"message_template": (MessageTemplate, "The words, as they are now.")}

connection(
    "message_templates",
    relations.MESSAGE_TEMPLATES,
    MessageTemplate,
    "The organization's own words for messages; where there are none, Waypost's are used.",
    Permission.MESSAGES_READ,
    filter=MessageTemplateFilter,
)


@query(
    "How somebody wants to be spoken to; null if they have not said.",
    Permission.CONTACT,
    answers=ContactPreference | None,
)
async def contact_preference(info: Info, customer_id: Whose = None) -> Any:
    if customer_id is None:
        return await relations.own_preference(info.context.reads)
    id, viewer = decode_id(customer_id, "Customer"), info.context.viewer
    if not viewer.sees_everything and id != viewer.customer_id:
        raise NotFound("customer")
    await info.context.loaders.get(Customer, id)
    return await info.context.loaders.one(ContactPreferenceRow, id, "customer_id")


@query(
    "What a message would look like: with the words that are used now, or with others before they are kept.",
    Permission.MESSAGES_WRITE,
    answers=MessagePreview,
)
async def preview_message(info: Info, input: Wanted) -> Any:
    async with info.context.write() as uow:
        return await previewing.preview_message(uow, **input.values())


@mutation(
    "Say how one wants to be spoken to, or for the house how a customer does.",
    Permission.CONTACT,
    answers={"contact_preference": (ContactPreference, "As it is now.")},
    refusals=(VersionConflict,),
)
async def update_contact_preference(info: Info, uow: UnitOfWork, input: UpdateContactPreferenceInput) -> Nodes:
    return {"contact_preference": await preferences.update_contact_preference(uow, **input.values())}


@mutation(
    "Use words of one's own for a message.",
    Permission.MESSAGES_WRITE,
    answers=TEMPLATE,
    refusals=(AlreadyExists,),
)
async def create_message_template(info: Info, uow: UnitOfWork, input: CreateMessageTemplateInput) -> Nodes:
    return {"message_template": await templates.create_template(uow, **input.values())}


@mutation(
    "Change words of one's own.",
    Permission.MESSAGES_WRITE,
    answers=TEMPLATE,
    refusals=(VersionConflict,),
)
async def update_message_template(info: Info, uow: UnitOfWork, input: UpdateMessageTemplateInput) -> Nodes:
    return {"message_template": await templates.update_template(uow, **input.values())}


@mutation(
    "Use Waypost's words again.",
    Permission.MESSAGES_WRITE,
    answers={"removed": (bool, "That it is done.")},
)
async def remove_message_template(info: Info, uow: UnitOfWork, input: RemoveMessageTemplateInput) -> Nodes:
    await templates.remove_template(uow, **input.values())
    return {"removed": True}

"""The words of messages, and how people want to be spoken to."""

from datetime import datetime, time
from typing import TYPE_CHECKING, Annotated

import strawberry

from app import models
from app.loaders import templates as relations
from app.models.messaging import Channel, NotificationKind
from app.schema.fields import column, derived, to_one
from app.schema.inputs import Values
from app.schema.nodes import Node, node

if TYPE_CHECKING:
    from app.schema.customers import Customer


@node(models.MessageTemplate, "The organization's own words for a message, by one way and in one language.")
class MessageTemplate(Node):
    version: int = column("Goes up with every change; an update names the one it saw.")
    kind: NotificationKind = column("Of what it speaks.")
    channel: Channel = column("By which way.")
    locale: str = column("In which language: `ka`, `en_GB`.")
    subject: str | None = column("The subject of a mail or the title of a push message, in Liquid.")
    body: str = column("The text, in Liquid.")
    created_at: datetime = column("When it was written.")


@strawberry.type(description="Something that is not said by one way.")
class Muted:
    kind: NotificationKind = column("What is not said.")
    channel: Channel = column("By which way it is not said.")


def _muted(preference: models.ContactPreference) -> list[Muted]:
    pairs = (word.split(":") for word in preference.muted)
    return [Muted(kind=NotificationKind(kind), channel=Channel(channel)) for kind, channel in pairs]


@node(models.ContactPreference, "How a person wants to be spoken to.")
class ContactPreference(Node):
    version: int = column("Goes up with every change; an update names the one it saw.")
    locale: str | None = column("In which language; null: the organization's.")
    quiet_from: time | None = column("From when on only what cannot wait is said, by the organization's clock.")
    quiet_until: time | None = column("Until when.")
    muted: list[Muted] = derived(_muted, "What is not said at all; at most each kind by each way.")
    customer: Annotated["Customer", strawberry.lazy("app.schema.customers")] | None = to_one(
        relations.PREFERENCE_CUSTOMER, "The customer who is spoken to; null for others."
    )


@strawberry.type(description="What a message would look like.")
class MessagePreview:
    subject: str | None = column(
        "The subject of a mail or the title of a push message; null for texts, which have none."
    )
    body: str = column("The text.")
    parts: int | None = column("How many text messages it takes, if it is one.")
    variables: list[str] = column("The names that templates of this kind may use.")


@strawberry.input(description="Which templates are wanted; all conditions hold at once.")
class MessageTemplateFilter(Values):
    kind: list[NotificationKind] | None = column("Of one of these kinds.", default=None)
    channel: list[Channel] | None = column("By one of these ways.", default=None)
    locale: str | None = column("In this language.", default=None)


@strawberry.input(description="Words of the organization's own.")
class CreateMessageTemplateInput(Values):
    kind: NotificationKind = column("Of what it speaks.")
    channel: Channel = column("By which way.")
    locale: str = column("In which language: `ka`, `en_GB`.")
    subject: str | None = column("The subject or title, in Liquid; a text message has none.", default=None)
    body: str = column("The text, in Liquid, without loops: plain, at most 5,000 characters.")


@strawberry.input(description="Other words; what is left out stays.")
class UpdateMessageTemplateInput(Values):
    message_template_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
    subject: strawberry.Maybe[str] = column("The subject or title, in Liquid.")
    body: strawberry.Maybe[str] = column("The text, in Liquid.")


@strawberry.input(description="Words that are not used any more.")
class RemoveMessageTemplateInput(Values):
    message_template_id: strawberry.ID = column("Which.")


@strawberry.input(description="A message to look at.")
class PreviewMessageInput(Values):
    kind: NotificationKind = column("Of what it speaks.")
    channel: Channel = column("By which way.")
    locale: str = column("In which language: `ka`, `en_GB`.")
    subject: str | None = column("The subject or title to try, in Liquid.", default=None)
    body: str | None = column("The text to try, in Liquid; left out: the words that are used now.", default=None)
    customer_id: strawberry.ID | None = column(
        "To this customer, about the latest booking; left out: with examples.", default=None
    )


@strawberry.input(description="Something that shall not be said by one way.")
class MutedInput(Values):
    kind: NotificationKind = column("What.")
    channel: Channel = column("By which way.")


@strawberry.input(description="How somebody wants to be spoken to; what is left out stays.")
class UpdateContactPreferenceInput(Values):
    version: int = column("The version that was seen; 0 if nothing was said before.")
    customer_id: strawberry.ID | None = column("For this customer, by the house; left out: oneself.", default=None)
    locale: strawberry.Maybe[str | None] = column("In which language: `ka`, `en_GB`; null: the organization's.")
    quiet_from: strawberry.Maybe[time | None] = column("From when on only what cannot wait is said.")
    quiet_until: strawberry.Maybe[time | None] = column("Until when; may be on the next day.")
    muted: strawberry.Maybe[list[MutedInput]] = column("All that shall not be said.")

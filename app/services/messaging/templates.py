"""The organization's own words for messages, which stand in for Waypost's."""

import re
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from app.errors import BadUserInput
from app.models import Channel, EventType, MessageTemplate, NotificationKind
from app.services import values
from app.services.messaging import rendering
from app.services.messaging.examples import examples
from app.services.messaging.speech import Speech, known
from app.services.messaging.words import LAST_RESORT, WORDS, Wording, own_words
from app.uow import UnitOfWork

LOCALE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")


def locale(value: str, field: str = "locale") -> str:
    """A language, or one as it is written in a country: `ka`, `en_GB`; raises `BadUserInput`."""
    if not LOCALE.fullmatch(value) or not known(value):
        raise BadUserInput("This is no language that is known: write it as `ka` or `en_GB`.", field)
    return value


async def wording(
    uow: UnitOfWork, kind: NotificationKind, channel: Channel, wanted: str, organization_locale: str
) -> Wording:
    """The organization's words in the person's language, else ours in it; else both again in the organization's, and
    in English."""
    rows = await uow.scalars(
        select(MessageTemplate).where(
            MessageTemplate.organization_id == uow.viewer.organization_id,
            MessageTemplate.kind == kind,
            MessageTemplate.channel == channel,
        )
    )
    own = {row.locale: Wording(row.subject, row.body) for row in rows}
    for name in (wanted, organization_locale, LAST_RESORT):
        language = name.partition("_")[0]
        for found in (own.get(name), own.get(language)):
            if found is not None:
                return found
        if language in WORDS:
            return own_words(kind, channel, language)
    return own_words(kind, channel, LAST_RESORT)


async def create_template(
    uow: UnitOfWork, kind: NotificationKind, channel: Channel, body: str, subject: str | None = None, **given: str
) -> MessageTemplate:
    found = MessageTemplate(kind=kind, channel=channel, locale=locale(given["locale"]))
    found.subject, found.body = await checked(uow, kind, channel, subject, body, found.locale)
    await uow.add(found)
    uow.emit(EventType.MESSAGE_TEMPLATE_CREATED, found, payload={"kind": kind, "channel": channel})
    return found


async def update_template(uow: UnitOfWork, message_template_id: UUID, version: int, **changes: Any) -> MessageTemplate:
    row = await uow.get(MessageTemplate, message_template_id)
    subject, body = changes.get("subject", row.subject), changes.get("body", row.body)
    subject, body = await checked(uow, row.kind, row.channel, subject, body, row.locale)
    await uow.change(row, version, {"subject": subject, "body": body})
    payload = {"kind": row.kind, "channel": row.channel}
    uow.emit(EventType.MESSAGE_TEMPLATE_UPDATED, row, payload=payload)
    return row


async def remove_template(uow: UnitOfWork, message_template_id: UUID) -> MessageTemplate:
    """Waypost's own words are used again."""
    row = await uow.get(MessageTemplate, message_template_id, lock=True)
    await uow.session.execute(
        delete(MessageTemplate)
        .where(MessageTemplate.organization_id == row.organization_id, MessageTemplate.id == row.id)
        .execution_options(synchronize_session=False)
    )
    uow.emit(EventType.MESSAGE_TEMPLATE_REMOVED, row, payload={"kind": row.kind, "channel": row.channel})
    return row


async def checked(
    uow: UnitOfWork, kind: NotificationKind, channel: Channel, subject: str | None, body: str | None, locale: str
) -> tuple[str | None, str]:
    """Templates that can be filled in; raises `BadUserInput` with the field that cannot."""
    organization = await values.organization(uow)
    samples = examples(kind, Speech.of(organization, locale), organization.name)
    if not (body or "").strip():
        raise BadUserInput("`body` is empty.", "body")
    rendering.check(body or "", samples, "body")
    if channel is Channel.SMS:
        if subject:
            raise BadUserInput("A text message has no subject.", "subject")
        return None, body or ""
    if not (subject or "").strip():
        raise BadUserInput("A mail and a push message have a subject.", "subject")
    rendering.check(subject or "", samples, "subject")
    return subject, body or ""

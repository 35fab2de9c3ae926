"""What the words of one message are written in."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.models import Channel, NotificationKind


@dataclass(frozen=True)
class Wording:
    """Two templates; a text message has no subject."""

    subject: str | None
    body: str


Words = Mapping[NotificationKind, Mapping[Channel, Wording]]


def said(subject: str, mail: str, short: str, title: str | None = None) -> dict[Channel, Wording]:
    """One message by all ways: a mail with a subject, and something short for the phone."""
    return {
        Channel.EMAIL: Wording("{{ organization }}: " + subject, mail),
        Channel.SMS: Wording(None, "{{ organization }}: " + short),
        Channel.PUSH: Wording(title or "{{ organization }}", short),
    }

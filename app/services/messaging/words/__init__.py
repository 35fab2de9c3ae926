"""Waypost's own words for every message, by language."""

from app.models import Channel, NotificationKind
from app.services.messaging.words import en, ka
from app.services.messaging.words.wording import Wording

WORDS = {"en": en.WORDS, "ka": ka.WORDS}
LAST_RESORT = "en"

__all__ = ["LAST_RESORT", "WORDS", "Wording", "own_words"]


def own_words(kind: NotificationKind, channel: Channel, language: str) -> Wording:
    """In the language, or else in English."""
    return WORDS.get(language, WORDS[LAST_RESORT])[kind][channel]

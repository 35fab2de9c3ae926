"""What a tag says when it is read."""

import re
import secrets
from urllib.parse import unquote

from app.errors import BadUserInput
from app.models import TagKind

QR_BYTES = 12
"""96 random bits: nobody guesses the code of a tag that they have not seen."""
LENGTH_MAX = 100
NFC_HEX = range(8, 21, 2)
"""Digits of the uids that NFC chips have: 4 to 10 bytes."""
SEPARATORS = str.maketrans("", "", ":- ")


def given(kind: TagKind, uid: str | None) -> str:
    """The uid of a new tag; a printed one may be made up here."""
    if uid is None:
        if kind is TagKind.NFC:
            raise BadUserInput("An NFC chip has a uid of its own: read it first.", "uid")
        return secrets.token_urlsafe(QR_BYTES)
    return _chip(uid) if kind is TagKind.NFC else _printed(uid)


def _chip(uid: str) -> str:
    digits = _hex(uid)
    if digits is None:
        raise BadUserInput("The uid of an NFC chip is 4 to 10 bytes in hexadecimal.", "uid")
    return digits


def _printed(uid: str) -> str:
    if not uid.strip() or len(uid) > LENGTH_MAX or not uid.isprintable():
        raise BadUserInput(f"A code is 1 to {LENGTH_MAX} printable characters.", "uid")
    return uid.strip()


def read(scanned: str) -> list[str]:
    """What a scanner's text may stand for, the likeliest first: the uid itself, the end of a printed URL, a chip's."""
    text = scanned.strip()[: 20 * LENGTH_MAX]
    found = [text, unquote(text.rsplit("/", 1)[-1])]
    digits = _hex(text)
    return [uid for uid in (*found, digits) if uid is not None and "\x00" not in uid]


def _hex(uid: str) -> str | None:
    digits = uid.translate(SEPARATORS).upper()
    return digits if len(digits) in NFC_HEX and re.fullmatch(r"[0-9A-F]+", digits) else None

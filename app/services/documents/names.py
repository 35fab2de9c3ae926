"""What files are called: in the store by ids alone, to people by a name that is safe to save under."""

import unicodedata
from pathlib import PurePosixPath
from typing import Literal
from urllib.parse import quote

from app.errors import BadUserInput
from app.models import Document

Part = Literal["original", "file", "thumbnail"]
"""As it came, until it was looked at; what was kept of it; small."""

NAME_MAX = 200
NAMELESS = "file"
SUFFIXES: dict[str, tuple[str, ...]] = {
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "image/webp": (".webp",),
    "image/gif": (".gif",),
    "application/pdf": (".pdf",),
}
"""How names of a type end; the first is what is written."""

THUMBNAIL_TYPE = "image/webp"


def key(document: Document, part: Part) -> str:
    """Where the bytes lie. What comes by a URL of the store lies apart from what is handed out, so that whoever still
    has that URL changes nothing that was looked at."""
    return f"{document.organization_id}/{document.id}/{part}"


def cleaned(name: str) -> str:
    """The last part of a path, without what would not be shown, or would be shown as something else."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    # other: control and format characters, which turn the direction of what follows, and halves of characters
    shown = "".join(c for c in unicodedata.normalize("NFC", base) if not unicodedata.category(c).startswith("C"))
    found = " ".join(shown.split()).lstrip(".").strip() or NAMELESS
    if len(found) > NAME_MAX:
        raise BadUserInput(f"`name` has at most {NAME_MAX} characters.", "name")
    return found


def typed(name: str, content_type: str) -> str:
    """The name with an ending of its type, so that nobody saves an image as a program."""
    suffixes = SUFFIXES[content_type]
    path = PurePosixPath(name)
    return name if path.suffix.lower() in suffixes else path.stem + suffixes[0]


def disposition(name: str, content_type: str) -> str:
    """RFC 6266: images are shown, all else is saved; the name for those who read UTF-8, and for those who do not."""
    kind = "inline" if content_type.startswith("image/") else "attachment"
    plain = "".join(c if c.isascii() and c not in '"\\%' else "_" for c in name)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"

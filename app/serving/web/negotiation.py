"""Media types: which one an answer takes, and whether a body may be read."""

from functools import lru_cache

import mimeparse

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"
UTF_8 = ("utf-8", "utf8")
ACCEPT_MAX = 1_000
"""Characters of an `Accept` header that are looked at; browsers send a tenth of them."""

Range = tuple[str, str, dict[str, str]]


@lru_cache(maxsize=256)
def answer_type(accept: str | None) -> str | None:
    """What the client takes, or None if it takes neither.

    The specification's own type is for whoever names it: wildcards are sent by programs that have never heard of it.
    """
    ranges = [found for part in (accept or "")[:ACCEPT_MAX].lower().split(",") if (found := _range(part))]
    if not (accept or "").strip():
        return JSON
    modern, legacy = (mimeparse.quality_parsed(name, ranges) for name in (GRAPHQL, JSON))
    named = any(f"{type}/{subtype}" == GRAPHQL for type, subtype, _ in ranges)
    if modern and (modern >= legacy if named else not legacy):
        return GRAPHQL
    return JSON if legacy else None


def _range(part: str) -> Range | None:
    """One media range; None if it is none, or wants an encoding that answers never have."""
    try:
        found: Range = mimeparse.parse_media_range(part.strip())
    except mimeparse.MimeTypeParseException:
        return None
    return found if found[2].get("charset", "utf-8") in UTF_8 else None


@lru_cache(maxsize=256)
def is_json(content_type: str) -> bool:
    """Whether a body is JSON in UTF-8, which is assumed where nothing else is said."""
    try:
        type, subtype, parameters = mimeparse.parse_mime_type(content_type.lower())
    except mimeparse.MimeTypeParseException:
        return False
    return f"{type}/{subtype}" == JSON and parameters.get("charset", "utf-8") in UTF_8

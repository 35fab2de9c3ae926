"""Conditional requests, RFC 9110: not sending what the client has."""


def is_known(header: str | None, etag: str) -> bool:
    """Whether the client has this very content, as its `If-None-Match` says; caches on the way may weaken a tag."""
    tags = {tag.strip().removeprefix("W/") for tag in (header or "").split(",")}
    return bool(tags & {etag, "*"})

"""Every message that the demo sent, mails, texts and pushes, on one page: nothing of it has left the machine."""

import html
import json
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from app.demo.gateways import Sent

FOLDER = "mail"
SHOWN_MAX = 200
WAYS = {"EMAIL": "Mail", "SMS": "Text", "EXPO": "Push by Expo", "FCM": "Push by Firebase"}
SUFFIXES = {"EMAIL": ".eml", "SMS": ".sms", "EXPO": ".expo", "FCM": ".fcm"}
"""Of the files: what a message is can be told, and counted, without reading it."""

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5">
<meta name="viewport" content="width=device-width"><title>Waypost demo: {count} messages</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #1c1c1c; }}
nav a {{ margin-right: 1rem; color: inherit; }}
nav a[aria-current] {{ font-weight: 600; text-decoration: none; }}
article {{ border-top: 1px solid #ccc; padding: 1rem 0; }}
h2 {{ font-size: 1.1rem; margin: .3rem 0 0; overflow-wrap: anywhere; }}
small {{ color: #666; overflow-wrap: anywhere; }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; margin: .5rem 0 0; }}
mark {{ font-size: .75rem; padding: .15rem .5rem; border-radius: 1rem; margin-right: .5rem; color: #1c1c1c; }}
.EMAIL {{ background: #dbe9ff; }} .SMS {{ background: #dff5dd; }} .EXPO, .FCM {{ background: #ffe8c7; }}
</style></head><body><h1>Sent messages</h1><nav>{ways}</nav><p><small>{note}</small></p>{messages}</body></html>"""
_MESSAGE = (
    """<article><mark class="{way}">{name}</mark><small>to {to}, {at}</small>{title}<pre>{body}</pre></article>"""
)
_TITLE = "<h2>{}</h2>"
_WAY = '<a href="?way={way}"{current}>{name} ({count})</a>'


@dataclass(frozen=True)
class Mail:
    """One mail, decoded."""

    sender: str
    to: str
    subject: str
    body: str
    sent_at: datetime | None


@dataclass(frozen=True)
class Shown:
    """One message of any way, as the page shows it."""

    way: str
    to: str
    title: str | None
    body: str
    at: datetime


def keep(folder: Path, content: bytes, suffix: str) -> None:
    """As a file whose name sorts by arrival, and which is there wholly or not at all."""
    unfinished = folder / f"unfinished{suffix}"
    unfinished.write_bytes(content)
    unfinished.replace(folder / f"{time.time_ns():020}{suffix}")


def keep_sent(folder: Path, sent: Sent) -> None:
    keep(folder, json.dumps(asdict(sent)).encode(), SUFFIXES[sent.way])


def inbox(state_dir: Path) -> list[Mail]:
    """The mails that the sink has taken, the newest first."""
    return [_mail(path) for path in _newest_first(state_dir) if _way(path) == "EMAIL"]


def _newest_first(state_dir: Path) -> list[Path]:
    return sorted((state_dir / FOLDER).glob("[0-9]*.*"), reverse=True)


def _way(path: Path) -> str:
    return next(way for way, suffix in SUFFIXES.items() if suffix == path.suffix)


def _mail(path: Path) -> Mail:
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    body = message.get_body(("plain", "html")) if isinstance(message, EmailMessage) else None
    return Mail(
        sender=str(message.get("From", "")),
        to=str(message.get("To", "")),
        subject=str(message.get("Subject", "")),
        body=str(body.get_content()).replace("\r\n", "\n") if body else "",
        sent_at=getattr(message["Date"], "datetime", None),
    )


def _shown(path: Path) -> Shown:
    at = datetime.fromtimestamp(int(path.stem) / 1e9, UTC)
    if _way(path) == "EMAIL":
        mail = _mail(path)
        return Shown("EMAIL", mail.to, mail.subject, mail.body, at)
    sent = Sent(**json.loads(path.read_bytes()))
    return Shown(sent.way, sent.to, sent.title, sent.body, at)


def page(state_dir: Path, way: str | None = None) -> str:
    """The newest messages, all of them or those of one way."""
    paths = _newest_first(state_dir)
    counts = Counter(map(_way, paths))
    wanted = [path for path in paths if way in (None, "", _way(path))]
    note = "The page looks again every five seconds. Nothing of this has left the machine."
    if len(wanted) > SHOWN_MAX:
        note = f"The newest {SHOWN_MAX} of {len(wanted)}. {note}"
    return _PAGE.format(
        count=len(paths),
        ways="".join(_links(counts, way)),
        note=note,
        messages="".join(_article(_shown(path)) for path in wanted[:SHOWN_MAX]) or "<p>No message yet.</p>",
    )


def _links(counts: Counter[str], current: str | None) -> Iterable[str]:
    for way, name in {"": "All", **WAYS}.items():
        count = counts[way] if way else counts.total()
        chosen = ' aria-current="page"' if way == (current or "") else ""
        yield _WAY.format(way=way, current=chosen, name=name, count=count)


def _article(message: Shown) -> str:
    return _MESSAGE.format(
        way=message.way,
        name=WAYS[message.way],
        to=html.escape(message.to),
        at=f"{message.at:%Y-%m-%d %H:%M:%S} UTC",
        title=_TITLE.format(html.escape(message.title)) if message.title else "",
        body=html.escape(message.body),
    )

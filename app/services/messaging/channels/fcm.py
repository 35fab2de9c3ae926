"""Push messages, by Firebase Cloud Messaging's HTTP API v1.

https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages
Who may send is a service account: a JWT signed with its key is traded for a token that lives an hour (RFC 7523).
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import jwt

from app import clock
from app.services.messaging.channels.base import Accepted, Answer, Gone, Message, Refused, Retry, brief, reference
from app.services.messaging.channels.http import document, items, part, post, unwell
from app.settings import Settings

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIFE = timedelta(hours=1)
EARLY = timedelta(minutes=1)
UNAUTHORIZED = 401


@dataclass(frozen=True)
class _Token:
    value: str
    good_until: datetime


_TOKENS: dict[tuple[str, str], _Token] = {}
"""Of this process, by account and where it is asked for."""


class Fcm:
    def __init__(self, settings: Settings) -> None:
        given = settings.fcm_credentials.get_secret_value() if settings.fcm_credentials else "{}"
        self._account: dict[str, str] = json.loads(given)
        self._url = f"{settings.fcm_url.rstrip('/')}/v1/projects/{self._account.get('project_id')}/messages:send"
        self._timeout_s = settings.message_timeout_s

    async def send(self, message: Message) -> Answer:
        token = await self._token()
        if isinstance(token, Retry):
            return token
        headers = {"authorization": f"Bearer {token}"}
        answer = await post(self._url, self._timeout_s, headers=headers, json={"message": _push(message)})
        if isinstance(answer, Retry):
            return answer
        if answer.is_success:
            return Accepted(reference(part(document(answer), "name")))
        if answer.status_code == UNAUTHORIZED:
            _TOKENS.pop(self._key, None)
        return _verdict(answer)

    @property
    def _key(self) -> tuple[str, str]:
        return self._account["client_email"], self._account["token_uri"]

    async def _token(self) -> str | Retry:
        known = _TOKENS.get(self._key)
        if known and clock.now() < known.good_until:
            return known.value
        form = {"grant_type": GRANT, "assertion": self._assertion()}
        answer = await post(self._account["token_uri"], self._timeout_s, data=form)
        if isinstance(answer, Retry):
            return answer
        found = document(answer)
        value, life_s = part(found, "access_token"), part(found, "expires_in")
        if not answer.is_success or not isinstance(value, str) or not isinstance(life_s, int):
            return unwell(answer) or Retry(brief(f"no token: {answer.status_code} {answer.text}"), outage=True)
        _TOKENS[self._key] = _Token(value, clock.now() + timedelta(seconds=life_s) - EARLY)
        return value

    def _assertion(self) -> str:
        now = clock.now()
        claims = {
            "iss": self._account["client_email"],
            "scope": SCOPE,
            "aud": self._account["token_uri"],
            "iat": now,
            "exp": now + LIFE,
        }
        headers = {"kid": self._account["private_key_id"]} if "private_key_id" in self._account else None
        return jwt.encode(claims, self._account["private_key"], algorithm="RS256", headers=headers)


def _push(message: Message) -> dict[str, Any]:
    """A repetition takes the place of what the phone shows already: `tag` on Android, the collapse id with Apple."""
    id = str(message.id)
    return {
        "token": message.to,
        "notification": {"title": message.subject, "body": message.body},
        "data": {"notification": id, "kind": message.kind.value, "about": message.about},
        "android": {"notification": {"tag": id}},
        "apns": {"headers": {"apns-collapse-id": id}},
    }


def _verdict(answer: httpx.Response) -> Answer:
    found = part(document(answer), "error")
    detail = brief(f"{answer.status_code} {part(found, 'message') or answer.text}")
    details = items(part(found, "details"))
    codes = [item.get("errorCode") for item in details]
    violated = [field.get("field") for item in details for field in items(item.get("fieldViolations"))]
    if "UNREGISTERED" in codes or "message.token" in violated:
        return Gone(detail)
    # of another project's app, and no use to us; other refusals of this status are about our key
    if "SENDER_ID_MISMATCH" in codes:
        return Gone(detail)
    return unwell(answer) or Refused(detail)

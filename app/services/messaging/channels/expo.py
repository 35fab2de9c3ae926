"""Push messages, by Expo's push service: a ticket at once, and a receipt when the phone's maker has answered.

https://docs.expo.dev/push-notifications/sending-notifications/
"""

from typing import Any

import httpx

from app.services.messaging.channels.base import Accepted, Answer, Gone, Message, Refused, Retry, brief, reference
from app.services.messaging.channels.http import document, part, post, unwell
from app.settings import Settings

TO_OPERATORS = ("InvalidCredentials", "MismatchSenderId", "DeveloperError")
"""Errors that say what is wrong with the app's set-up."""


class Expo:
    def __init__(self, settings: Settings) -> None:
        self._url = (settings.expo_url or "").rstrip("/")
        self._token = settings.expo_token.get_secret_value() if settings.expo_token else None
        self._timeout_s = settings.message_timeout_s

    async def send(self, message: Message) -> Answer:
        """Expo has no key for repetitions: the app tells them by `data.notification`."""
        data = {"notification": str(message.id), "kind": message.kind.value, "about": message.about}
        push = {"to": message.to, "title": message.subject, "body": message.body, "data": data, "sound": "default"}
        answer = await self._post("send", push)
        if isinstance(answer, Retry):
            return answer
        ticket = part(document(answer), "data")
        if isinstance(ticket, list) and ticket:
            ticket = ticket[0]
        if part(ticket, "status") == "ok":
            return Accepted(reference(part(ticket, "id")), receipt=True)
        return _verdict(answer, ticket)

    async def receipt(self, ticket: str) -> Answer | None:
        """What became of a message; None: nobody knows yet."""
        answer = await self._post("getReceipts", {"ids": [ticket]})
        if isinstance(answer, Retry):
            return answer
        found = part(document(answer), "data", ticket)
        if found is None:
            return None
        return Accepted(ticket) if part(found, "status") == "ok" else _verdict(answer, found)

    async def _post(self, verb: str, content: dict[str, Any]) -> httpx.Response | Retry:
        headers = {"authorization": f"Bearer {self._token}"} if self._token else {}
        answer = await post(f"{self._url}/--/api/v2/push/{verb}", self._timeout_s, headers=headers, json=content)
        return answer if isinstance(answer, Retry) else unwell(answer) or answer


def _verdict(answer: httpx.Response, word: object) -> Answer:
    """What a ticket or a receipt that is not `ok` means."""
    code = part(word, "details", "error")
    detail = brief(f"{code}: {part(word, 'message')}" if word else f"{answer.status_code} {answer.text}")
    if code == "DeviceNotRegistered":
        return Gone(detail)
    if code == "MessageRateExceeded":
        return Retry(detail)
    if code in TO_OPERATORS or (answer.is_success and word is None):
        return Retry(detail, outage=True)
    return Refused(detail)

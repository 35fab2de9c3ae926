"""Text messages, by the plain HTTP API that docs/messaging.md describes."""

from app.services.messaging.channels.base import Accepted, Answer, Gone, Message, Refused, Retry, brief, reference
from app.services.messaging.channels.http import document, part, post, unwell
from app.settings import Settings

NOBODY = ("INVALID_NUMBER", "UNKNOWN_NUMBER")


class Sms:
    def __init__(self, settings: Settings) -> None:
        self._url = settings.sms_url or ""
        self._key = settings.sms_key.get_secret_value() if settings.sms_key else None
        self._timeout_s = settings.message_timeout_s

    async def send(self, message: Message) -> Answer:
        headers = {"idempotency-key": str(message.id)}
        if self._key:
            headers["authorization"] = f"Bearer {self._key}"
        text = {"to": message.to, "text": message.body, "reference": str(message.id)}
        answer = await post(self._url, self._timeout_s, headers=headers, json=text)
        if isinstance(answer, Retry):
            return answer
        found = document(answer)
        if answer.is_success:
            return Accepted(reference(part(found, "id")))
        detail = brief(f"{answer.status_code} {answer.text}")
        if part(found, "error", "code") in NOBODY:
            return Gone(detail)
        return unwell(answer) or Refused(detail)

"""Mail, by SMTP."""

import re
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from urllib.parse import unquote, urlsplit

import aiosmtplib
from aiosmtplib import errors

from app import clock
from app.services.messaging.channels.base import Accepted, Answer, Gone, Message, Refused, Retry, brief
from app.settings import Settings

NOBODY = re.compile(r"\b5\.1\.(1|2|3|6|10)\b")
"""RFC 3463, 3.2: the mailbox or its domain does not exist, or has moved. A 550 without such a code may be about us."""
CLOSING = 421
OUR_FAULT = (errors.SMTPAuthenticationError, errors.SMTPSenderRefused, errors.SMTPHeloError)
"""Our password, sender or name is refused. That is for the operator to mend, and no fault of the message's."""


class Smtp:
    def __init__(self, settings: Settings) -> None:
        self._server = urlsplit(settings.smtp_url or "")
        self._sender = settings.mail_from
        self._timeout_s = settings.message_timeout_s

    async def send(self, message: Message) -> Answer:
        try:
            mail = self.written(message)
        except ValueError as error:
            return Refused(brief(error))
        try:
            _, words = await aiosmtplib.send(
                mail,
                hostname=self._server.hostname,
                port=self._server.port,
                username=unquote(self._server.username) if self._server.username else None,
                password=unquote(self._server.password) if self._server.password else None,
                use_tls=self._server.scheme == "smtps",
                timeout=self._timeout_s,
            )
        except errors.SMTPRecipientsRefused as refusal:
            return _verdict(refusal.recipients[0])
        except OUR_FAULT as refusal:
            return Retry(brief(f"{refusal.code} {refusal.message}"), outage=True)
        except (ConnectionError, TimeoutError, OSError) as error:
            return Retry(brief(repr(error)), outage=True)
        except errors.SMTPResponseException as refusal:
            return _verdict(refusal)
        except errors.SMTPException as error:
            return Refused(brief(error.message))
        return Accepted(brief(words))

    def written(self, message: Message) -> EmailMessage:
        """Its Message-ID comes from the notification, so that a mail that is sent twice is recognized as one."""
        domain = parseaddr(self._sender)[1].rpartition("@")[2]
        mail = EmailMessage()
        mail["Message-ID"] = f"<{message.id}@{domain}>"
        mail["Date"] = format_datetime(clock.now())
        mail["From"] = self._sender
        mail["To"] = message.to
        mail["Subject"] = " ".join((message.subject or "").split())
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.body)
        return mail


def _verdict(refusal: errors.SMTPResponseException) -> Answer:
    detail = brief(f"{refusal.code} {refusal.message}")
    if refusal.code < 500:
        return Retry(detail, outage=refusal.code == CLOSING)
    return Gone(detail) if NOBODY.search(refusal.message) else Refused(detail)

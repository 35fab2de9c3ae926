"""The mail sink: what is sent over SMTP can be read."""

import json
import os
import smtplib
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.demo.outbox import Mail, inbox
from app.demo.supervisor import Supervisor


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[dict[str, Any]]:
    with Supervisor(tmp_path) as children:
        children.start("mail", [sys.executable, "-m", "app.demo.mail", "--dir", tmp_path], os.environ)
        children.wait_until((tmp_path / "mail.json").exists)
        yield json.loads((tmp_path / "mail.json").read_text())


def _send(port: int, subject: str, body: str) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = (
        "Waypost <no-reply@waypost.invalid>",
        "nino@example.com",
        subject,
    )
    message.set_content(body)
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.send_message(message)


def test_mails_are_kept_newest_first(tmp_path: Path, ports: dict[str, Any]) -> None:
    _send(ports["smtp_port"], "Booking received", "Thank you.\n")
    _send(ports["smtp_port"], "დაჯავშნა დადასტურდა", "გელოდებით!\n")
    sender, to = "Waypost <no-reply@waypost.invalid>", "nino@example.com"
    assert inbox(tmp_path) == [
        Mail(sender, to, "დაჯავშნა დადასტურდა", "გელოდებით!\n", None),
        Mail(sender, to, "Booking received", "Thank you.\n", None),
    ]


def test_the_page_shows_mails_as_text(ports: dict[str, Any]) -> None:
    page = f"http://127.0.0.1:{ports['http_port']}/"
    assert "No message yet." in httpx.get(page).text
    _send(ports["smtp_port"], "<b>Hello</b>", "<script>alert(1)</script>\n")
    shown = httpx.get(page).text
    assert "&lt;b&gt;Hello&lt;/b&gt;" in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "<script>" not in shown


def test_texts_and_pushes_stand_beside_the_mails(ports: dict[str, Any]) -> None:
    page, settings = f"http://127.0.0.1:{ports['http_port']}/", ports["settings"]
    _send(ports["smtp_port"], "Booking received", "Thank you.\n")
    text = {"to": "+995555123456", "text": "See you at ten.", "reference": "1"}
    headers = {"authorization": f"Bearer {settings['sms_key']}", "idempotency-key": "1"}
    for _ in range(2):
        # the second time is a repetition
        assert httpx.post(settings["sms_url"], json=text, headers=headers).status_code == 202
    push = {"to": "ExponentPushToken[1]", "title": "Waypost", "body": "Giorgi comes.", "data": {"notification": "2"}}
    answer = httpx.post(f"{settings['expo_url']}/--/api/v2/push/send", json=push)
    assert answer.json()["data"]["status"] == "ok"
    everything, texts = httpx.get(page).text, httpx.get(page, params={"way": "SMS"}).text
    for name in ("All (3)", "Mail (1)", "Text (1)", "Push by Expo (1)", "Push by Firebase (0)"):
        assert name in everything
    assert all(body in everything for body in ("Thank you.", "See you at ten.", "Giorgi comes."))
    assert "See you at ten." in texts
    assert "Giorgi comes." not in texts


def test_nobody_sends_texts_without_the_key(ports: dict[str, Any]) -> None:
    text = {"to": "+995555123456", "text": "See you at ten.", "reference": "1"}
    answer = httpx.post(ports["settings"]["sms_url"], json=text, headers={"idempotency-key": "1"})
    assert answer.status_code == 401
    assert "No message yet." in httpx.get(f"http://127.0.0.1:{ports['http_port']}/").text

"""The mail sink: what is sent over SMTP can be read."""

import json
import os
import smtplib
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from app.demo.mail import Mail, inbox
from app.demo.supervisor import Supervisor


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[dict[str, int]]:
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


def test_mails_are_kept_newest_first(tmp_path: Path, ports: dict[str, int]) -> None:
    _send(ports["smtp_port"], "Booking received", "Thank you.\n")
    _send(ports["smtp_port"], "დაჯავშნა დადასტურდა", "გელოდებით!\n")
    sender, to = "Waypost <no-reply@waypost.invalid>", "nino@example.com"
    assert inbox(tmp_path) == [
        Mail(sender, to, "დაჯავშნა დადასტურდა", "გელოდებით!\n", None),
        Mail(sender, to, "Booking received", "Thank you.\n", None),
    ]


def test_the_page_shows_mails_as_text(ports: dict[str, int]) -> None:
    page = f"http://127.0.0.1:{ports['http_port']}/"
    assert "No mail yet." in httpx.get(page).text
    _send(ports["smtp_port"], "<b>Hello</b>", "<script>alert(1)</script>\n")
    shown = httpx.get(page).text
    assert "&lt;b&gt;Hello&lt;/b&gt;" in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "<script>" not in shown

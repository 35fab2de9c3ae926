"""What a person sees when the demo is ready."""

import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from app.demo.people import SignedIn

_QUERY = """
query {
  eventSeq
  viewer { user { fullName } organization { name } role }
  bookings(first: 5, orderBy: { field: STARTS_AT, direction: ASC }) {
    totalCount
    edges { node { id number status startsAt customer { name } subject { __typename name } service { name } } }
  }
}
"""
_SUBSCRIPTION = """
subscription {
  events { seq type occurredAt node { __typename id } }
}
"""
_STAFF = ("OWNER", "ADMIN", "DISPATCHER", "STAFF")


def show(
    console: Console,
    url: str,
    mail_url: str,
    demo_json: Path,
    people: Sequence[SignedIn],
) -> None:
    """Addresses, sign-ins, and something to paste."""
    console.print()
    console.print(
        f"[bold]Waypost is running at {url}[/]  (open it in a browser for GraphiQL)",
        highlight=False,
        soft_wrap=True,
    )
    console.print(
        f"Mails, texts and pushes arrive at {mail_url}, tokens and URLs are in {demo_json}",
        highlight=False,
        soft_wrap=True,
    )
    console.print(_sign_ins(people))
    staff = next(
        (person for person in people if person.role in _STAFF),
        people[0] if people else None,
    )
    if staff:
        header = json.dumps({"Authorization": f"Bearer {staff.access_token}"})
        console.print(f"Paste this under [bold]Headers[/] in GraphiQL to be {staff.email}:")
        _show_text(console, header)
    console.print("\n[bold]A query[/]")
    _show_text(console, _QUERY)
    console.print("\n[bold]A subscription[/]: leave it open in a second tab, and confirm a booking in the first")
    _show_text(console, _SUBSCRIPTION)
    console.print("\nCtrl-C stops everything; the next start goes on with this data.")


def _show_text(console: Console, text: str) -> None:
    """As it is, to be copied: neither wrapped nor cut."""
    console.print(text.strip(), style="cyan", markup=False, highlight=False, soft_wrap=True)


def _sign_ins(people: Sequence[SignedIn]) -> Table:
    table = Table(
        "organization",
        "role",
        "email",
        "password",
        title="Sign-ins",
        title_justify="left",
    )
    for person in people:
        table.add_row(person.organization, person.role, person.email, person.password)
    return table

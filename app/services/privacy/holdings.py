"""What of a person lies where: the one declaration from which a person is exported and erased.

A holding is a table, how its rows are found from the person, and what erasing does to each column in which somebody may
have written something. A test asks for every table that leads to a person, and for every such column of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    JSON,
    ColumnElement,
    Date,
    Float,
    LargeBinary,
    Select,
    String,
    Table,
    case,
    cast,
    func,
    null,
    select,
)
from sqlalchemy import Enum as SqlEnum
from sqlalchemy.types import TypeEngine

from app.models.base import Base

ERASED_TEXT = "Erased"

Erasure = Callable[[Table, str], Any]
"""What a column is set to."""


def gone(table: Table, column: str) -> Any:
    return null()


def overwritten(table: Table, column: str) -> Any:
    """Where a text must be, or a constraint asks for it."""
    return case((table.c[column].is_not(None), ERASED_TEXT))


def unlike(table: Table, column: str) -> Any:
    """Where a text must be one of its kind."""
    return case((table.c[column].is_not(None), "erased-" + cast(table.c.id, String)))


def to(value: object) -> Erasure:
    return lambda table, column: value


def today(table: Table, column: str) -> Any:
    """For what ends with the person; what has ended already did so when it did."""
    return func.coalesce(table.c[column], func.now())


def ended(before: str, after: str) -> Erasure:
    """A state that must not stand."""
    return lambda table, column: case((table.c[column] == before, after), else_=table.c[column])


@dataclass(frozen=True)
class Way:
    """Rows whose `column` has one of the values that `remote` has in the person's rows of another table.

    folded: whether `column` holds them in small letters.
    """

    column: str
    table: str
    remote: str = "id"
    folded: bool = False


@dataclass(frozen=True)
class Holding:
    """`kept`: columns that say nothing about the person once the others are erased. `secret`: never handed out.

    `partly`: what is handed out of a column that has secrets in some rows. `removed`: erasing deletes the rows.
    `internal`: nothing that a person would be handed.
    """

    table: str
    ways: tuple[Way, ...]
    erased: Mapping[str, Erasure] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()
    secret: frozenset[str] = frozenset()
    partly: Mapping[str, Erasure] = field(default_factory=dict)
    removed: bool = False
    internal: bool = False

    @property
    def rows(self) -> Table:
        return Base.metadata.tables[self.table]


@dataclass(frozen=True)
class Person:
    """user_id: their account, if they have one, and as far as it is to be looked at."""

    organization_id: UUID
    customer_id: UUID
    user_id: UUID | None


def _by(column: str, table: str = "customers", remote: str = "id") -> tuple[Way, ...]:
    return (Way(column, table, remote),)


CUSTOMER, USER = _by("customer_id"), _by("user_id", "users")
SUBJECT, TRANSPORT = _by("subject_id", "subjects"), _by("transport_id", "transports")
OF_SUBJECT = _by("id", "subjects")

HOLDINGS = (
    # what hangs on other rows comes first, for these lead to it
    Holding(
        "dead_addresses",
        (
            Way("address", "customers", "email", folded=True),
            Way("address", "customers", "phone"),
            # those they had before
            Way("address", "notifications", "address", folded=True),
        ),
        removed=True,
    ),
    Holding("notification_attempts", _by("notification_id", "notifications"), {"detail": gone}),
    Holding(
        "notifications",
        (*CUSTOMER, *USER),
        {
            "address": gone,
            "subject": gone,
            "body": gone,
            "provider_reference": gone,
            "suppressed": lambda table, column: case((table.c.status == "QUEUED", "ERASED"), else_=table.c[column]),
            "status": ended("QUEUED", "SUPPRESSED"),
        },
        kept=frozenset({"cause", "recipient", "about_type", "locale"}),
        # what is pushed goes to a token
        partly={"address": lambda table, column: case((table.c.channel != "PUSH", table.c[column]))},
    ),
    Holding("contact_preferences", (*CUSTOMER, *USER), removed=True),
    # notifications name it
    Holding(
        "device_tokens",
        (*CUSTOMER, *USER),
        {"token": unlike, "retired_at": today},
        secret=frozenset({"token"}),
    ),
    Holding("post_reads", USER, removed=True),
    Holding("idempotency_keys", _by("caller_id", "users"), removed=True, internal=True),
    Holding("care_dues", CUSTOMER, removed=True),
    Holding("care_record_documents", _by("record_id", "care_records")),
    Holding("review_items", SUBJECT, removed=True),
    Holding("sync_issues", SUBJECT, {"external_id": gone, "detail": overwritten}),
    Holding("sync_states", SUBJECT, removed=True, internal=True),
    Holding(
        "care_records",
        CUSTOMER,
        {
            "title": overwritten,
            "batch_number": gone,
            "diagnosis": gone,
            "treatment": gone,
            "notes": gone,
            "external_id": unlike,
            "void_reason": overwritten,
        },
        kept=frozenset({"performed_on", "next_due_on"}),
    ),
    Holding("tag_scans", CUSTOMER, {"location": gone}),
    Holding(
        "tags",
        CUSTOMER,
        {"uid": unlike, "label": gone, "status": to("RETIRED"), "retired_at": today},
    ),
    # the way to the door; what is over needs it no more
    Holding("directions", _by("route_id", "stops", "route_id"), removed=True, internal=True),
    Holding("proofs", TRANSPORT, {"barcode": overwritten, "signed_by": gone}),
    Holding("stops", TRANSPORT, {"notes": gone}),
    Holding("tracking_links", TRANSPORT, {"revoked_at": today}),
    Holding("unassigned_transports", TRANSPORT, internal=True),
    Holding(
        "documents",
        (
            *CUSTOMER,
            Way("id", "proofs", "document_id"),
            Way("id", "care_record_documents", "document_id"),
        ),
        {"name": overwritten, "sha256": gone, "rejected_reason": gone, "status": to("REMOVED")},
        kept=frozenset({"content_type"}),
    ),
    Holding(
        "exports",
        CUSTOMER,
        {
            "error": gone,
            "status": lambda table, column: case(
                (table.c[column].in_(("QUEUED", "RUNNING")), "CANCELLED"), else_=table.c[column]
            ),
        },
        kept=frozenset({"filter", "connection", "request"}),
    ),
    Holding(
        "transports",
        CUSTOMER,
        {"notes": gone, "contact_name": gone, "contact_phone": gone, "code": gone},
        kept=frozenset(
            {
                "demand",
                "currency",
                "required_equipment",
                "required_skills",
                "load_class",
                "apart_from",
                "proof_required",
            }
        ),
    ),
    Holding("calendar_feeds", CUSTOMER, {"name": overwritten, "revoked_at": today}),
    Holding("waitlist_entries", CUSTOMER),
    Holding("occurrences", _by("series_id", "series")),
    Holding(
        "series",
        CUSTOMER,
        {"notes": gone},
        kept=frozenset(
            {"rule", "time_zone", "except_local", "extra_local", "paused_from", "paused_until", "booked_until"}
        ),
    ),
    Holding("booking_charges", CUSTOMER, kept=frozenset({"currency"})),
    Holding(
        "bookings",
        CUSTOMER,
        {"notes": gone, "reason": gone, "care_waived_reason": gone},
        kept=frozenset({"number", "currency"}),
    ),
    Holding("booking_groups", CUSTOMER),
    Holding(
        "pets",
        OF_SUBJECT,
        {
            "breed": gone,
            "born_on": gone,
            "weight_g": gone,
            "chip_number": gone,
            "preferred_vet_id": gone,
            "preferred_food_brand_id": gone,
        },
    ),
    Holding("patients", OF_SUBJECT, {"birth_date": gone, "mobility": to("WALKING"), "oxygen": to(False)}),
    Holding(
        "cars",
        OF_SUBJECT,
        {"license_plate": unlike, "make": gone, "model": gone, "vin": gone, "mileage_km": gone},
    ),
    Holding("subjects", CUSTOMER, {"name": overwritten, "notes": gone, "external_id": gone, "archived_at": today}),
    Holding(
        "places",
        CUSTOMER,
        {
            "label": overwritten,
            "address": overwritten,
            "access_notes": gone,
            "latitude": to(0.0),
            "longitude": to(0.0),
        },
    ),
    Holding("account_mails", USER, removed=True),
    Holding(
        "invitations",
        (Way("accepted_by", "users"), Way("email", "customers", "email", folded=True)),
        {"email": unlike, "status": ended("PENDING", "REVOKED")},
    ),
    Holding("memberships", USER, removed=True),
    Holding(
        "customers",
        _by("id"),
        {
            "user_id": gone,
            "name": overwritten,
            "email": gone,
            "phone": gone,
            "notes": gone,
            "external_id": gone,
            "erased_at": today,
        },
    ),
)
BY_TABLE = {holding.table: holding for holding in HOLDINGS}

ELSEWHERE = {
    "allocations": "Places in slots: times and numbers.",
    "drivers": "Another hat of the user; not erased with the customer.",
    "resources": "Another hat of the user; not erased with the customer.",
    "users": "Erased by `forget_user`, once they belong nowhere.",
    "sessions": "Ended by `forget_user`.",
    "user_identities": "Erased by `forget_user`.",
    "second_factors": "Erased by `forget_user`.",
    "events": "Never changed; hold ids and words of lists.",
    "event_details": "Erased along with the events that concern the person.",
}
"""Tables that lead to people and are no holdings, and why."""


def is_telling(type_: TypeEngine[Any]) -> bool:
    """Whether a column of this type may hold something that tells of a person by itself."""
    return isinstance(type_, (String, ARRAY, JSON, LargeBinary, Date, Float)) and not isinstance(type_, SqlEnum)


def condition(holding: Holding, person: Person) -> ColumnElement[bool]:
    """Which rows are the person's."""
    table = holding.rows
    mine = table.c.organization_id == person.organization_id
    if len(holding.ways) == 1:
        return mine & _led_to(table, holding.ways[0], person)
    # each way by its own index
    found = [select(table.c.id).where(mine, _led_to(table, way, person)) for way in holding.ways]
    return mine & table.c.id.in_(found[0].union(*found[1:]))


def _led_to(table: Table, way: Way, person: Person) -> ColumnElement[bool]:
    if (way.table, way.remote) == ("customers", "id"):
        return table.c[way.column] == person.customer_id
    if way.table == "users":
        # without an account there is nothing
        return table.c[way.column] == person.user_id if person.user_id else table.c[way.column] != table.c[way.column]
    return table.c[way.column].in_(_values(way, person))


def _values(way: Way, person: Person) -> Select[Any]:
    holding = BY_TABLE[way.table]
    found = holding.rows.c[way.remote]
    return select(func.lower(found) if way.folded else found).where(condition(holding, person))

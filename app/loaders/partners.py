"""Relations of partners, of the connections to their systems, and of what comes from there."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from app.loaders.base import Computed, Listing, ToOne
from app.models import (
    CareRecord,
    DirectoryEntry,
    Partner,
    PartnerLink,
    ReviewItem,
    Subject,
    SyncIssue,
    SyncRun,
    User,
)
from app.models.base import among
from app.uow import ReadUnit


def _named(text: str) -> ColumnElement[bool]:
    columns = (Partner.name, Partner.clinic)
    return or_(*(column.icontains(text, autoescape=True) for column in columns))


def _listed(text: str) -> ColumnElement[bool]:
    columns = (DirectoryEntry.name, DirectoryEntry.clinic)
    return or_(*(column.icontains(text, autoescape=True) for column in columns))


async def _credentials(reads: ReadUnit, connections: Sequence[UUID]) -> Mapping[UUID, bool]:
    """Whether there are any; they themselves are read by nobody but the worker."""
    rows = await reads.execute(
        select(PartnerLink.id, PartnerLink.credentials.is_not(None)).where(
            PartnerLink.organization_id == reads.viewer.organization_id,
            among(PartnerLink.id, connections),
        )
    )
    return {row[0]: row[1] for row in rows}


PARTNERS = Listing(
    Partner,
    "name",
    orders={"NAME": "name", "CREATED_AT": "created_at"},
    filters={
        "type": lambda types: Partner.type.in_(types),
        "active": lambda active: Partner.active.is_(active),
        "search": _named,
    },
)
DIRECTORY = Listing(
    DirectoryEntry,
    "name",
    filters={
        "type": lambda types: DirectoryEntry.type.in_(types),
        "country": lambda country: DirectoryEntry.country == country,
        "search": _listed,
    },
)
PARTNER_ENTRY = ToOne(DirectoryEntry, "directory_entry_id")
PREFERRED_VET = ToOne(Partner, "preferred_vet_id")
PREFERRED_FOOD_BRAND = ToOne(Partner, "preferred_food_brand_id")

CONNECTIONS = Listing(
    PartnerLink,
    "-created_at",
    filters={
        "status": lambda statuses: PartnerLink.status.in_(statuses),
        "partner_id": lambda id: PartnerLink.partner_id == id,
    },
    referents={"partner_id": Partner},
)
CONNECTION_PARTNER = ToOne(Partner, "partner_id")
CONNECTION_RUNS = Listing(SyncRun, "-created_at", remote="connection_id")
CONNECTION_HAS_CREDENTIALS = Computed(_credentials)

RUNS = Listing(
    SyncRun,
    "-created_at",
    filters={
        "status": lambda statuses: SyncRun.status.in_(statuses),
        "connection_id": lambda id: SyncRun.connection_id == id,
    },
    referents={"connection_id": PartnerLink},
)
RUN_CONNECTION = ToOne(PartnerLink, "connection_id")
RUN_REQUESTER = ToOne(User, "requested_by")
RUN_ISSUES = Listing(SyncIssue, "id", remote="run_id", filters={"problem": lambda found: SyncIssue.problem.in_(found)})
ISSUE_SUBJECT = ToOne(Subject, "subject_id")

REVIEW_ITEMS = Listing(
    ReviewItem,
    "created_at",
    filters={
        "status": lambda statuses: ReviewItem.status.in_(statuses),
        "connection_id": lambda id: ReviewItem.connection_id == id,
        "subject_id": lambda id: ReviewItem.subject_id == id,
    },
    referents={"connection_id": PartnerLink, "subject_id": Subject},
)
ITEM_CONNECTION = ToOne(PartnerLink, "connection_id")
ITEM_SUBJECT = ToOne(Subject, "subject_id")
ITEM_RECORD = ToOne(CareRecord, "record_id")
ITEM_DECIDER = ToOne(User, "decided_by")

"""Partners, the connections to their systems, and what comes from there."""

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from app import models
from app.context import Info
from app.loaders import keys
from app.loaders import partners as relations
from app.models.base import Vocabulary
from app.models.care import CareKind
from app.models.partners import (
    ConnectionStatus,
    ImportMode,
    PartnerType,
    ReviewStatus,
    SyncKind,
    SyncProblem,
    SyncStatus,
)
from app.schema.fields import Connection, column, computed, derived, listing, to_one, vocabulary
from app.schema.identity import Actor, User
from app.schema.inputs import Direction, Values
from app.schema.keys import ApiKeyFilter, RegisteredDocumentFilter
from app.schema.nodes import Node, node
from app.schema.subjects import Subject
from app.services.partners.drafts import Draft

if TYPE_CHECKING:
    from app.schema.care import CareRecord
    from app.schema.keys import ApiKey, RegisteredDocument

vocabulary(PartnerType, "The kinds of partner.")
vocabulary(SyncKind, "What a partner's system can be asked for.")
vocabulary(ImportMode, "What becomes of what a partner's system sends.")
vocabulary(ConnectionStatus, "Where the connection to a partner's system stands.")
vocabulary(SyncStatus, "Where a run stands.")
vocabulary(SyncProblem, "Why something that a partner's system sent was refused.")
vocabulary(ReviewStatus, "Where a row stands that somebody must look at.")


@node(models.DirectoryEntry, "A partner whom every organization can choose.")
class DirectoryEntry(Node):
    type: PartnerType = column("What kind of partner.")
    country: str = column("ISO 3166-1 alpha-2.")
    name: str = column("What it is called.")
    clinic: str | None = column("Of a vet: where they work.")
    licence_number: str | None = column("Of a vet: their licence.")
    phone: str | None = column("E.164.")
    email: str | None = column("Where mail goes.")
    website: str | None = column("Where it is on the web.")
    address: str | None = column("Where it is.")


@node(models.Partner, "A vet, a brand, a shop that the organization works with.")
class Partner(Node, Actor):
    version: int = column("Goes up with every change; an update names the one it saw.")
    type: PartnerType = column("What kind of partner; it never changes.")
    name: str = column("What it is called.")
    clinic: str | None = column("Of a vet: where they work.")
    licence_number: str | None = column("Of a vet: their licence.")
    phone: str | None = column("E.164.")
    email: str | None = column("Where mail goes.")
    website: str | None = column("Where it is on the web.")
    address: str | None = column("Where it is.")
    external_id: str | None = column("Its id in the system it was imported from.")
    active: bool = column("Whether it can be chosen; customers see active ones alone.")
    directory_entry: DirectoryEntry | None = to_one(relations.PARTNER_ENTRY, "The entry it was made from.")

    display_name: str = derived(lambda partner: partner.name, "What to call it.")
    api_keys: Connection[Annotated["ApiKey", strawberry.lazy("app.schema.keys")]] = listing(
        keys.PARTNER_KEYS, "Keys of its programs, the newest first, for those who make keys.", filter=ApiKeyFilter
    )
    registered_documents: Connection[Annotated["RegisteredDocument", strawberry.lazy("app.schema.keys")]] = listing(
        keys.PARTNER_DOCUMENTS,
        "What its programs may run, or might, the newest first, for those who register documents.",
        filter=RegisteredDocumentFilter,
    )

    @strawberry.field(description="What the house should know; null for everybody else.")
    def notes(root: strawberry.Parent[models.Partner], info: Info) -> str | None:
        return root.notes if info.context.viewer.sees_everything else None


class PartnerOrderField(Vocabulary):
    NAME = "NAME", "By name."
    CREATED_AT = "CREATED_AT", "By when they were added."


vocabulary(PartnerOrderField, "What partners can be ordered by.")


@strawberry.input(description="An order of partners.")
class PartnerOrder:
    field: PartnerOrderField = column("By what.")
    direction: Direction = column("Which way.", default=Direction.ASC)


@strawberry.input(description="Which partners are wanted; all conditions hold at once.")
class PartnerFilter(Values):
    type: list[PartnerType] | None = column("Of one of these types.", default=None)
    active: bool | None = column("Only those that can be chosen, or only those that cannot.", default=None)
    search: str | None = column("Part of the name or of the clinic.", default=None)


@strawberry.input(description="Which entries of the directory are wanted; all conditions hold at once.")
class DirectoryFilter(Values):
    type: list[PartnerType] | None = column("Of one of these types.", default=None)
    country: str | None = column("ISO 3166-1 alpha-2.", default=None)
    search: str | None = column("Part of the name or of the clinic.", default=None)


@strawberry.input(description="A new partner; what is left out comes from the entry of the directory, if one is named.")
class CreatePartnerInput(Values):
    directory_entry_id: strawberry.ID | None = column("The entry to take over.", default=None)
    type: PartnerType | None = column("What kind of partner; may be left out with an entry.", default=None)
    name: str | None = column("What it is called; may be left out with an entry.", default=None)
    clinic: str | None = column("Of a vet: where they work.", default=None)
    licence_number: str | None = column("Of a vet: their licence.", default=None)
    phone: str | None = column("E.164, or a number of the organization's country.", default=None)
    email: str | None = column("Where mail goes.", default=None)
    website: str | None = column("Where it is on the web.", default=None)
    address: str | None = column("Where it is.", default=None)
    notes: str | None = column("What the house should know.", default=None)
    external_id: str | None = column("Its id in another system.", default=None)


@strawberry.input(description="What to change of a partner; what is left out stays.")
class UpdatePartnerInput(Values):
    partner_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
    name: strawberry.Maybe[str] = column("What it is called.")
    clinic: strawberry.Maybe[str | None] = column("Of a vet: where they work.")
    licence_number: strawberry.Maybe[str | None] = column("Of a vet: their licence.")
    phone: strawberry.Maybe[str | None] = column("E.164, or a number of the organization's country.")
    email: strawberry.Maybe[str | None] = column("Where mail goes.")
    website: strawberry.Maybe[str | None] = column("Where it is on the web.")
    address: strawberry.Maybe[str | None] = column("Where it is.")
    notes: strawberry.Maybe[str | None] = column("What the house should know.")
    external_id: strawberry.Maybe[str | None] = column("Its id in another system.")
    active: strawberry.Maybe[bool] = column("Whether it can be chosen.")


# connections


@strawberry.type(description="A code of the partner's, and the care protocol that it means.")
class ProtocolCode:
    theirs: str = column("As the partner's system has it.")
    ours: str = column("The code of a care protocol.")


def _codes(connection: models.PartnerLink) -> list[ProtocolCode]:
    return [ProtocolCode(theirs=theirs, ours=ours) for theirs, ours in sorted(connection.protocol_codes.items())]


@node(models.SyncRun, "One time that a partner's system is asked for everything that is wanted.")
class SyncRun(Node):
    status: SyncStatus = column("Where it stands.")
    created_at: datetime = column("When it was asked for.")
    started_at: datetime | None = column("When a worker began.")
    finished_at: datetime | None = column("When it ended.")
    error: str | None = column("Why it failed; for people.")
    subjects: int = column("How many pets with a chip number there were when it began.")
    subjects_done: int = column("How many of them are dealt with.")
    created: int = column("How many care records were made.")
    updated: int = column("How many were changed or voided.")
    skipped: int = column("How many rows said what was known.")
    refused: int = column("How many rows and pages were refused.")
    queued: int = column("How many rows wait for somebody to look at them.")
    connection: Annotated["PartnerLink", strawberry.lazy("app.schema.partners")] = to_one(
        relations.RUN_CONNECTION, "Which system."
    )
    requested_by: User | None = to_one(relations.RUN_REQUESTER, "Who asked for it; null if it was due.")
    issues: Connection[Annotated["SyncIssue", strawberry.lazy("app.schema.partners")]] = listing(
        relations.RUN_ISSUES, "What was refused, at most the first 1,000."
    )


@strawberry.type(description="A row or a page that was refused.")
class SyncIssue:
    problem: SyncProblem = column("Why, for programs.")
    detail: str = column("Why, for people.")
    external_id: str | None = column("The partner's id of the row, if it has one.")
    subject: Subject | None = to_one(relations.ISSUE_SUBJECT, "Whom it was asked about.")


@node(models.PartnerLink, "The connection to a partner's system: how it is asked. Credentials are never shown.")
class PartnerLink(Node):
    version: int = column("Goes up with every change; an update names the one it saw.")
    status: ConnectionStatus = column("Where it stands.")
    endpoint: str = column("Where it is asked.")
    has_credentials: bool = computed(
        relations.CONNECTION_HAS_CREDENTIALS, "Whether there are credentials.", lambda found: bool(found)
    )
    kinds: list[SyncKind] = derived(lambda row: [SyncKind(kind) for kind in row.kinds], "What it is asked for.")
    mode: ImportMode = column("What becomes of it.")
    every_hours: int | None = column("How often it is asked; null: only when somebody says so.")
    protocol_codes: list[ProtocolCode] = derived(_codes, "Codes of theirs that are others here.")
    failures: int = column("Runs in a row that failed.")
    closed_until: datetime | None = column("Until when it is left alone, for it failed again and again.")
    last_synced_at: datetime | None = column("When it was last asked for everything.")
    created_at: datetime = column("When it was connected.")
    partner: Partner = to_one(relations.CONNECTION_PARTNER, "Whose system it is.")
    runs: Connection[SyncRun] = listing(relations.CONNECTION_RUNS, "When it was asked, the latest first.")


@strawberry.input(description="Which connections are wanted; all conditions hold at once.")
class PartnerConnectionFilter(Values):
    partner_id: strawberry.ID | None = column("To this partner.", default=None)
    status: list[ConnectionStatus] | None = column("In one of these states.", default=None)


@strawberry.input(description="Which runs are wanted; all conditions hold at once.")
class SyncRunFilter(Values):
    connection_id: strawberry.ID | None = column("Of this connection.", default=None)
    status: list[SyncStatus] | None = column("In one of these states.", default=None)


@strawberry.input(description="A code of the partner's, and the care protocol that it means.")
class ProtocolCodeInput(Values):
    theirs: str = column("As the partner's system has it.")
    ours: str = column("The code of a care protocol.")


@strawberry.input(description="A partner's system to ask from now on.")
class ConnectPartnerInput(Values):
    partner_id: strawberry.ID = column("Whose.")
    endpoint: str = column("Where: a URL that begins with https:// and has no query.")
    kinds: list[SyncKind] = column("What for.")
    mode: ImportMode = column("What becomes of it.")
    credentials: str | None = column("A bearer token; kept encrypted and never shown.", default=None)
    every_hours: int | None = column(
        "How often it is asked, from 1 to 720; left out: only when somebody says so.", default=None
    )
    protocol_codes: list[ProtocolCodeInput] | None = column("Codes of theirs that are others here.", default=None)


@strawberry.input(description="What to change of a connection; what is left out stays. A run under way ends.")
class UpdatePartnerConnectionInput(Values):
    connection_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
    endpoint: strawberry.Maybe[str] = column("Where it is asked.")
    kinds: strawberry.Maybe[list[SyncKind]] = column("What it is asked for.")
    mode: strawberry.Maybe[ImportMode] = column("What becomes of it.")
    credentials: strawberry.Maybe[str | None] = column("A bearer token; null: none is needed.")
    every_hours: strawberry.Maybe[int | None] = column("How often; null: only when somebody says so.")
    protocol_codes: strawberry.Maybe[list[ProtocolCodeInput]] = column("Codes of theirs that are others here.")


@strawberry.input(description="A connection to rest.")
class PausePartnerConnectionInput(Values):
    connection_id: strawberry.ID = column("Which.")


@strawberry.input(description="A connection that goes on.")
class ResumePartnerConnectionInput(Values):
    connection_id: strawberry.ID = column("Which.")


@strawberry.input(description="A connection to end for good.")
class RemovePartnerConnectionInput(Values):
    connection_id: strawberry.ID = column("Which.")


@strawberry.input(description="A partner's system to ask now.")
class RequestSyncInput(Values):
    connection_id: strawberry.ID = column("By which connection.")


@strawberry.input(description="A run to call off.")
class CancelSyncInput(Values):
    sync_run_id: strawberry.ID = column("Which.")


# what must be looked at


def _drafted(pick: Callable[[Draft], Any], description: str) -> Any:
    return derived(lambda item: pick(Draft.model_validate(item.values)), description)


@node(models.ReviewItem, "A row of a partner's that becomes a care record when somebody accepts it.")
class ReviewItem(Node):
    status: ReviewStatus = column("Where it stands.")
    external_id: str = column("What it is called in the partner's system.")
    kind: CareKind | None = _drafted(lambda draft: draft.kind, "What kind of care; null if the row was deleted.")
    title: str | None = _drafted(lambda draft: draft.title, "What was done; null if the row was deleted.")
    performed_on: date | None = _drafted(lambda draft: draft.performed_on, "On which day; null if the row was deleted.")
    next_due_on: date | None = _drafted(lambda draft: draft.next_due_on, "When it is due again, if it is.")
    batch_number: str | None = _drafted(lambda draft: draft.batch_number, "Of the vaccine or medicine, if it was said.")
    diagnosis: str | None = _drafted(lambda draft: draft.diagnosis, "What was found, if it was said.")
    treatment: str | None = _drafted(lambda draft: draft.treatment, "What was done about it, if it was said.")
    notes: str | None = _drafted(lambda draft: draft.notes, "What else there is to say, if anything.")
    deleted: bool = _drafted(lambda draft: draft.deleted, "Whether the partner deleted it: accepting voids the record.")
    created_at: datetime = column("When it came first.")
    decided_at: datetime | None = column("When somebody decided on it.")
    decided_by: User | None = to_one(relations.ITEM_DECIDER, "Who decided on it.")
    subject: Subject = to_one(relations.ITEM_SUBJECT, "Whom it is about.")
    connection: PartnerLink = to_one(relations.ITEM_CONNECTION, "From where it came.")
    record: Annotated["CareRecord", strawberry.lazy("app.schema.care")] | None = to_one(
        relations.ITEM_RECORD, "The care record that it became, or would change."
    )


@strawberry.input(description="Which rows are wanted; all conditions hold at once.")
class ReviewItemFilter(Values):
    status: list[ReviewStatus] | None = column("In one of these states.", default=None)
    connection_id: strawberry.ID | None = column("From this connection.", default=None)
    subject_id: strawberry.ID | None = column("About this subject.", default=None)


@strawberry.input(description="Rows that are right.")
class AcceptReviewItemsInput(Values):
    review_item_ids: list[strawberry.ID] = column("Which: 100 at most, all or none.")


@strawberry.input(description="A row that is not taken.")
class RejectReviewItemInput(Values):
    review_item_id: strawberry.ID = column("Which.")


@strawberry.input(description="What was done for the pet with a chip.")
class RecordCareByChipInput(Values):
    chip_number: str = column("The number of its chip.")
    protocol_code: str = column("The code of the care protocol by which it was done.")
    performed_on: date = column("On which day, where the organization is.")
    next_due_on: date | None = column("When it is due again, if not as the protocol says.", default=None)
    batch_number: str | None = column("Of the vaccine or medicine.", default=None)
    diagnosis: str | None = column("What was found.", default=None)
    treatment: str | None = column("What was done about it.", default=None)
    notes: str | None = column("What else there is to say.", default=None)

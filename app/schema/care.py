"""Care: what comes round, what was done, and what is due."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app import models
from app.loaders import care as relations
from app.models.care import CareKind
from app.models.subjects import Species, SubjectKind
from app.schema.documents import Document
from app.schema.fields import column, computed, to_many, to_one
from app.schema.identity import User
from app.schema.inputs import Values
from app.schema.nodes import Node, node
from app.schema.subjects import Subject

if TYPE_CHECKING:
    from app.schema.bookings import Booking
    from app.schema.partners import Partner


@node(models.CareProtocol, "A kind of care that comes round: a vaccine, a check-up, a car's service.")
class CareProtocol(Node):
    version: int = column("Goes up with every change; an update names the one it saw.")
    code: str = column("What other systems call it; unique in the organization.")
    name: str = column("What people call it.")
    kind: CareKind = column("What kind of care.")
    subject_kind: SubjectKind = column("For which kind of subject.")
    species: Species | None = column("For which animals only; null: for all of its kind.")
    interval_days: int | None = column("From one time to the next, in days; null: once is enough.")
    first_due_days: int = column("When the first is due, in days from birth or, if that is unknown, from being added.")
    required: bool = column("Whether it falls due without a first time.")
    warning_days: int = column("How long before it is due people want to know, in days.")
    active: bool = column("Whether it counts.")
    description: str | None = column("What people should know.")


@node(models.CareRecord, "Something that was done for a subject. Whoever reads it is written down.")
class CareRecord(Node):
    version: int = column("Goes up with every change; an update names the one it saw.")
    kind: CareKind = column("What kind of care.")
    title: str = column("What was done.")
    performed_on: date = column("On which day, where the organization is.")
    next_due_on: date | None = column("When it is due again, if it is.")
    batch_number: str | None = column("Of the vaccine or medicine.")
    diagnosis: str | None = column("What was found.")
    treatment: str | None = column("What was done about it.")
    notes: str | None = column("What else there is to say.")
    external_id: str | None = column("Its id in the partner's system that it came from.")
    voided_at: datetime | None = column("Since when it counts no more, for it was wrong; only the house sees such.")
    void_reason: str | None = column("What was wrong.")
    created_at: datetime = column("When it was recorded.")
    subject: Subject = to_one(relations.RECORD_SUBJECT, "For whom or what it was done.")
    protocol: CareProtocol | None = to_one(relations.RECORD_PROTOCOL, "By which protocol, if the viewer sees it.")
    partner: Annotated["Partner", strawberry.lazy("app.schema.partners")] | None = to_one(
        relations.RECORD_PARTNER, "Who did it, if the viewer sees them."
    )
    booking: Annotated["Booking", strawberry.lazy("app.schema.bookings")] | None = to_one(
        relations.RECORD_BOOKING, "During which booking."
    )
    recorded_by: User | None = to_one(relations.RECORD_AUTHOR, "Who recorded it, if the viewer may know.")
    documents: list[Document] = to_many(relations.RECORD_DOCUMENTS, "Reports and pictures; at most 20.")


@node(models.CareDue, "What a subject needs, and when.")
class CareDue(Node):
    kind: CareKind = column("What kind of care.")
    title: str = column("What is due.")
    due_on: date = column("On which day, where the organization is.")
    overdue: bool = computed(
        relations.DUE_DAYS_LEFT, "Whether that day is over.", lambda days: days is not None and days < 0
    )
    subject: Subject = to_one(relations.DUE_SUBJECT, "Who or what needs it.")
    protocol: CareProtocol | None = to_one(
        relations.DUE_PROTOCOL, "By which protocol it is due; null if that was said by hand."
    )


@strawberry.type(description="Care that a service asks for and that is not in date.")
class MissingCare:
    protocol: CareProtocol = to_one(relations.DUE_PROTOCOL, "What is asked for.")
    due_on: date | None = column("When it was, or will be, due again; null if nothing says that it was ever done.")


@strawberry.input(description="Which protocols are wanted; all conditions hold at once.")
class CareProtocolFilter(Values):
    active: bool | None = column("Those that count, or those that do not.", default=None)
    subject_kind: SubjectKind | None = column("For this kind of subject.", default=None)


@strawberry.input(description="What is wanted of what is due; all conditions hold at once.")
class CareDueFilter(Values):
    overdue: bool | None = column("Overdue, or not yet.", default=None)
    within: int | None = column("Due within so many days from today, or overdue.", default=None)
    protocol_id: strawberry.ID | None = column("By this protocol.", default=None)
    kind: CareKind | None = column("Of this kind.", default=None)


@strawberry.input(description="A new protocol.")
class CreateCareProtocolInput(Values):
    code: str = column("1 to 40 letters and digits, `_`, `.` and `-`; kept in capitals.")
    name: str = column("What people call it.")
    kind: CareKind = column("What kind of care.")
    subject_kind: SubjectKind = column("For which kind of subject.")
    species: Species | None = column("For which animals only.", default=None)
    interval_days: int | None = column("From one time to the next, in days; left out: once is enough.", default=None)
    first_due_days: int = column(
        "When the first is due, in days from birth or, if that is unknown, from being added.", default=0
    )
    required: bool = column("Whether it falls due without a first time.", default=False)
    warning_days: int = column("How long before it is due people want to know, in days.", default=30)
    description: str | None = column("What people should know.", default=None)


@strawberry.input(description="What to change of a protocol; what is left out stays. What is due follows in a while.")
class UpdateCareProtocolInput(Values):
    protocol_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
    code: strawberry.Maybe[str] = column("What other systems call it.")
    name: strawberry.Maybe[str] = column("What people call it.")
    species: strawberry.Maybe[Species | None] = column("For which animals only; null: for all of its kind.")
    interval_days: strawberry.Maybe[int | None] = column(
        "From one time to the next, in days, for what is recorded from now on; null: once is enough."
    )
    first_due_days: strawberry.Maybe[int] = column("When the first is due, in days from birth or from being added.")
    required: strawberry.Maybe[bool] = column("Whether it falls due without a first time.")
    warning_days: strawberry.Maybe[int] = column("How long before it is due people want to know, in days.")
    active: strawberry.Maybe[bool] = column("Whether it counts.")
    description: strawberry.Maybe[str | None] = column("What people should know.")


@strawberry.input(description="Something that was done, by a protocol or described by kind and title.")
class RecordCareInput(Values):
    subject_id: strawberry.ID = column("For whom or what.")
    performed_on: date = column("On which day, where the organization is; not in the future.")
    protocol_id: strawberry.ID | None = column("By this protocol.", default=None)
    protocol_code: str | None = column("By the protocol with this code, instead.", default=None)
    kind: CareKind | None = column("What kind of care; left out, the protocol's.", default=None)
    title: str | None = column("What was done; left out, as the protocol is called.", default=None)
    next_due_on: strawberry.Maybe[date | None] = column(
        "When it is due again; left out, after the protocol's interval; null: not again."
    )
    partner_id: strawberry.ID | None = column("Who did it.", default=None)
    booking_id: strawberry.ID | None = column("During which booking of the subject.", default=None)
    batch_number: str | None = column("Of the vaccine or medicine.", default=None)
    diagnosis: str | None = column("What was found.", default=None)
    treatment: str | None = column("What was done about it.", default=None)
    notes: str | None = column("What else there is to say.", default=None)
    document_ids: list[strawberry.ID] | None = column(
        "Reports and pictures, at most 20; those that are about nobody yet become the customer's.", default=None
    )


@strawberry.input(description="What to change of a record; what is left out stays.")
class UpdateCareRecordInput(Values):
    record_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
    title: strawberry.Maybe[str] = column("What was done.")
    performed_on: strawberry.Maybe[date] = column("On which day; a due date that came from the protocol goes along.")
    next_due_on: strawberry.Maybe[date | None] = column("When it is due again; null: not again.")
    partner_id: strawberry.Maybe[strawberry.ID | None] = column("Who did it.")
    batch_number: strawberry.Maybe[str | None] = column("Of the vaccine or medicine.")
    diagnosis: strawberry.Maybe[str | None] = column("What was found.")
    treatment: strawberry.Maybe[str | None] = column("What was done about it.")
    notes: strawberry.Maybe[str | None] = column("What else there is to say.")
    document_ids: strawberry.Maybe[list[strawberry.ID]] = column("Reports and pictures; all of them, at most 20.")


@strawberry.input(description="A record that was wrong.")
class VoidCareRecordInput(Values):
    record_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
    reason: str = column("What is wrong.")


@strawberry.input(description="The care that a service asks for; bookings that stand, stand.")
class SetServiceCareInput(Values):
    service_id: strawberry.ID = column("Which service.")
    version: int = column("The version that was seen.")
    protocol_ids: list[strawberry.ID] = column("Protocols that must be in date, at most 20; they replace those it had.")

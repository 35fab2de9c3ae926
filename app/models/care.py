"""The record of a subject's care, and what is due: a pet's vaccines, a patient's check-ups, a car's services."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Tenant, Versioned, Vocabulary, one_of, refers, words
from app.models.subjects import Species, SubjectKind


class CareKind(Vocabulary):
    VACCINATION = "VACCINATION", "A vaccine was given."
    CHECK_UP = "CHECK_UP", "Somebody looked whether all is well."
    TREATMENT = "TREATMENT", "An illness or injury was treated."
    SURGERY = "SURGERY", "An operation."
    ALLERGY = "ALLERGY", "Something that is not tolerated."
    MEDICATION = "MEDICATION", "A medicine was given or prescribed."
    SERVICE = "SERVICE", "Regular maintenance of a car."
    INSPECTION = "INSPECTION", "An inspection, as the law or the maker asks for."
    REPAIR = "REPAIR", "Something was repaired."


class CareProtocol(Tenant, Versioned, Base):
    """What kind of care comes round, for which subjects, and how often.

    interval_days: from one time to the next; None: once. first_due_days: when the first is due, counted from birth or,
    where that is not known, from the day the subject was added. Only what is `required` falls due without a first time.
    """

    __tablename__ = "care_protocols"
    __table_args__ = (
        UniqueConstraint("organization_id", "code"),
        Index(None, "organization_id", "name", "id"),
        CheckConstraint("code ~ '^[A-Z0-9][A-Z0-9_.-]{0,39}$'", name="code"),
        CheckConstraint("species IS NULL OR subject_kind = 'PET'", name="species_of_pets"),
        CheckConstraint("interval_days BETWEEN 1 AND 36525", name="interval"),
        CheckConstraint("first_due_days BETWEEN 0 AND 36525", name="first_due"),
        CheckConstraint("warning_days BETWEEN 0 AND 365", name="warning"),
        one_of("kind", CareKind),
        one_of("subject_kind", SubjectKind),
        one_of("species", Species),
    )

    code: Mapped[str]
    name: Mapped[str]
    kind: Mapped[CareKind] = mapped_column(words(CareKind))
    subject_kind: Mapped[SubjectKind] = mapped_column(words(SubjectKind))
    species: Mapped[Species | None] = mapped_column(words(Species))
    interval_days: Mapped[int | None]
    first_due_days: Mapped[int] = mapped_column(default=0, server_default="0")
    required: Mapped[bool] = mapped_column(default=False, server_default="false")
    warning_days: Mapped[int] = mapped_column(default=30, server_default="30")
    active: Mapped[bool] = mapped_column(default=True, server_default="true")
    description: Mapped[str | None]


class CareRecord(Tenant, Versioned, Base):
    """One thing that was done for a subject. A wrong one is voided with a reason, never removed.

    connection_id, external_id: which partner's system it came from, and what it is called there.
    """

    __tablename__ = "care_records"
    __table_args__ = (
        refers("subject_id", "subjects"),
        refers("customer_id", "customers"),
        refers("protocol_id", "care_protocols"),
        refers("partner_id", "partners"),
        refers("booking_id", "bookings"),
        refers("connection_id", "partner_connections"),
        UniqueConstraint("organization_id", "connection_id", "external_id"),
        Index(None, "organization_id", "subject_id", "performed_on", "id"),
        Index(None, "organization_id", "performed_on", "id"),
        Index(None, "organization_id", "customer_id", "performed_on", "id"),
        CheckConstraint("next_due_on > performed_on", name="next_due"),
        CheckConstraint("(voided_at IS NULL) = (void_reason IS NULL)", name="voided"),
        CheckConstraint("(connection_id IS NULL) OR (external_id IS NOT NULL)", name="origin"),
        one_of("kind", CareKind),
    )

    subject_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    kind: Mapped[CareKind] = mapped_column(words(CareKind))
    protocol_id: Mapped[UUID | None]
    title: Mapped[str]
    performed_on: Mapped[date]
    next_due_on: Mapped[date | None]
    partner_id: Mapped[UUID | None]
    booking_id: Mapped[UUID | None]
    batch_number: Mapped[str | None]
    diagnosis: Mapped[str | None]
    treatment: Mapped[str | None]
    notes: Mapped[str | None]
    connection_id: Mapped[UUID | None]
    external_id: Mapped[str | None]
    recorded_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    voided_at: Mapped[datetime | None]
    void_reason: Mapped[str | None]


class CareRecordDocument(Tenant, Base):
    """A report or picture that belongs to a record."""

    __tablename__ = "care_record_documents"
    __table_args__ = (
        refers("record_id", "care_records"),
        refers("document_id", "documents"),
        UniqueConstraint("organization_id", "record_id", "document_id"),
        Index(None, "organization_id", "document_id"),
    )

    record_id: Mapped[UUID]
    document_id: Mapped[UUID]


class CareDue(Tenant, Base):
    """What a subject needs next, and when: what its protocols and its record come to.

    Follows from both and is written anew whenever either changes, under a lock of the subject; it is kept as rows, so
    that what is due in a house of any size is one look into an index.
    """

    __tablename__ = "care_dues"
    __table_args__ = (
        refers("subject_id", "subjects"),
        refers("customer_id", "customers"),
        refers("protocol_id", "care_protocols"),
        refers("record_id", "care_records"),
        Index(
            "uq_care_dues_protocol",
            "organization_id",
            "subject_id",
            "protocol_id",
            unique=True,
            postgresql_where=text("protocol_id IS NOT NULL"),
        ),
        Index(
            "uq_care_dues_record",
            "organization_id",
            "record_id",
            unique=True,
            postgresql_where=text("protocol_id IS NULL"),
        ),
        Index(None, "organization_id", "due_on", "id"),
        Index(None, "organization_id", "subject_id", "due_on", "id"),
        Index(None, "organization_id", "customer_id", "due_on", "id"),
        Index(None, "organization_id", "protocol_id"),
        CheckConstraint("protocol_id IS NOT NULL OR record_id IS NOT NULL", name="origin"),
        one_of("kind", CareKind),
    )

    subject_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    protocol_id: Mapped[UUID | None]
    record_id: Mapped[UUID | None]
    kind: Mapped[CareKind] = mapped_column(words(CareKind))
    title: Mapped[str]
    due_on: Mapped[date]


class CareRequirement(Tenant, Base):
    """A service takes nobody whose care by a protocol is not in date."""

    __tablename__ = "care_requirements"
    __table_args__ = (
        refers("service_id", "services"),
        refers("protocol_id", "care_protocols"),
        UniqueConstraint("organization_id", "service_id", "protocol_id"),
    )

    service_id: Mapped[UUID]
    protocol_id: Mapped[UUID]

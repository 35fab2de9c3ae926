"""What a customer brings: a pet, a patient, a car. One table for what they share, one each for what they don't."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, declared_attr, mapped_column
from sqlalchemy.schema import SchemaItem

# a subclass is joined to its table while it is declared: the tables that subjects refer to must be known by then
import app.models.customers
import app.models.identity
import app.models.partners  # noqa: F401
from app.models.base import Base, Tenant, Versioned, Vocabulary, one_of, refers, words


class SubjectKind(Vocabulary):
    PET = "PET", "An animal."
    PATIENT = "PATIENT", "A person who is cared for."
    CAR = "CAR", "A car."


class Species(Vocabulary):
    DOG = "DOG", "A dog."
    CAT = "CAT", "A cat."
    RABBIT = "RABBIT", "A rabbit."
    BIRD = "BIRD", "A bird."
    OTHER = "OTHER", "Any other animal."


class Mobility(Vocabulary):
    WALKING = "WALKING", "Walks, with or without help."
    WHEELCHAIR = "WHEELCHAIR", "Travels in a wheelchair."
    STRETCHER = "STRETCHER", "Travels lying down."


class Subject(Tenant, Versioned, Base):
    """What every kind of subject has; always one of Pet, Patient and Car."""

    __tablename__ = "subjects"
    __table_args__: tuple[SchemaItem, ...] = (
        UniqueConstraint("organization_id", "id", "kind"),
        UniqueConstraint("organization_id", "external_id"),
        refers("customer_id", "customers"),
        Index(None, "organization_id", "customer_id", "name", "id"),
        Index(None, "organization_id", "name", "id"),
        one_of("kind", SubjectKind),
    )
    __mapper_args__ = {"polymorphic_on": "kind", "with_polymorphic": "*"}

    kind: Mapped[SubjectKind] = mapped_column(words(SubjectKind))
    customer_id: Mapped[UUID]
    name: Mapped[str]
    notes: Mapped[str | None]
    external_id: Mapped[str | None]
    archived_at: Mapped[datetime | None]


class OfSubject:
    """The key of a subject's own table: it names the kind, so a pet's row can only extend a pet."""

    kind_of_table: ClassVar[SubjectKind]

    @declared_attr
    def organization_id(self) -> Mapped[UUID]:
        return mapped_column(primary_key=True)

    @declared_attr
    def id(self) -> Mapped[UUID]:
        return mapped_column(primary_key=True)

    @declared_attr
    def kind(self) -> Mapped[SubjectKind]:
        return mapped_column(words(SubjectKind), primary_key=True)

    @staticmethod
    def args(kind: SubjectKind) -> tuple[ForeignKeyConstraint, CheckConstraint]:
        return (
            ForeignKeyConstraint(
                ["organization_id", "id", "kind"],
                ["subjects.organization_id", "subjects.id", "subjects.kind"],
                ondelete="CASCADE",
            ),
            CheckConstraint(f"kind = '{kind.value}'", name="kind"),
        )


class Pet(OfSubject, Subject):
    __tablename__ = "pets"
    __table_args__ = (
        *OfSubject.args(SubjectKind.PET),
        UniqueConstraint("organization_id", "chip_number"),
        one_of("species", Species),
        CheckConstraint("weight_g > 0", name="weight"),
        refers("preferred_vet_id", "partners"),
        refers("preferred_food_brand_id", "partners"),
    )
    __mapper_args__ = {"polymorphic_identity": SubjectKind.PET}

    species: Mapped[Species] = mapped_column(words(Species))
    breed: Mapped[str | None]
    born_on: Mapped[date | None]
    weight_g: Mapped[int | None] = mapped_column(Integer)
    chip_number: Mapped[str | None]
    preferred_vet_id: Mapped[UUID | None]
    preferred_food_brand_id: Mapped[UUID | None]


class Patient(OfSubject, Subject):
    __tablename__ = "patients"
    __table_args__ = (*OfSubject.args(SubjectKind.PATIENT), one_of("mobility", Mobility))
    __mapper_args__ = {"polymorphic_identity": SubjectKind.PATIENT}

    mobility: Mapped[Mobility] = mapped_column(words(Mobility))
    birth_date: Mapped[date | None]
    oxygen: Mapped[bool] = mapped_column(default=False, server_default="false")


class Car(OfSubject, Subject):
    __tablename__ = "cars"
    __table_args__ = (
        *OfSubject.args(SubjectKind.CAR),
        UniqueConstraint("organization_id", "license_plate"),
        CheckConstraint("mileage_km >= 0", name="mileage"),
    )
    __mapper_args__ = {"polymorphic_identity": SubjectKind.CAR}

    license_plate: Mapped[str]
    make: Mapped[str | None]
    model: Mapped[str | None]
    vin: Mapped[str | None]
    mileage_km: Mapped[int | None]

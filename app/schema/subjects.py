"""What customers bring: pets, patients, cars."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app import models
from app.context import Info
from app.loaders import care as care_relations
from app.loaders import partners as partner_relations
from app.loaders import subjects as relations
from app.loaders import tags as tag_relations
from app.models.base import Vocabulary
from app.models.care import CareKind
from app.models.subjects import Mobility, Species, SubjectKind
from app.schema.customers import Customer
from app.schema.fields import Connection, column, listing, to_one, vocabulary
from app.schema.inputs import Direction, Values
from app.schema.nodes import Node, node

if TYPE_CHECKING:
    from app.schema.care import CareDue, CareRecord
    from app.schema.partners import Partner
    from app.schema.tags import Tag, TagScan

vocabulary(CareKind, "What kind of care.")
vocabulary(SubjectKind, "The kinds of subject.")
vocabulary(Species, "What kind of animal.")
vocabulary(Mobility, "How a patient travels.")

PartnerType = Annotated["Partner", strawberry.lazy("app.schema.partners")]
Within = Annotated[int, strawberry.argument(description="So many days, counted from today where the organization is.")]


@strawberry.interface(description="What a customer brings: a pet, a patient or a car.")
class Subject(Node):
    version: int = column("Goes up with every change; an update names the one it saw.")
    name: str = column("What it is called.")
    notes: str | None = column("What staff should know.")
    external_id: str | None = column("Its id in the system it was imported from.")
    customer: Annotated["Customer", strawberry.lazy("app.schema.customers")] = to_one(
        relations.SUBJECT_CUSTOMER, "Who brings it."
    )
    archived_at: datetime | None = column("Since when it does not come any more; it cannot be booked for.")
    care_records: Connection[Annotated["CareRecord", strawberry.lazy("app.schema.care")]] = listing(
        care_relations.SUBJECT_RECORDS,
        "What was done for it, the latest first. Whoever reads it is written down.",
        narrowed_by={"kinds": (list[CareKind], "Of one of these kinds.")},
    )

    @strawberry.field(description="What it needs within so many days, and what is overdue; the earliest first.")
    async def care_due(
        root: strawberry.Parent[models.Subject], info: Info, within: Within = 30
    ) -> list[Annotated["CareDue", strawberry.lazy("app.schema.care")]]:
        return await info.context.loaders.compute(care_relations.due_within(within), root.id) or []

    tags: Connection[Annotated["Tag", strawberry.lazy("app.schema.tags")]] = listing(
        tag_relations.SUBJECT_TAGS, "The tags that it wears or wore, the newest first."
    )
    scans: Connection[Annotated["TagScan", strawberry.lazy("app.schema.tags")]] = listing(
        tag_relations.SUBJECT_SCANS, "When a tag of it was scanned, the latest first."
    )


@node(models.Pet, "An animal.")
class Pet(Subject):
    species: Species = column("What kind of animal.")
    breed: str | None = column("Its breed.")
    born_on: date | None = column("Its birthday.")
    weight_g: int | None = column("Grams.")
    chip_number: str | None = column("The number of its chip.")
    preferred_vet: PartnerType | None = to_one(partner_relations.PREFERRED_VET, "The vet it goes to.")
    preferred_food_brand: PartnerType | None = to_one(partner_relations.PREFERRED_FOOD_BRAND, "What it eats.")


@node(models.Patient, "A person who is cared for.")
class Patient(Subject):
    mobility: Mobility = column("How they travel.")
    birth_date: date | None = column("Their birthday.")
    oxygen: bool = column("Whether they need oxygen on the way.")


@node(models.Car, "A car.")
class Car(Subject):
    license_plate: str = column("As on the plate.")
    make: str | None = column("Who made it.")
    model: str | None = column("Which model.")
    vin: str | None = column("Vehicle identification number.")
    mileage_km: int | None = column("Kilometres on the clock.")


class SubjectOrderField(Vocabulary):
    NAME = "NAME", "By name."


vocabulary(SubjectOrderField, "What subjects can be ordered by.")


@strawberry.input(description="An order of subjects.")
class SubjectOrder:
    field: SubjectOrderField = column("By what.")
    direction: Direction = column("Which way.", default=Direction.ASC)


@strawberry.input(description="Which subjects are wanted; all conditions hold at once.")
class SubjectFilter(Values):
    search: str | None = column("Part of the name.", default=None)
    kinds: list[SubjectKind] | None = column("Of one of these kinds.", default=None)
    customer_id: strawberry.ID | None = column("Of this customer.", default=None)
    archived: bool | None = column("Archived ones; left out, those that are not.", default=None)


@strawberry.input(description="A subject that does not come any more.")
class ArchiveSubjectInput(Values):
    subject_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")


@strawberry.input(description="A subject that comes again after all.")
class RestoreSubjectInput(Values):
    subject_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")


@strawberry.input(description="A new pet.")
class CreatePetInput(Values):
    name: str = column("What it is called.")
    species: Species = column("What kind of animal.")
    customer_id: strawberry.ID | None = column("Whose it is; customers may leave it out.", default=None)
    breed: str | None = column("Its breed.", default=None)
    born_on: date | None = column("Its birthday.", default=None)
    weight_g: int | None = column("Grams.", default=None)
    chip_number: str | None = column("The number of its chip.", default=None)
    preferred_vet_id: strawberry.ID | None = column("The vet it goes to: a partner.", default=None)
    preferred_food_brand_id: strawberry.ID | None = column("What it eats: a partner.", default=None)
    notes: str | None = column("What staff should know.", default=None)
    external_id: str | None = column("Its id in another system.", default=None)


@strawberry.input(description="What to change of a pet; what is left out stays.")
class UpdatePetInput(Values):
    pet_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
    name: strawberry.Maybe[str] = column("What it is called.")
    species: strawberry.Maybe[Species] = column("What kind of animal.")
    breed: strawberry.Maybe[str | None] = column("Its breed.")
    born_on: strawberry.Maybe[date | None] = column("Its birthday.")
    weight_g: strawberry.Maybe[int | None] = column("Grams.")
    chip_number: strawberry.Maybe[str | None] = column("The number of its chip.")
    preferred_vet_id: strawberry.Maybe[strawberry.ID | None] = column("The vet it goes to: a partner.")
    preferred_food_brand_id: strawberry.Maybe[strawberry.ID | None] = column("What it eats: a partner.")
    notes: strawberry.Maybe[str | None] = column("What staff should know.")
    external_id: strawberry.Maybe[str | None] = column("Its id in another system.")


@strawberry.input(description="A new patient.")
class CreatePatientInput(Values):
    name: str = column("Their name.")
    mobility: Mobility = column("How they travel.")
    customer_id: strawberry.ID | None = column("Who answers for them; customers may leave it out.", default=None)
    birth_date: date | None = column("Their birthday.", default=None)
    oxygen: bool = column("Whether they need oxygen on the way.", default=False)
    notes: str | None = column("What staff should know.", default=None)
    external_id: str | None = column("Their id in another system.", default=None)


@strawberry.input(description="What to change of a patient; what is left out stays.")
class UpdatePatientInput(Values):
    patient_id: strawberry.ID = column("Who.")
    version: int = column("The version that was seen.")
    name: strawberry.Maybe[str] = column("Their name.")
    mobility: strawberry.Maybe[Mobility] = column("How they travel.")
    birth_date: strawberry.Maybe[date | None] = column("Their birthday.")
    oxygen: strawberry.Maybe[bool] = column("Whether they need oxygen on the way.")
    notes: strawberry.Maybe[str | None] = column("What staff should know.")
    external_id: strawberry.Maybe[str | None] = column("Their id in another system.")


@strawberry.input(description="A new car.")
class CreateCarInput(Values):
    name: str = column("What it is called.")
    license_plate: str = column("As on the plate.")
    customer_id: strawberry.ID | None = column("Whose it is; customers may leave it out.", default=None)
    make: str | None = column("Who made it.", default=None)
    model: str | None = column("Which model.", default=None)
    vin: str | None = column("Vehicle identification number.", default=None)
    mileage_km: int | None = column("Kilometres on the clock.", default=None)
    notes: str | None = column("What staff should know.", default=None)
    external_id: str | None = column("Its id in another system.", default=None)


@strawberry.input(description="What to change of a car; what is left out stays.")
class UpdateCarInput(Values):
    car_id: strawberry.ID = column("Which.")
    version: int = column("The version that was seen.")
    name: strawberry.Maybe[str] = column("What it is called.")
    license_plate: strawberry.Maybe[str] = column("As on the plate.")
    make: strawberry.Maybe[str | None] = column("Who made it.")
    model: strawberry.Maybe[str | None] = column("Which model.")
    vin: strawberry.Maybe[str | None] = column("Vehicle identification number.")
    mileage_km: strawberry.Maybe[int | None] = column("Kilometres on the clock.")
    notes: strawberry.Maybe[str | None] = column("What staff should know.")
    external_id: strawberry.Maybe[str | None] = column("Its id in another system.")

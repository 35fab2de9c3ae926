"""Pets, patients and cars."""

from app.access import Permission
from app.context import Info
from app.loaders import subjects as relations
from app.resolvers.verbs import Nodes, connection, mutation
from app.schema.problems import AlreadyExists, VersionConflict
from app.schema.subjects import (
    ArchiveSubjectInput,
    Car,
    CreateCarInput,
    CreatePatientInput,
    CreatePetInput,
    Patient,
    Pet,
    RestoreSubjectInput,
    Subject,
    SubjectFilter,
    SubjectOrder,
    UpdateCarInput,
    UpdatePatientInput,
    UpdatePetInput,
)
from app.services import subjects
from app.uow import UnitOfWork

connection(
    "subjects",
    relations.SUBJECTS,
    Subject,
    "Pets, patients and cars that the viewer sees.",
    Permission.CUSTOMERS_READ,
    filter=SubjectFilter,
    order_by=SubjectOrder,
)

CHANGED = (VersionConflict, AlreadyExists)


@mutation("Add a pet.", Permission.SUBJECTS_WRITE, answers={"pet": (Pet, "The pet.")}, refusals=(AlreadyExists,))
async def create_pet(info: Info, uow: UnitOfWork, input: CreatePetInput) -> Nodes:
    return {"pet": await subjects.create_pet(uow, **input.values())}


@mutation("Change a pet.", Permission.SUBJECTS_WRITE, answers={"pet": (Pet, "The pet, changed.")}, refusals=CHANGED)
async def update_pet(info: Info, uow: UnitOfWork, input: UpdatePetInput) -> Nodes:
    return {"pet": await subjects.update_pet(uow, **input.values())}


@mutation(
    "Add a patient.",
    Permission.SUBJECTS_WRITE,
    answers={"patient": (Patient, "The patient.")},
    refusals=(AlreadyExists,),
)
async def create_patient(info: Info, uow: UnitOfWork, input: CreatePatientInput) -> Nodes:
    return {"patient": await subjects.create_patient(uow, **input.values())}


@mutation(
    "Change a patient.",
    Permission.SUBJECTS_WRITE,
    answers={"patient": (Patient, "The patient, changed.")},
    refusals=CHANGED,
)
async def update_patient(info: Info, uow: UnitOfWork, input: UpdatePatientInput) -> Nodes:
    return {"patient": await subjects.update_patient(uow, **input.values())}


@mutation("Add a car.", Permission.SUBJECTS_WRITE, answers={"car": (Car, "The car.")}, refusals=(AlreadyExists,))
async def create_car(info: Info, uow: UnitOfWork, input: CreateCarInput) -> Nodes:
    return {"car": await subjects.create_car(uow, **input.values())}


@mutation("Change a car.", Permission.SUBJECTS_WRITE, answers={"car": (Car, "The car, changed.")}, refusals=CHANGED)
async def update_car(info: Info, uow: UnitOfWork, input: UpdateCarInput) -> Nodes:
    return {"car": await subjects.update_car(uow, **input.values())}


@mutation(
    "Say that a subject does not come any more: nothing is due, and nothing can be booked. What is booked stands.",
    Permission.SUBJECTS_WRITE,
    answers={"subject": (Subject, "The subject.")},
    refusals=(VersionConflict,),
)
async def archive_subject(info: Info, uow: UnitOfWork, input: ArchiveSubjectInput) -> Nodes:
    return {"subject": await subjects.archive_subject(uow, **input.values())}


@mutation(
    "Say that a subject comes again after all.",
    Permission.SUBJECTS_WRITE,
    answers={"subject": (Subject, "The subject.")},
    refusals=(VersionConflict,),
)
async def restore_subject(info: Info, uow: UnitOfWork, input: RestoreSubjectInput) -> Nodes:
    return {"subject": await subjects.restore_subject(uow, **input.values())}

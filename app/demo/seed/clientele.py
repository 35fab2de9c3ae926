"""The customers, where they live, and the pets and patients they bring."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from app.demo import names
from app.demo.seed.catalogue import add_place
from app.demo.seed.draft import Draft
from app.demo.seed.staff import Member
from app.demo.tbilisi import ADDRESSES
from app.models import Dimension, Mobility, PartnerType, Role, Species, SubjectKind
from app.services.transports import ROOM

ACCESS_NOTES = (
    "Second entrance, code 1905.",
    "Ring twice; the bell is quiet.",
    "Park in the yard, behind the bakery.",
    "Fourth floor; the lift takes coins.",
    "Call from the gate, there is a dog.",
)
_FIRST_RELATIVE = 8_000
_RELATIVES_COUNT = 900


@dataclass(frozen=True)
class Customer:
    id: UUID
    home_id: UUID
    full_name: str

    @property
    def surname(self) -> str:
        return self.full_name.split()[-1]


@dataclass(frozen=True)
class Subject:
    id: UUID
    customer: Customer
    demand: dict[Dimension, int]
    species: Species | None = None


def welcome(draft: Draft, count: int, members: Sequence[Member]) -> list[Customer]:
    """Customers with a home and, some of them, a place of work. The first ones use the public app."""
    users = [member for member in members if member.role is Role.CUSTOMER]
    return [_customer(draft, index, users[index] if index < len(users) else None) for index in range(count)]


def _customer(draft: Draft, index: int, user: Member | None) -> Customer:
    number = draft.business.first_person + index
    full_name = user.full_name if user else names.person(number).latin
    id = draft.add(
        "customers",
        user_id=user and user.user_id,
        name=full_name,
        email=user.email if user else f"{full_name.replace(' ', '.').lower()}@{draft.business.slug}.example",
        phone=names.phone(number),
    )
    homes = draft.random.sample(ADDRESSES, 2)
    notes = draft.random.choice(ACCESS_NOTES) if draft.random.random() < 0.3 else None
    home_id = add_place(draft, "Home", homes[0], id, notes)
    if draft.random.random() < 0.25:
        add_place(draft, "Work", homes[1], id)
    return Customer(id, home_id, full_name)


def bring(draft: Draft, count: int, customers: Sequence[Customer]) -> list[Subject]:
    """Everybody brings somebody; whatever is left goes round again."""
    add = ADD[draft.business.subject_kind]
    return [add(draft, customers[index % len(customers)], index, index < len(customers)) for index in range(count)]


def _add_subject(draft: Draft, kind: SubjectKind, customer: Customer, name: str) -> UUID:
    return draft.add("subjects", kind=kind.value, customer_id=customer.id, name=name)


def _pet(draft: Draft, customer: Customer, index: int, first: bool) -> Subject:
    species = draft.random.choices(list(PETS), weights=[kind.share for kind in PETS.values()])[0]
    kind = PETS[species]
    id = _add_subject(draft, SubjectKind.PET, customer, draft.random.choice(kind.names))
    draft.add(
        "pets",
        id=id,
        kind=SubjectKind.PET.value,
        species=species.value,
        breed=draft.random.choice(kind.breeds),
        born_on=draft.today - timedelta(days=draft.random.randrange(120, 5_000)),
        weight_g=draft.random.randrange(*kind.weight_g),
        chip_number=_chip_number(index) if draft.random.random() < 0.8 else None,
        preferred_vet_id=draft.partners.get(PartnerType.VET) if draft.random.random() < 0.6 else None,
        preferred_food_brand_id=draft.partners.get(PartnerType.FOOD_BRAND) if draft.random.random() < 0.3 else None,
    )
    return Subject(id, customer, {Dimension.CRATES: 1}, species)


def _chip_number(index: int) -> str:
    """Fifteen digits as in ISO 11784: the country (268 is Georgia), then the animal."""
    return f"268{100_000_000_000 + index * 7_919}"


@dataclass(frozen=True)
class PetKind:
    share: int
    names: Sequence[str]
    breeds: Sequence[str]
    weight_g: tuple[int, int]


PETS = {
    Species.DOG: PetKind(55, names.DOG_NAMES, names.DOG_BREEDS, (2_500, 42_000)),
    Species.CAT: PetKind(36, names.CAT_NAMES, names.CAT_BREEDS, (2_500, 7_500)),
    Species.RABBIT: PetKind(6, names.CAT_NAMES, ("Dwarf", "Lop", "Angora"), (1_000, 3_500)),
    Species.BIRD: PetKind(3, names.CAT_NAMES, ("Budgerigar", "Cockatiel", "Canary"), (20, 110)),
}
MOBILITIES = {Mobility.WALKING: 55, Mobility.WHEELCHAIR: 30, Mobility.STRETCHER: 15}


def _patient(draft: Draft, customer: Customer, index: int, first: bool) -> Subject:
    """A customer's first patient is the customer; the others are of the family."""
    relative = names.person(_FIRST_RELATIVE + index % _RELATIVES_COUNT).given.latin
    name = customer.full_name if first else f"{relative} {customer.surname}"
    id = _add_subject(draft, SubjectKind.PATIENT, customer, name)
    mobility = draft.random.choices(list(MOBILITIES), weights=list(MOBILITIES.values()))[0]
    draft.add(
        "patients",
        id=id,
        kind=SubjectKind.PATIENT.value,
        mobility=mobility.value,
        birth_date=draft.today - timedelta(days=draft.random.randrange(20 * 365, 92 * 365)),
        oxygen=mobility is Mobility.STRETCHER and draft.random.random() < 0.5,
    )
    return Subject(id, customer, {ROOM[mobility]: 1})


ADD: dict[SubjectKind, Callable[[Draft, Customer, int, bool], Subject]] = {
    SubjectKind.PET: _pet,
    SubjectKind.PATIENT: _patient,
}

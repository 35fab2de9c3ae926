"""The two businesses of the demo. All that differs between them is here, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from app.demo import tbilisi
from app.demo.scale import Scale
from app.demo.tbilisi import Site
from app.models import CareKind, Dimension, PartnerType, ResourceKind, ServiceKind, Species, SubjectKind


@dataclass(frozen=True)
class Offer:
    """A service, and the local hours at which its slots begin. Capacities are those of the small demo."""

    name: str
    description: str
    site: Site
    duration: timedelta
    price_minor: int
    hours: tuple[int, ...]
    capacity: int
    cancellation_notice: timedelta = timedelta(hours=24)
    kind: ServiceKind = ServiceKind.APPOINTMENT
    resource: tuple[ResourceKind, str] | None = None
    """What each booking has one of; there are as many as a slot has places."""
    care: tuple[str, ...] = ()
    """Codes of the care that must be in date."""


@dataclass(frozen=True)
class Care:
    """What comes round for every subject, or every one of a species."""

    code: str
    name: str
    kind: CareKind
    interval_days: int
    required: bool = False
    species: Species | None = None


@dataclass(frozen=True)
class Neighbour:
    """A partner; `number` is that of a phone."""

    type: PartnerType
    name: str
    number: int
    clinic: str | None = None
    licence_number: str | None = None


@dataclass(frozen=True)
class VehicleKind:
    name: str
    capacity: Mapping[Dimension, int]
    equipment: tuple[str, ...] = ()


@dataclass(frozen=True)
class Business:
    """`sites[0]` is where drivers begin and end their shifts.

    `names` numbers people and phones: customers have the numbers from `first_person`, staff from `first_of_staff`.
    """

    slug: str
    name: str
    subject_kind: SubjectKind
    sites: tuple[Site, ...]
    offers: tuple[Offer, ...]
    vehicle_kinds: tuple[VehicleKind, ...]
    care: tuple[Care, ...] = field(default=(), kw_only=True)
    neighbours: tuple[Neighbour, ...] = field(default=(), kw_only=True)
    first_person: int
    first_of_staff: int
    time_zone: str = "Asia/Tbilisi"
    currency: str = "GEL"
    country: str = "GE"
    locale: str = "en"


@dataclass(frozen=True)
class Volume:
    """How much of everything. `rides_tomorrow` counts bookings of tomorrow that are fetched and brought back."""

    customers: int
    subjects: int
    bookings: int
    days_behind: int
    rides_tomorrow: int
    drivers: int
    capacity_factor: int = 1
    days_ahead: int = field(default=14, init=False)


HOURLY = tuple(range(9, 18))

PAWS = Business(
    slug="paws",
    name=tbilisi.PET_HOTEL.name,
    subject_kind=SubjectKind.PET,
    sites=(tbilisi.PET_HOTEL,),
    offers=(
        Offer(
            "Boarding night",
            "A night in a room of its own, with two walks and breakfast.",
            tbilisi.PET_HOTEL,
            timedelta(hours=22),
            8_000,
            (14,),
            10,
            timedelta(hours=48),
            ServiceKind.STAY,
            (ResourceKind.KENNEL, "Hotel rooms"),
            ("RABIES",),
        ),
        Offer("Day care", "A day of company and play.", tbilisi.PET_HOTEL, timedelta(hours=9), 4_500, (9,), 10),
        Offer(
            "Grooming",
            "Bath, brush and claws.",
            tbilisi.PET_HOTEL,
            timedelta(hours=1),
            6_000,
            HOURLY,
            2,
            resource=(ResourceKind.ROOM, "Grooming tables"),
        ),
        Offer(
            "Vet check-up",
            "The visiting vet looks at heart, teeth, ears and skin.",
            tbilisi.PET_HOTEL,
            timedelta(minutes=30),
            7_000,
            tuple(range(10, 18)),
            2,
        ),
    ),
    vehicle_kinds=(
        VehicleKind("Pet van", {Dimension.CRATES: 6, Dimension.SEATS: 2}, ("air conditioning", "ramp")),
        VehicleKind("Pet car", {Dimension.CRATES: 3, Dimension.SEATS: 1}, ("air conditioning",)),
    ),
    care=(
        Care("RABIES", "Rabies vaccine", CareKind.VACCINATION, 365, required=True),
        Care("DHPP", "Distemper, hepatitis, parvovirus", CareKind.VACCINATION, 365, species=Species.DOG),
        Care("FVRCP", "Cat flu and panleukopenia", CareKind.VACCINATION, 365, species=Species.CAT),
        Care("CHECKUP", "Check-up", CareKind.CHECK_UP, 180),
    ),
    neighbours=(
        Neighbour(PartnerType.VET, "Dr Nana Kobakhidze", 9_501, "Vake Animal Clinic", "VET-2041"),
        Neighbour(PartnerType.FOOD_BRAND, "Borjomi Pet Food", 9_502),
    ),
    first_person=0,
    first_of_staff=5_000,
)

_CHILDREN, _REPUBLICAN, _NATIONAL = tbilisi.HOSPITALS

CAREBUS = Business(
    slug="carebus",
    name=tbilisi.PATIENT_TRANSPORT_BASE.name,
    subject_kind=SubjectKind.PATIENT,
    sites=(tbilisi.PATIENT_TRANSPORT_BASE, _REPUBLICAN, _NATIONAL, _CHILDREN),
    offers=(
        Offer(
            "Dialysis ride",
            "There and back on a day of dialysis.",
            _REPUBLICAN,
            timedelta(hours=4),
            9_000,
            (9, 14),
            6,
            timedelta(hours=12),
        ),
        Offer(
            "Clinic visit",
            "There and back, with time for an examination.",
            _NATIONAL,
            timedelta(hours=1),
            7_000,
            tuple(range(10, 17)),
            3,
            timedelta(hours=12),
        ),
    ),
    vehicle_kinds=(
        VehicleKind("Wheelchair van", {Dimension.SEATS: 4, Dimension.WHEELCHAIRS: 2}, ("lift", "ramp")),
        VehicleKind(
            "Ambulance", {Dimension.SEATS: 2, Dimension.WHEELCHAIRS: 1, Dimension.STRETCHERS: 1}, ("lift", "oxygen")
        ),
    ),
    care=(Care("CHECKUP", "Yearly check-up", CareKind.CHECK_UP, 365),),
    neighbours=(Neighbour(PartnerType.HOSPITAL, _NATIONAL.name, 9_601),),
    first_person=6_000,
    first_of_staff=7_000,
)

BUSINESSES = (PAWS, CAREBUS)

_SMALL = Volume(customers=40, subjects=60, bookings=120, days_behind=7, rides_tomorrow=7, drivers=4)
_MEDIUM = Volume(500, 800, 5_000, days_behind=180, rides_tomorrow=20, drivers=8, capacity_factor=2)
_LARGE = Volume(5_000, 10_000, 50_000, days_behind=365, rides_tomorrow=50, drivers=16, capacity_factor=6)

VOLUMES: dict[Scale, dict[str, Volume]] = {
    Scale.SMALL: {PAWS.slug: _SMALL, CAREBUS.slug: _SMALL},
    Scale.MEDIUM: {PAWS.slug: _MEDIUM, CAREBUS.slug: _MEDIUM},
    Scale.LARGE: {PAWS.slug: _LARGE, CAREBUS.slug: _MEDIUM},
}

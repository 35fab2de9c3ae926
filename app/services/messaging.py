"""What Waypost writes to people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.message import EmailMessage
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_decimal
from sqlalchemy import select

from app.models import (
    Booking,
    BookingStatus,
    Customer,
    Driver,
    Membership,
    Organization,
    Role,
    Service,
    Subject,
    User,
    Vehicle,
    WaitlistEntry,
    WaitlistStatus,
)
from app.uow import UnitOfWork

DOMAIN = "waypost.invalid"
KEEPERS = (Role.OWNER, Role.ADMIN, Role.DISPATCHER)
"""Who hears of what the fleet needs."""


@dataclass(frozen=True)
class Letter:
    """What every mail about a booking is made of."""

    address: str
    booking: Booking
    customer: Customer
    organization: Organization
    service: Service
    subject: Subject

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.organization.time_zone)

    def moment(self, instant: datetime) -> str:
        """As the organization's calendar and clock have it."""
        return format_datetime(instant, "EEEE, d MMMM y, HH:mm", tzinfo=self.zone, locale=self.organization.locale)

    @property
    def end(self) -> str:
        """The time alone, unless it ends on another day."""
        begins, ends = (at.astimezone(self.zone) for at in (self.booking.starts_at, self.booking.ends_at))
        if begins.date() != ends.date():
            return self.moment(ends)
        return format_time(ends, "HH:mm", tzinfo=self.zone, locale=self.organization.locale)

    @property
    def facts(self) -> str:
        return (
            f"  What: {self.service.name}\n"
            f"  For:  {self.subject.name}\n"
            f"  When: {self.moment(self.booking.starts_at)} to {self.end}\n"
        )

    def written(self, work_id: UUID, sender: str, subject: str, text: str) -> EmailMessage:
        """Its Message-ID comes from the piece of work, so that a mail that is sent twice is recognized as one."""
        mail = _mail(self.organization, [self.address], work_id, sender, subject)
        mail.set_content(f"Dear {self.customer.name},\n\n{text}\n{self.organization.name}\n")
        return mail


def _mail(
    organization: Organization, addresses: Sequence[str], work_id: UUID, sender: str, subject: str
) -> EmailMessage:
    mail = EmailMessage()
    mail["Message-ID"] = f"<{work_id}@{DOMAIN}>"
    mail["From"] = sender
    mail["To"] = ", ".join(addresses)
    mail["Subject"] = f"{organization.name}: {subject}"
    return mail


async def booking_confirmed(uow: UnitOfWork, booking_id: UUID, work_id: UUID, sender: str) -> EmailMessage | None:
    """The mail about a confirmed booking; None if there is nobody to write to."""
    letter = await _letter(uow, booking_id)
    if letter is None:
        return None
    number = letter.booking.number
    text = f"your booking {number} is confirmed.\n\n{letter.facts}"
    return letter.written(work_id, sender, f"booking {number} is confirmed", text)


async def waitlist_offer(uow: UnitOfWork, entry_id: UUID, work_id: UUID, sender: str) -> EmailMessage | None:
    """The mail about a place that is held for whoever waited; None if there is nobody to write to, or nothing to offer
    any more."""
    entry = await uow.get(WaitlistEntry, entry_id)
    if entry.status is not WaitlistStatus.OFFERED or entry.booking_id is None:
        return None
    letter = await _letter(uow, entry.booking_id)
    if letter is None:
        return None
    held_until = letter.booking.held_until
    if letter.booking.status is not BookingStatus.HELD or held_until is None or held_until <= uow.now:
        return None
    text = (
        "a place that you waited for is free, and we hold it for you.\n\n"
        f"{letter.facts}\n"
        f"Book it until {letter.moment(held_until)}; after that it goes to whoever waits next.\n"
        f"The number of the booking is {letter.booking.number}.\n"
    )
    return letter.written(work_id, sender, f"a place is held for you, booking {letter.booking.number}", text)


async def _letter(uow: UnitOfWork, booking_id: UUID) -> Letter | None:
    booking = await uow.get(Booking, booking_id)
    customer = await uow.get(Customer, booking.customer_id)
    if not customer.email:
        return None
    organization = await uow.get(Organization, booking.organization_id)
    service = await uow.get(Service, booking.service_id)
    subject = await uow.get(Subject, booking.subject_id)
    return Letter(customer.email, booking, customer, organization, service, subject)


async def licence_expiring(uow: UnitOfWork, driver_id: UUID, work_id: UUID, sender: str) -> EmailMessage | None:
    """The mail about a driving licence, to those who run the fleet and to the driver."""
    driver = await uow.get(Driver, driver_id)
    last_day = driver.licence_expires_on
    if last_day is None:
        return None
    organization = await uow.get(Organization, driver.organization_id)
    runs_out = "ran out" if last_day < _today(uow, organization) else "runs out"
    fact = f"the driving licence of {driver.display_name} {runs_out} on {_day(last_day, organization)}"
    text = f"{fact}.\nAfter that day {driver.display_name} is not planned, until the licence has another date."
    return await _notice(uow, organization, driver.user_id, work_id, sender, fact, text)


async def maintenance_due(uow: UnitOfWork, vehicle_id: UUID, work_id: UUID, sender: str) -> EmailMessage | None:
    """The mail about a vehicle that must go to the workshop, by a day, by a distance, or by both."""
    vehicle = await uow.get(Vehicle, vehicle_id)
    organization = await uow.get(Organization, vehicle.organization_id)
    limits = []
    if vehicle.maintenance_due_on is not None:
        limits.append(f"on {_day(vehicle.maintenance_due_on, organization)}")
    if vehicle.maintenance_due_odometer_m is not None:
        limits.append(f"at {_km(vehicle.maintenance_due_odometer_m, organization)}")
    if not limits:
        return None
    fact = f"maintenance of {vehicle.license_plate} is due {' or '.join(limits)}"
    text = f"{fact}.\nIt has driven {_km(vehicle.odometer_m, organization)}. Once it is due, it is not planned."
    return await _notice(uow, organization, None, work_id, sender, fact, text)


async def _notice(
    uow: UnitOfWork,
    organization: Organization,
    user_id: UUID | None,
    work_id: UUID,
    sender: str,
    subject: str,
    text: str,
) -> EmailMessage | None:
    """A mail to those who run the fleet, and to a user besides."""
    wanted = Membership.role.in_(KEEPERS) | (Membership.user_id == user_id)
    addresses = await uow.scalars(
        select(User.email)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organization_id == organization.id, wanted)
        .order_by(User.email)
    )
    if not addresses:
        return None
    mail = _mail(organization, addresses, work_id, sender, subject)
    mail.set_content(f"Dear colleagues,\n\n{text}\n\n{organization.name}\n")
    return mail


def _today(uow: UnitOfWork, organization: Organization) -> date:
    return uow.now.astimezone(ZoneInfo(organization.time_zone)).date()


def _day(day: date, organization: Organization) -> str:
    return format_date(day, "EEEE, d MMMM y", locale=organization.locale)


def _km(metres: int, organization: Organization) -> str:
    return f"{format_decimal(metres // 1000, locale=organization.locale)} km"

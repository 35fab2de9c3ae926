"""What Waypost writes to people."""

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, format_time

from app.models import (
    Booking,
    BookingStatus,
    Customer,
    Organization,
    Service,
    Subject,
    WaitlistEntry,
    WaitlistStatus,
)
from app.uow import UnitOfWork

DOMAIN = "waypost.invalid"


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
        mail = EmailMessage()
        mail["Message-ID"] = f"<{work_id}@{DOMAIN}>"
        mail["From"] = sender
        mail["To"] = self.address
        mail["Subject"] = f"{self.organization.name}: {subject}"
        mail.set_content(f"Dear {self.customer.name},\n\n{text}\n{self.organization.name}\n")
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

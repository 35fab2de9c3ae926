"""What Waypost writes to people."""

from email.message import EmailMessage
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, format_time

from app.models import Booking, Customer, Organization, Service, Subject
from app.uow import UnitOfWork

DOMAIN = "waypost.invalid"


async def booking_confirmed(uow: UnitOfWork, booking_id: UUID, work_id: UUID, sender: str) -> EmailMessage | None:
    """The mail about a confirmed booking; None if there is nobody to write to.

    Its Message-ID comes from the piece of work, so that a mail that is sent twice is recognized as one.
    """
    booking = await uow.get(Booking, booking_id)
    customer = await uow.get(Customer, booking.customer_id)
    if not customer.email:
        return None
    organization = await uow.get(Organization, booking.organization_id)
    service = await uow.get(Service, booking.service_id)
    subject = await uow.get(Subject, booking.subject_id)
    zone = ZoneInfo(organization.time_zone)
    starts = format_datetime(booking.starts_at, "EEEE, d MMMM y, HH:mm", tzinfo=zone, locale=organization.locale)
    ends = format_time(booking.ends_at, "HH:mm", tzinfo=zone, locale=organization.locale)

    mail = EmailMessage()
    mail["Message-ID"] = f"<{work_id}@{DOMAIN}>"
    mail["From"] = sender
    mail["To"] = customer.email
    mail["Subject"] = f"{organization.name}: booking {booking.number} is confirmed"
    mail.set_content(
        f"Dear {customer.name},\n\n"
        f"your booking {booking.number} is confirmed.\n\n"
        f"  What: {service.name}\n"
        f"  For:  {subject.name}\n"
        f"  When: {starts} to {ends}\n\n"
        f"{organization.name}\n"
    )
    return mail

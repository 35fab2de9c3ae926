"""What there is to say about care: of one thing that is due, of all of a subject's, or of all of a customer's."""

from datetime import date

from sqlalchemy import func, select

from app.models import CareDue, CareProtocol, Customer, Notification, NotificationKind, ReminderRule, Subject
from app.services.messaging.rendering import Values
from app.services.messaging.speech import Speech
from app.uow import UnitOfWork

WARNING_DAYS = 30
"""How far ahead care is told of that follows no protocol."""
LINES_MAX = 20


async def care(uow: UnitOfWork, speech: Speech, notification: Notification) -> Values | None:
    """None if it was done meanwhile, or the subject is no longer there."""
    today = speech.local_day(uow.now)
    dues = await _dues(uow, notification, today)
    if not dues:
        return None
    return {
        "subject": ", ".join(dict.fromkeys(subject for subject, _, _ in dues)),
        "care": ", ".join(dict.fromkeys(title for _, title, _ in dues)),
        "date": speech.day(dues[0][2]),
        "list": "\n".join(f"  {subject}: {title}, {speech.day(due_on)}" for subject, title, due_on in dues),
    }


async def _dues(uow: UnitOfWork, notification: Notification, today: date) -> list[tuple[str, str, date]]:
    """Subject, what, and when; the first to fall due comes first."""
    wanted = (
        select(Subject.name, CareDue.title, CareDue.due_on)
        .join(Subject, (Subject.organization_id == CareDue.organization_id) & (Subject.id == CareDue.subject_id))
        .outerjoin(
            CareProtocol,
            (CareProtocol.organization_id == CareDue.organization_id) & (CareProtocol.id == CareDue.protocol_id),
        )
        .where(CareDue.organization_id == notification.organization_id, Subject.archived_at.is_(None))
        .order_by(CareDue.due_on, CareDue.id)
        .limit(LINES_MAX)
    )
    column = {CareDue.__name__: CareDue.id, Customer.__name__: CareDue.customer_id}.get(
        notification.about_type, CareDue.subject_id
    )
    wanted = wanted.where(column == notification.about)
    if notification.kind is NotificationKind.CARE_OVERDUE:
        wanted = wanted.where(CareDue.due_on < today)
    elif (day := _told_of(notification)) is not None:
        # whatever the rule says by now; later than this, it was done
        wanted = wanted.where(CareDue.due_on <= day)
    else:
        days = await _days_before(uow, notification)
        ahead = func.coalesce(days, CareProtocol.warning_days, WARNING_DAYS)
        wanted = wanted.where(CareDue.due_on - today <= ahead)
    return [(row[0], row[1], row[2]) for row in await uow.session.execute(wanted)]


def _told_of(notification: Notification) -> date | None:
    """The day that the cause of a reminder names."""
    if notification.about_type != CareDue.__name__:
        return None
    try:
        return date.fromisoformat(notification.cause.rpartition(":")[2])
    except ValueError:
        return None


async def _days_before(uow: UnitOfWork, notification: Notification) -> int | None:
    if notification.rule is None:
        return None
    return await uow.first(
        select(ReminderRule.days_before).where(
            ReminderRule.organization_id == notification.organization_id, ReminderRule.id == notification.rule
        )
    )

"""Every name that the templates of a kind may use, with something to see in its place."""

from datetime import date, datetime, time

from app.models import NotificationKind
from app.services.messaging.rendering import Values
from app.services.messaging.speech import Speech

Kind = NotificationKind
BOOKINGS = (Kind.BOOKING_CONFIRMED, Kind.BOOKING_DECLINED, Kind.BOOKING_CANCELLED, Kind.BOOKING_TOMORROW)
DAY = date(2027, 3, 19)


def examples(kind: NotificationKind, speech: Speech, organization: str) -> Values:
    return {"organization": organization, "person": "Nino Beridze", **_of(kind, speech)}


def _of(kind: NotificationKind, speech: Speech) -> dict[str, str | None]:
    at = datetime.combine(DAY, time(10), speech.zone)
    if kind in (*BOOKINGS, Kind.WAITLIST_OFFER, Kind.AFTER_VISIT):
        return {
            "number": "K7PM2X",
            "service": "Day care",
            "subject": "Bim",
            "starts": speech.moment(at),
            "ends": speech.hour(at.replace(hour=14)),
            "date": speech.day(DAY),
            "day": speech.short_day(DAY),
            "time": speech.hour(at),
            "reason": "The house is full.",
            "held_until": speech.moment(at.replace(hour=9)),
        }
    if kind is Kind.DRIVER_UNDER_WAY:
        eta = speech.hour(at)
        return {"driver": "Giorgi", "vehicle": "WP-100", "place": "Rustaveli Avenue 8", "subject": "Bim", "eta": eta}
    if kind in (Kind.CARE_DUE, Kind.CARE_OVERDUE):
        due = speech.day(DAY)
        return {"subject": "Bim", "care": "Rabies", "date": due, "list": f"  Bim: Rabies, {due}"}
    if kind is Kind.LICENCE_EXPIRING:
        return {"driver": "Giorgi Kapanadze", "date": speech.day(DAY), "expired": None}
    if kind is Kind.MAINTENANCE_DUE:
        km = {"due_km": speech.km(90_000_000), "driven_km": speech.km(84_500_000)}
        return {"vehicle": "WP-100", "date": speech.day(DAY), **km}
    if kind in (Kind.WEBHOOK_FAILING, Kind.WEBHOOK_DISABLED):
        return {"endpoint": "hooks.example.org", "since": speech.moment(at), "gone": None}
    return {"title": "Closed on Friday", "text": "We are closed on Friday.", "category": "Opening hours"}

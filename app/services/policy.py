"""What a service's policy lets customers do, and what it costs them. Staff are not bound by it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.errors import CustomerLimitReached, OutsideBookingWindow
from app.models import Allocation, Booking, Service
from app.uow import UnitOfWork


def check_window(uow: UnitOfWork, service: Service, starts_at: datetime) -> None:
    """Whether bookings that begin then are taken now."""
    opens_at, closes_at = window(service, starts_at)
    if (opens_at and uow.now < opens_at) or (closes_at and uow.now > closes_at):
        raise OutsideBookingWindow(opens_at, closes_at)


def window(service: Service, starts_at: datetime) -> tuple[datetime | None, datetime | None]:
    """From when until when customers can book what begins at `starts_at`."""
    opening = [service.bookable_from] if service.bookable_from else []
    if service.opens_before_s is not None:
        opening.append(starts_at - timedelta(seconds=service.opens_before_s))
    closing = [service.bookable_until] if service.bookable_until else []
    if service.notice_s:
        closing.append(starts_at - timedelta(seconds=service.notice_s))
    return max(opening, default=None), min(closing, default=None)


async def check_limit(
    uow: UnitOfWork, service: Service, slot_ids: Sequence[UUID], customer_id: UUID, wanted: int = 1
) -> None:
    """Whether a customer may have so many places more. The slots are locked: nobody takes one meanwhile."""
    limit = service.customer_places_max
    if limit is None:
        return
    places = (
        select(func.count())
        .select_from(Allocation)
        .join(
            Booking,
            (Booking.organization_id == Allocation.organization_id) & (Booking.id == Allocation.booking_id),
        )
        .where(
            Allocation.organization_id == uow.viewer.organization_id,
            Allocation.slot_id.in_(slot_ids),
            Booking.customer_id == customer_id,
        )
        .group_by(Allocation.slot_id)
    )
    if max(await uow.scalars(places), default=0) + wanted > limit:
        raise CustomerLimitReached(limit)


def terms(service: Service, starts_at: datetime, price_minor: int) -> dict[str, Any]:
    """What is agreed on calling a booking off, as columns of the booking."""
    notice = timedelta(seconds=service.cancellation_notice_s)
    free_notice = max(notice, timedelta(seconds=service.free_cancellation_notice_s))
    return {
        "cancel_before": starts_at - notice,
        "cancel_free_before": starts_at - free_notice,
        "cancellation_fee_minor": _fee(price_minor, service.cancellation_fee_minor, service.cancellation_fee_percent),
        "no_show_fee_minor": _fee(price_minor, service.no_show_fee_minor, service.no_show_fee_percent),
    }


def _fee(price_minor: int, fixed_minor: int | None, percent: int | None) -> int:
    if percent is not None:
        return int((Decimal(price_minor) * percent / 100).to_integral_value(ROUND_HALF_UP))
    return fixed_minor or 0

"""Which shifts can be planned: their driver may drive, their vehicle is fit, and both are there."""

from datetime import date, timedelta

from sqlalchemy import ColumnElement, case, exists, or_

from app.models import Absence, Driver, DriverStatus, Shift, Vehicle
from app.models.identity import local_day

DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)


def plannable(date: date) -> list[ColumnElement[bool]]:
    """Conditions for shifts that begin on a local day, in a select over Shift joined with Vehicle and Driver.

    A licence must be good, and maintenance not yet due, until the shift is over, which may be on the next day. Whoever
    is away for a part of a shift is not planned for any of it.
    """
    # a shift that ends at midnight does not reach into the next day
    last_day = case((local_day(Shift.ends_at - INSTANT, date + DAY), date + DAY), else_=date)
    return [
        Vehicle.active.is_(True),
        or_(Vehicle.maintenance_due_on.is_(None), Vehicle.maintenance_due_on > last_day),
        or_(Vehicle.maintenance_due_odometer_m.is_(None), Vehicle.odometer_m < Vehicle.maintenance_due_odometer_m),
        Driver.status != DriverStatus.SUSPENDED,
        or_(Driver.licence_expires_on.is_(None), Driver.licence_expires_on >= last_day),
        ~_away(),
    ]


def _away() -> ColumnElement[bool]:
    return (
        exists()
        .where(
            Absence.organization_id == Shift.organization_id,
            or_(Absence.driver_id == Shift.driver_id, Absence.vehicle_id == Shift.vehicle_id),
            Absence.starts_at < Shift.ends_at,
            Absence.ends_at > Shift.starts_at,
        )
        .correlate(Shift)
    )

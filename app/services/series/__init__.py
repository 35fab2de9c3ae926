"""Standing bookings: one subject, one service, again and again.

`times` says when; `ahead` books up to a horizon that rolls on; `changing` brings what is booked in line with what is
wanted now; `ending` and `pausing` call off. The series is locked first, then its bookings, then slots.
"""

from app.services.series.changing import SeriesScope, update_series
from app.services.series.ending import cancel_series
from app.services.series.making import create_series, extend_series
from app.services.series.pausing import pause_series, resume_series

__all__ = [
    "SeriesScope",
    "cancel_series",
    "create_series",
    "extend_series",
    "pause_series",
    "resume_series",
    "update_series",
]

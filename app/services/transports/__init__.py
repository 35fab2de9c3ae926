"""Transports: asked for with a booking or alone, changed, called off before the pickup."""

from app.services.transports.changing import update_transport
from app.services.transports.ending import cancel_of_booking, cancel_transport
from app.services.transports.legs import LEG_SLACK, add_legs, follow_booking
from app.services.transports.making import create_transport
from app.services.transports.terms import ROOM, demand_of

__all__ = [
    "LEG_SLACK",
    "ROOM",
    "add_legs",
    "cancel_of_booking",
    "cancel_transport",
    "create_transport",
    "demand_of",
    "follow_booking",
    "update_transport",
]

"""What an organization offers: its sites, its services, and the slots of each day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from app.demo.seed.businesses import Offer
from app.demo.seed.draft import Draft
from app.demo.tbilisi import Address, Site


@dataclass(frozen=True)
class Service:
    id: UUID
    place_id: UUID
    offer: Offer


@dataclass(frozen=True)
class Slot:
    id: UUID
    service: Service
    starts_at: datetime
    ends_at: datetime
    capacity: int


Slots = Mapping[date, Sequence[Slot]]
"""By local day."""


def add_place(draft: Draft, label: str, address: Address, customer_id: UUID | None, notes: str | None = None) -> UUID:
    return draft.add(
        "places",
        customer_id=customer_id,
        label=label,
        address=f"{address.street}, {address.district}, Tbilisi",
        latitude=address.latitude,
        longitude=address.longitude,
        access_notes=notes,
    )


def open_sites(draft: Draft) -> dict[Site, UUID]:
    return {site: add_place(draft, site.name, site.address, None) for site in draft.business.sites}


def offer_services(draft: Draft, sites: Mapping[Site, UUID]) -> list[Service]:
    return [Service(_add_service(draft, offer, sites), sites[offer.site], offer) for offer in draft.business.offers]


def _add_service(draft: Draft, offer: Offer, sites: Mapping[Site, UUID]) -> UUID:
    return draft.add(
        "services",
        name=offer.name,
        description=offer.description,
        place_id=sites[offer.site],
        duration_s=int(offer.duration.total_seconds()),
        price_minor=offer.price_minor,
        currency=draft.business.currency,
        cancellation_notice_s=int(offer.cancellation_notice.total_seconds()),
    )


def open_slots(draft: Draft, services: Sequence[Service], days: Iterable[date], capacity_factor: int) -> Slots:
    return {
        day: [
            _open_slot(draft, service, draft.at(day, hour), service.offer.capacity * capacity_factor)
            for service in services
            for hour in service.offer.hours
        ]
        for day in days
    }


def _open_slot(draft: Draft, service: Service, starts_at: datetime, capacity: int) -> Slot:
    """With nothing taken: that is counted by the trigger on allocations, when they come."""
    ends_at = starts_at + service.offer.duration
    id = draft.add("slots", service_id=service.id, starts_at=starts_at, ends_at=ends_at, capacity=capacity)
    return Slot(id, service, starts_at, ends_at, capacity)

"""What an organization offers: its sites, its services, and the slots of each day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from app.demo.seed.businesses import Offer, Volume
from app.demo.seed.draft import Draft
from app.demo.tbilisi import Address, Site
from app.models import WorkKind


@dataclass(frozen=True)
class Service:
    """`units` are those of the resource that its bookings use, if it needs one."""

    id: UUID
    place_id: UUID
    offer: Offer
    schedule_id: UUID
    units: Sequence[UUID]


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


def offer_services(draft: Draft, sites: Mapping[Site, UUID], volume: Volume) -> list[Service]:
    return [_offer(draft, offer, sites[offer.site], volume) for offer in draft.business.offers]


def _offer(draft: Draft, offer: Offer, place_id: UUID, volume: Volume) -> Service:
    service_id = draft.add(
        "services",
        name=offer.name,
        description=offer.description,
        kind=offer.kind.value,
        place_id=place_id,
        duration_s=int(offer.duration.total_seconds()),
        price_minor=offer.price_minor,
        currency=draft.business.currency,
        cancellation_notice_s=int(offer.cancellation_notice.total_seconds()),
    )
    schedule_id = _schedule(draft, service_id, offer, volume)
    return Service(service_id, place_id, offer, schedule_id, _equip(draft, service_id, offer, place_id, volume))


def _schedule(draft: Draft, service_id: UUID, offer: Offer, volume: Volume) -> UUID:
    """Open every day; a worker adds a day each night."""
    every = timedelta(hours=offer.hours[1] - offer.hours[0]) if len(offer.hours) > 1 else None
    schedule_id = draft.add(
        "schedules",
        name=f"{offer.name}, every day",
        service_id=service_id,
        rule="FREQ=DAILY",
        starts_on=draft.today - timedelta(days=volume.days_behind),
        opens_at=time(offer.hours[0]),
        closes_at=(datetime.combine(draft.today, time(offer.hours[-1])) + offer.duration).time(),
        slot_every_s=int(every.total_seconds()) if every else None,
        capacity=offer.capacity * volume.capacity_factor,
        horizon_days=volume.days_ahead,
        planned_until=draft.today + timedelta(days=volume.days_ahead),
    )
    draft.add(
        "due_work", kind=WorkKind.EXTEND_SCHEDULE.value, ref_id=schedule_id, run_at=draft.at(draft.tomorrow, 0, 5)
    )
    return schedule_id


def _equip(draft: Draft, service_id: UUID, offer: Offer, place_id: UUID, volume: Volume) -> list[UUID]:
    if offer.resource is None:
        return []
    kind, name = offer.resource
    capacity = offer.capacity * volume.capacity_factor
    resource_id = draft.add("resources", kind=kind.value, name=name, place_id=place_id, capacity=capacity)
    draft.add("requirements", service_id=service_id, position=1, resource_id=resource_id)
    return [draft.add("resource_units", resource_id=resource_id, number=number + 1) for number in range(capacity)]


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
    id = draft.add(
        "slots",
        service_id=service.id,
        schedule_id=service.schedule_id,
        starts_at=starts_at,
        ends_at=ends_at,
        capacity=capacity,
    )
    return Slot(id, service, starts_at, ends_at, capacity)

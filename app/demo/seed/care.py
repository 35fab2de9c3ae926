"""What was done for pets and patients, what they wear, and who works with the house."""

from collections.abc import Sequence
from datetime import time, timedelta
from uuid import UUID

from app.demo import names
from app.demo.seed.businesses import Care
from app.demo.seed.catalogue import Service
from app.demo.seed.clientele import Subject
from app.demo.seed.draft import Draft
from app.models import Channel, NotificationKind, PartnerType, TagKind, TagStatus, WorkKind

MORNING = time(8)
LATE_SHARE = 0.08
"""Whoever has let the date of their care go by."""


def befriend(draft: Draft) -> None:
    """The partners of the house; before the pets, which prefer some of them."""
    for partner in draft.business.neighbours:
        draft.partners[partner.type] = draft.add(
            "partners",
            type=partner.type.value,
            name=partner.name,
            clinic=partner.clinic,
            licence_number=partner.licence_number,
            phone=names.phone(partner.number),
        )


def look_after(draft: Draft, subjects: Sequence[Subject], services: Sequence[Service]) -> None:
    """Protocols, what was recorded by them, and the services that ask for it."""
    for care in draft.business.care:
        protocol_id = _protocol(draft, care)
        for subject in subjects:
            if care.species in (None, subject.species):
                _record(draft, care, protocol_id, subject)
        for service in services:
            if care.code in service.offer.care:
                draft.add("care_requirements", service_id=service.id, protocol_id=protocol_id)
        # what is due follows from both; a worker works it out as after any change of a protocol
        draft.add("due_work", run_at=draft.now, kind=WorkKind.REFRESH_CARE.value, ref_id=protocol_id)


def _protocol(draft: Draft, care: Care) -> UUID:
    return draft.add(
        "care_protocols",
        code=care.code,
        name=care.name,
        kind=care.kind.value,
        subject_kind=draft.business.subject_kind.value,
        species=care.species and care.species.value,
        interval_days=care.interval_days,
        required=care.required,
    )


def _record(draft: Draft, care: Care, protocol_id: UUID, subject: Subject) -> None:
    late = draft.random.random() < LATE_SHARE
    ago = draft.random.randrange(care.interval_days) + (care.interval_days if late else 0)
    performed_on = draft.today - timedelta(days=ago)
    draft.add(
        "care_records",
        subject_id=subject.id,
        customer_id=subject.customer.id,
        kind=care.kind.value,
        protocol_id=protocol_id,
        title=care.name,
        performed_on=performed_on,
        next_due_on=performed_on + timedelta(days=care.interval_days),
        partner_id=draft.partners.get(PartnerType.VET),
        batch_number=f"{care.code[:2]}{draft.random.randrange(10_000, 99_999)}",
    )


def put_on_tags(draft: Draft, subjects: Sequence[Subject]) -> None:
    for number, subject in enumerate(subjects):
        draft.add(
            "tags",
            kind=TagKind.QR.value,
            status=TagStatus.ACTIVE.value,
            uid=f"{draft.business.slug}-{number + 1:05}",
            label="Collar" if subject.species else "Card",
            subject_id=subject.id,
            customer_id=subject.customer.id,
        )


def remind(draft: Draft) -> None:
    """A week before care falls due, and the day before a booking; the first time this morning."""
    for kind, days in ((NotificationKind.CARE_DUE, 7), (NotificationKind.BOOKING_TOMORROW, 1)):
        rule_id = draft.add(
            "reminder_rules",
            kind=kind.value,
            channels=[Channel.EMAIL.value],
            days_before=days,
            at=MORNING,
            run_on=draft.today,
        )
        run_at = draft.at(draft.today, MORNING.hour)
        draft.add("due_work", run_at=run_at, kind=WorkKind.RUN_REMINDER.value, ref_id=rule_id)


def announce(draft: Draft) -> None:
    draft.add(
        "posts",
        status="PUBLISHED",
        title="We are open on Sundays",
        body="From this month on somebody is here on Sundays, too, from ten to six.",
        category="Hours",
        priority="NORMAL",
        audience="EVERYONE",
        publish_at=draft.now,
    )

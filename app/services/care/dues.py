"""What subjects need next: worked out of protocols and records by one statement, and kept as rows.

Whoever changes a record, or what of a subject a protocol looks at, locks the subject first and refreshes its dues in
the same transaction: so two who do so at once come one after the other, and the second sees what the first has done.
Protocols are not locked by row, for a new one could not be: whoever refreshes shares a lock that whoever changes a
protocol has alone. So no subject is refreshed by what a protocol was and overlooked by the job that follows its change.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from app.uow import UnitOfWork

PROTOCOLS = "hashtextextended('care of ' || cast(:org AS text), 0)"
SHARE_PROTOCOLS = text(f"SELECT pg_advisory_xact_lock_shared({PROTOCOLS})")
KEEP_PROTOCOLS = text(f"SELECT pg_advisory_xact_lock({PROTOCOLS})")

LOCK = text(
    "SELECT id FROM subjects WHERE organization_id = :org AND id = ANY(:subjects) ORDER BY id FOR NO KEY UPDATE"
)

# The three that write touch different rows, so that they may look at the same snapshot.
REFRESH = text(
    """
    WITH concerned AS (
        SELECT s.id, s.customer_id, s.kind, t.species,
               coalesce(t.born_on, n.birth_date, cast(s.created_at AT TIME ZONE o.time_zone AS date)) AS begins_on
        FROM subjects s
        JOIN organizations o ON o.id = s.organization_id
        LEFT JOIN pets t ON t.organization_id = s.organization_id AND t.id = s.id
        LEFT JOIN patients n ON n.organization_id = s.organization_id AND n.id = s.id
        WHERE s.organization_id = :org AND s.id = ANY(:subjects) AND s.archived_at IS NULL
    ), by_protocol AS (
        SELECT s.id AS subject_id, s.customer_id, p.id AS protocol_id, r.id AS record_id, p.kind, p.name AS title,
               CASE WHEN r.id IS NOT NULL THEN r.next_due_on
                    WHEN p.required THEN s.begins_on + p.first_due_days END AS due_on
        FROM concerned s
        JOIN care_protocols p
            ON p.organization_id = :org AND p.active AND p.subject_kind = s.kind
            AND (p.species IS NULL OR p.species = s.species)
        LEFT JOIN LATERAL (
            SELECT id, next_due_on FROM care_records
            WHERE organization_id = :org AND subject_id = s.id AND protocol_id = p.id AND voided_at IS NULL
            ORDER BY performed_on DESC, id DESC LIMIT 1
        ) r ON true
    ), by_hand AS (
        SELECT DISTINCT ON (s.id, r.kind, lower(r.title))
               s.id AS subject_id, s.customer_id, cast(NULL AS uuid) AS protocol_id, r.id AS record_id, r.kind, r.title,
               r.next_due_on AS due_on
        FROM concerned s
        JOIN care_records r ON r.organization_id = :org AND r.subject_id = s.id
        WHERE r.protocol_id IS NULL AND r.voided_at IS NULL
        ORDER BY s.id, r.kind, lower(r.title), r.performed_on DESC, r.id DESC
    ), due AS (
        SELECT * FROM by_protocol WHERE due_on IS NOT NULL UNION ALL SELECT * FROM by_hand WHERE due_on IS NOT NULL
    ), kept AS (
        SELECT d.id, due.*
        FROM care_dues d
        LEFT JOIN due
            ON due.subject_id = d.subject_id AND due.protocol_id IS NOT DISTINCT FROM d.protocol_id
            AND (d.protocol_id IS NOT NULL OR due.record_id = d.record_id)
        WHERE d.organization_id = :org AND d.subject_id = ANY(:subjects)
    ), gone AS (
        DELETE FROM care_dues USING kept
        WHERE organization_id = :org AND care_dues.id = kept.id AND kept.subject_id IS NULL
    ), changed AS (
        UPDATE care_dues d
        SET customer_id = kept.customer_id, record_id = kept.record_id, kind = kept.kind, title = kept.title,
            due_on = kept.due_on, updated_at = :now
        FROM kept
        WHERE d.organization_id = :org AND d.id = kept.id AND kept.subject_id IS NOT NULL
            AND (d.customer_id, d.record_id, d.kind, d.title, d.due_on)
            IS DISTINCT FROM (kept.customer_id, kept.record_id, kept.kind, kept.title, kept.due_on)
    )
    INSERT INTO care_dues (organization_id, subject_id, customer_id, protocol_id, record_id, kind, title, due_on,
                           created_at, updated_at)
    SELECT :org, subject_id, customer_id, protocol_id, record_id, kind, title, due_on, :now, :now
    FROM due
    WHERE NOT EXISTS (
        SELECT FROM kept
        WHERE kept.subject_id = due.subject_id AND kept.protocol_id IS NOT DISTINCT FROM due.protocol_id
            AND (kept.protocol_id IS NOT NULL OR kept.record_id = due.record_id)
    )
    """
)


async def lock(uow: UnitOfWork, subject_ids: Sequence[UUID]) -> None:
    """Let others who change the care of these subjects wait; before anything of it is read."""
    await uow.session.execute(SHARE_PROTOCOLS, {"org": str(uow.viewer.organization_id)})
    await uow.session.execute(LOCK, {"org": uow.viewer.organization_id, "subjects": list(subject_ids)})


async def refresh(uow: UnitOfWork, subject_ids: Sequence[UUID]) -> None:
    """Bring what is due in line with protocols and records; rows that are right already are left alone."""
    if not subject_ids:
        return
    await lock(uow, subject_ids)
    await uow.flush()
    values = {"org": uow.viewer.organization_id, "subjects": list(subject_ids), "now": uow.now}
    await uow.session.execute(REFRESH, values)


async def keep_protocols(uow: UnitOfWork) -> None:
    """Whoever changes a protocol waits for those who refresh, and they for the change."""
    await uow.session.execute(KEEP_PROTOCOLS, {"org": str(uow.viewer.organization_id)})

"""Relations of reminders."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from app.loaders.base import Computed, Listing, ToOne
from app.models import CareProtocol, DueWork, ReminderRule, WorkKind
from app.models.base import among
from app.uow import ReadUnit


async def _next_runs(reads: ReadUnit, rules: Sequence[UUID]) -> Mapping[UUID, datetime]:
    rows = await reads.execute(
        select(DueWork.ref_id, func.min(DueWork.run_at))
        .where(
            DueWork.organization_id == reads.viewer.organization_id,
            DueWork.kind == WorkKind.RUN_REMINDER,
            among(DueWork.ref_id, rules),
            DueWork.failed_at.is_(None),
        )
        .group_by(DueWork.ref_id)
    )
    return {row[0]: row[1] for row in rows}


REMINDER_RULES = Listing(
    ReminderRule,
    "created_at",
    orders={"CREATED_AT": "created_at"},
    filters={
        "kind": lambda kinds: ReminderRule.kind.in_(kinds),
        "active": lambda active: ReminderRule.active.is_(active),
    },
)
RULE_PROTOCOL = ToOne(CareProtocol, "protocol_id")
RULE_NEXT_RUN = Computed(_next_runs)

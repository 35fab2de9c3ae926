"""Relations of proofs, and why a transport failed."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from app.loaders.base import Computed, ToMany, ToOne
from app.models import Document, Proof, Stop, StopFailureReason, StopStatus
from app.models.base import among
from app.uow import ReadUnit

STOP_PROOFS = ToMany(Proof, "stop_id", ("given_at", "id"))
TRANSPORT_PROOFS = ToMany(Proof, "transport_id", ("given_at", "id"))
PROOF_DOCUMENT = ToOne(Document, "document_id")


async def _failures(reads: ReadUnit, ids: Sequence[UUID]) -> Mapping[UUID, StopFailureReason | None]:
    """Of the stop that failed last; the parents themselves were checked for visibility."""
    statement = (
        select(Stop.transport_id, Stop.failure_reason)
        .where(
            Stop.organization_id == reads.viewer.organization_id,
            among(Stop.transport_id, ids),
            Stop.status == StopStatus.FAILED,
        )
        .order_by(Stop.done_at)
    )
    # the last one stays
    return dict((await reads.execute(statement)).all())


TRANSPORT_FAILURE = Computed(_failures)

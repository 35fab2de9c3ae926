"""What drivers show for the stops that they deal with.

The dropoff is where proof is demanded. A code is a secret between the customer and the house: whoever does not know it
may guess a few times, and every guess stands in the log, for that is where guesses are counted.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.errors import BadUserInput, ProofRequired, WrongCode
from app.models import Event, EventType, Proof, ProofKind, Stop, StopKind, Transport
from app.services import documents, values
from app.uow import UnitOfWork

GUESSES_MAX = 5
PHOTOS_MAX = 10
PROOFS_MAX = 20
"""Of one stop, however often it is told."""


@dataclass(frozen=True)
class Shown:
    """Documents by their ids, what was scanned, and what was typed."""

    signature_document_id: UUID | None = None
    signed_by: str | None = None
    photo_document_ids: tuple[UUID, ...] = ()
    barcode: str | None = None
    code: str | None = None

    @classmethod
    def of(cls, proof: Mapping[str, Any] | None) -> "Shown":
        given = dict(proof or {})
        if len(given.get("photo_document_ids", ())) > PHOTOS_MAX:
            raise BadUserInput(f"At most {PHOTOS_MAX} photos.", "photoDocumentIds")
        if "signed_by" in given:
            given["signed_by"] = values.name(given["signed_by"], "signedBy")
            if "signature_document_id" not in given:
                raise BadUserInput("There is no signature of theirs.", "signedBy")
        if "barcode" in given:
            given["barcode"] = values.name(given["barcode"], "barcode")
        return cls(**given)

    @property
    def kinds(self) -> set[ProofKind]:
        shown = {
            ProofKind.SIGNATURE: self.signature_document_id,
            ProofKind.PHOTO: self.photo_document_ids,
            ProofKind.BARCODE: self.barcode,
            ProofKind.CODE: self.code,
        }
        return {kind for kind, value in shown.items() if value}


async def demand(uow: UnitOfWork, stop: Stop, ride: Transport, shown: Shown) -> None:
    """Raises `ProofRequired` or `WrongCode` if what is shown does not do."""
    if shown.code:
        await _check_code(uow, ride, shown.code)
    if stop.kind is StopKind.DROPOFF:
        missing = [ProofKind(kind) for kind in ride.proof_required if kind not in shown.kinds]
        if missing:
            raise ProofRequired(missing)


async def _check_code(uow: UnitOfWork, ride: Transport, code: str) -> None:
    if ride.code is None:
        raise BadUserInput("This transport has no code.", "code")
    right = secrets.compare_digest(code.strip().encode(), ride.code.encode())
    if uow.viewer.sees_everything:
        # who can look the code up does not guess it
        if not right:
            raise WrongCode(GUESSES_MAX)
        return
    wrong = await _guesses(uow, ride)
    if wrong >= GUESSES_MAX:
        raise WrongCode(0)
    if not right:
        uow.emit(EventType.TRANSPORT_CODE_REFUSED, ride)
        raise WrongCode(GUESSES_MAX - wrong - 1)


async def _guesses(uow: UnitOfWork, ride: Transport) -> int:
    """The route is locked, so nobody guesses meanwhile."""
    found = await uow.first(
        select(func.count())
        .select_from(Event)
        .where(
            Event.organization_id == ride.organization_id,
            Event.node_id == ride.id,
            Event.type == EventType.TRANSPORT_CODE_REFUSED,
        )
    )
    return found or 0


async def keep(
    uow: UnitOfWork, stop: Stop, ride: Transport, shown: Shown, given_at: datetime, *, again: bool = False
) -> bool:
    """Write down what was shown, and say whether anything was. Told again, what is there already is left out."""
    if not shown.kinds:
        return False
    there = await _there(uow, stop) if again else []
    known = {(proof.kind, proof.document_id, proof.barcode) for proof in there}
    added = [proof for proof in _proofs(shown) if (proof.kind, proof.document_id, proof.barcode) not in known]
    if again and any(proof.kind is ProofKind.CODE for proof in added):
        await _check_code(uow, ride, shown.code or "")
    if len(there) + len(added) > PROOFS_MAX:
        raise BadUserInput(f"At most {PROOFS_MAX} proofs of a stop.", "proof")
    for proof in added:
        if proof.document_id is not None:
            # those whose transport it is may look at it
            (await documents.attach(uow, proof.document_id)).customer_id = ride.customer_id
        proof.stop_id, proof.transport_id, proof.given_at = stop.id, ride.id, given_at
        await uow.add(proof)
    return bool(added)


async def _there(uow: UnitOfWork, stop: Stop) -> list[Proof]:
    mine = (Proof.organization_id == stop.organization_id) & (Proof.stop_id == stop.id)
    return list(await uow.scalars(select(Proof).where(mine)))


def _proofs(shown: Shown) -> list[Proof]:
    found = []
    if shown.signature_document_id:
        found.append(
            Proof(kind=ProofKind.SIGNATURE, document_id=shown.signature_document_id, signed_by=shown.signed_by)
        )
    found += [Proof(kind=ProofKind.PHOTO, document_id=id) for id in dict.fromkeys(shown.photo_document_ids)]
    if shown.barcode:
        found.append(Proof(kind=ProofKind.BARCODE, barcode=shown.barcode))
    if shown.code:
        found.append(Proof(kind=ProofKind.CODE))
    return found

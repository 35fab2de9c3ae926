"""What shows that a stop was dealt with, and why one was not."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.loaders import proofs as relations
from app.models import ProofKind, StopFailureReason
from app.schema.fields import column, to_one, vocabulary
from app.schema.inputs import Values

if TYPE_CHECKING:
    from app.schema.documents import Document

__all__ = ["Proof", "ProofInput", "ProofKind"]

vocabulary(ProofKind, "What shows that a stop was dealt with.")
vocabulary(StopFailureReason, "Why a stop could not be dealt with.")


@strawberry.type(description="What a driver showed when dealing with a stop.")
class Proof:
    kind: ProofKind = column("What it is.")
    given_at: datetime = column("When it was given.")
    signed_by: str | None = column("Whose signature it is.")
    barcode: str | None = column("What was scanned.")
    document: Annotated["Document", strawberry.lazy("app.schema.documents")] | None = to_one(
        relations.PROOF_DOCUMENT, "The signature or the photograph."
    )


@strawberry.input(description="What shows that a stop was dealt with; images are uploaded first.")
class ProofInput(Values):
    signature_document_id: strawberry.ID | None = column("The image of a signature.", default=None)
    signed_by: str | None = column("Whose signature it is.", default=None)
    photo_document_ids: list[strawberry.ID] | None = column("Photographs; ten at most.", default=None)
    barcode: str | None = column("What was scanned from the load.", default=None)
    code: str | None = column("The one-time code that the customer was given.", default=None)

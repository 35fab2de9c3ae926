"""Tags that subjects wear, and what was scanned."""

from datetime import datetime
from typing import Annotated

import strawberry

from app import models
from app.context import Info
from app.loaders import tags as relations
from app.models.tags import ScanKind, TagKind, TagStatus
from app.schema.bookings import Booking
from app.schema.customers import Place
from app.schema.fields import Connection, column, listing, to_one, vocabulary
from app.schema.fleet import Driver
from app.schema.identity import User
from app.schema.inputs import Values
from app.schema.nodes import Node, node
from app.schema.subjects import Subject
from app.services import tags

vocabulary(TagKind, "How a tag is read.")
vocabulary(TagStatus, "Whether a tag is in use.")
vocabulary(ScanKind, "What a scan is for.")


@strawberry.input(description="Which scans are wanted.")
class ScansFilter(Values):
    kinds: list[ScanKind] | None = column("For one of these.", default=None)


@node(models.TagScan, "One reading of a tag; repeated within a minute, it counts once.")
class TagScan(Node):
    kind: ScanKind = column("What it was for.")
    scanned_at: datetime = column("When.")
    location: str | None = column("Where, in the words of whoever scanned.")
    tag: Annotated["Tag", strawberry.lazy("app.schema.tags")] = to_one(relations.SCAN_TAG, "The tag.")
    subject: Subject = to_one(relations.SCAN_SUBJECT, "Who wears it.")
    booking: Booking | None = to_one(relations.SCAN_BOOKING, "The booking that it was about, if there was one.")
    place: Place | None = to_one(relations.SCAN_PLACE, "Where, if it was one of the known places.")
    driver: Driver | None = to_one(relations.SCAN_DRIVER, "The driver who scanned, if it was one.")
    scanned_by: User | None = to_one(relations.SCAN_USER, "Who scanned, if the viewer may know.")


@node(models.Tag, "A chip or code that says which subject wears it.")
class Tag(Node):
    version: int = column("Goes up with every change.")
    kind: TagKind = column("How it is read.")
    status: TagStatus = column("Whether it is in use.")
    uid: str = column("What it says when it is read.")
    label: str | None = column("What people call it.")
    created_at: datetime = column("When it was registered.")
    retired_at: datetime | None = column("When it went out of use.")
    last_scanned_at: datetime | None = column("When it was scanned last.")
    subject: Subject = to_one(relations.TAG_SUBJECT, "Who wears it.")
    replaced_by: Annotated["Tag", strawberry.lazy("app.schema.tags")] | None = to_one(
        relations.TAG_SUCCESSOR, "The tag that came in its place."
    )

    @strawberry.field(description="The code to print, as an SVG image.")
    async def svg(root: strawberry.Parent[models.Tag], info: Info) -> str:
        return await tags.drawn(info.context.server.settings.public_url, root.uid)

    scans: Connection[TagScan] = listing(
        relations.TAG_SCANS, "When it was scanned, the latest first.", filter=ScansFilter
    )


@strawberry.input(description="Which tags are wanted; all conditions hold at once.")
class TagFilter(Values):
    subject_id: strawberry.ID | None = column("Of this subject.", default=None)
    status: list[TagStatus] | None = column("In one of these states.", default=None)
    uid: str | None = column("With exactly this uid.", default=None)


@strawberry.input(description="Which scans are wanted; all conditions hold at once.")
class TagScanFilter(Values):
    subject_id: strawberry.ID | None = column("Of this subject.", default=None)
    tag_id: strawberry.ID | None = column("Of this tag.", default=None)
    kinds: list[ScanKind] | None = column("For one of these.", default=None)


@strawberry.input(description="A tag for a subject.")
class RegisterTagInput(Values):
    subject_id: strawberry.ID = column("Who will wear it.")
    kind: TagKind = column("How it is read.")
    uid: str | None = column(
        "What it says when it is read; a printed one may leave it out, and is given one.", default=None
    )
    label: str | None = column("What people call it.", default=None)


@strawberry.input(description="Another tag for one that was lost or is broken.")
class ReplaceTagInput(Values):
    tag_id: strawberry.ID = column("Which.")
    kind: TagKind | None = column("How the new one is read, if not as the old one.", default=None)
    uid: str | None = column("What the new one says when it is read.", default=None)
    label: str | None = column("What people call it, if not as the old one.", default=None)


@strawberry.input(description="A tag that is not in use any more.")
class RetireTagInput(Values):
    tag_id: strawberry.ID = column("Which.")


@strawberry.input(description="Tags to print on one sheet.")
class PrintTagsInput(Values):
    tag_ids: list[strawberry.ID] = column("Which, in this order; 200 at most.")
    columns: int = column("How many stand side by side on a page of A4: 1 to 6.", default=3)


@strawberry.input(description="A tag that was scanned.")
class ScanTagInput(Values):
    tag_uid: str = column("What the tag says: the uid of a chip, or the code or URL that is printed.")
    kind: ScanKind = column("What for.")
    location: str | None = column("Where, in words.", default=None)
    place_id: strawberry.ID | None = column("Where, if it is one of the known places.", default=None)
    at: datetime | None = column("When, if it is told late: at most two days.", default=None)

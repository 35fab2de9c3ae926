"""Tags, and what follows when one is scanned."""

from app.access import Permission
from app.context import Info
from app.loaders import tags as relations
from app.resolvers.verbs import Nodes, connection, mutation
from app.schema.bookings import Booking
from app.schema.documents import Document
from app.schema.problems import AlreadyExists, InvalidTransition, TagUnknown
from app.schema.subjects import Subject
from app.schema.tags import (
    PrintTagsInput,
    RegisterTagInput,
    ReplaceTagInput,
    RetireTagInput,
    ScanTagInput,
    Tag,
    TagFilter,
    TagScan,
    TagScanFilter,
)
from app.services import tags
from app.storage import Storage
from app.uow import UnitOfWork

connection(
    "tags",
    relations.TAGS,
    Tag,
    "Tags that the viewer sees, the newest first.",
    Permission.CUSTOMERS_READ,
    filter=TagFilter,
)
connection(
    "tag_scans",
    relations.SCANS,
    TagScan,
    "Scans that the viewer sees, the latest first.",
    Permission.CUSTOMERS_READ,
    filter=TagScanFilter,
)

TAG = {"tag": (Tag, "The tag, as it is now.")}


@mutation("Give a subject a tag.", Permission.TAGS_WRITE, answers=TAG, refusals=(AlreadyExists,))
async def register_tag(info: Info, uow: UnitOfWork, input: RegisterTagInput) -> Nodes:
    return {"tag": await tags.register_tag(uow, **input.values())}


@mutation(
    "Give a subject another tag for one that was lost or is broken.",
    Permission.TAGS_WRITE,
    answers={"tag": (Tag, "The new tag."), "replaced": (Tag, "The old one, retired.")},
    refusals=(AlreadyExists, InvalidTransition),
)
async def replace_tag(info: Info, uow: UnitOfWork, input: ReplaceTagInput) -> Nodes:
    tag, replaced = await tags.replace_tag(uow, **input.values())
    return {"tag": tag, "replaced": replaced}


@mutation("Take a tag out of use.", Permission.TAGS_WRITE, answers=TAG, refusals=(InvalidTransition,))
async def retire_tag(info: Info, uow: UnitOfWork, input: RetireTagInput) -> Nodes:
    return {"tag": await tags.retire_tag(uow, **input.values())}


@mutation(
    "Print tags on a sheet of paper, to cut out.",
    Permission.TAGS_WRITE,
    answers={"document": (Document, "The sheet, a PDF; it can be downloaded in a moment.")},
)
async def print_tags(info: Info, uow: UnitOfWork, input: PrintTagsInput) -> Nodes:
    settings = info.context.server.settings
    storage = Storage.of(settings)
    return {"document": await tags.print_tags(uow, storage, settings.public_url, **input.values())}


@mutation(
    "Check a subject in or out by its tag: today's booking moves, and the scan is kept even if there is none.",
    Permission.TAGS_SCAN,
    answers={
        "scan": (TagScan, "The scan; within a minute, the first of them."),
        "subject": (Subject, "Who wears the tag."),
        "booking": (Booking | None, "The booking that the scan was about, as it is now; null if it was about none."),
    },
    refusals=(TagUnknown,),
)
async def scan_tag(info: Info, uow: UnitOfWork, input: ScanTagInput) -> Nodes:
    scan, subject, booking = await tags.scan_tag(uow, **input.values())
    return {"scan": scan, "subject": subject, "booking": booking}

"""Relations of tags and their scans."""

from app.loaders.base import Listing, ToOne
from app.models import Booking, Driver, Place, Subject, Tag, TagScan, User

TAGS = Listing(
    Tag,
    "-created_at",
    filters={
        "subject_id": lambda id: Tag.subject_id == id,
        "status": lambda statuses: Tag.status.in_(statuses),
        "uid": lambda uid: Tag.uid == uid,
    },
    referents={"subject_id": Subject},
)
SUBJECT_TAGS = Listing(Tag, "-created_at", remote="subject_id")
TAG_SUBJECT = ToOne(Subject, "subject_id")
TAG_SUCCESSOR = ToOne(Tag, "replaced_by_id")

SCANS = Listing(
    TagScan,
    "-scanned_at",
    filters={
        "subject_id": lambda id: TagScan.subject_id == id,
        "tag_id": lambda id: TagScan.tag_id == id,
        "kinds": lambda kinds: TagScan.kind.in_(kinds),
    },
    referents={"subject_id": Subject, "tag_id": Tag},
)
SUBJECT_SCANS = Listing(TagScan, "-scanned_at", remote="subject_id")
TAG_SCANS = Listing(TagScan, "-scanned_at", remote="tag_id", filters={"kinds": SCANS.filters["kinds"]})
SCAN_TAG = ToOne(Tag, "tag_id")
SCAN_SUBJECT = ToOne(Subject, "subject_id")
SCAN_BOOKING = ToOne(Booking, "booking_id")
SCAN_PLACE = ToOne(Place, "place_id")
SCAN_DRIVER = ToOne(Driver, "driver_id")
SCAN_USER = ToOne(User, "scanned_by")

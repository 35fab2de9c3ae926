"""Files that people upload: how they come in, what becomes of them, and how they are handed out."""

from app.services.documents.examining import Desktop, Examined, ExaminerDied, Unfit, desktop, examine
from app.services.documents.incoming import Incoming
from app.services.documents.links import (
    Download,
    Target,
    headers,
    name,
    read_file_token,
    read_upload_token,
    target,
    url,
)
from app.services.documents.names import THUMBNAIL_TYPE, key, typed
from app.services.documents.processing import accept, reject, unseen
from app.services.documents.proving import attach
from app.services.documents.removing import remove_document, removed
from app.services.documents.uploading import (
    expire_upload,
    finish_upload,
    receive_upload,
    request_upload,
    upload_document,
)

__all__ = [
    "THUMBNAIL_TYPE",
    "Desktop",
    "Download",
    "Examined",
    "ExaminerDied",
    "Incoming",
    "Target",
    "Unfit",
    "accept",
    "attach",
    "desktop",
    "examine",
    "expire_upload",
    "finish_upload",
    "headers",
    "key",
    "name",
    "read_file_token",
    "read_upload_token",
    "receive_upload",
    "reject",
    "remove_document",
    "removed",
    "request_upload",
    "target",
    "typed",
    "unseen",
    "upload_document",
    "url",
]

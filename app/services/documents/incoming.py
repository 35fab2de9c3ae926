"""A file on its way in."""

import hashlib
import io
from typing import IO, cast


class Incoming:
    """A file that came with a request, on disk if it is large. As text it is what its bytes hash to, so that a request
    which is repeated is known again by the bytes of its files."""

    def __init__(self, name: str, file: IO[bytes], byte_size: int) -> None:
        self.name = name
        self.file = file
        self.byte_size = byte_size

    def __str__(self) -> str:
        self.file.seek(0)
        # a spooled file can read into a buffer, which its type does not say
        return hashlib.file_digest(cast("io.BufferedReader", self.file), "sha256").hexdigest()

    def __deepcopy__(self, memo: dict[int, object]) -> "Incoming":
        """Arguments are copied; a file is the same file."""
        return self

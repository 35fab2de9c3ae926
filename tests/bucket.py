"""A real server of the S3 protocol, which checks every signature: rclone, from a wheel, in front of a folder."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from app.demo.process import spawn, stop, tail

RCLONE = Path(sys.executable).with_name("rclone")
KEY_ID, SECRET = "waypost-tests", "a secret of the bucket"
NAME = "documents"
LISTENING = re.compile(r"Starting s3 server on \[(http://[^/\]]+)")


@dataclass(frozen=True)
class Bucket:
    endpoint: str
    folder: Path

    @property
    def knobs(self) -> dict[str, Any]:
        """Settings by which files lie here."""
        url = f"s3://{NAME}/test?endpoint={self.endpoint}"
        return {"storage_url": url, "storage_key_id": KEY_ID, "storage_secret": SecretStr(SECRET)}

    @property
    def objects(self) -> list[str]:
        root = self.folder / NAME / "test"
        return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


@asynccontextmanager
async def open_bucket(directory: Path) -> AsyncIterator[Bucket]:
    (directory / "data" / NAME).mkdir(parents=True)
    log = directory / "rclone.log"
    command = [str(RCLONE), "serve", "s3", "-v"]
    options = ["--addr", "127.0.0.1:0", "--auth-key", f"{KEY_ID},{SECRET}", "--config", "/dev/null"]
    process = spawn([*command, *options, str(directory / "data")], log, env={"HOME": str(directory)})
    try:
        async with asyncio.timeout(20):
            while not (found := LISTENING.search(log.read_text())):
                assert process.poll() is None, tail(log)
                await asyncio.sleep(0.05)
        yield Bucket(found[1], directory / "data")
    finally:
        stop(process)

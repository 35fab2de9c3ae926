"""Where the bytes of documents lie: a folder, or a bucket of anything that speaks S3.

obstore's blocking calls are made in threads: its asynchronous ones were seen to abort the process at its end.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal
from urllib.parse import parse_qs, unquote, urlsplit

import obstore
from obstore.store import LocalStore, S3Store

from app import clock
from app.settings import Settings

if TYPE_CHECKING:
    from obstore.store import ClientConfig

REQUEST_S = 30
CHUNK = 5 * 1024 * 1024
CHUNKS_AT_ONCE = 2
"""Parts of one file on their way to a bucket: this much of it is in memory."""
SIGNED_MAX = 10_000

Method = Literal["GET", "PUT"]


class TooLarge(Exception):
    """An object has more bytes than anybody wants."""


@dataclass(frozen=True, eq=False)
class Storage:
    """Objects by key. A bucket signs URLs of its own; what lies in a folder is served by us."""

    store: LocalStore | S3Store

    @classmethod
    def of(cls, settings: Settings) -> "Storage":
        secret = settings.storage_secret.get_secret_value() if settings.storage_secret else None
        return _open(settings.storage_url, settings.storage_key_id, secret)

    async def put(self, key: str, file: IO[bytes], headers: Mapping[str, str] | None = None) -> None:
        """Keep all of a file. `headers` are those that a bucket sends with it; a folder keeps none."""
        await asyncio.to_thread(self._put, key, file, headers)

    def _put(self, key: str, file: IO[bytes], headers: Mapping[str, str] | None) -> None:
        file.seek(0)
        attributes = dict(headers) if headers and self.signs else None
        obstore.put(self.store, key, file, attributes=attributes, chunk_size=CHUNK, max_concurrency=CHUNKS_AT_ONCE)

    async def fetch(self, key: str, into: IO[bytes], bytes_max: int) -> None:
        """Copy an object to a file. Raises `FileNotFoundError` and `TooLarge`."""
        await asyncio.to_thread(self._fetch, key, into, bytes_max)

    def _fetch(self, key: str, into: IO[bytes], bytes_max: int) -> None:
        found = obstore.get(self.store, key)
        if found.meta["size"] > bytes_max:
            raise TooLarge(key)
        into.writelines(found.stream(CHUNK))
        into.seek(0)

    async def size(self, key: str) -> int | None:
        """How many bytes an object has; None, if there is none."""
        with contextlib.suppress(FileNotFoundError):
            return (await asyncio.to_thread(obstore.head, self.store, key))["size"]
        return None

    async def delete(self, *keys: str) -> None:
        """Once is enough."""
        for key in keys:
            with contextlib.suppress(FileNotFoundError):
                await asyncio.to_thread(obstore.delete, self.store, key)

    def path(self, key: str) -> Path | None:
        """The file behind a key, if it lies in a folder."""
        return Path(str(self.store.prefix), *key.split("/")) if isinstance(self.store, LocalStore) else None

    @property
    def signs(self) -> bool:
        return isinstance(self.store, S3Store)

    async def url(self, method: Method, key: str, until: datetime) -> str:
        """Where anybody may get or put an object of a bucket until then: the same for as long as `until` is."""
        return await asyncio.to_thread(self._url, method, key, until)

    @lru_cache(maxsize=SIGNED_MAX)  # noqa: B019  # there is one storage, for good
    def _url(self, method: Method, key: str, until: datetime) -> str:
        if isinstance(self.store, LocalStore):
            raise TypeError("a folder signs nothing")
        return obstore.sign(self.store, method, key, max(until - clock.now(), timedelta(seconds=1)))


@lru_cache
def _open(url: str, key_id: str | None, secret: str | None) -> Storage:
    parts = urlsplit(url)
    if parts.scheme == "file" and not parts.netloc and parts.path.strip("/"):
        return Storage(LocalStore(unquote(parts.path), automatic_cleanup=True, mkdir=True))
    if parts.scheme == "s3" and parts.netloc:
        return Storage(_bucket(parts.netloc, parts.path.strip("/"), parts.query, key_id, secret))
    raise ValueError("WAYPOST_STORAGE_URL is file:///folder or s3://bucket?endpoint=https://…")


def _bucket(name: str, prefix: str, query: str, key_id: str | None, secret: str | None) -> S3Store:
    options = {key: values[-1] for key, values in parse_qs(query).items()}
    endpoint = options.get("endpoint")
    client: ClientConfig = {
        "timeout": timedelta(seconds=REQUEST_S),
        "allow_http": bool(endpoint and endpoint.startswith("http://")),
    }
    credentials = {"access_key_id": key_id, "secret_access_key": secret} if key_id and secret else {}
    return S3Store(
        name,
        prefix=prefix or None,
        endpoint=endpoint,
        region=options.get("region", "us-east-1"),
        # anything but Amazon's own is reached by a path, which needs no name of its own for each bucket
        virtual_hosted_style_request=endpoint is None,
        client_options=client,
        retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=REQUEST_S)},
        **credentials,  # type: ignore[arg-type]
    )

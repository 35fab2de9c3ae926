"""Fetches GraphiQL's files from the npm registry, once, so that the page needs no CDN."""

import asyncio
import base64
import hashlib
import ssl
import tarfile
import tempfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import httpx

from app.graphiql import PACKAGES, Package

REGISTRY = "https://registry.npmjs.org"
_DEADLINE_S = 60


class FetchFailed(RuntimeError):
    """The registry cannot be reached, or what it answers is not what we expect."""


def fetch(folder: Path, packages: Sequence[Package] = PACKAGES, registry: str = REGISTRY) -> None:
    """Fill the folder with what it lacks. Raises FetchFailed."""
    missing = [package for package in packages if not (folder / package.id).exists()]
    try:
        if missing:
            folder.mkdir(parents=True, exist_ok=True)
            asyncio.run(_fetch(folder, missing, registry))
    except TimeoutError as error:
        raise FetchFailed(f"{registry} took longer than {_DEADLINE_S} s") from error
    except (httpx.HTTPError, OSError, ValueError, ImportError) as error:  # the last two: a proxy httpx cannot use
        said = str(error).splitlines() or [type(error).__name__]
        raise FetchFailed(f"{registry}: {said[0]}") from error


async def _fetch(folder: Path, packages: Sequence[Package], registry: str) -> None:
    async with asyncio.timeout(_DEADLINE_S), httpx.AsyncClient(verify=_trust(), timeout=10) as client:
        await asyncio.gather(*(_fetch_one(client, folder, package, registry) for package in packages))


def _trust() -> ssl.SSLContext:
    """This machine's authorities, as a company's proxy may need, and Mozilla's, as some machines have none."""
    context = httpx.create_ssl_context()
    context.load_default_certs()
    return context


async def _fetch_one(client: httpx.AsyncClient, folder: Path, package: Package, registry: str) -> None:
    name, version = package.id.rsplit("@", 1)
    answer = await client.get(f"{registry}/{name}/-/{name}-{version}.tgz")
    answer.raise_for_status()
    if _checksum(answer.content) != package.integrity:
        raise FetchFailed(f"{package.id} is not the file that we know: its checksum differs")
    with tempfile.TemporaryDirectory(prefix=".", dir=folder) as beside:
        unpacked = Path(beside) / package.id
        _unpack(answer.content, package, unpacked)
        _publish(unpacked, folder / package.id)


def _publish(unpacked: Path, place: Path) -> None:
    """Renamed, so that nobody finds half of it."""
    try:
        unpacked.rename(place)
    except OSError:
        if not place.exists():  # else somebody was faster, with the same files
            raise


def _checksum(content: bytes) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()


def _unpack(tarball: bytes, package: Package, into: Path) -> None:
    with tarfile.open(fileobj=BytesIO(tarball)) as archive:
        for path in package.files:
            file = archive.extractfile(f"package/{path}")
            if file is None:
                raise FetchFailed(f"{package.id} has no file {path}")
            (into / path).parent.mkdir(parents=True, exist_ok=True)
            (into / path).write_bytes(file.read())

"""Looking at a file that somebody sent: what it is, and an image of it that holds pixels and nothing else.

This runs as a program in a process of its own (see `examining`) with a bound on memory and time, for the libraries that
read images are written in C, and the files by whoever likes to break them. It imports nothing of ours.

    python picture.py <JSON>    descriptors of the files, and the limits; answers JSON
"""

import hashlib
import io
import json
import os
import resource
import sys
import warnings
from typing import Any, BinaryIO, cast

import filetype
from PIL import Image, ImageCms, ImageOps

HEAD = 8_192
"""A type shows within so many bytes."""

PDF = "application/pdf"
IMAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "image/jpeg": ("JPEG", {"quality": 90, "optimize": True}),
    "image/png": ("PNG", {}),
    "image/webp": ("WEBP", {"quality": 90}),
    "image/gif": ("GIF", {}),
}
"""The types that are read as images, and how each is written again."""

PLAIN_MODES = ("L", "LA", "RGB", "RGBA")
TRANSPARENT = ("PNG", "WEBP")
THUMBNAIL: tuple[str, dict[str, Any]] = ("WEBP", {"quality": 80})


class Unfit(Exception):
    """The file cannot be kept; the message is for people."""


def examine(
    source: BinaryIO, kept: BinaryIO, thumbnail: BinaryIO, types: list[str], pixels_max: int, thumbnail_px: int
) -> dict[str, Any]:
    """Write what shall be kept of `source`, and a thumbnail if it is an image. Raises `Unfit`."""
    found = filetype.guess_mime(source.read(HEAD))
    source.seek(0)
    if found not in types:
        raise Unfit(f"This type of file is not kept; {', '.join(sorted(types))} are.")
    if found == PDF:
        kept.write(source.read())
        width = height = None
    else:
        image = _read(source, found, pixels_max)
        _write(image, kept, IMAGES[found])
        width, height = image.size
        image.thumbnail((thumbnail_px, thumbnail_px))
        _write(image, thumbnail, THUMBNAIL)
    kept.seek(0)
    return {
        "content_type": found,
        "byte_size": kept.seek(0, io.SEEK_END),
        "sha256": _digest(kept),
        "width": width,
        "height": height,
    }


def _read(source: BinaryIO, content_type: str, pixels_max: int) -> Image.Image:
    """The pixels, upright and in sRGB; of an animation, the first picture."""
    Image.MAX_IMAGE_PIXELS = pixels_max
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        # of that format only: what begins like one is not to be read as another
        image: Image.Image = Image.open(source, formats=[IMAGES[content_type][0]])
        image.load()
        image = _plain(_in_srgb(ImageOps.exif_transpose(image)))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Unfit(f"An image has at most {pixels_max} pixels.") from error
    except MemoryError as error:
        raise Unfit("This image is too large.") from error
    except Exception as error:
        # whatever a broken file makes a library say
        raise Unfit("This image is broken.") from error
    # comments, EXIF and the like: what is saved is what stands in here
    image.info = {}
    return image


def _in_srgb(image: Image.Image) -> Image.Image:
    """The colours as everybody shows them without the profile, which is not kept."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "CMYK", "L"):
        return image
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except ImageCms.PyCMSError:
        return image  # a profile that nobody understands changes nothing
    return converted or image


def _plain(image: Image.Image) -> Image.Image:
    if image.mode in PLAIN_MODES:
        return image
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _write(image: Image.Image, to: BinaryIO, how: tuple[str, dict[str, Any]]) -> None:
    format, options = how
    if format == "JPEG" and image.mode not in ("L", "RGB"):
        image = image.convert("RGB")
    image.save(to, format, **options)


def _digest(file: BinaryIO) -> str:
    file.seek(0)
    return hashlib.file_digest(cast("io.BufferedReader", file), "sha256").hexdigest()


def bound(memory_bytes: int, cpu_s: int) -> None:
    """This process gets no more."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    asked: dict[str, Any] = json.loads(sys.argv[1])
    bound(asked.pop("memory_bytes"), asked.pop("cpu_s"))
    source, kept, thumbnail = (os.fdopen(asked.pop(name), "r+b") for name in ("source", "kept", "thumbnail"))
    with source, kept, thumbnail:
        try:
            answer = examine(source, kept, thumbnail, **asked)
        except Unfit as unfit:
            answer = {"unfit": str(unfit)}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()

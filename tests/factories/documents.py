"""Documents as rows, and files to upload: images as cameras make them, and what only looks like one."""

import io
import struct
import zlib
from typing import Any
from uuid import UUID

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.factories.houses import House

PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(document.cookie)</script>"
CAMERA = "Waypost Test Camera"
ORIENTATION, MAKE, GPS = 0x0112, 0x010F, 0x8825
TURNED = 6
"""The camera was held upright: the image is to be turned to the right."""


async def document(house: House, status: str = "READY", **values: Any) -> UUID:
    """A row alone; nothing lies in the store."""
    known = {"content_type": "image/png", "sha256": "0" * 64, "width": 2, "height": 1} if status == "READY" else {}
    return await house.insert("documents", **{"status": status, "name": "photo.png", "byte_size": 9, **known, **values})


def image(format: str = "PNG", size: tuple[int, int] = (40, 20), mode: str = "RGB", **options: Any) -> bytes:
    """The left half is red, the right half is blue."""
    made = Image.new("RGB", size, "red")
    made.paste("blue", (size[0] // 2, 0, *size))
    return _written(made.convert(mode), format, **options)


def _written(made: Image.Image, format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    made.save(file, format, **options)
    return file.getvalue()


def photograph(size: tuple[int, int] = (640, 480), format: str = "JPEG") -> bytes:
    """As a phone takes it: turned, with the place where it was taken and much else."""
    made = Image.effect_noise(size, 80).convert("RGB")
    exif = Image.Exif()
    exif[ORIENTATION] = TURNED
    exif[MAKE] = CAMERA
    exif.get_ifd(GPS).update({1: "N", 2: (41.0, 42.0, 36.0), 3: "E", 4: (44.0, 47.0, 24.0)})
    return _written(made, format, exif=exif)


def talkative_png() -> bytes:
    """With a text beside its pixels."""
    text = PngInfo()
    text.add_text("Author", CAMERA)
    return image(pnginfo=text)


def bomb(width: int, height: int) -> bytes:
    """A PNG that says that it is that large, and is nothing but zeros when it is unpacked."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(*part) for part in ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

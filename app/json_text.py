"""JSON from outside, read as it was meant."""

import json
import re

import orjson

_LONG_NUMBER = re.compile(r"[0-9]{19}")


def read(text: bytes | str) -> object:
    """Raises `ValueError` for what is no JSON in UTF-8, is too deep, or has whole numbers that 64 bits do not hold.

    orjson would round those in silence. Of a name that comes twice in one object, the last counts.
    """
    found: object = orjson.loads(text)
    written = text if isinstance(text, str) else text.decode()
    if _LONG_NUMBER.search(written):
        try:
            json.loads(written, parse_int=_whole)
        except RecursionError as error:
            raise ValueError("too deep") from error
    return found


def _whole(digits: str) -> int:
    found = int(digits)
    if not -(1 << 63) <= found < 1 << 64:
        raise ValueError("not 64 bits")
    return found

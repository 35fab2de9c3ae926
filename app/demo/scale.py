"""How much data the demo gets."""

from enum import StrEnum


class Scale(StrEnum):
    """Of the demo's data."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"

"""How many text messages a text takes: 3GPP TS 23.038, tables 6.2.1 and 6.2.1.1, and TS 23.040 for longer ones."""

from math import ceil

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")
"""Each takes two places."""


def sms_parts(text: str) -> int:
    """
    >>> sms_parts("a" * 160), sms_parts("a" * 161), sms_parts("€" * 81), sms_parts("გ" * 70), sms_parts("გ" * 71)
    (1, 2, 2, 1, 2)
    """
    if all(sign in BASIC or sign in EXTENDED for sign in text):
        return _parts(sum(1 + (sign in EXTENDED) for sign in text), 160, 153)
    return _parts(len(text.encode("utf-16-le")) // 2, 70, 67)


def _parts(places: int, alone: int, each: int) -> int:
    return 1 if places <= alone else ceil(places / each)

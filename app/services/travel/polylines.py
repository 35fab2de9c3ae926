"""Lines on the map in Google's encoding with five decimals, as `googlemaps` reads and writes them."""

from collections.abc import Iterable, Sequence

from googlemaps.convert import decode_polyline, encode_polyline

from app.services.routing.matrix import Point


def through(points: Sequence[Point]) -> str:
    """Straight from point to point."""
    locations = [point.location for point in points]
    line: str = encode_polyline([(location.latitude, location.longitude) for location in locations])
    return line


def joined(lines: Iterable[str]) -> str:
    """One line; where two of them meet, the point stands once."""
    points: list[dict[str, float]] = []
    for line in lines:
        found = decode_polyline(line)
        points += found[1:] if points and found[:1] == points[-1:] else found
    whole: str = encode_polyline(points)
    return whole

"""The day's routes as a map: an SVG that needs nothing else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import cos, radians
from xml.sax.saxutils import escape

from app.demo.simulation.traffic import Point
from app.demo.story.client import Json

WIDTH, MARGIN, LEGEND = 1000, 40, 260
ROW = 18
OUTCOMES = {"DONE": "#1a7f37", "FAILED": "#cf222e", "CANCELLED": "#8c959f"}


@dataclass(frozen=True)
class Map:
    """Puts points on paper: equirectangular, true to scale in the middle of the map."""

    south: float
    west: float
    scale: float
    shrink: float
    height: float

    @classmethod
    def of(cls, points: Sequence[Point]) -> "Map":
        south, north = (edge(point.latitude for point in points) for edge in (min, max))
        west, east = (edge(point.longitude for point in points) for edge in (min, max))
        shrink = cos(radians((south + north) / 2))
        scale = (WIDTH - 2 * MARGIN) / max((east - west) * shrink, 1e-6)
        return cls(south, west, scale, shrink, (north - south) * scale + 2 * MARGIN)

    def at(self, point: Point) -> tuple[float, float]:
        x = MARGIN + (point.longitude - self.west) * self.shrink * self.scale
        y = self.height - MARGIN - (point.latitude - self.south) * self.scale
        return round(x, 1), round(y, 1)


def draw(title: str, routes: Sequence[Json], tracks: Sequence[Sequence[Point]], depot: Point) -> str:
    """Where the drivers were, in a colour each; their stops by outcome; and who they are."""
    stops = [(_point(stop), stop["status"]) for route in routes for stop in route["stops"]]
    sheet = Map.of([depot, *(point for point, _ in stops), *(point for track in tracks for point in track)])
    height = max(sheet.height, MARGIN * 2 + ROW * (len(routes) + len(OUTCOMES) + 2))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH + LEGEND} {height:.0f}" '
        'font-family="sans-serif" font-size="12">',
        f"<title>{escape(title)}</title>",
        '<rect width="100%" height="100%" fill="#fbfaf7"/>',
        *_tracks(sheet, tracks),
        *_stops(sheet, stops),
        _depot(sheet, depot),
        *_legend(title, routes),
        "</svg>",
    ]
    return "\n".join(lines)


def _tracks(sheet: Map, tracks: Sequence[Sequence[Point]]) -> Iterator[str]:
    for number, track in enumerate(tracks):
        if not track:
            continue
        path = " ".join(f"{x},{y}" for x, y in map(sheet.at, track))
        yield (
            f'<polyline points="{path}" fill="none" stroke="{_colour(number, len(tracks))}" stroke-width="1.6" '
            'stroke-opacity="0.65" stroke-linejoin="round"/>'
        )


def _stops(sheet: Map, stops: Sequence[tuple[Point, str]]) -> Iterator[str]:
    for point, status in stops:
        x, y = sheet.at(point)
        yield f'<circle cx="{x}" cy="{y}" r="3" fill="{OUTCOMES.get(status, "#bf8700")}" fill-opacity="0.85"/>'


def _depot(sheet: Map, depot: Point) -> str:
    x, y = sheet.at(depot)
    return f'<rect x="{x - 6}" y="{y - 6}" width="12" height="12" fill="#24292f"><title>Depot</title></rect>'


def _legend(title: str, routes: Sequence[Json]) -> Iterator[str]:
    y = MARGIN
    yield f'<text x="{WIDTH}" y="{y}" font-weight="bold">{escape(title)}</text>'
    for outcome, colour in OUTCOMES.items():
        y += ROW
        yield f'<circle cx="{WIDTH + 6}" cy="{y - 4}" r="4" fill="{colour}"/>'
        yield f'<text x="{WIDTH + 18}" y="{y}">{outcome.lower()}</text>'
    for number, route in enumerate(routes):
        y += ROW
        yield f'<rect x="{WIDTH}" y="{y - 9}" width="12" height="8" fill="{_colour(number, len(routes))}"/>'
        name = escape(route["driver"]["displayName"])
        yield f'<text x="{WIDTH + 18}" y="{y}">{name}, {len(route["stops"])} stops</text>'


def _colour(number: int, of: int) -> str:
    """As far apart on the colour wheel as so many can be."""
    return f"hsl({round(360 * number / max(of, 1))}, 65%, 42%)"


def _point(stop: Json) -> Point:
    point = stop["place"]["point"]
    return Point(point["latitude"], point["longitude"])

"""A simulated day ends well: every transport in a final state, every event heard, and a map of it all."""

from io import StringIO
from xml.etree import ElementTree

from rich.console import Console

from app.demo.simulation import Backing, Options, Simulation, picture
from app.demo.simulation.traffic import Point
from tests.conftest import Urls
from tests.sizes import sizes

SECRET = "0123456789" * 4


@sizes(Options(transports=8, drivers=2, search_s=1), Options())
async def test_nothing_is_lost_in_a_day(superuser_url: str, urls: Urls, size: Options) -> None:
    database = superuser_url.rsplit("/", 1)[1]
    server_url = f"{urls.server.rsplit('/', 1)[0]}/{database}"
    console = Console(file=StringIO())
    outcome = await Simulation(size, Backing(server_url, superuser_url, urls.redis, SECRET), console).run()
    assert outcome.faults == []
    assert sum(outcome.transports.values()) == outcome.did["asked for"] >= size.transports
    assert outcome.transports["DELIVERED"] > size.transports / 2
    assert outcome.phones["told"] > 2 * outcome.transports["DELIVERED"]
    assert len(outcome.plans) == 2
    drawn = ElementTree.fromstring(picture.draw(outcome.title, outcome.routes, outcome.tracks, Point(*outcome.depot)))
    stops = [stop for route in outcome.routes for stop in route["stops"]]
    assert len(drawn.findall(".//{*}circle")) == len(stops) + len(picture.OUTCOMES)

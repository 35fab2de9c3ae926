"""The demo's places are in Tbilisi and where Tbilisi has them; its people, phones and plates are distinct."""

import re
from collections import defaultdict
from itertools import combinations, pairwise
from math import asin, cos, radians, sin, sqrt

import phonenumbers
import pytest

from app.demo import names, tbilisi
from app.demo.tbilisi import ADDRESSES, Address, at

GEORGIAN = re.compile("[\u10d0-\u10fa]")


def metres(one: Address, other: Address) -> float:
    """Along the great circle."""
    south, north = radians(one.latitude), radians(other.latitude)
    east = radians(other.longitude - one.longitude)
    return 2 * 6_371_000 * asin(sqrt(sin((north - south) / 2) ** 2 + cos(south) * cos(north) * sin(east / 2) ** 2))


def test_there_are_enough_addresses_in_all_parts_of_the_city() -> None:
    assert len(ADDRESSES) >= 150
    assert len(tbilisi.DISTRICTS) >= 15
    sizes = [sum(address.district == district for address in ADDRESSES) for district in tbilisi.DISTRICTS]
    assert min(sizes) >= 2


def test_every_address_is_inside_the_city() -> None:
    for address in (*ADDRESSES, tbilisi.AIRPORT.address):
        assert 41.63 <= address.latitude <= 41.84, address
        assert 44.68 <= address.longitude <= 44.98, address


def test_every_address_is_written_in_both_scripts() -> None:
    for address in ADDRESSES:
        assert address.street.isascii(), address
        assert address.street_ka is not None, address
        assert GEORGIAN.search(address.street_ka), address
        assert re.search(r"\d", address.street), address
        assert "{" not in address.street + address.street_ka, address


def test_no_two_addresses_share_a_name_or_a_spot() -> None:
    assert len({address.street for address in ADDRESSES}) == len(ADDRESSES)
    assert len({address.street_ka for address in ADDRESSES}) == len(ADDRESSES)
    for one, other in combinations(ADDRESSES, 2):
        assert metres(one, other) >= 25, (one, other)


def test_the_houses_of_a_street_are_near_each_other() -> None:
    streets = defaultdict(list)
    for address in ADDRESSES:
        number_last = re.fullmatch(r"(.+ Building) \d+", address.street)
        streets[number_last[1] if number_last else address.street.partition(" ")[2]].append(address)
    for houses in streets.values():
        for house in houses:
            others = [metres(house, other) for other in houses if other is not house]
            assert not others or min(others) <= 2_200, house


# Between published positions of the landmarks themselves, not between those of the module.
@pytest.mark.parametrize(
    ("one", "other", "known"),
    [
        pytest.param(at("25 Shota Rustaveli Avenue"), at("2 Akaki Tsereteli Avenue"), 2_450, id="opera-stadium"),
        pytest.param(at("1 Ilia Chavchavadze Avenue"), at("2 Akaki Tsereteli Avenue"), 1_710, id="university-stadium"),
        pytest.param(at("8 Shota Rustaveli Avenue"), tbilisi.AIRPORT.address, 13_350, id="parliament-airport"),
        pytest.param(at("4 Freedom Square"), at("52 Shota Rustaveli Avenue"), 1_500, id="length-of-rustaveli"),
        pytest.param(at("4 Freedom Square"), at("18 Kerchi Street"), 11_100, id="centre-gldani"),
    ],
)
def test_known_distances(one: Address, other: Address, known: float) -> None:
    assert metres(one, other) == pytest.approx(known, rel=0.15)


@pytest.mark.parametrize(
    ("latitude", "longitude", "district"),
    [
        pytest.param(41.79112, 44.81700, "Gldani", id="Akhmeteli Theatre"),
        pytest.param(41.77525, 44.79485, "Nadzaladevi", id="Guramishvili"),
        pytest.param(41.74951, 44.77872, "Didube", id="Didube"),
        pytest.param(41.73273, 44.79735, "Nadzaladevi", id="Nadzaladevi"),
        pytest.param(41.70971, 44.79781, "Chugureti", id="Marjanishvili"),
        pytest.param(41.70424, 44.79141, "Mtatsminda", id="Rustaveli"),
        pytest.param(41.69151, 44.81545, "Avlabari", id="Avlabari"),
        pytest.param(41.68747, 44.82704, "Isani", id="300 Aragveli"),
        pytest.param(41.69101, 44.87041, "Varketili", id="Varketili"),
        pytest.param(41.72552, 44.74485, "Saburtalo", id="Delisi"),
    ],
)
def test_the_nearest_address_to_a_metro_station_is_in_its_district(
    latitude: float, longitude: float, district: str
) -> None:
    station = Address("", None, district, latitude, longitude)
    nearest = min(ADDRESSES, key=lambda address: metres(station, address))
    assert nearest.district == district
    assert metres(station, nearest) <= 900


def test_the_districts_lie_as_they_do_on_the_map() -> None:
    def centre(district: str) -> tuple[float, float]:
        inside = [address for address in ADDRESSES if address.district == district]
        return (
            sum(address.latitude for address in inside) / len(inside),
            sum(address.longitude for address in inside) / len(inside),
        )

    from_south = ["Ponichala", "Ortachala", "Sololaki", "Vera", "Chugureti", "Didube", "Dighomi", "Gldani", "Avchala"]
    assert all(centre(south)[0] < centre(north)[0] for south, north in pairwise(from_south))
    from_west = ["Saburtalo", "Vera", "Sololaki", "Chugureti", "Avlabari", "Isani", "Varketili", "Orkhevi", "Lilo"]
    assert all(centre(west)[1] < centre(east)[1] for west, east in pairwise(from_west))


def test_the_sites_are_distinct_places() -> None:
    sites = (tbilisi.PET_HOTEL, tbilisi.PATIENT_TRANSPORT_BASE, tbilisi.DEPOT, *tbilisi.HOSPITALS)
    assert len({site.name for site in sites}) == len({site.address for site in sites}) == 6
    assert all(site.address in ADDRESSES for site in sites)


def test_five_thousand_customers_are_distinct() -> None:
    people = [names.person(index) for index in range(5_000)]
    assert len({person.latin for person in people}) == len({person.georgian for person in people}) == 5_000
    assert 2_000 <= sum(person.female for person in people) <= 3_000
    with pytest.raises(IndexError):
        names.person(names.PERSONS_COUNT)


def test_names_are_written_in_their_scripts() -> None:
    for name in (*names.WOMEN, *names.MEN, *names.SURNAMES):
        assert re.fullmatch(r"[A-Z][a-z]+", name.latin), name
        assert re.fullmatch("[\u10d0-\u10f0]+", name.georgian), name


def test_phone_numbers_are_valid_georgian_mobile_numbers() -> None:
    numbers = [names.phone(index) for index in range(5_000)]
    assert len(set(numbers)) == 5_000
    for number in numbers:
        assert re.fullmatch(r"\+9955\d{8}", number)
        parsed = phonenumbers.parse(number)
        assert phonenumbers.is_valid_number_for_region(parsed, "GE"), number
        assert phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.MOBILE, number


def test_license_plates_are_distinct_and_georgian() -> None:
    plates = [names.license_plate(index) for index in range(5_000)]
    assert len(set(plates)) == 5_000
    assert all(re.fullmatch(r"[A-Z]{2}-\d{3}-[A-Z]{2}", plate) for plate in plates)


def test_the_generators_do_not_change_from_run_to_run() -> None:
    assert (names.person(0).latin, names.phone(0), names.license_plate(0)) == (
        "Tornike Kaladze",
        "+995551611207",
        "RX-207-TC",
    )

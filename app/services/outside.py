"""Others' systems: they are at public addresses, so that nobody can have us look into our own network."""

import asyncio
import email.utils
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

import httpx

from app import clock
from app.errors import BadUserInput

URL_MAX = 500
UNICAST = IPv6Network("2000::/3")
"""What is given out for the whole world (RFC 4291); what lies elsewhere is local, or an IPv4 address in disguise."""


class Private(httpx.TransportError):
    """The name leads to an address that is nobody's business."""


def endpoint(value: str, *, private: bool) -> str:
    """A URL to which paths can be added; `private` allows what only tests and the demo need."""
    url = value.strip().rstrip("/")
    if "?" in url:
        raise BadUserInput("An endpoint is a URL of a host and a path, without anything else.", "endpoint")
    return address(url, "endpoint", private=private)


def address(value: str, field: str, *, private: bool) -> str:
    """A URL that can be asked. It names nobody and no fragment: those do not belong into a request."""
    url = value.strip()
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
        plain = not (parts.username or parts.password or parts.fragment)
        # a name that cannot be looked up: httpx tells of some, the codec of the others
        httpx.URL(url).host.encode("idna")
    except (ValueError, httpx.InvalidURL):
        raise BadUserInput("This is not a URL.", field) from None
    if len(url) > URL_MAX or not host or not plain or not url.isprintable() or " " in url:
        raise BadUserInput("An endpoint is a URL of a host and a path, without anything else.", field)
    if not (url.startswith("https://") or (private and url.startswith("http://"))):
        raise BadUserInput("An endpoint begins with https://.", field)
    if not private and _literal(host) and not is_public(host):
        raise BadUserInput("This address cannot be reached from outside.", field)
    return url


def origin(url: str) -> tuple[str, str, int | None]:
    """Who is asked at an endpoint."""
    found = httpx.URL(url)
    return found.scheme, found.host, found.port


def _literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_public(address: str) -> bool:
    ip: IPv4Address | IPv6Address = ip_address(address.split("%")[0])
    if isinstance(ip, IPv6Address) and (ip not in UNICAST or ip.sixtofour or ip.teredo):
        return False
    return ip.is_global and not ip.is_multicast


class PublicOnly(httpx.AsyncBaseTransport):
    """Asks the very address that was looked up and checked: a name that is looked up twice may lead elsewhere."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self._lookups: dict[tuple[str, int], asyncio.Future[list[str]]] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        address = await self._resolved(host, request.url.port or 443)
        # the certificate is still that of the name
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=address)
        return await self._inner.handle_async_request(request)

    async def _resolved(self, host: str, port: int) -> str:
        """Looked up once: each look-up has a thread for as long as it takes."""
        lookup = self._lookups.get((host, port))
        if lookup is None or (lookup.done() and lookup.exception() is not None):
            lookup = self._lookups[host, port] = asyncio.ensure_future(_look_up(host, port))
        try:
            addresses = await asyncio.shield(lookup)
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError("the name is not known") from error
        if not addresses or not all(map(is_public, addresses)):
            raise Private("the address cannot be reached from outside")
        return addresses[0]

    async def aclose(self) -> None:
        for lookup in self._lookups.values():
            lookup.cancel()
        await asyncio.gather(*self._lookups.values(), return_exceptions=True)
        await self._inner.aclose()


LOOKUPS = ThreadPoolExecutor(128, thread_name_prefix="lookup")
"""Threads of their own: a name whose server does not answer holds one for half a minute, and nobody else may wait."""


async def _look_up(host: str, port: int) -> list[str]:
    look = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(LOOKUPS, look)
    return [str(entry[4][0]) for entry in found]


@lru_cache
def trusted() -> ssl.SSLContext:
    """Whose certificates are believed; reading them takes longer than most requests."""
    return httpx.create_ssl_context(trust_env=False)


def transport(limits: httpx.Limits, *, private: bool) -> httpx.AsyncBaseTransport:
    """To public addresses alone, unless `private`; no proxy of the environment's comes in between."""
    inner = httpx.AsyncHTTPTransport(verify=trusted(), limits=limits, trust_env=False)
    return inner if private else PublicOnly(inner)


async def stay(response: httpx.Response) -> None:
    """What a client does with each response: httpx looks where a redirect leads even if it is not to be followed, and
    trips over what is no URL."""
    response.headers.pop("location", None)


def retry_after_s(header: str | None) -> float:
    """Seconds or a date; what is neither says nothing."""
    if not header:
        return 0
    if header.isascii() and header.isdigit():
        return float(header[:9])
    try:
        at = email.utils.parsedate_to_datetime(header)
        return max(0.0, (at - clock.now()).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return 0

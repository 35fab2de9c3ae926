"""Where partners' systems may be: at public addresses, so that nobody can have us look into our own network."""

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

import httpx

from app.errors import BadUserInput

URL_MAX = 500
UNICAST = IPv6Network("2000::/3")
"""What is given out for the whole world (RFC 4291); what lies elsewhere is local, or an IPv4 address in disguise."""


class Private(httpx.TransportError):
    """The name leads to an address that is nobody's business."""


def endpoint(value: str, *, private: bool) -> str:
    """A URL to which paths can be added; `private` allows what only tests and the demo need."""
    url = value.strip().rstrip("/")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
        plain = not (parts.username or parts.password or parts.query or parts.fragment)
        # a name that cannot be looked up: httpx tells of some, the codec of the others
        httpx.URL(url).host.encode("idna")
    except (ValueError, httpx.InvalidURL):
        raise BadUserInput("This is not a URL.", "endpoint") from None
    if len(url) > URL_MAX or not host or not plain or not url.isprintable() or " " in url:
        raise BadUserInput("An endpoint is a URL of a host and a path, without anything else.", "endpoint")
    if not (url.startswith("https://") or (private and url.startswith("http://"))):
        raise BadUserInput("An endpoint begins with https://.", "endpoint")
    if not private and _literal(host) and not is_public(host):
        raise BadUserInput("This address cannot be reached from outside.", "endpoint")
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
        """Looked up once: each look-up has a thread of the few that there are, for as long as it takes."""
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


async def _look_up(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]

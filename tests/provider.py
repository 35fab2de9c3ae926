"""A provider of OpenID Connect that speaks the protocol: discovery, keys, and a token endpoint that checks PKCE.

Its authorization endpoint is a method: the person at the browser has signed in there and agreed.
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.demo.serving import serving

CLIENT = "waypost client"
SECRET = "s3cret: with / signs"
REDIRECT = "https://app.example.org/back"


@dataclass
class Provider:
    """What the knobs change is what the next token says of `email`."""

    issuer: str = ""
    name: str = "keys"
    key: RSAKey = field(default_factory=lambda: _key("first"))
    down: bool = False
    asked_for_keys: int = 0
    _granted: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def config(self) -> str:
        """As the server's settings have it."""
        config = {
            "name": self.name,
            "display_name": "Keys & Co",
            "issuer": self.issuer,
            "client_id": CLIENT,
            "client_secret": SECRET,
        }
        return json.dumps([config])

    def rotate(self) -> None:
        """Another key signs from now on, and the old one is not published any more."""
        self.key = _key(secrets.token_hex(4))

    def consent(self, url: str, email: str, *, alg: str = "RS256", subject: str | None = None, **claims: Any) -> str:
        """The code that the browser comes back with. `claims` replace what would be said; None leaves it out."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert url.startswith(f"{self.issuer}/authorize?")
        assert (asked["response_type"], asked["client_id"], asked["code_challenge_method"]) == ("code", CLIENT, "S256")
        assert {"openid", "email"} <= set(asked["scope"].split())
        now = int(time.time())
        said = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": subject or f"subject of {email}",
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "email": email,
            "email_verified": True,
            "name": "Nino Beridze",
        }
        kept = {name: value for name, value in {**said, **claims}.items() if value is not None}
        code = secrets.token_urlsafe(16)
        self._granted[code] = {"asked": asked, "alg": alg, "claims": kept}
        return code

    def _token(self, alg: str, claims: dict[str, Any]) -> str:
        if alg == "none":
            parts = ({"alg": "none", "kid": self.key.kid}, claims)
            return ".".join(_encoded(json.dumps(part).encode()) for part in parts) + "."
        if alg == "HS256":
            # what a forger may try: the public key as a shared secret
            parts = ({"alg": alg, "kid": self.key.kid}, claims)
            signed = ".".join(_encoded(json.dumps(part).encode()) for part in parts)
            secret = self.key.as_pem(private=False)
            return f"{signed}.{_encoded(hmac.digest(secret, signed.encode(), hashlib.sha256))}"
        return jwt.encode({"alg": alg, "kid": self.key.kid}, claims, self.key, [alg])

    async def discovery(self, request: Request) -> Response:
        return self._answer(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
            }
        )

    async def keys(self, request: Request) -> Response:
        self.asked_for_keys += 1
        return self._answer({"keys": [self.key.as_dict(private=False)]})

    async def token(self, request: Request) -> Response:
        if self.down:
            return self._answer({})
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        given = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        id, _, secret = given.partition(":")
        if (unquote(id), unquote(secret)) != (CLIENT, SECRET):
            return JSONResponse({"error": "invalid_client"}, 401)
        granted = self._granted.pop(form.get("code", ""), None)
        if granted is None or form["grant_type"] != "authorization_code" or not _matches(granted["asked"], form):
            return JSONResponse({"error": "invalid_grant"}, 400)
        token = self._token(granted["alg"], granted["claims"])
        return self._answer({"access_token": "unused", "token_type": "Bearer", "id_token": token})

    def _answer(self, body: dict[str, Any]) -> Response:
        return JSONResponse({"error": "down"}, 503) if self.down else JSONResponse(body)


def _matches(asked: dict[str, str], form: dict[str, str]) -> bool:
    challenge = _encoded(hashlib.sha256(form["code_verifier"].encode()).digest())
    return (form["redirect_uri"], challenge) == (asked["redirect_uri"], asked["code_challenge"])


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


@asynccontextmanager
async def open_provider() -> AsyncIterator[Provider]:
    provider = Provider()
    routes = [
        Route("/.well-known/openid-configuration", provider.discovery),
        Route("/keys", provider.keys),
        Route("/token", provider.token, methods=["POST"]),
    ]
    async with serving(Starlette(routes=routes)) as address:
        provider.issuer = f"http://{address}"
        RUNNING.append(provider)
        yield provider


RUNNING: list[Provider] = []
"""The one of this process, for scenes."""

"""Providers of OpenID Connect as a relying party meets them: discovery, the exchange of a code, the ID token.

OpenID Connect Core 1.0; what an ID token must say is in 3.1.3.7 there.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote

import httpx
from authlib.oauth2.auth import encode_client_secret_basic
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from cachetools import TTLCache
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from app import clock
from app.errors import Unauthenticated, Unavailable
from app.settings import OidcProvider

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"]
"""Signatures by a key that the provider publishes; no `none`, and none by a secret that we know as well."""
SCOPE = "openid email profile"
LEEWAY_S = 60
REFUSED = 400
"""RFC 6749, 5.2: the code is not good."""
SUBJECT_MAX = 255
KEPT_S = 3600
_DISCOVERED: TTLCache[str, dict[str, Any]] = TTLCache(64, KEPT_S)
_KEYS: TTLCache[str, KeySet] = TTLCache(64, KEPT_S)


def forget() -> None:
    """Ask every provider anew."""
    _DISCOVERED.clear()
    _KEYS.clear()


@dataclass(frozen=True)
class Vouched:
    """What a provider says of somebody. email: None unless it has verified the address."""

    issuer: str
    subject: str
    email: str | None
    full_name: str | None


@dataclass(frozen=True)
class _Client:
    """What we are to the provider, under the names that authlib reads."""

    client_id: str
    client_secret: str

    @classmethod
    def of(cls, config: OidcProvider) -> Self:
        return cls(quote(config.client_id, safe=""), quote(config.client_secret.get_secret_value(), safe=""))


class Provider:
    """One provider. Raises `Unavailable` where it does not answer as one does."""

    def __init__(self, config: OidcProvider, timeout_s: float) -> None:
        self.config = config
        self._timeout_s = timeout_s

    async def address(self, redirect_uri: str, state: str, nonce: str, code_verifier: str) -> str:
        """Where a browser goes to be asked."""
        return str(
            prepare_grant_uri(
                (await self._discovered())["authorization_endpoint"],
                client_id=self.config.client_id,
                response_type="code",
                redirect_uri=redirect_uri,
                scope=SCOPE,
                state=state,
                nonce=nonce,
                code_challenge=create_s256_code_challenge(code_verifier),
                code_challenge_method="S256",
            )
        )

    async def vouched(self, redirect_uri: str, code: str, nonce: str, code_verifier: str) -> Vouched:
        """Whom a code is about. Raises `Unauthenticated` if the provider refuses it, or its answer is not for us."""
        endpoint = (await self._discovered())["token_endpoint"]
        body = prepare_token_request(
            "authorization_code", code=code, redirect_uri=redirect_uri, code_verifier=code_verifier
        )
        token = (await self._answer("POST", endpoint, body)).get("id_token")
        return self._read(await self._claims(token if isinstance(token, str) else ""), nonce)

    async def _claims(self, token: str) -> dict[str, Any]:
        """Of a token whose signature is the provider's. A key that is not known yet may be new."""
        try:
            kid = jws.extract_compact(token.encode()).headers().get("kid")
            keys = await self._keys(kid)
            return dict(jwt.decode(token, keys, ALGORITHMS).claims)
        except (JoseError, ValueError) as error:
            raise _worthless() from error

    def _read(self, claims: Mapping[str, Any], nonce: str) -> Vouched:
        registry = JWTClaimsRegistry(
            now=lambda: int(clock.now().timestamp()),
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self.config.issuer},
            aud={"essential": True, "value": self.config.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            registry.validate(dict(claims))
        except (JoseError, ValueError, TypeError) as error:
            raise _worthless() from error
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if several else self.config.client_id) != self.config.client_id:
            raise _worthless()
        subject, email, name = claims["sub"], claims.get("email"), claims.get("name")
        if not isinstance(subject, str) or not 1 <= len(subject) <= SUBJECT_MAX or "\x00" in subject:
            raise _worthless()
        verified = claims.get("email_verified") is True and isinstance(email, str) and "\x00" not in email
        return Vouched(
            issuer=self.config.issuer,
            subject=subject,
            email=str(email).strip().lower() if verified else None,
            full_name=name if isinstance(name, str) else None,
        )

    async def _discovered(self) -> dict[str, Any]:
        known = _DISCOVERED.get(self.config.issuer)
        if known is not None:
            return known
        found = await self._answer("GET", f"{self.config.issuer.rstrip('/')}/.well-known/openid-configuration")
        endpoints = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if found.get("issuer") != self.config.issuer or not all(isinstance(found.get(name), str) for name in endpoints):
            raise self._silent()
        _DISCOVERED[self.config.issuer] = found
        return found

    async def _keys(self, kid: object) -> KeySet:
        known = _KEYS.get(self.config.issuer)
        if known is not None and (kid is None or any(key.kid == kid for key in known.keys)):
            return known
        try:
            keys = KeySet.import_key_set(await self._answer("GET", (await self._discovered())["jwks_uri"]))  # type: ignore[arg-type]
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise self._silent() from error
        _KEYS[self.config.issuer] = keys
        return keys

    async def _answer(self, method: str, url: str, body: str = "") -> dict[str, Any]:
        """A JSON object. Only what is posted can be refused; whatever else goes wrong, the provider is not there."""
        headers: dict[str, str] = {"accept": "application/json"}
        if body:
            _, headers, body = encode_client_secret_basic(_Client.of(self.config), method, url, headers, body)
            headers = {**headers, "content-type": "application/x-www-form-urlencoded"}
        try:
            async with httpx.AsyncClient(timeout=self._timeout_s, trust_env=False) as client:
                answer = await client.request(method, url, content=body or None, headers=headers)
            if body and answer.status_code == REFUSED:
                raise Unauthenticated("The provider refused this sign-in; begin anew.")
            found = json.loads(answer.raise_for_status().content)
        except (httpx.HTTPError, ValueError) as error:
            raise self._silent() from error
        if not isinstance(found, dict):
            raise self._silent()
        return found

    def _silent(self) -> Unavailable:
        return Unavailable(f"{self.config.display_name} does not answer; try again, or sign in with a password.")


def _worthless() -> Unauthenticated:
    return Unauthenticated("What the provider says is not valid; begin anew.")

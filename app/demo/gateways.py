"""What the providers of texts and pushes speak: Waypost's HTTP API for texts, Expo, and Firebase Cloud Messaging.

It delivers nothing. Keys and signatures are checked as the providers check them.
"""

import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

SMS_KEY = "the key of the demo's texts"
PROJECT = "waypost-demo"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
TOKEN_S = 3599
FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"

Json = dict[str, Any]


@dataclass(frozen=True)
class Sent:
    """A message that was taken. `way`: SMS, EXPO or FCM; `id`: the notification's, whatever the protocol calls it."""

    way: str
    to: str
    title: str | None
    body: str
    id: str
    reference: str


@lru_cache
def _key() -> rsa.RSAPrivateKey:
    """Finding one takes a while."""
    return rsa.generate_private_key(65537, 2048)


Interfere = Callable[[str, Json], Awaitable[Response | None]]
"""Given the way and the request's content: what to answer instead."""


async def _well(way: str, content: Json) -> Response | None:
    return None


@dataclass
class Gateways:
    """All three at one address. `gone` has numbers and tokens that nobody has any more."""

    keep: Callable[[Sent], None]
    sms_key: str = SMS_KEY
    interfere: Interfere = _well
    gone: set[str] = field(default_factory=set)
    receipts: dict[str, Json] = field(default_factory=dict)
    """What Expo says later of a ticket, if it is not that all went well."""
    key: rsa.RSAPrivateKey = field(default_factory=_key)
    _texts: dict[str, str] = field(default_factory=dict)
    _tickets: set[str] = field(default_factory=set)
    _tokens: dict[str, float] = field(default_factory=dict)

    @property
    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/sms", self._text, methods=["POST"]),
                Route("/--/api/v2/push/send", self._expo, methods=["POST"]),
                Route("/--/api/v2/push/getReceipts", self._expo_receipts, methods=["POST"]),
                Route("/token", self._fcm_token, methods=["POST"]),
                Route(f"/v1/projects/{PROJECT}/messages:send", self._fcm, methods=["POST"]),
            ]
        )

    def knobs(self, url: str) -> dict[str, str]:
        """The settings by which messages come here."""
        return {
            "sms_url": f"{url}/sms",
            "sms_key": self.sms_key,
            "expo_url": url,
            "fcm_url": url,
            "fcm_credentials": json.dumps(self.credentials(url)),
        }

    def credentials(self, url: str) -> Json:
        """A service account, as Google hands it out."""
        plain = serialization.NoEncryption()
        pem = self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        return {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": "demo",
            "private_key": pem.decode(),
            "client_email": f"waypost@{PROJECT}.iam.gserviceaccount.com",
            "token_uri": f"{url}/token",
        }

    # texts

    async def _text(self, request: Request) -> Response:
        """Once for each key of idempotency."""
        content = await request.json()
        if request.headers.get("authorization") != f"Bearer {self.sms_key}":
            return _sms_error(401, "UNAUTHORIZED")
        instead = await self.interfere("SMS", content)
        if instead is not None:
            return instead
        if content["to"] in self.gone:
            return _sms_error(422, "UNKNOWN_NUMBER")
        once = request.headers["idempotency-key"]
        if once not in self._texts:
            self._texts[once] = uuid4().hex
            self.keep(Sent("SMS", content["to"], None, content["text"], content["reference"], self._texts[once]))
        return JSONResponse({"id": self._texts[once]}, 202)

    # Expo

    async def _expo(self, request: Request) -> Response:
        content = await request.json()
        instead = await self.interfere("EXPO", content)
        if instead is not None:
            return instead
        if isinstance(content, list):
            return JSONResponse({"data": [self._ticket(push) for push in content]})
        return JSONResponse({"data": self._ticket(content)})

    def _ticket(self, push: Json) -> Json:
        if push["to"] in self.gone:
            return not_registered(push["to"])
        ticket = str(uuid4())
        self._tickets.add(ticket)
        self.keep(Sent("EXPO", push["to"], push.get("title"), push["body"], push["data"]["notification"], ticket))
        return {"status": "ok", "id": ticket}

    async def _expo_receipts(self, request: Request) -> Response:
        asked = (await request.json())["ids"]
        known = {id: self.receipts.get(id, {"status": "ok"}) for id in asked if id in self._tickets}
        return JSONResponse({"data": known})

    # Firebase Cloud Messaging

    async def _fcm_token(self, request: Request) -> Response:
        """RFC 7523: who has signed with the account's key gets a token."""
        form = await request.form()
        instead = await self.interfere("TOKEN", {name: str(value) for name, value in form.items()})
        if instead is not None:
            return instead
        try:
            claims = jwt.decode(
                str(form["assertion"]), self.key.public_key(), algorithms=["RS256"], audience=str(request.url)
            )
        except jwt.PyJWTError as error:
            return JSONResponse({"error": "invalid_grant", "error_description": str(error)}, 400)
        if form["grant_type"] != GRANT or claims["scope"] != SCOPE or claims["exp"] - claims["iat"] > 3600:
            return JSONResponse({"error": "invalid_request"}, 400)
        token = uuid4().hex
        self._tokens[token] = time.monotonic() + TOKEN_S
        return JSONResponse({"access_token": token, "expires_in": TOKEN_S, "token_type": "Bearer"})

    async def _fcm(self, request: Request) -> Response:
        content = await request.json()
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self._tokens.get(bearer, 0) < time.monotonic():
            return fcm_error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
        instead = await self.interfere("FCM", content)
        if instead is not None:
            return instead
        push = content["message"]
        if push["token"] in self.gone:
            return fcm_error(404, "NOT_FOUND", "Requested entity was not found.", "UNREGISTERED")
        name = f"projects/{PROJECT}/messages/{uuid4().hex}"
        shown = push["notification"]
        self.keep(Sent("FCM", push["token"], shown.get("title"), shown["body"], push["data"]["notification"], name))
        return JSONResponse({"name": name})

    def forget_tokens(self) -> None:
        """As if Google had withdrawn what it gave."""
        self._tokens.clear()


def _sms_error(status: int, code: str) -> Response:
    return JSONResponse({"error": {"code": code, "message": code.replace("_", " ").lower()}}, status)


def not_registered(token: str) -> Json:
    """Expo's ticket or receipt for a phone that is gone."""
    message = f'"{token}" is not a registered push notification recipient'
    return {"status": "error", "message": message, "details": {"error": "DeviceNotRegistered"}}


def fcm_error(status: int, word: str, message: str, code: str | None = None) -> Response:
    details = [{"@type": FCM_ERROR, "errorCode": code}] if code else []
    error: Mapping[str, Any] = {"code": status, "message": message, "status": word, "details": details}
    return JSONResponse({"error": error}, status)

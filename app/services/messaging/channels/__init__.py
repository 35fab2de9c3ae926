"""The ways out: one carrier for each, all behind one protocol."""

import asyncio
from dataclasses import dataclass

from app.models import Channel, PushProvider
from app.services.messaging.channels.base import (
    Accepted,
    Answer,
    Carrier,
    Gone,
    Message,
    Refused,
    Resting,
    Retry,
)
from app.services.messaging.channels.breaker import Breaker
from app.services.messaging.channels.expo import Expo
from app.services.messaging.channels.fcm import Fcm
from app.services.messaging.channels.sms import Sms
from app.services.messaging.channels.smtp import Smtp
from app.settings import Settings

__all__ = ["Accepted", "Answer", "Gone", "Message", "Refused", "Resting", "Retry", "Way", "is_on", "receipt", "send"]


@dataclass(frozen=True)
class Way:
    """A channel, and who carries what is pushed."""

    channel: Channel
    provider: PushProvider | None = None


_BREAKERS: dict[tuple[Way, str], Breaker] = {}


def is_on(settings: Settings, way: Way) -> bool:
    """Whether this server sends by this way."""
    return _where(settings, way) is not None


def _where(settings: Settings, way: Way) -> str | None:
    """The address of the carrier; None if it is switched off."""
    if way.channel is Channel.EMAIL:
        return settings.smtp_url
    if way.channel is Channel.SMS:
        return settings.sms_url
    if way.provider is PushProvider.EXPO:
        return settings.expo_url
    return settings.fcm_url if settings.fcm_credentials else None


def _carrier(settings: Settings, way: Way) -> Carrier:
    if way.channel is Channel.EMAIL:
        return Smtp(settings)
    if way.channel is Channel.SMS:
        return Sms(settings)
    return Expo(settings) if way.provider is PushProvider.EXPO else Fcm(settings)


async def send(settings: Settings, way: Way, message: Message) -> Answer | Resting:
    """Hand a message over, unless its carrier is known to be down."""
    breaker = _BREAKERS.setdefault((way, _where(settings, way) or ""), Breaker())
    rest_s = breaker.rest_s()
    if rest_s:
        return Resting(rest_s)
    try:
        # each step has its own limit; all of them together must end before the lease of the work does
        async with asyncio.timeout(3 * settings.message_timeout_s):
            answer = await _carrier(settings, way).send(message)
    except TimeoutError:
        answer = Retry("the carrier was too slow", outage=True)
    breaker.heard(outage=isinstance(answer, Retry) and answer.outage)
    return answer


async def receipt(settings: Settings, reference: str) -> Answer | None:
    """What became of a push message that Expo took; None: nobody knows yet."""
    return await Expo(settings).receipt(reference)

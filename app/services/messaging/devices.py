"""The phones that can be sent messages, as the push providers know them."""

import re
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.dialects.postgresql import insert

from app.errors import BadUserInput, Forbidden, NotFound
from app.models import DevicePlatform, DeviceToken, EventType, PushProvider
from app.uow import UnitOfWork

EXPO = re.compile(r"Expo(nent)?PushToken\[[\x21-\x5c\x5e-\x7e]{1,200}\]")
FCM = re.compile(r"[A-Za-z0-9_:.\-]{1,1000}")
"""Opaque; Google promises no more than that they fit into a URL."""
DEVICES_MAX = 20
"""Of one person: more are phones that were sold, or a mischief."""


def provider_of(token: str) -> PushProvider:
    if EXPO.fullmatch(token):
        return PushProvider.EXPO
    if FCM.fullmatch(token):
        return PushProvider.FCM
    raise BadUserInput("This is no token of Expo's or of Firebase's.", "token")


async def register_device(uow: UnitOfWork, token: str, platform: DevicePlatform) -> DeviceToken:
    """A token belongs to whoever registered it last. An app may say it at every start: only news are news."""
    viewer = uow.viewer
    if viewer.user_id is None:
        raise Forbidden()
    before = await uow.first(_owned(uow, token).with_for_update())
    owner = {"user_id": viewer.user_id, "customer_id": viewer.customer_id}
    known = before is not None and before.retired_at is None and _owner(before) == owner
    values = {**owner, "platform": platform, "provider": provider_of(token), "last_seen_at": uow.now}
    added = insert(DeviceToken).values(organization_id=viewer.organization_id, token=token, **values)
    saved = await uow.session.execute(
        added.on_conflict_do_update(
            index_elements=["organization_id", "token"], set_={**values, "retired_at": None, "updated_at": uow.now}
        )
        .returning(DeviceToken)
        .execution_options(populate_existing=True)
    )
    device = saved.scalar_one()
    if not known:
        uow.emit(EventType.DEVICE_REGISTERED, device)
        await _forget_oldest(uow, viewer.user_id)
    return device


def _owned(uow: UnitOfWork, token: str) -> Select[DeviceToken]:
    return select(DeviceToken).where(
        DeviceToken.organization_id == uow.viewer.organization_id, DeviceToken.token == token
    )


def _owner(device: DeviceToken) -> dict[str, UUID | None]:
    return {"user_id": device.user_id, "customer_id": device.customer_id}


async def _forget_oldest(uow: UnitOfWork, user_id: UUID) -> None:
    mine = (
        DeviceToken.organization_id == uow.viewer.organization_id,
        DeviceToken.user_id == user_id,
        DeviceToken.retired_at.is_(None),
    )
    newest_first = (DeviceToken.last_seen_at.desc(), DeviceToken.id.desc())
    for device in await uow.scalars(select(DeviceToken).where(*mine).order_by(*newest_first).offset(DEVICES_MAX)):
        await retire(uow, device.id)


async def unregister_device(uow: UnitOfWork, device_id: UUID) -> DeviceToken:
    """One's own, for instance when one signs out on it. It may be said twice."""
    device = await uow.get(DeviceToken, device_id)
    if device.user_id != uow.viewer.user_id:
        raise NotFound("devicetoken")
    await retire(uow, device.id)
    return device


async def retire(uow: UnitOfWork, device_id: UUID, unseen_since: datetime | None = None) -> None:
    """Nothing is pushed to it any more, until it registers again; it may have done so since the given moment."""
    seen = [] if unseen_since is None else [DeviceToken.last_seen_at <= unseen_since]
    retired = await uow.session.execute(
        update(DeviceToken)
        .where(
            DeviceToken.organization_id == uow.viewer.organization_id,
            DeviceToken.id == device_id,
            DeviceToken.retired_at.is_(None),
            *seen,
        )
        .values(retired_at=uow.now, updated_at=uow.now)
        .returning(DeviceToken)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    device = retired.scalars().first()
    if device is not None:
        uow.emit(EventType.DEVICE_RETIRED, device)

"""Following one transport by a link, without signing in."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any
from uuid import UUID

import strawberry

from app.access import Permission, Viewer
from app.context import Info, Server
from app.errors import NotFound
from app.loaders import tracking as relations
from app.loaders.tracking import tracked
from app.resolvers.verbs import Nodes, connection, mutation, query, subscription
from app.schema.tracking import (
    CreateTrackingLinkInput,
    RevokeTrackingLinkInput,
    Tracking,
    TrackingLink,
    TrackingLinkFilter,
)
from app.services import tracking as links
from app.uow import UnitOfWork

Token = Annotated[str, strawberry.argument(description="The last part of the link's URL.")]

connection(
    "tracking_links",
    relations.TRACKING_LINKS,
    TrackingLink,
    "Links by which transports can be followed, the newest first.",
    Permission.TRACKING,
    filter=TrackingLinkFilter,
)


@mutation(
    "Make a link by which anybody may follow a transport: a customer to their own, the house to any.",
    Permission.TRACKING,
    answers={"tracking_link": (TrackingLink, "The link.")},
)
async def create_tracking_link(info: Info, uow: UnitOfWork, input: CreateTrackingLinkInput) -> Nodes:
    return {"tracking_link": await links.create_tracking_link(uow, **input.values())}


@mutation(
    "Let a link lead nowhere any more.",
    Permission.TRACKING,
    answers={"tracking_link": (TrackingLink, "The link, revoked.")},
)
async def revoke_tracking_link(info: Info, uow: UnitOfWork, input: RevokeTrackingLinkInput) -> Nodes:
    return {"tracking_link": await links.revoke_tracking_link(uow, **input.values())}


@query("A transport, for whoever has a link to it.", answers=Tracking, public=True)
async def tracking(info: Info, token: Token) -> Any:
    server = info.context.server
    return await _shown(server, *links.read_token(server.settings, token))


async def _shown(server: Server, organization_id: UUID, link_id: UUID) -> relations.Tracking:
    """Forged, unknown, revoked and run out are told apart by nobody."""
    found = await tracked(server.database, organization_id, link_id)
    if found is None:
        raise NotFound("tracking link")
    return found


@subscription(
    "A transport, for whoever has a link to it: as it is, and again whenever it changes or its driver moves. Ends when "
    "it is over, or the link is.",
    answers=Tracking,
    public=True,
)
async def tracking_updated(info: Info, token: Token) -> AsyncIterator[Any]:
    server = info.context.server
    organization_id, link_id = links.read_token(server.settings, token)
    return _states(server, organization_id, link_id, await _shown(server, organization_id, link_id))


async def _states(
    server: Server, organization_id: UUID, link_id: UUID, now: relations.Tracking | None
) -> AsyncIterator[Any]:
    """Each state once. Whoever drives is watched, too; when that is somebody else, they are."""
    shown = None
    pace_s = server.settings.position_pace_s
    while now is not None:
        watched = [id for id in (now.transport_id, now.driver_id) if id is not None]
        stream = server.hub.watch(Viewer.system(organization_id), *watched, pace_s=pace_s)
        async with aclosing(stream):
            async for _ in stream:
                now = await tracked(server.database, organization_id, link_id)
                if now is None:
                    return
                if now != shown:
                    shown = now
                    yield now
                if now.is_over:
                    return
                if now.driver_id not in (None, *watched):
                    break

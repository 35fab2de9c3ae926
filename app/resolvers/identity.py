"""Signing in and out, and who one is."""

from typing import Annotated, Any

import strawberry

from app.context import Info
from app.errors import SessionEnded
from app.resolvers.verbs import public, query, session
from app.schema.identity import (
    RefreshSessionInput,
    SessionTokens,
    SignInInput,
    SignOutPayload,
    SwitchOrganizationInput,
    Viewer,
)
from app.services import identity


@query("Who is asking.", answers=Viewer)
async def viewer(info: Info) -> Any:
    return info.context.viewer


@public("Begin a session with an email and a password.", SessionTokens)
async def sign_in(info: Info, input: Annotated[SignInInput, strawberry.argument(description="Who.")]) -> Any:
    server = info.context.server
    signed_in = await identity.sign_in(
        server.database, server.settings, input.email, input.password, input.organization
    )
    info.context.sign_in(signed_in.viewer)
    return signed_in


@public("Go on with a session: a new access token and a new refresh token.", SessionTokens)
async def refresh_session(
    info: Info, input: Annotated[RefreshSessionInput, strawberry.argument(description="The token to spend.")]
) -> Any:
    server = info.context.server
    try:
        signed_in = await identity.refresh(server.database, server.settings, input.refresh_token)
    except SessionEnded as ended:
        await server.wakes.changed(ended.organization_id, ended.family_id)
        raise
    info.context.sign_in(signed_in.viewer)
    return signed_in


@session("End the session, with all its tokens and streams.", SignOutPayload)
async def sign_out(info: Info) -> Any:
    viewer, server = info.context.viewer, info.context.server
    await identity.sign_out(server.database, viewer)
    if viewer.session_family_id:
        await server.wakes.changed(viewer.organization_id, viewer.session_family_id)
    return SignOutPayload(signed_out=True)


@session("Begin a session in another organization that the viewer belongs to.", SessionTokens)
async def switch_organization(
    info: Info, input: Annotated[SwitchOrganizationInput, strawberry.argument(description="Where.")]
) -> Any:
    server = info.context.server
    # the snapshot is opened to see that the session still stands: an access token alone begins no other
    await info.context.reads.open()
    await info.context.renew()
    signed_in = await identity.switch_organization(
        server.database, server.settings, info.context.viewer, input.organization
    )
    info.context.sign_in(signed_in.viewer)
    return signed_in

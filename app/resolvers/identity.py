"""Signing in and out, and who one is."""

from typing import Annotated, Any

import strawberry

from app.context import Info
from app.errors import SessionEnded
from app.resolvers.verbs import public, query, session
from app.schema.accounts import (
    CompleteSignInInput,
    FinishOidcSignInInput,
    RevokeOtherSessionsPayload,
    RevokeSessionInput,
    RevokeSessionPayload,
    SignInOptions,
    StartOidcSignInInput,
    StartOidcSignInPayload,
)
from app.schema.identity import (
    RefreshSessionInput,
    SessionTokens,
    SignInInput,
    SignOutPayload,
    SwitchOrganizationInput,
    Viewer,
)
from app.services import identity
from app.services.identity import Ended, Front, oidc


def front(info: Info) -> Front:
    server = info.context.server
    return Front(server.settings, server.database, server.wakes, info.context.origin, server.buckets)


async def tell(info: Info, *ended: Ended) -> None:
    """Let streams that came with these sessions know that they are over, in whatever organization."""
    for session_ in ended:
        await info.context.server.wakes.changed(session_.organization_id, session_.family_id)


@query("Who is asking.", answers=Viewer)
async def viewer(info: Info) -> Any:
    return info.context.viewer


@query("The ways to sign in.", answers=SignInOptions, public=True)
async def sign_in_options(info: Info) -> Any:
    return SignInOptions(password=True, providers=oidc.sign_in_options(info.context.server.settings))  # type: ignore[arg-type]


@public("Begin a session with an email and a password.", SessionTokens)
async def sign_in(info: Info, input: Annotated[SignInInput, strawberry.argument(description="Who.")]) -> Any:
    signed_in = await identity.sign_in(front(info), input.email, input.password, input.organization)
    info.context.sign_in(signed_in.viewer)
    return signed_in


@public("Begin a session that asked for a second factor.", SessionTokens)
async def complete_sign_in(
    info: Info, input: Annotated[CompleteSignInInput, strawberry.argument(description="The challenge, and a code.")]
) -> Any:
    signed_in = await identity.complete_sign_in(front(info), input.challenge, input.code)
    info.context.sign_in(signed_in.viewer)
    return signed_in


@public("Begin to sign in by a provider of OpenID Connect.", StartOidcSignInPayload)
async def start_oidc_sign_in(
    info: Info, input: Annotated[StartOidcSignInInput, strawberry.argument(description="By whom.")]
) -> Any:
    return await oidc.start_sign_in(front(info), input.provider, input.redirect_uri)


@public("Begin a session for whom a provider of OpenID Connect vouches.", SessionTokens)
async def finish_oidc_sign_in(
    info: Info, input: Annotated[FinishOidcSignInInput, strawberry.argument(description="What came back from there.")]
) -> Any:
    signed_in = await oidc.finish_sign_in(
        front(info), input.code, input.state, input.verifier, input.organization, input.invitation
    )
    info.context.sign_in(signed_in.viewer)
    return signed_in


@public("Go on with a session: a new access token and a new refresh token.", SessionTokens)
async def refresh_session(
    info: Info, input: Annotated[RefreshSessionInput, strawberry.argument(description="The token to spend.")]
) -> Any:
    try:
        signed_in = await identity.refresh(front(info), input.refresh_token)
    except SessionEnded as ended:
        await tell(info, Ended(ended.organization_id, ended.family_id))
        raise
    info.context.sign_in(signed_in.viewer)
    return signed_in


@session("End the session, with all its tokens and streams.", SignOutPayload)
async def sign_out(info: Info) -> Any:
    viewer, server = info.context.viewer, info.context.server
    await identity.sign_out(server.database, viewer)
    if viewer.session_family_id:
        await tell(info, Ended(viewer.organization_id, viewer.session_family_id))
    return SignOutPayload(signed_out=True)


@session("Begin a session in another organization that the viewer belongs to.", SessionTokens)
async def switch_organization(
    info: Info, input: Annotated[SwitchOrganizationInput, strawberry.argument(description="Where.")]
) -> Any:
    # the snapshot is opened to see that the session still stands: an access token alone begins no other
    await info.context.reads.open()
    await info.context.renew()
    signed_in = await identity.switch_organization(front(info), info.context.viewer, input.organization)
    info.context.sign_in(signed_in.viewer)
    return signed_in


@session("End one of the viewer's sign-ins, with all its tokens and streams.", RevokeSessionPayload)
async def revoke_session(
    info: Info, input: Annotated[RevokeSessionInput, strawberry.argument(description="Which.")]
) -> Any:
    wanted = input.values()["session_id"]
    async with info.context.write() as uow:
        ended = await identity.revoke_session(uow, wanted)
    await tell(info, ended)
    return RevokeSessionPayload(revoked=True)


@session("End all of the viewer's sign-ins but this one.", RevokeOtherSessionsPayload)
async def revoke_other_sessions(info: Info) -> Any:
    async with info.context.write() as uow:
        ended = await identity.revoke_other_sessions(uow)
    await tell(info, *ended)
    return RevokeOtherSessionsPayload(revoked=len(ended))

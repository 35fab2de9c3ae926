"""What people do with their own account."""

from typing import Annotated, Any

import strawberry

from app.context import Info
from app.resolvers.identity import front, tell
from app.resolvers.verbs import public, session
from app.schema.accounts import (
    ChangeEmailInput,
    ChangeEmailPayload,
    ChangePasswordInput,
    ChangePasswordPayload,
    ConfirmEmailInput,
    ConfirmEmailPayload,
    ConfirmSecondFactorInput,
    ConfirmSecondFactorPayload,
    EnrolSecondFactorInput,
    EnrolSecondFactorPayload,
    RemoveSecondFactorInput,
    RemoveSecondFactorPayload,
    RequestEmailConfirmationPayload,
    RequestPasswordResetInput,
    RequestPasswordResetPayload,
    ResetPasswordInput,
    ResetPasswordPayload,
)
from app.services import identity
from app.services.identity import factors


async def _proved(info: Info, password: str, field: str) -> str:
    """The hash of the viewer's password, which they have given again."""
    context = info.context
    context.require(None)
    was = await identity.own_hash(context.reads)
    await context.renew()
    await identity.prove(front(info), context.viewer.user_id, was, password, field)
    return was


@public("Send somebody who forgot the password a link to set another.", RequestPasswordResetPayload)
async def request_password_reset(
    info: Info, input: Annotated[RequestPasswordResetInput, strawberry.argument(description="Who.")]
) -> Any:
    await identity.request_reset(front(info), input.email, input.organization)
    return RequestPasswordResetPayload(requested=True)


@public("Set another password by a link. All sign-ins of the person end.", ResetPasswordPayload)
async def reset_password(
    info: Info, input: Annotated[ResetPasswordInput, strawberry.argument(description="The link, and the password.")]
) -> Any:
    ended = await identity.reset_password(front(info), input.token, input.password)
    await tell(info, *ended)
    return ResetPasswordPayload(reset=True)


@session("Set another password. All other sign-ins of the viewer end.", ChangePasswordPayload)
async def change_password(
    info: Info, input: Annotated[ChangePasswordInput, strawberry.argument(description="The old one and the new one.")]
) -> Any:
    was = await _proved(info, input.current_password, "currentPassword")
    becomes = await identity.hashed(input.new_password, "newPassword")
    async with info.context.write() as uow:
        ended = await identity.change_password(uow, was, becomes)
    await tell(info, *ended)
    return ChangePasswordPayload(changed=True)


@session("Send the viewer a link that proves that the address is theirs.", RequestEmailConfirmationPayload)
async def request_email_confirmation(info: Info) -> Any:
    await front(info).admit_mail(str(info.context.viewer.user_id))
    async with info.context.write() as uow:
        await identity.request_email_confirmation(uow)
    return RequestEmailConfirmationPayload(requested=True)


@public("Prove an address by a link, or make it the one to sign in with.", ConfirmEmailPayload)
async def confirm_email(
    info: Info, input: Annotated[ConfirmEmailInput, strawberry.argument(description="The link.")]
) -> Any:
    await identity.confirm_email(front(info), input.token)
    return ConfirmEmailPayload(confirmed=True)


@session("Ask for another address to sign in with; a link is sent there.", ChangeEmailPayload)
async def change_email(
    info: Info, input: Annotated[ChangeEmailInput, strawberry.argument(description="The new address.")]
) -> Any:
    wanted = input.values()
    await _proved(info, wanted["password"], "password")
    await front(info).admit_mail(str(info.context.viewer.user_id))
    async with info.context.write() as uow:
        await identity.request_email_change(uow, wanted["email"])
    return ChangeEmailPayload(requested=True)


@public("Begin to add a second factor to an account that has none.", EnrolSecondFactorPayload)
async def enrol_second_factor(
    info: Info, input: Annotated[EnrolSecondFactorInput, strawberry.argument(description="Whose.")]
) -> Any:
    settings = info.context.server.settings
    if input.challenge is not None:
        passed = await identity.read_challenge(front(info), input.challenge)
        async with front(info).acting(passed.organization_id, passed.user_id) as uow:
            return await factors.enrol(uow, settings)
    await _proved(info, input.password or "", "password")
    async with info.context.write() as uow:
        return await factors.enrol(uow, settings)


@public("Add a second factor: from now on signing in asks for a code.", ConfirmSecondFactorPayload)
async def confirm_second_factor(
    info: Info, input: Annotated[ConfirmSecondFactorInput, strawberry.argument(description="A code of it.")]
) -> Any:
    settings, door = info.context.server.settings, front(info)
    if input.challenge is not None:
        passed = await identity.read_challenge(door, input.challenge)
        await door.admit(str(passed.user_id))
        async with door.acting(passed.organization_id, passed.user_id) as uow:
            return ConfirmSecondFactorPayload(recovery_codes=await factors.confirm(uow, settings, input.code))
    info.context.require(None)
    await door.admit(str(info.context.viewer.user_id))
    async with info.context.write() as uow:
        return ConfirmSecondFactorPayload(recovery_codes=await factors.confirm(uow, settings, input.code))


@session("Remove the second factor: signing in asks for no code any more.", RemoveSecondFactorPayload)
async def remove_second_factor(
    info: Info, input: Annotated[RemoveSecondFactorInput, strawberry.argument(description="What proves it.")]
) -> Any:
    await _proved(info, input.password, "password")
    await front(info).admit_code(str(info.context.viewer.user_id))
    async with info.context.write() as uow:
        await factors.remove(uow, info.context.server.settings, input.code)
    return RemoveSecondFactorPayload(removed=True)

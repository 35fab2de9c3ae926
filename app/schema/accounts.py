"""What people do with their own account: passwords, addresses, sign-ins, second factors, providers."""

import strawberry

from app.schema.fields import column
from app.schema.inputs import Values


@strawberry.input(description="Whose password was forgotten.")
class RequestPasswordResetInput:
    email: str = column("The address they sign in with.")
    organization: str | None = column("Slug of the organization in whose name the mail is sent.", default=None)


@strawberry.type(description="If there is such an account, a mail is on its way.")
class RequestPasswordResetPayload:
    requested: bool = column("Always true, whether or not there is such an account.")


@strawberry.input(description="Another password, by a link.")
class ResetPasswordInput:
    token: str = column("What the link ends with.")
    password: str = column("12 to 128 characters, and none of those that everybody takes.")


@strawberry.type(description="The password is set, and all sign-ins have ended.")
class ResetPasswordPayload:
    reset: bool = column("Always true.")


@strawberry.input(description="Another password, by whoever knows the one there is.")
class ChangePasswordInput:
    current_password: str = column("The one there is.")
    new_password: str = column("12 to 128 characters, and none of those that everybody takes.")


@strawberry.type(description="The password is changed; all sign-ins but this one have ended.")
class ChangePasswordPayload:
    changed: bool = column("Always true.")


@strawberry.type(description="A mail with a link is on its way.")
class RequestEmailConfirmationPayload:
    requested: bool = column("Always true.")


@strawberry.input(description="A link that proves an address.")
class ConfirmEmailInput:
    token: str = column("What the link ends with.")


@strawberry.type(description="The address is proved, and is the one to sign in with.")
class ConfirmEmailPayload:
    confirmed: bool = column("Always true.")


@strawberry.input(description="Another address to sign in with.")
class ChangeEmailInput(Values):
    email: str = column("The new one; it counts once the link that is sent there was followed.")
    password: str = column("The password there is.")


@strawberry.type(description="Unless the address is somebody else's, a mail with a link is on its way to it.")
class ChangeEmailPayload:
    requested: bool = column("Always true.")


@strawberry.input(description="A sign-in to end.")
class RevokeSessionInput(Values):
    session_id: strawberry.ID = column("Which.")


@strawberry.type(description="The sign-in has ended, with all its tokens and streams.")
class RevokeSessionPayload:
    revoked: bool = column("Always true.")


@strawberry.type(description="All sign-ins but this one have ended.")
class RevokeOtherSessionsPayload:
    revoked: int = column("How many.")


@strawberry.input(description="The second step of signing in.")
class CompleteSignInInput:
    challenge: str = column("From the error `SECOND_FACTOR_REQUIRED`, under `extensions.challenge`.")
    code: str = column("Of the authenticator, or a recovery code.")


@strawberry.input(description="Whose second factor: the viewer's, or of whoever has a challenge.")
class EnrolSecondFactorInput:
    password: str | None = column("The viewer's password; not with a challenge.", default=None)
    challenge: str | None = column(
        "From the error `SECOND_FACTOR_MISSING`, under `extensions.challenge`, of somebody who cannot sign in yet.",
        default=None,
    )


@strawberry.type(description="What an authenticator is given. It counts once a code of it was confirmed.")
class EnrolSecondFactorPayload:
    secret: str = column("To type in by hand; base 32.")
    uri: str = column("`otpauth://…`, for an authenticator on the same device.")
    qr_svg: str = column("The same as a QR code, in SVG.")


@strawberry.input(description="A code of the authenticator that was given the secret.")
class ConfirmSecondFactorInput:
    code: str = column("Six digits.")
    challenge: str | None = column("The one that the secret was asked for with, if so.", default=None)


@strawberry.type(description="From now on signing in asks for a code.")
class ConfirmSecondFactorPayload:
    recovery_codes: list[str] = column("Ten codes that are good once each; they are not shown again.")


@strawberry.input(description="What proves that the second factor may go.")
class RemoveSecondFactorInput:
    password: str = column("The password there is.")
    code: str = column("Of the authenticator, or a recovery code.")


@strawberry.type(description="Signing in asks for no code any more.")
class RemoveSecondFactorPayload:
    removed: bool = column("Always true.")


@strawberry.type(description="A provider of OpenID Connect by which people can sign in.")
class SignInProvider:
    name: str = column("Names it to `startOidcSignIn`.")
    display_name: str = column("For people.")


@strawberry.type(description="The ways to sign in.")
class SignInOptions:
    password: bool = column("By email and password; always true.")
    providers: list[SignInProvider] = column("By one of these.")


@strawberry.input(description="By whom to sign in.")
class StartOidcSignInInput:
    provider: str = column("Its name.")
    redirect_uri: str = column("Where the provider sends the browser back to; one of those that the server allows.")


@strawberry.type(description="A sign-in by a provider that has begun.")
class StartOidcSignInPayload:
    url: str = column("Where to send the browser.")
    state: str = column("Comes back from there with a code.")
    verifier: str = column("Keep it where the sign-in began; without it the code is worth nothing.")


@strawberry.input(description="What the provider sent the browser back with.")
class FinishOidcSignInInput:
    code: str = column("The code.")
    state: str = column("The state.")
    verifier: str = column("From `startOidcSignIn`.")
    organization: str | None = column("Slug of the organization; needed by people of several.", default=None)
    invitation: str | None = column("The token of an invitation to accept on the way.", default=None)

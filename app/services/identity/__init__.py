"""Who somebody is: signing in and staying signed in, passwords, addresses, second factors, members and roles."""

from app.services.identity.emails import confirm as confirm_email
from app.services.identity.emails import request_change as request_email_change
from app.services.identity.emails import request_confirmation as request_email_confirmation
from app.services.identity.factors import complete_sign_in, read_challenge
from app.services.identity.front import Front
from app.services.identity.invitations import (
    accept_invitation,
    invite_member,
    look_at_invitation,
    resend_invitation,
    revoke_invitation,
)
from app.services.identity.members import change_member_role, leave_organization, remove_member
from app.services.identity.passwords import (
    change_password,
    hashed,
    hasher,
    own_hash,
    prove,
    request_reset,
    reset_password,
    sign_in,
)
from app.services.identity.roles import require_second_factor, roles, update_role_permissions
from app.services.identity.sessions import (
    Ended,
    SignedIn,
    open_sessions,
    refresh,
    revoke_other_sessions,
    revoke_session,
    sign_out,
    switch_organization,
)
from app.services.identity.tokens import ALGORITHM, read_token, write_token

__all__ = [
    "ALGORITHM",
    "Ended",
    "Front",
    "SignedIn",
    "accept_invitation",
    "change_member_role",
    "change_password",
    "complete_sign_in",
    "confirm_email",
    "hashed",
    "hasher",
    "invite_member",
    "leave_organization",
    "look_at_invitation",
    "open_sessions",
    "own_hash",
    "prove",
    "read_challenge",
    "read_token",
    "refresh",
    "remove_member",
    "request_email_change",
    "request_email_confirmation",
    "request_reset",
    "require_second_factor",
    "resend_invitation",
    "reset_password",
    "revoke_invitation",
    "revoke_other_sessions",
    "revoke_session",
    "roles",
    "sign_in",
    "sign_out",
    "switch_organization",
    "update_role_permissions",
    "write_token",
]

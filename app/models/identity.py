"""Who may act, and for which organization."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    and_,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from app import clock
from app.models.base import (
    Base,
    CurrencyCode,
    Global,
    Machine,
    Tenant,
    Versioned,
    Vocabulary,
    one_of,
    refers,
    words,
)
from app.models.policies import CURRENT_ORG


class Role(Vocabulary):
    OWNER = "OWNER", "Owns the organization: may do everything."
    ADMIN = "ADMIN", "Runs the organization: may do everything but give it away."
    DISPATCHER = "DISPATCHER", "Plans transports and routes, and sees bookings."
    STAFF = "STAFF", "Works with bookings, customers and their subjects."
    DRIVER = "DRIVER", "Drives routes and sees what lies on them."
    CUSTOMER = "CUSTOMER", "Uses the public app and sees what is theirs."


class InvitationStatus(Vocabulary):
    PENDING = "PENDING", "It waits to be accepted."
    ACCEPTED = "ACCEPTED", "Whoever was invited is a member."
    REVOKED = "REVOKED", "It was taken back."
    EXPIRED = "EXPIRED", "Nobody accepted it in time."


class AccountMailKind(Vocabulary):
    PASSWORD_RESET = "PASSWORD_RESET", "A link by which a new password is set."
    PASSWORD_CHANGED = "PASSWORD_CHANGED", "Somebody changed the password."
    EMAIL_CONFIRMATION = "EMAIL_CONFIRMATION", "A link that proves an address."
    EMAIL_CHANGE = "EMAIL_CHANGE", "A link, sent to a new address, that makes it the one to sign in with."
    EMAIL_CHANGED = "EMAIL_CHANGED", "Told to the old address."
    SECOND_FACTOR_ADDED = "SECOND_FACTOR_ADDED", "Signing in asks for a code from now on."
    SECOND_FACTOR_REMOVED = "SECOND_FACTOR_REMOVED", "Signing in asks for no code any more."
    RECOVERY_CODE_USED = "RECOVERY_CODE_USED", "Somebody signed in with a recovery code."
    INVITATION = "INVITATION", "A link by which somebody becomes a member."


class Organization(Global, Base):
    """A business that runs on Waypost: one tenant."""

    __tablename__ = "organizations"
    __table_args__ = (
        CheckConstraint("slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'", name="slug"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        CheckConstraint("country ~ '^[A-Z]{2}$'", name="country"),
    )

    name: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)
    time_zone: Mapped[str]
    currency: Mapped[str] = mapped_column(CurrencyCode)
    country: Mapped[str] = mapped_column(String(2))
    locale: Mapped[str] = mapped_column(default="en", server_default="en")


class User(Global, Base):
    """A person who signs in; may belong to several organizations."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_lower"),)

    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str] = mapped_column(deferred=True, deferred_raiseload=True)
    full_name: Mapped[str]
    email_confirmed_at: Mapped[datetime | None]


class Membership(Tenant, Versioned, Base):
    """What a user is in one organization."""

    __tablename__ = "memberships"
    __table_args__ = (UniqueConstraint("organization_id", "user_id"), Index(None, "user_id"), one_of("role", Role))

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    role: Mapped[Role] = mapped_column(words(Role))


class Session(Global, Base):
    """One refresh token. The tokens that follow from one sign-in are a family and end together.

    A token is spent by its first use. It may be spent again for a short while, as long as no successor was used: a
    phone that lost the answer asks again. Any later use means that the token was stolen.
    """

    __tablename__ = "sessions"
    __table_args__ = (Index(None, "family_id"), Index(None, "user_id"), Index(None, "previous_id"))

    family_id: Mapped[UUID]
    previous_id: Mapped[UUID | None] = mapped_column(ForeignKey("sessions.id", ondelete="SET NULL"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    started_at: Mapped[datetime] = mapped_column(default=clock.now, server_default=text("now()"))
    ip: Mapped[str | None]
    user_agent: Mapped[str | None]


class UserIdentity(Global, Base):
    """What a provider of OpenID Connect calls a user."""

    __tablename__ = "user_identities"
    __table_args__ = (UniqueConstraint("issuer", "subject"), Index(None, "user_id"))

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    issuer: Mapped[str]
    subject: Mapped[str]


class SecondFactor(Global, Base):
    """The secret that a user's codes come from, encrypted, and what was spent of them.

    Until it is confirmed by a code nobody is asked for one.
    """

    __tablename__ = "second_factors"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int | None] = mapped_column(BigInteger)
    recovery_hashes: Mapped[list[bytes]] = mapped_column(ARRAY(LargeBinary), server_default=text("'{}'"))


class RolePolicy(Tenant, Versioned, Base):
    """What a role may do in one organization, where that is not what it may everywhere.

    permissions: None for the permissions that the role has by default. An access token names the version it was
    written under: a change ends it.
    """

    __tablename__ = "role_policies"
    __table_args__ = (UniqueConstraint("organization_id", "role"), one_of("role", Role))

    role: Mapped[Role] = mapped_column(words(Role))
    permissions: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    second_factor_required: Mapped[bool] = mapped_column(default=False, server_default=text("false"))


class Invitation(Tenant, Base):
    """Somebody who shall become a member. The link holds no secret of the row: it is signed."""

    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint("(status = 'ACCEPTED') = (accepted_by IS NOT NULL)", name="accepted"),
        Index(None, "organization_id", "created_at", "id"),
        Index(
            "uq_invitations_pending",
            "organization_id",
            "email",
            unique=True,
            postgresql_where=text("status = 'PENDING'"),
        ),
        one_of("role", Role),
        one_of("status", InvitationStatus),
    )
    machine = Machine(
        "invitation",
        {
            InvitationStatus.PENDING: {
                InvitationStatus.ACCEPTED,
                InvitationStatus.REVOKED,
                InvitationStatus.EXPIRED,
            }
        },
    )

    email: Mapped[str]
    role: Mapped[Role] = mapped_column(words(Role))
    status: Mapped[InvitationStatus] = mapped_column(words(InvitationStatus))
    expires_at: Mapped[datetime]
    invited_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    accepted_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))


class AccountMail(Tenant, Base):
    """A mail about an account that waits to be sent; it goes when it is. Its link is written on its way out."""

    __tablename__ = "account_mails"
    __table_args__ = (
        CheckConstraint("(user_id IS NULL) <> (invitation_id IS NULL)", name="about"),
        refers("invitation_id", "invitations", ondelete="CASCADE"),
        one_of("kind", AccountMailKind),
    )

    kind: Mapped[AccountMailKind] = mapped_column(words(AccountMailKind))
    address: Mapped[str]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    invitation_id: Mapped[UUID | None]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")


def local_day(column: ColumnElement[datetime] | InstrumentedAttribute[datetime], day: date) -> ColumnElement[bool]:
    """Instants that fall on a day of the current organization's calendar; an index on the column serves it."""
    zone = select(Organization.time_zone).where(Organization.id == text(CURRENT_ORG)).scalar_subquery()

    def midnight(of: date) -> ColumnElement[datetime]:
        return func.timezone(zone, literal(datetime.combine(of, time.min), DateTime(timezone=False)))

    return and_(column >= midnight(day), column < midnight(day + timedelta(days=1)))

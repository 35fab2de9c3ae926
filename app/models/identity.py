"""Who may act, and for which organization."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    and_,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from app.models.base import Base, CurrencyCode, Global, Tenant, Vocabulary, one_of, words
from app.models.policies import CURRENT_ORG


class Role(Vocabulary):
    OWNER = "OWNER", "Owns the organization: may do everything."
    ADMIN = "ADMIN", "Runs the organization: may do everything but give it away."
    DISPATCHER = "DISPATCHER", "Plans transports and routes, and sees bookings."
    STAFF = "STAFF", "Works with bookings, customers and their subjects."
    DRIVER = "DRIVER", "Drives routes and sees what lies on them."
    CUSTOMER = "CUSTOMER", "Uses the public app and sees what is theirs."


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


class Membership(Tenant, Base):
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


def local_day(column: ColumnElement[datetime] | InstrumentedAttribute[datetime], day: date) -> ColumnElement[bool]:
    """Instants that fall on a day of the current organization's calendar; an index on the column serves it."""
    zone = select(Organization.time_zone).where(Organization.id == text(CURRENT_ORG)).scalar_subquery()

    def midnight(of: date) -> ColumnElement[datetime]:
        return func.timezone(zone, literal(datetime.combine(of, time.min), DateTime(timezone=False)))

    return and_(column >= midnight(day), column < midnight(day + timedelta(days=1)))

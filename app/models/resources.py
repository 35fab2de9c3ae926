"""What a service needs besides a slot: people, bays, kennels, rooms and vehicles that are used by one at a time."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Tenant, Versioned, Vocabulary, one_of, refers, words


class ResourceKind(Vocabulary):
    STAFF = "STAFF", "A person who renders services."
    BAY = "BAY", "A lift or working place for a car."
    KENNEL = "KENNEL", "A box or run for an animal."
    ROOM = "ROOM", "A room."
    VEHICLE = "VEHICLE", "A vehicle that is lent or used for a service."


class Resource(Tenant, Versioned, Base):
    """A person or thing that `capacity` bookings can use at once; each use takes one of its units."""

    __tablename__ = "resources"
    __table_args__ = (
        UniqueConstraint("organization_id", "name"),
        UniqueConstraint("organization_id", "user_id"),
        refers("place_id", "places"),
        CheckConstraint("capacity BETWEEN 1 AND 1000", name="capacity"),
        CheckConstraint("user_id IS NULL OR kind = 'STAFF'", name="user"),
        one_of("kind", ResourceKind),
    )

    kind: Mapped[ResourceKind] = mapped_column(words(ResourceKind))
    name: Mapped[str]
    place_id: Mapped[UUID | None]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    capacity: Mapped[int] = mapped_column(default=1, server_default="1")
    active: Mapped[bool] = mapped_column(default=True, server_default="true")


class ResourceUnit(Tenant, Base):
    """One exclusive use of a resource. Those numbered above its capacity are not given out any more."""

    __tablename__ = "resource_units"
    __table_args__ = (
        UniqueConstraint("organization_id", "resource_id", "number"),
        refers("resource_id", "resources"),
        CheckConstraint("number > 0", name="number"),
    )

    resource_id: Mapped[UUID]
    number: Mapped[int]


class ResourcePool(Tenant, Versioned, Base):
    """Resources of which any one will do."""

    __tablename__ = "resource_pools"
    __table_args__ = (UniqueConstraint("organization_id", "name"),)

    name: Mapped[str]


class ResourcePoolMember(Tenant, Base):
    __tablename__ = "resource_pool_members"
    __table_args__ = (
        UniqueConstraint("organization_id", "pool_id", "resource_id"),
        refers("pool_id", "resource_pools", ondelete="CASCADE"),
        refers("resource_id", "resources"),
        Index(None, "organization_id", "resource_id"),
    )

    pool_id: Mapped[UUID]
    resource_id: Mapped[UUID]


class Requirement(Tenant, Base):
    """A resource that each booking of a service uses: any of a pool, or a named one."""

    __tablename__ = "requirements"
    __table_args__ = (
        refers("service_id", "services"),
        refers("pool_id", "resource_pools"),
        refers("resource_id", "resources"),
        UniqueConstraint("organization_id", "service_id", "position"),
        Index(None, "organization_id", "pool_id"),
        Index(None, "organization_id", "resource_id"),
        CheckConstraint("num_nonnulls(pool_id, resource_id) = 1", name="target"),
    )

    service_id: Mapped[UUID]
    position: Mapped[int]
    pool_id: Mapped[UUID | None]
    resource_id: Mapped[UUID | None]

"""Who acts, what they may do, and which rows they may see."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true

from app import clock
from app import models as m
from app.models.base import Vocabulary
from app.models.identity import Role
from app.models.keys import SCOPES


class Permission(Vocabulary):
    """What a role allows; a root field names the one it asks for."""

    CATALOGUE_READ = "CATALOGUE_READ", "See services, slots and sites."
    CATALOGUE_WRITE = "CATALOGUE_WRITE", "Change services and slots."
    BOOKINGS_READ = "BOOKINGS_READ", "See bookings."
    BOOKINGS_MAKE = "BOOKINGS_MAKE", "Hold, book and cancel."
    BOOKINGS_DECIDE = ("BOOKINGS_DECIDE", "Confirm, decline, check in and complete bookings.")
    CUSTOMERS_READ = "CUSTOMERS_READ", "See customers, their places and subjects."
    CUSTOMERS_WRITE = "CUSTOMERS_WRITE", "Add and change customers."
    SUBJECTS_WRITE = "SUBJECTS_WRITE", "Add and change places, pets, patients and cars."
    FLEET_READ = "FLEET_READ", "See drivers, teams, vehicles, shifts and absences."
    FLEET_WRITE = "FLEET_WRITE", "Change drivers, teams, vehicles, shifts and absences."
    TRANSPORTS_READ = "TRANSPORTS_READ", "See transports and routes."
    TRANSPORTS_WRITE = "TRANSPORTS_WRITE", "Ask for transports and call them off."
    ROUTES_PLAN = "ROUTES_PLAN", "Plan and publish routes."
    ROUTES_DRIVE = "ROUTES_DRIVE", "Go on duty and off, start routes and deal with stops."
    REPORTS_READ = "REPORTS_READ", "See figures over many bookings."
    EVENTS_READ = "EVENTS_READ", "Follow everything that happens in the organization."
    CALENDARS = "CALENDARS", "Make calendars that can be read by their URL, and revoke them."
    TRACKING = "TRACKING", "Make links by which anybody may follow a transport, and revoke them."
    DOCUMENTS = "DOCUMENTS", "Upload files, and see those that one may see."
    CARE_READ = "CARE_READ", "See what was done for subjects, and what is due."
    CARE_WRITE = "CARE_WRITE", "Record what was done for subjects."
    CARE_PROTOCOLS = "CARE_PROTOCOLS", "Say which care comes round, and which services ask for it."
    TAGS_SCAN = "TAGS_SCAN", "Scan tags, and so check subjects in and out."
    TAGS_WRITE = "TAGS_WRITE", "Register, replace, print and retire tags."
    PARTNERS_READ = "PARTNERS_READ", "See partners."
    PARTNERS_WRITE = "PARTNERS_WRITE", "Add and change partners, and decide on what they send."
    PARTNERS_CONNECT = "PARTNERS_CONNECT", "Connect partners' systems, and ask them."
    CONTACT = "CONTACT", "Say how one wants to be spoken to, register one's phone, and read news."
    API_KEYS = "API_KEYS", "Give partners' programs keys, and say which documents they may run."
    MESSAGES_READ = "MESSAGES_READ", "See what was sent to people."
    MESSAGES_WRITE = "MESSAGES_WRITE", "Change reminders and the words of messages."
    NEWS_WRITE = "NEWS_WRITE", "Write news, and take them back."
    WEBHOOKS = "WEBHOOKS", "Say who is told of what happens, and look at what was told."
    AUDIT_READ = "AUDIT_READ", "See who did what from where, and take it away as a file."
    MEMBERS_READ = "MEMBERS_READ", "See members, invitations, and what roles may do."
    MEMBERS_WRITE = "MEMBERS_WRITE", "Invite people, give them other roles, and remove them."
    ROLES_WRITE = "ROLES_WRITE", "Say what roles may do, and who needs a second factor."
    PRIVACY = "PRIVACY", "Hand out everything about a person, and erase a person."


_P = Permission
_CUSTOMER = {
    _P.CATALOGUE_READ,
    _P.BOOKINGS_READ,
    _P.BOOKINGS_MAKE,
    _P.CUSTOMERS_READ,
    _P.SUBJECTS_WRITE,
    _P.TRANSPORTS_READ,
    _P.CALENDARS,
    _P.TRACKING,
    _P.DOCUMENTS,
    _P.CARE_READ,
    _P.PARTNERS_READ,
    _P.CONTACT,
}
_DRIVER = {
    _P.CATALOGUE_READ,
    _P.CUSTOMERS_READ,
    _P.BOOKINGS_READ,
    _P.FLEET_READ,
    _P.TRANSPORTS_READ,
    _P.ROUTES_DRIVE,
    _P.CALENDARS,
    _P.DOCUMENTS,
    _P.TAGS_SCAN,
    _P.CONTACT,
}
_STAFF = _CUSTOMER | {
    _P.BOOKINGS_DECIDE,
    _P.CUSTOMERS_WRITE,
    _P.TRANSPORTS_WRITE,
    _P.FLEET_READ,
    _P.REPORTS_READ,
    _P.EVENTS_READ,
    _P.CARE_WRITE,
    _P.TAGS_SCAN,
    _P.TAGS_WRITE,
    _P.PARTNERS_WRITE,
    _P.MESSAGES_READ,
    _P.NEWS_WRITE,
}
_DISPATCHER = _STAFF | {_P.FLEET_WRITE, _P.ROUTES_PLAN, _P.ROUTES_DRIVE}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.CUSTOMER: frozenset(_CUSTOMER),
    Role.DRIVER: frozenset(_DRIVER),
    Role.STAFF: frozenset(_STAFF),
    Role.DISPATCHER: frozenset(_DISPATCHER),
    Role.ADMIN: frozenset(Permission) - {_P.ROLES_WRITE},
    Role.OWNER: frozenset(Permission),
}

ROLE_PERMISSIONS_MAX: dict[Role, frozenset[Permission]] = {
    Role.CUSTOMER: ROLE_PERMISSIONS[Role.CUSTOMER],
    Role.DRIVER: ROLE_PERMISSIONS[Role.DRIVER],
    Role.STAFF: frozenset(Permission) - {_P.MEMBERS_WRITE, _P.ROLES_WRITE},
    Role.DISPATCHER: frozenset(Permission) - {_P.MEMBERS_WRITE, _P.ROLES_WRITE},
    Role.ADMIN: ROLE_PERMISSIONS[Role.ADMIN],
    Role.OWNER: frozenset(Permission),
}
"""What an organization may allow a role. Customers and drivers see their own rows alone, and so never get more."""

PARTNER_MAY = frozenset(map(Permission, SCOPES))
"""What a partner's key can allow."""

PEOPLE_OF_THE_HOUSE = frozenset({Role.OWNER, Role.ADMIN, Role.DISPATCHER, Role.STAFF})
"""Roles that see every row of their organization."""


@dataclass(frozen=True)
class Viewer:
    """Who asks: a member of one organization, a partner's program with its key, or the system itself."""

    organization_id: UUID
    user_id: UUID | None = None
    role: Role | None = None
    session_family_id: UUID | None = None
    customer_id: UUID | None = None
    driver_id: UUID | None = None
    expires_at: datetime | None = None
    partner_id: UUID | None = None
    api_key_id: UUID | None = None
    scopes: frozenset[Permission] = frozenset()
    is_system: bool = False
    policy: int | None = None
    """The version of the organization's own permissions of the role, where it has some: `granted`."""
    granted: frozenset[Permission] | None = None

    @classmethod
    def system(cls, organization_id: UUID, user_id: UUID | None = None) -> "Viewer":
        """For work that no person asked for just now, or that is done in the name of one."""
        return cls(organization_id, user_id, is_system=True)

    @property
    def sees_everything(self) -> bool:
        """Every row of the organization, that is."""
        return self.is_system or self.role in PEOPLE_OF_THE_HOUSE

    @property
    def visibility(self) -> "Viewer":
        """The viewer as far as what they see goes: equal for all who see the same rows by the same permissions.

        People of the house differ in nothing but what is theirs alone (their news, their exports, what they belong to).
        """
        alike = replace(self, session_family_id=None, expires_at=None)
        return replace(alike, user_id=None) if self.role in PEOPLE_OF_THE_HOUSE else alike

    @property
    def permissions(self) -> frozenset[Permission]:
        if self.is_system:
            return frozenset(Permission)
        if self.role is None:
            return self.scopes
        return ROLE_PERMISSIONS[self.role] if self.granted is None else self.granted


Rule = Callable[[UUID], ColumnElement[bool]]

ROUTE_SEEN = (m.RouteStatus.PUBLISHED, m.RouteStatus.IN_PROGRESS, m.RouteStatus.COMPLETED)
UNDER_WAY = (m.TransportStatus.EN_ROUTE, m.TransportStatus.PICKED_UP)


def _routes_of(driver: UUID) -> Select[UUID]:
    return select(m.Route.id).where(m.Route.driver_id == driver, m.Route.status.in_(ROUTE_SEEN))


def _carried_by(driver: UUID, column: Any) -> Select[UUID]:
    """A column of the transports on the driver's routes."""
    return select(column).where(m.Transport.driver_id == driver, m.Transport.route_id.in_(_routes_of(driver)))


def _driving_for(customer: UUID) -> Select[UUID | None]:
    """Drivers who are known to come for the customer."""
    return (
        select(m.Transport.driver_id)
        .join(m.Route, m.Route.id == m.Transport.route_id)
        .where(m.Transport.customer_id == customer, m.Route.status.in_(ROUTE_SEEN))
    )


def _near(customer: UUID) -> Select[UUID | None]:
    """Drivers who are on their way for the customer right now."""
    return select(m.Transport.driver_id).where(m.Transport.customer_id == customer, m.Transport.status.in_(UNDER_WAY))


def _transports_of(customer: UUID) -> Select[UUID]:
    return select(m.Transport.id).where(m.Transport.customer_id == customer)


def _team_of(driver: UUID) -> Select[UUID | None]:
    return select(m.Driver.team_id).where(m.Driver.id == driver)


def _user_of(driver: UUID) -> Select[UUID | None]:
    return select(m.Driver.user_id).where(m.Driver.id == driver)


def _series_of(customer: UUID) -> Select[UUID]:
    return select(m.Series.id).where(m.Series.customer_id == customer)


def _open_to_partners() -> Select[UUID]:
    """Pets that still come. What is known of people and their cars is no partner's affair."""
    return select(m.Subject.id).where(m.Subject.kind == m.SubjectKind.PET, m.Subject.archived_at.is_(None))


def _news(*audiences: m.Audience) -> ColumnElement[bool]:
    """News that are out, and not over, for one of these."""
    wanted = m.Post.audience.in_((m.Audience.EVERYONE, *audiences))
    fresh = or_(m.Post.expires_at.is_(None), m.Post.expires_at > clock.now())
    return and_(m.Post.status == m.PostStatus.PUBLISHED, wanted, fresh)


def _everyone(_: UUID) -> ColumnElement[bool]:
    return true()


# Which rows a customer, a driver and a partner see. A table that is not listed is not seen.
CATALOGUE: dict[type, Rule] = {
    m.Service: _everyone,
    m.Slot: _everyone,
    m.Resource: _everyone,
    m.ResourcePool: _everyone,
    m.Requirement: _everyone,
    m.Schedule: _everyone,
    m.ScheduleException: _everyone,
    m.CareProtocol: lambda _: m.CareProtocol.active.is_(True),
    m.CareRequirement: _everyone,
}
CUSTOMER_SEES: dict[type, Rule] = {
    **CATALOGUE,
    m.Customer: lambda customer: m.Customer.id == customer,
    m.Place: lambda customer: or_(m.Place.customer_id == customer, m.Place.customer_id.is_(None)),
    m.Subject: lambda customer: m.Subject.customer_id == customer,
    # what was recorded by mistake is the house's affair
    m.CareRecord: lambda customer: and_(m.CareRecord.customer_id == customer, m.CareRecord.voided_at.is_(None)),
    m.CareDue: lambda customer: m.CareDue.customer_id == customer,
    m.Booking: lambda customer: m.Booking.customer_id == customer,
    m.BookingGroup: lambda customer: m.BookingGroup.customer_id == customer,
    m.BookingCharge: lambda customer: m.BookingCharge.customer_id == customer,
    m.Series: lambda customer: m.Series.customer_id == customer,
    m.Occurrence: lambda customer: m.Occurrence.series_id.in_(_series_of(customer)),
    m.WaitlistEntry: lambda customer: m.WaitlistEntry.customer_id == customer,
    m.CalendarFeed: lambda customer: m.CalendarFeed.customer_id == customer,
    m.Document: lambda customer: m.Document.customer_id == customer,
    m.Transport: lambda customer: m.Transport.customer_id == customer,
    m.Proof: lambda customer: m.Proof.transport_id.in_(_transports_of(customer)),
    m.TrackingLink: lambda customer: m.TrackingLink.transport_id.in_(_transports_of(customer)),
    m.Post: lambda _: _news(m.Audience.CUSTOMERS),
    m.Tag: lambda customer: m.Tag.customer_id == customer,
    m.TagScan: lambda customer: m.TagScan.customer_id == customer,
    m.Partner: lambda _: m.Partner.active.is_(True),
    m.Notification: lambda customer: m.Notification.customer_id == customer,
    m.ContactPreference: lambda customer: m.ContactPreference.customer_id == customer,
    m.DeviceToken: lambda customer: m.DeviceToken.customer_id == customer,
    m.Driver: lambda customer: m.Driver.id.in_(_driving_for(customer)),
    m.Position: lambda customer: m.Position.driver_id.in_(_near(customer)),
    m.Export: lambda customer: m.Export.customer_id == customer,
    m.Event: lambda customer: m.Event.customer_id == customer,
}
DRIVER_SEES: dict[type, Rule] = {
    **CATALOGUE,
    m.CalendarFeed: lambda driver: m.CalendarFeed.driver_id == driver,
    m.Document: lambda driver: m.Document.driver_id == driver,
    m.DeviceToken: lambda driver: m.DeviceToken.user_id.in_(_user_of(driver)),
    m.ContactPreference: lambda driver: m.ContactPreference.user_id.in_(_user_of(driver)),
    m.VehicleType: _everyone,
    m.Vehicle: _everyone,
    m.Driver: lambda driver: m.Driver.id == driver,
    m.Position: lambda driver: m.Position.driver_id == driver,
    m.TrackPoint: lambda driver: m.TrackPoint.driver_id == driver,
    m.Team: lambda driver: m.Team.id.in_(_team_of(driver)),
    m.Absence: lambda driver: m.Absence.driver_id == driver,
    m.Shift: lambda driver: m.Shift.driver_id == driver,
    m.Route: lambda driver: m.Route.id.in_(_routes_of(driver)),
    # a stop that went to another driver is none of this one's any more, nor are its place and its transport
    m.Stop: lambda driver: and_(
        m.Stop.route_id.in_(_routes_of(driver)), m.Stop.transport_id.in_(_carried_by(driver, m.Transport.id))
    ),
    m.Directions: lambda driver: m.Directions.route_id.in_(_routes_of(driver)),
    m.Proof: lambda driver: m.Proof.transport_id.in_(_carried_by(driver, m.Transport.id)),
    m.Transport: lambda driver: m.Transport.id.in_(_carried_by(driver, m.Transport.id)),
    m.Booking: lambda driver: m.Booking.id.in_(_carried_by(driver, m.Transport.booking_id)),
    m.Customer: lambda driver: m.Customer.id.in_(_carried_by(driver, m.Transport.customer_id)),
    m.Subject: lambda driver: m.Subject.id.in_(_carried_by(driver, m.Transport.subject_id)),
    m.Post: lambda _: _news(m.Audience.DRIVERS),
    m.Tag: lambda driver: m.Tag.subject_id.in_(_carried_by(driver, m.Transport.subject_id)),
    m.TagScan: lambda driver: m.TagScan.driver_id == driver,
    m.Place: lambda driver: or_(
        m.Place.customer_id.is_(None),
        m.Place.id.in_(_carried_by(driver, m.Transport.pickup_place_id)),
        m.Place.id.in_(_carried_by(driver, m.Transport.dropoff_place_id)),
    ),
    m.Event: lambda driver: or_(m.Event.driver_id == driver, m.Event.former_driver_id == driver),
}
PARTNER_SEES: dict[type, Rule] = {
    m.Partner: lambda partner: or_(m.Partner.id == partner, m.Partner.active.is_(True)),
    m.Subject: lambda _: and_(m.Subject.kind == m.SubjectKind.PET, m.Subject.archived_at.is_(None)),
    m.CareRecord: lambda _: and_(m.CareRecord.voided_at.is_(None), m.CareRecord.subject_id.in_(_open_to_partners())),
    m.CareDue: lambda _: m.CareDue.subject_id.in_(_open_to_partners()),
}
PUBLIC_SEES: dict[type, Rule] = CATALOGUE


def conditions(viewer: Viewer, entity: type) -> list[ColumnElement[bool]]:
    """What a row of `entity` must fulfil for the viewer to see it; row-level security holds besides."""
    if entity is m.User:
        return [] if viewer.sees_everything else [m.User.id == viewer.user_id]
    if entity in (m.Organization, m.DirectoryEntry):
        return []
    tenant = entity.organization_id == viewer.organization_id  # type: ignore[attr-defined]
    if entity is m.Membership:
        # people know where they belong, in other organizations too
        own = m.Membership.user_id == viewer.user_id
        return [or_(own, tenant) if viewer.sees_everything else own]
    if viewer.sees_everything:
        return [tenant, *_confidential(viewer, entity)]
    return [tenant, _personal(viewer, _root(entity))]


def _confidential(viewer: Viewer, entity: type) -> list[ColumnElement[bool]]:
    """Keys and webhooks are for those who make them; files of what is known are for those who asked for them, and for
    those who may ask for any."""
    if entity is m.Invitation:
        return [] if Permission.MEMBERS_READ in viewer.permissions else [false()]
    if entity in (m.ApiKey, m.RegisteredDocument):
        return [] if Permission.API_KEYS in viewer.permissions else [false()]
    if entity in (m.WebhookEndpoint, m.WebhookDelivery, m.WebhookAttempt, m.WebhookReplay):
        return [] if Permission.WEBHOOKS in viewer.permissions else [false()]
    if entity not in (m.Export, m.Document) or Permission.AUDIT_READ in viewer.permissions:
        return []
    if entity is m.Export:
        return [m.Export.requested_by == viewer.user_id]
    others = select(m.Export.id).where(
        m.Export.organization_id == m.Document.organization_id,
        m.Export.document_id == m.Document.id,
        m.Export.requested_by.is_distinct_from(viewer.user_id),
    )
    return [~others.exists()]


def _root(entity: type) -> type:
    """Rules are about subjects, whatever their kind."""
    return m.Subject if issubclass(entity, m.Subject) else entity


def _personal(viewer: Viewer, entity: type) -> ColumnElement[bool]:
    hats = (
        (viewer.customer_id, CUSTOMER_SEES),
        (viewer.driver_id, DRIVER_SEES),
        (viewer.partner_id, PARTNER_SEES),
        (viewer.organization_id, PUBLIC_SEES),
    )
    rules = [sees[entity](person) for person, sees in hats if person is not None and entity in sees]
    return or_(*rules) if rules else false()

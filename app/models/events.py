"""The event log: everything that happened, numbered without gaps in the order of commit."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Stamped, Vocabulary, one_of, words


class EventType(Vocabulary):
    ORGANIZATION_CREATED = "ORGANIZATION_CREATED", "The organization began."
    CUSTOMER_CREATED = "CUSTOMER_CREATED", "A customer was added."
    CUSTOMER_UPDATED = "CUSTOMER_UPDATED", "A customer was changed."
    PLACE_CREATED = "PLACE_CREATED", "A place was added."
    PLACE_UPDATED = "PLACE_UPDATED", "A place was changed."
    SUBJECT_CREATED = "SUBJECT_CREATED", "A pet, patient or car was added."
    SUBJECT_UPDATED = "SUBJECT_UPDATED", "A pet, patient or car was changed."
    SERVICE_CREATED = "SERVICE_CREATED", "A service was added."
    SERVICE_UPDATED = "SERVICE_UPDATED", "A service was changed."
    SLOT_CREATED = "SLOT_CREATED", "A slot was added."
    SLOT_UPDATED = "SLOT_UPDATED", "A slot was changed."
    SCHEDULE_CREATED = "SCHEDULE_CREATED", "Opening hours were added."
    SCHEDULE_UPDATED = "SCHEDULE_UPDATED", "Opening hours were changed."
    SCHEDULE_PLANNED = "SCHEDULE_PLANNED", "Slots were made, changed or withdrawn after opening hours."
    SCHEDULE_EXCEPTION_CREATED = "SCHEDULE_EXCEPTION_CREATED", "A closure or an extra day was added."
    SCHEDULE_EXCEPTION_REMOVED = "SCHEDULE_EXCEPTION_REMOVED", "A closure or an extra day was taken back."
    RESOURCE_CREATED = "RESOURCE_CREATED", "A person or thing that services use was added."
    RESOURCE_UPDATED = "RESOURCE_UPDATED", "A person or thing that services use was changed."
    RESOURCE_POOL_CREATED = "RESOURCE_POOL_CREATED", "A pool of resources was added."
    RESOURCE_POOL_UPDATED = "RESOURCE_POOL_UPDATED", "A pool of resources was changed."
    BOOKING_HELD = "BOOKING_HELD", "A slot is kept for a customer who is deciding."
    BOOKING_CREATED = "BOOKING_CREATED", "A slot was booked."
    BOOKING_CONFIRMED = "BOOKING_CONFIRMED", "Staff accepted a booking."
    BOOKING_DECLINED = "BOOKING_DECLINED", "Staff refused a booking."
    BOOKING_CANCELLED = "BOOKING_CANCELLED", "A booking was called off."
    BOOKING_CHECKED_IN = "BOOKING_CHECKED_IN", "The subject of a booking came."
    BOOKING_COMPLETED = "BOOKING_COMPLETED", "The service of a booking is done."
    BOOKING_NO_SHOW = "BOOKING_NO_SHOW", "Nobody came for a booking."
    BOOKING_EXPIRED = "BOOKING_EXPIRED", "A hold ran out."
    BOOKING_RESCHEDULED = "BOOKING_RESCHEDULED", "A booking was moved to another time."
    BOOKING_CHARGED = "BOOKING_CHARGED", "A fee fell due for a booking."
    BOOKING_GROUP_CREATED = "BOOKING_GROUP_CREATED", "Several bookings were made together."
    WAITLIST_JOINED = "WAITLIST_JOINED", "Somebody began to wait for a place."
    WAITLIST_OFFERED = "WAITLIST_OFFERED", "A place that came free is held for whoever waited longest."
    WAITLIST_ACCEPTED = "WAITLIST_ACCEPTED", "Whoever waited has booked."
    WAITLIST_EXPIRED = "WAITLIST_EXPIRED", "An offer ran out, or the wait was in vain."
    WAITLIST_LEFT = "WAITLIST_LEFT", "Somebody waits no more."
    SERIES_CREATED = "SERIES_CREATED", "A standing booking was made."
    SERIES_UPDATED = "SERIES_UPDATED", "A standing booking was changed."
    SERIES_PAUSED = "SERIES_PAUSED", "A standing booking rests."
    SERIES_RESUMED = "SERIES_RESUMED", "A standing booking goes on."
    SERIES_ENDED = "SERIES_ENDED", "A standing booking is over."
    SERIES_EXTENDED = "SERIES_EXTENDED", "A standing booking was booked further ahead."
    CALENDAR_FEED_CREATED = "CALENDAR_FEED_CREATED", "A calendar can be read by its URL."
    CALENDAR_FEED_REVOKED = "CALENDAR_FEED_REVOKED", "The URL of a calendar leads nowhere any more."
    TEAM_CREATED = "TEAM_CREATED", "A team was added."
    TEAM_UPDATED = "TEAM_UPDATED", "A team was changed."
    VEHICLE_TYPE_CREATED = "VEHICLE_TYPE_CREATED", "A vehicle type was added."
    VEHICLE_TYPE_UPDATED = "VEHICLE_TYPE_UPDATED", "A vehicle type was changed."
    VEHICLE_CREATED = "VEHICLE_CREATED", "A vehicle was added."
    VEHICLE_UPDATED = "VEHICLE_UPDATED", "A vehicle was changed."
    MAINTENANCE_DUE = "MAINTENANCE_DUE", "A vehicle must soon go to the workshop, or should be there."
    DRIVER_CREATED = "DRIVER_CREATED", "A driver was added."
    DRIVER_UPDATED = "DRIVER_UPDATED", "A driver was changed."
    LICENCE_EXPIRING = "LICENCE_EXPIRING", "A driver's licence runs out soon, or has."
    ABSENCE_CREATED = "ABSENCE_CREATED", "A driver or a vehicle will be away."
    ABSENCE_REMOVED = "ABSENCE_REMOVED", "A driver or a vehicle will be there after all."
    DRIVER_STATUS_CHANGED = ("DRIVER_STATUS_CHANGED", "A driver went on duty, on a route or home.")
    SHIFT_CREATED = "SHIFT_CREATED", "A shift was added."
    SHIFT_UPDATED = "SHIFT_UPDATED", "A shift was changed."
    SHIFT_REMOVED = "SHIFT_REMOVED", "A shift was taken back."
    TRANSPORT_CREATED = "TRANSPORT_CREATED", "A transport was asked for."
    TRANSPORT_UPDATED = "TRANSPORT_UPDATED", "A transport was changed."
    TRANSPORT_ASSIGNED = "TRANSPORT_ASSIGNED", "A transport was planned onto a route."
    TRANSPORT_SCHEDULED = ("TRANSPORT_SCHEDULED", "The customer can see when the driver comes.")
    TRANSPORT_UNASSIGNED = ("TRANSPORT_UNASSIGNED", "A transport was taken off its route.")
    TRANSPORT_EN_ROUTE = "TRANSPORT_EN_ROUTE", "The driver is on the way to the pickup."
    TRANSPORT_PICKED_UP = "TRANSPORT_PICKED_UP", "The subject or load is on board."
    TRANSPORT_DELIVERED = "TRANSPORT_DELIVERED", "The subject or load arrived."
    TRANSPORT_CANCELLED = "TRANSPORT_CANCELLED", "A transport was called off."
    TRANSPORT_FAILED = "TRANSPORT_FAILED", "A transport could not be carried out."
    TRANSPORT_RETURNED = "TRANSPORT_RETURNED", "What could not be delivered is back."
    TRANSPORT_LATE = "TRANSPORT_LATE", "The driver is expected after the window."
    TRANSPORT_CODE_REFUSED = "TRANSPORT_CODE_REFUSED", "A driver was given a wrong one-time code."
    TRACKING_LINK_CREATED = "TRACKING_LINK_CREATED", "A transport can be followed by a link."
    TRACKING_LINK_REVOKED = "TRACKING_LINK_REVOKED", "A link to a transport leads nowhere any more."
    PLANNING_REQUESTED = "PLANNING_REQUESTED", "Somebody asked for a plan."
    PLANNING_STARTED = "PLANNING_STARTED", "A worker began to plan."
    PLANNING_SUCCEEDED = "PLANNING_SUCCEEDED", "A plan was stored."
    PLANNING_FAILED = "PLANNING_FAILED", "Planning ended without a plan."
    PLANNING_CANCELLED = "PLANNING_CANCELLED", "Planning was called off."
    ROUTE_OPTIMIZED = "ROUTE_OPTIMIZED", "The planner laid a route."
    ROUTE_PUBLISHED = "ROUTE_PUBLISHED", "The driver can see a route."
    ROUTE_CHANGED = "ROUTE_CHANGED", "A route was laid anew, by hand or by the planner."
    ROUTE_ETAS_CHANGED = "ROUTE_ETAS_CHANGED", "The driver is expected at other times than was said."
    ROUTE_DRIVER_CHANGED = "ROUTE_DRIVER_CHANGED", "Another driver drives a route."
    ROUTE_STARTED = "ROUTE_STARTED", "A driver set out."
    ROUTE_COMPLETED = "ROUTE_COMPLETED", "Every stop of a route is dealt with."
    ROUTE_CANCELLED = "ROUTE_CANCELLED", "A route was called off."
    STOP_ARRIVED = "STOP_ARRIVED", "A driver arrived at a stop."
    STOP_COMPLETED = "STOP_COMPLETED", "A stop was dealt with."
    STOP_SKIPPED = "STOP_SKIPPED", "A stop was put off."
    STOP_FAILED = "STOP_FAILED", "A stop could not be dealt with."
    STOP_CANCELLED = "STOP_CANCELLED", "A stop was called off."
    STOP_ARRIVAL_SUGGESTED = "STOP_ARRIVAL_SUGGESTED", "The driver's position is at a stop."
    DOCUMENT_CREATED = "DOCUMENT_CREATED", "A file was uploaded, or will be."
    DOCUMENT_READY = "DOCUMENT_READY", "A file can be downloaded."
    DOCUMENT_REJECTED = "DOCUMENT_REJECTED", "A file was not kept."
    DOCUMENT_REMOVED = "DOCUMENT_REMOVED", "A file was thrown away."
    SUBJECT_ARCHIVED = "SUBJECT_ARCHIVED", "A pet, patient or car does not come any more."
    SUBJECT_RESTORED = "SUBJECT_RESTORED", "A pet, patient or car comes again after all."
    CARE_PROTOCOL_CREATED = "CARE_PROTOCOL_CREATED", "A kind of care that comes round was added."
    CARE_PROTOCOL_UPDATED = "CARE_PROTOCOL_UPDATED", "A kind of care that comes round was changed."
    CARE_RECORDED = "CARE_RECORDED", "Something was done for a subject."
    CARE_RECORD_UPDATED = "CARE_RECORD_UPDATED", "What was done for a subject was described anew."
    CARE_RECORD_VOIDED = "CARE_RECORD_VOIDED", "What was recorded for a subject was wrong."
    CARE_RECORD_READ = "CARE_RECORD_READ", "Somebody looked into a subject's medical record."
    CARE_WAIVED = "CARE_WAIVED", "Staff took a booking although care is not in date."
    TAG_REGISTERED = "TAG_REGISTERED", "A subject was given a tag."
    TAG_RETIRED = "TAG_RETIRED", "A tag is not in use any more."
    TAG_SCANNED = "TAG_SCANNED", "A tag was scanned."
    PARTNER_CREATED = "PARTNER_CREATED", "A partner was added."
    PARTNER_UPDATED = "PARTNER_UPDATED", "A partner was changed."
    API_KEY_CREATED = "API_KEY_CREATED", "A partner's programs were given a key."
    API_KEY_UPDATED = "API_KEY_UPDATED", "What a partner's key is called, or allows, was changed."
    API_KEY_ROTATED = "API_KEY_ROTATED", "A partner's key ends, for it has a successor."
    API_KEY_REVOKED = "API_KEY_REVOKED", "A partner's key is good for nothing any more."
    DOCUMENTS_REGISTERED = "DOCUMENTS_REGISTERED", "Documents were registered that a partner may run."
    DOCUMENTS_WITHDRAWN = "DOCUMENTS_WITHDRAWN", "A partner may not run some documents any more."
    PARTNER_CONNECTED = "PARTNER_CONNECTED", "A partner's system will be asked for records."
    PARTNER_CONNECTION_UPDATED = "PARTNER_CONNECTION_UPDATED", "How a partner's system is asked was changed."
    PARTNER_CONNECTION_REMOVED = "PARTNER_CONNECTION_REMOVED", "A partner's system is not asked any more."
    PARTNER_UNREACHABLE = (
        "PARTNER_UNREACHABLE",
        "A partner's system fails again and again; it is left alone.",
    )
    SYNC_REQUESTED = "SYNC_REQUESTED", "A partner's system is to be asked."
    SYNC_STARTED = "SYNC_STARTED", "A worker began to ask a partner's system."
    SYNC_SUCCEEDED = "SYNC_SUCCEEDED", "A partner's system was asked for everything."
    SYNC_FAILED = "SYNC_FAILED", "A partner's system could not be asked for everything."
    SYNC_CANCELLED = "SYNC_CANCELLED", "Asking a partner's system was called off."
    REVIEW_ACCEPTED = "REVIEW_ACCEPTED", "What a partner sent became a care record."
    REVIEW_REJECTED = "REVIEW_REJECTED", "What a partner sent was not taken."
    NOTIFICATION_FAILED = "NOTIFICATION_FAILED", "A message was given up."
    NOTIFICATION_RESENT = "NOTIFICATION_RESENT", "A message that was given up is tried again."
    ADDRESS_RETIRED = "ADDRESS_RETIRED", "Nothing arrives at an address any more."
    ADDRESS_REVIVED = "ADDRESS_REVIVED", "An address is written to again."
    DEVICE_REGISTERED = "DEVICE_REGISTERED", "A phone can be sent messages."
    DEVICE_RETIRED = "DEVICE_RETIRED", "A phone cannot be sent messages any more."
    CONTACT_PREFERENCE_UPDATED = "CONTACT_PREFERENCE_UPDATED", "Somebody wants to be spoken to in another way."
    REMINDER_RULE_CREATED = "REMINDER_RULE_CREATED", "A reminder was added."
    REMINDER_RULE_UPDATED = "REMINDER_RULE_UPDATED", "A reminder was changed."
    REMINDER_RULE_REMOVED = "REMINDER_RULE_REMOVED", "A reminder was taken back."
    MESSAGE_TEMPLATE_CREATED = "MESSAGE_TEMPLATE_CREATED", "A message was given words of the house's own."
    MESSAGE_TEMPLATE_UPDATED = "MESSAGE_TEMPLATE_UPDATED", "The words of a message were changed."
    MESSAGE_TEMPLATE_REMOVED = "MESSAGE_TEMPLATE_REMOVED", "A message has Waypost's own words again."
    POST_CREATED = "POST_CREATED", "News were written."
    POST_UPDATED = "POST_UPDATED", "News were changed."
    POST_PUBLISHED = "POST_PUBLISHED", "News appeared."
    POST_WITHDRAWN = "POST_WITHDRAWN", "News were taken back."
    EXPORT_REQUESTED = "EXPORT_REQUESTED", "Somebody asked for a file of what is known."
    EXPORT_SUCCEEDED = "EXPORT_SUCCEEDED", "A file that was asked for can be downloaded."
    EXPORT_FAILED = "EXPORT_FAILED", "A file that was asked for could not be written."
    EXPORT_CANCELLED = "EXPORT_CANCELLED", "A file that was asked for is not needed any more."
    PERSON_ERASED = "PERSON_ERASED", "What was known about a person was erased."
    PASSWORD_CHANGED = "PASSWORD_CHANGED", "Somebody set another password."
    EMAIL_CONFIRMED = "EMAIL_CONFIRMED", "Somebody proved that an address is theirs."
    EMAIL_CHANGED = "EMAIL_CHANGED", "Somebody signs in with another address."
    SESSION_REVOKED = "SESSION_REVOKED", "A sign-in was ended."
    SECOND_FACTOR_ADDED = "SECOND_FACTOR_ADDED", "Somebody signs in with a second factor."
    SECOND_FACTOR_REMOVED = "SECOND_FACTOR_REMOVED", "Somebody signs in without a second factor."
    RECOVERY_CODE_USED = "RECOVERY_CODE_USED", "Somebody signed in with a recovery code."
    SECOND_FACTOR_REQUIRED = "SECOND_FACTOR_REQUIRED", "Whether the house's people need a second factor was changed."
    IDENTITY_LINKED = "IDENTITY_LINKED", "Somebody signed in by a provider for the first time."
    MEMBER_INVITED = "MEMBER_INVITED", "Somebody was invited to the organization."
    INVITATION_RESENT = "INVITATION_RESENT", "An invitation was sent again."
    INVITATION_REVOKED = "INVITATION_REVOKED", "An invitation was taken back."
    MEMBER_JOINED = "MEMBER_JOINED", "Somebody became a member of the organization."
    MEMBER_ROLE_CHANGED = "MEMBER_ROLE_CHANGED", "A member has another role."
    MEMBER_REMOVED = "MEMBER_REMOVED", "Somebody is a member of the organization no more."
    ROLE_PERMISSIONS_CHANGED = "ROLE_PERMISSIONS_CHANGED", "What a role may do was changed."
    WEBHOOK_ENDPOINT_CREATED = "WEBHOOK_ENDPOINT_CREATED", "A URL will be told of events."
    WEBHOOK_ENDPOINT_UPDATED = "WEBHOOK_ENDPOINT_UPDATED", "How a URL is told of events was changed."
    WEBHOOK_ENDPOINT_ENABLED = "WEBHOOK_ENDPOINT_ENABLED", "A URL is told of events again."
    WEBHOOK_ENDPOINT_DISABLED = "WEBHOOK_ENDPOINT_DISABLED", "A URL is told of nothing until somebody enables it."
    WEBHOOK_ENDPOINT_REMOVED = "WEBHOOK_ENDPOINT_REMOVED", "A URL is told of events no more."
    WEBHOOK_SECRET_ROTATED = "WEBHOOK_SECRET_ROTATED", "What a URL is told is signed with another secret."
    WEBHOOK_TESTED = "WEBHOOK_TESTED", "A URL is sent a test."
    WEBHOOKS_REPLAYED = "WEBHOOKS_REPLAYED", "A URL is told of past events again."
    WEBHOOK_DELIVERY_RETRIED = "WEBHOOK_DELIVERY_RETRIED", "A URL is told of one event again."


class EventHead(Base):
    """The last number given out in an organization; locked last in every transaction that writes events.

    listening: whether webhooks tell of these events; woken: whether the work that does so is left already.
    """

    __tablename__ = "event_heads"

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    erased_through: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    listening: Mapped[bool] = mapped_column(default=False, server_default="false")
    woken: Mapped[bool] = mapped_column(default=False, server_default="false")


class Event(Base):
    """What happened to which node, by whom, and whom it concerns. Never changed; holds ids and enums only.

    The ids it carries are those of the moment: who could see it then can see it for ever, and nobody else.
    """

    __tablename__ = "events"
    __table_args__ = (
        Index(None, "organization_id", "node_id", "seq"),
        Index(None, "organization_id", "customer_id", "seq", postgresql_where=text("customer_id IS NOT NULL")),
        Index(None, "organization_id", "driver_id", "seq", postgresql_where=text("driver_id IS NOT NULL")),
        Index(
            None, "organization_id", "former_driver_id", "seq", postgresql_where=text("former_driver_id IS NOT NULL")
        ),
        Index(None, "organization_id", "booking_id", "seq", postgresql_where=text("booking_id IS NOT NULL")),
        Index(None, "organization_id", "transport_id", "seq", postgresql_where=text("transport_id IS NOT NULL")),
        Index(None, "organization_id", "route_id", "seq", postgresql_where=text("route_id IS NOT NULL")),
        one_of("type", EventType),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    type: Mapped[EventType] = mapped_column(words(EventType))
    occurred_at: Mapped[datetime]
    node_type: Mapped[str]
    node_id: Mapped[UUID]
    actor_user_id: Mapped[UUID | None]
    actor_partner_id: Mapped[UUID | None]
    actor_api_key_id: Mapped[UUID | None]
    customer_id: Mapped[UUID | None]
    driver_id: Mapped[UUID | None]
    former_driver_id: Mapped[UUID | None]
    route_id: Mapped[UUID | None]
    booking_id: Mapped[UUID | None]
    transport_id: Mapped[UUID | None]
    payload: Mapped[dict[str, Any]]


class EventDetail(Base):
    """The personal part of an event, which can be erased without touching the log."""

    __tablename__ = "event_details"

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    ip: Mapped[str | None]
    user_agent: Mapped[str | None]
    changes: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


class IdempotencyKey(Stamped, Base):
    """What a mutation with a key has done: enough to answer a repetition without doing it again.

    caller_id: the user, or the API key, that promised to mean one request by it.
    """

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index(None, "organization_id", "created_at"),)

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    caller_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[bytes] = mapped_column(LargeBinary)
    outcome: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))

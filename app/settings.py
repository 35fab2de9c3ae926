"""Every knob of the server, read from the environment (`WAYPOST_…`) and from nowhere else."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self

from cryptography.fernet import Fernet
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SERVICE_ACCOUNT = {"project_id", "client_email", "private_key", "token_uri"}

DocumentType = Literal["image/jpeg", "image/png", "image/webp", "image/gif", "application/pdf"]


class OidcProvider(BaseModel):
    """Somebody who vouches for people."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    display_name: str = Field(min_length=1, max_length=80)
    issuer: str = Field(pattern=r"^(https://|http://(localhost|127\.0\.0\.1)(:|/|$))")
    client_id: str = Field(min_length=1)
    client_secret: SecretStr


PROVIDERS = TypeAdapter(list[OidcProvider])


class Settings(BaseSettings):
    """Defaults are safe for production; what has no default must be given."""

    model_config = SettingsConfigDict(
        env_prefix="WAYPOST_", env_ignore_empty=True, frozen=True, extra="ignore", hide_input_in_errors=True
    )

    # where things are
    database_url: SecretStr = Field(description="libpq URL of the role the server connects as; it owns nothing.")
    database_owner_url: SecretStr | None = Field(
        None, description="libpq URL of the role that owns the tables; commands that run as it say so."
    )
    redis_url: SecretStr = Field(description="URL of Redis or Valkey: wakes subscribers and workers.")
    smtp_url: str | None = Field(None, description="smtp:// or smtps:// URL, with user and password if needed.")
    mail_from: str = Field("Waypost <no-reply@waypost.invalid>", description="Sender of every mail.")

    # messages by text and push; a way that is not set up is off
    sms_url: str | None = Field(None, description="Where texts are posted to; see docs/messaging.md.")
    sms_key: SecretStr | None = Field(None, description="Bearer key for that address.")
    expo_url: str | None = Field(None, description="Expo's push service: https://exp.host.")
    expo_token: SecretStr | None = Field(None, description="Access token of the Expo account, if it demands one.")
    fcm_credentials: SecretStr | None = Field(None, description="JSON of the service account that pushes by Firebase.")
    fcm_url: str = Field("https://fcm.googleapis.com", description="Where Firebase Cloud Messaging is.")
    message_timeout_s: float = Field(10, gt=0, le=30, description="Longest wait for one answer of a provider.")
    notification_attempts_max: int = Field(
        16, ge=1, description="Attempts to hand a message over before it is given up: 16 take about six hours."
    )

    # the HTTP server
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, description="Port to listen on; 0 takes a free one.")
    public_url: str = Field("http://127.0.0.1:8000", description="Where clients reach the API; calendar URLs begin so.")
    graphiql: bool = Field(False, description="Serve the GraphiQL page to browsers at /graphql.")
    graphiql_assets: Path | None = Field(
        None, description="Folder with GraphiQL's files; without it the page loads them from a CDN."
    )
    introspection: bool = Field(False, description="Answer introspection and name suggestions.")
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field((), description="Origins of browser clients.")
    body_bytes_max: int = Field(1_000_000, description="Largest request body.")
    body_receive_s_max: float = Field(30, gt=0, description="Longest time that a request body may take to come.")
    log_level: str = Field("INFO", description="Level of the log.")

    # signing in
    token_secret: SecretStr = Field(min_length=32, description="Signs access tokens; at least 32 characters.")
    access_token_s: int = Field(15 * 60, description="Life of an access token.")
    refresh_token_s: int = Field(30 * 24 * 3600, description="Life of an unused refresh token.")
    tries_of_address_max: int = Field(
        100, ge=1, description="Tries of passwords, codes and links from one address at once; then one every 6 s."
    )
    account_url: str = Field(
        "http://127.0.0.1:8000/account", description="Where the pages of accounts are; links in mails begin so."
    )
    oidc_providers: SecretStr | None = Field(
        None, description="Providers of OpenID Connect, as a JSON list; see docs/identity.md."
    )
    oidc_redirect_uris: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Where such a provider may send people back to, exactly."
    )
    oidc_timeout_s: float = Field(10, gt=0, le=30, description="Longest wait for one answer of such a provider.")
    refresh_reuse_s: int = Field(60, description="How long a refresh token may be sent again after a lost answer.")

    # the database
    database_pool_size: int = Field(10, description="Connections of one process.")
    database_pool_timeout_s: float = Field(30, description="Longest wait for a free connection.")
    database_pgbouncer: bool = Field(False, description="Behind PgBouncer in transaction mode: no prepared statements.")
    statement_timeout_s: float = Field(15, description="Longest run of one statement of the server.")

    # GraphQL documents
    idempotency_s: int = Field(
        24 * 3600, ge=1, description="How long a request with the idempotency key of another is a repetition of it."
    )
    depth_max: int = Field(15, ge=1, description="Deepest selection of a document.")
    tokens_max: int = Field(2_000, ge=1, description="Most tokens of a document.")
    document_chars_max: int = Field(64_000, ge=1, description="Most characters of a document.")
    aliases_max: int = Field(60, ge=0, description="Most aliases of a document.")
    roots_max: int = Field(20, ge=1, description="Most root fields of an operation.")
    fields_max: int = Field(1_500, ge=1, description="Most fields of an operation, those of each spread counted.")
    fragments_max: int = Field(100, ge=0, description="Most fragments of a document.")
    operations_max: int = Field(50, ge=1, description="Most operations of a document.")
    directives_max: int = Field(100, ge=0, description="Most directives of a document; five at one place.")
    list_max: int = Field(1_000, ge=1, description="Most items of one list that is sent, in a document or a variable.")
    values_max: int = Field(20_000, ge=1, description="Most values of all variables.")
    string_max: int = Field(200_000, ge=1, description="Most characters of one string among the variables.")
    document_errors_max: int = Field(10, ge=1, description="Most errors that are told of one document.")
    documents_kept: int = Field(1_000, ge=1, description="Checked documents that a process remembers.")

    # persisted documents
    trusted_documents: bool = Field(
        False, description="People's clients, too, run registered documents only; partners' programs always do."
    )
    automatic_document_s: int = Field(
        24 * 3600, ge=1, description="How long an automatic persisted query is remembered after it was sent."
    )
    automatic_documents_max: int = Field(2_000, ge=1, description="Most automatic persisted queries, the latest.")
    automatic_document_chars_max: int = Field(20_000, ge=1, description="Longest automatic persisted query.")

    # what operations cost, and how much of that a caller has; see docs/limits.md
    cost_max: int = Field(10_000, ge=1, description="Most points that one operation may cost.")
    points_max: int = Field(200_000, ge=1, description="Points that a signed-in person may spend at once.")
    points_per_s: float = Field(10_000, gt=0, description="Points that come back to that person each second.")
    partner_points_max: int = Field(50_000, ge=1, description="Points that an API key may spend at once.")
    partner_points_per_s: float = Field(1_000, gt=0, description="Points that come back to that key each second.")
    anonymous_points_max: int = Field(
        20_000, ge=1, description="Points that all who are not signed in may spend at once from one address."
    )
    anonymous_points_per_s: float = Field(1_000, gt=0, description="Points that come back to that address each second.")
    bucket_timeout_s: float = Field(
        0.1, gt=0, description="Longest wait for Valkey to count points; then a process counts for itself."
    )

    # uploaded files
    storage_url: str = Field(
        "file:///var/lib/waypost/documents",
        description="Where files lie: file:///folder, or s3://bucket?endpoint=https://…&region=….",
    )
    storage_key_id: str | None = Field(
        None, description="Access key of the bucket; without it, whatever the machine has for AWS."
    )
    storage_secret: SecretStr | None = Field(None, description="Secret of the access key.")
    upload_bytes_max: int = Field(25_000_000, description="Largest file that can be uploaded.")
    upload_receive_s_max: int = Field(120, description="Longest time that the bytes of an upload may take to come.")
    upload_url_s: int = Field(15 * 60, description="Life of the URL of a direct upload.")
    download_url_s: int = Field(60 * 60, description="Shortest life of the URL of a file; the longest is twice that.")
    document_types: Annotated[tuple[DocumentType, ...], NoDecode] = Field(
        ("image/jpeg", "image/png", "image/webp", "image/gif", "application/pdf"),
        description="Types of file that are kept, of these five.",
    )
    export_keep_days: int = Field(7, ge=1, description="How many days a file that was asked for is kept.")
    image_pixels_max: int = Field(50_000_000, description="Most pixels of an image.")
    thumbnail_px: int = Field(320, description="Longer side of a thumbnail.")
    examination_s_max: int = Field(30, description="Longest examination of a file.")

    # live updates
    live_poll_s: float = Field(5, description="How often the hub reads the log when Redis is silent.")
    live_queue_max: int = Field(1_000, description="Events kept in memory for one slow subscription.")

    # sockets
    socket_init_s: float = Field(10, gt=0, description="How long a socket may wait with its `connection_init`.")
    socket_operations_max: int = Field(100, ge=1, description="Most operations of one socket at once.")
    socket_messages_per_s: float = Field(100, gt=0, description="Messages of one socket that are heard in a second.")
    socket_buffer_bytes: int = Field(256_000, ge=1_000, description="Most that waits in memory for one slow reader.")
    socket_stall_s: float = Field(30, gt=0, description="How long a socket may not be read before it is closed.")
    socket_drain_s: float = Field(5, gt=0, description="Longest that a process which ends waits for its sockets.")
    sockets_per_caller_max: int = Field(50, ge=1, description="Most sockets of one user or key in one process.")
    sockets_per_address_max: int = Field(1_000, ge=1, description="Most sockets of one address in one process.")

    # scheduling and planning
    hold_s: int = Field(10 * 60, description="How long a held slot is kept.")
    series_horizon_days: int = Field(90, ge=1, le=180, description="How many days standing bookings are booked ahead.")
    warning_days: int = Field(
        30, ge=0, le=365, description="How many days before a licence or maintenance is due people hear of it."
    )
    planning_time_limit_s_max: int = Field(60, description="Longest search an `optimizeRoutes` may ask for.")
    planning_transports_max: int = Field(400, description="Most transports of one planning run.")

    # travel times, directions, addresses
    travel_provider: Literal["offline", "google", "osrm"] = Field(
        "offline", description="Who knows travel times: nobody (an estimate), Google Maps, or an OSRM server."
    )
    travel_detour_factor: float = Field(1.3, ge=1, description="Estimate: road metres per metre as the crow flies.")
    travel_free_flow_kmh: float = Field(36, gt=0, description="Estimate: mean speed on free streets, stops included.")
    travel_age_days: int = Field(30, ge=1, description="How long a provider's travel times are kept.")
    travel_elements_per_day: int = Field(
        20_000, ge=0, description="Most travel times that one organization asks Google Maps for within 24 hours."
    )
    travel_timeout_s: float = Field(10, gt=0, description="Longest wait for one answer of a provider.")
    travel_patience_s: float = Field(
        60, gt=0, description="Longest that one plan waits for travel times; the rest is estimated."
    )
    google_maps_key: SecretStr | None = Field(None, description="Key of the Google Maps Platform; begins with AIza.")
    google_maps_url: str = Field("https://maps.googleapis.com", description="Where Google Maps is.")
    google_maps_queries_per_s: int = Field(20, ge=1, description="Most requests of one process a second.")
    osrm_url: str | None = Field(None, description="Where the OSRM server is, without a path.")

    # the day on the road
    track_days: int = Field(30, ge=2, description="How many days the tracks of drivers are kept.")
    positions_max: int = Field(500, ge=1, description="Most positions of one `reportPositions`.")
    position_fresh_s: int = Field(300, ge=1, description="Age up to which a position says where the driver is now.")
    position_pace_s: float = Field(1, gt=0, description="How often followers hear of positions and what follows.")
    eta_every_s: int = Field(15, ge=1, description="How often the positions of a driver move the ETAs of the route.")
    eta_moved_s: int = Field(60, ge=0, description="By how much an ETA must change to be written.")
    eta_told_s: int = Field(
        300, ge=0, description="How often at most `routeUpdated` hears of ETAs that nothing but positions changed."
    )
    geofence_m: int = Field(150, ge=1, description="How near to a stop a driver has probably arrived, in metres.")
    geofence_arrives: bool = Field(False, description="Arrive there at once, instead of suggesting it.")

    # partners' systems
    credentials_keys: SecretStr | None = Field(
        None,
        description="Fernet keys for kept secrets, with commas between them: the first encrypts, all decrypt.",
    )
    partner_private: bool = Field(
        False, description="Ask partners at http:// and at private addresses too; for tests and the demo alone."
    )
    partner_timeout_s: float = Field(10, gt=0, description="Longest wait for one page of a partner's system.")
    partner_bytes_max: int = Field(
        2_000_000,
        ge=1,
        description="Most that a partner's system may have to say about one chip number, over all pages.",
    )
    partner_requests_at_once: int = Field(4, ge=1, description="Requests to one partner's system side by side.")
    partner_wait_s_max: float = Field(
        15, ge=0, description="Longest `Retry-After` that a run waits for; who asks for more is left alone so long."
    )
    partner_rest_s: int = Field(
        900, ge=1, description="How long a partner's system that fails again and again is left alone at first."
    )

    # webhooks
    webhook_timeout_s: float = Field(15, gt=0, le=60, description="Longest wait for the answer of a webhook endpoint.")
    webhook_schedule_s: Annotated[tuple[float, ...], NoDecode] = Field(
        (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400),
        min_length=1,
        description="Waits between the attempts to deliver a webhook, with commas between them; then it is given up.",
    )
    webhook_requests_at_once: int = Field(4, ge=1, description="Requests to one webhook endpoint side by side.")
    webhook_endpoints_at_once: int = Field(
        100, ge=2, description="Webhook endpoints that one worker tells side by side; slow ones get half of the places."
    )
    webhook_endpoints_max: int = Field(50, ge=1, description="Most webhook endpoints of one organization.")
    webhook_alert_s: int = Field(3_600, ge=1, description="How long an endpoint fails before its admins hear of it.")
    webhook_disable_days: int = Field(5, ge=1, description="How many days an endpoint fails before it is disabled.")
    webhook_secret_overlap_s: int = Field(
        86_400, ge=0, description="How long a webhook secret signs besides the one that took its place."
    )
    webhook_replay_max: int = Field(100_000, ge=1, description="Most events of one replay.")
    webhook_keep_days: int = Field(30, ge=1, description="How many days it is kept what webhooks were sent.")

    # work for later
    sweep_s: int = Field(5, description="How often a worker looks for due work that no wake-up announced.")
    work_lease_s: int = Field(120, description="How long a worker keeps a piece of work before another may take it.")
    work_attempts_max: int = Field(12, description="Attempts before a piece of work is set aside.")
    worker_concurrency: int = Field(10, description="Pieces of work one worker does at once.")

    @field_validator("cors_origins", "document_types", "oidc_redirect_uris", "webhook_schedule_s", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """A list in the environment is written with commas."""
        return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value

    @property
    def oidc(self) -> list[OidcProvider]:
        return PROVIDERS.validate_json(self.oidc_providers.get_secret_value()) if self.oidc_providers else []

    @model_validator(mode="after")
    def _providers_are_told_apart(self) -> Self:
        try:
            named = [provider.name for provider in self.oidc]
        except ValidationError:
            # what it says quotes what it was given, secrets included
            raise ValueError("oidc_providers is a JSON list; see docs/identity.md") from None
        if len(set(named)) != len(named):
            raise ValueError("oidc_providers have a name each")
        return self

    @property
    def fernet_keys(self) -> list[str]:
        return (
            [key.strip() for key in self.credentials_keys.get_secret_value().split(",")]
            if self.credentials_keys
            else []
        )

    @model_validator(mode="after")
    def _keys_are_keys(self) -> Self:
        for key in self.fernet_keys:
            try:
                Fernet(key)
            except ValueError:
                raise ValueError("credentials_keys are Fernet keys: 32 bytes in URL-safe base64 each") from None
        return self

    @field_validator("fcm_credentials")
    @classmethod
    def _is_a_service_account(cls, value: SecretStr | None) -> SecretStr | None:
        try:
            found = json.loads(value.get_secret_value()) if value else dict.fromkeys(SERVICE_ACCOUNT)
        except ValueError:
            found = None
        if not isinstance(found, dict) or not found.keys() >= SERVICE_ACCOUNT:
            raise ValueError("fcm_credentials is the JSON file of a service account")
        return value

    @model_validator(mode="after")
    def _provider_is_known(self) -> Self:
        """Better no start than a server that finds out with the first plan."""
        key = self.google_maps_key
        if self.travel_provider == "google" and not (key and key.get_secret_value().startswith("AIza")):
            raise ValueError("travel_provider=google needs a google_maps_key, which begins with AIza")
        if self.travel_provider == "osrm" and not self.osrm_url:
            raise ValueError("travel_provider=osrm needs an osrm_url")
        return self


@lru_cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings()

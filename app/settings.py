"""Every knob of the server, read from the environment (`WAYPOST_…`) and from nowhere else."""

from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Settings(BaseSettings):
    """Defaults are safe for production; what has no default must be given."""

    model_config = SettingsConfigDict(env_prefix="WAYPOST_", env_ignore_empty=True, frozen=True, extra="ignore")

    # where things are
    database_url: SecretStr = Field(description="libpq URL of the role the server connects as; it owns nothing.")
    database_owner_url: SecretStr | None = Field(
        None, description="libpq URL of the role that owns the tables; only `waypost migrate` needs it."
    )
    redis_url: SecretStr = Field(description="URL of Redis or Valkey: wakes subscribers and workers.")
    smtp_url: str | None = Field(None, description="smtp:// or smtps:// URL, with user and password if needed.")
    mail_from: str = Field("Waypost <no-reply@waypost.invalid>", description="Sender of every mail.")

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
    log_level: str = Field("INFO", description="Level of the log.")

    # signing in
    token_secret: SecretStr = Field(min_length=32, description="Signs access tokens; at least 32 characters.")
    access_token_s: int = Field(15 * 60, description="Life of an access token.")
    refresh_token_s: int = Field(30 * 24 * 3600, description="Life of an unused refresh token.")
    refresh_reuse_s: int = Field(60, description="How long a refresh token may be sent again after a lost answer.")

    # the database
    database_pool_size: int = Field(10, description="Connections of one process.")
    database_pool_timeout_s: float = Field(30, description="Longest wait for a free connection.")
    database_pgbouncer: bool = Field(False, description="Behind PgBouncer in transaction mode: no prepared statements.")
    statement_timeout_s: float = Field(15, description="Longest run of one statement of the server.")

    # documents
    depth_max: int = Field(15, description="Deepest selection of a document.")
    tokens_max: int = Field(4_000, description="Most tokens of a document.")
    aliases_max: int = Field(60, description="Most aliases of a document.")

    # live updates
    live_poll_s: float = Field(5, description="How often the hub reads the log when Redis is silent.")
    live_queue_max: int = Field(1_000, description="Events kept in memory for one slow subscription.")

    # scheduling and planning
    hold_s: int = Field(10 * 60, description="How long a held slot is kept.")
    series_horizon_days: int = Field(90, ge=1, le=180, description="How many days standing bookings are booked ahead.")
    planning_time_limit_s_max: int = Field(60, description="Longest search an `optimizeRoutes` may ask for.")
    planning_transports_max: int = Field(400, description="Most transports of one planning run.")

    # work for later
    sweep_s: int = Field(5, description="How often a worker looks for due work that no wake-up announced.")
    work_lease_s: int = Field(120, description="How long a worker keeps a piece of work before another may take it.")
    work_attempts_max: int = Field(12, description="Attempts before a piece of work is set aside.")
    worker_concurrency: int = Field(10, description="Pieces of work one worker does at once.")

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """A list in the environment is written with commas."""
        return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value


@lru_cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings()

"""Registering documents from the command line, where nobody has signed in."""

import uuid
from collections.abc import Sequence

from redis.asyncio import Redis
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from app.access import Viewer
from app.db import Database, async_url
from app.errors import BadUserInput, NotFound
from app.graphql import schema
from app.live import Wakes
from app.models import Partner
from app.schema.scalars import decode_id
from app.services import registry
from app.services.registry.registering import Tick
from app.serving.admission.documents import Documents
from app.serving.admission.registry import Examiner
from app.settings import Settings
from app.uow import unit_of_work

ORGANIZATION = text("SELECT organization_named(:slug)")


async def for_partner(
    settings: Settings, slug: str, partner: str, listed: Sequence[registry.Listed], only: bool, tick: Tick
) -> registry.Registration:
    """As the mutation `registerDocuments` does it; `partner` is the id that the API shows, or the bare UUID."""
    database, redis = Database.connect(settings), Redis.from_url(settings.redis_url.get_secret_value())
    try:
        async with database.read() as session:
            organization_id = (await session.execute(ORGANIZATION, {"slug": slug})).scalar()
        if organization_id is None:
            raise NotFound("organization")
        async with unit_of_work(database, Viewer.system(organization_id), Wakes(redis)) as uow:
            partner_id = await uow.first(select(Partner.id).where(Partner.id == _key(partner)))
            if partner_id is None:
                raise NotFound("partner")
            return await registry.register_documents(uow, partner_id, listed, _examiner(settings), only=only, tick=tick)
    finally:
        await redis.aclose()
        await database.close()


async def for_client(
    settings: Settings, client: str, listed: Sequence[registry.Listed], only: bool, tick: Tick
) -> registry.Registration:
    """What a client of the house runs, as the role that owns the tables: the server itself could not write it."""
    if settings.database_owner_url is None:
        raise BadUserInput("Set WAYPOST_DATABASE_OWNER_URL: the server's own role only reads these documents.")
    engine = create_async_engine(async_url(settings.database_owner_url.get_secret_value()))
    try:
        async with AsyncSession(engine) as session, session.begin():
            return await registry.register_client_documents(
                session, client, listed, _examiner(settings), only=only, tick=tick
            )
    finally:
        await engine.dispose()


def _examiner(settings: Settings) -> Examiner:
    return Examiner(Documents(schema._schema, settings))


def _key(partner: str) -> uuid.UUID:
    try:
        return uuid.UUID(partner)
    except ValueError:
        return decode_id(partner, "Partner")

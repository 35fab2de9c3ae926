"""Texts by their names: which one is meant, and whether its sender may run it."""

import asyncio
import logging
from uuid import UUID

from cachetools import TTLCache
from graphql import OperationDefinitionNode
from redis.exceptions import RedisError

from app import clock
from app.access import Viewer
from app.context import Context, Server
from app.errors import (
    BadUserInput,
    PersistedDocumentNotFound,
    PersistedDocumentRequired,
    PersistedQueryNotFound,
    WaypostError,
)
from app.models.keys import SHA256
from app.services import registry
from app.serving.admission import cost, roots
from app.serving.admission.cost import Prices
from app.serving.admission.documents import Documents, Prepared, hash_of
from app.serving.requests import GraphQLRequest
from app.settings import Settings
from app.uow import ReadUnit

log = logging.getLogger(__name__)

KNOWN, KNOWN_S = 2_000, 10
"""How many texts of people's clients one process knows, and for how long without asking again."""

AUTOMATIC = "waypost:document:"
RECENT = "waypost:documents"
"""A key for each automatic document, and all of them in the order in which they came."""
REDIS_S = 0.5
"""Longest wait for Redis: a client whose document is not found sends the text."""


class Registry:
    """Finds the text of a request in one process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: TTLCache[str, str] = TTLCache(KNOWN, KNOWN_S)

    async def find(self, asked: GraphQLRequest, context: Context) -> str:
        """The text to run. Raises `BadUserInput` where name and text do not agree, and what says that there is none."""
        name, viewer = _name(asked), context.caller
        if viewer is not None and viewer.partner_id is not None:
            found = await self._of_partner(context.server, viewer, viewer.partner_id, name)
        else:
            found = await self._of_people(asked, context.server, name)
        hashed = hash_of(found)
        meant = {asked.persisted_hash or hashed}
        if name is not None and registry.is_hash(name):
            meant.add(name.removeprefix(SHA256))
        if (asked.query or found) != found or meant != {hashed}:
            # Apollo's servers say so in these words
            raise BadUserInput("provided sha does not match query", "documentId")
        return found

    async def _of_partner(self, server: Server, viewer: Viewer, partner_id: UUID, name: str | None) -> str:
        """Looked up each time: what is withdrawn is withdrawn."""
        if name is None:
            raise PersistedDocumentRequired
        reads = ReadUnit(server.database, viewer)
        try:
            found = await reads.scalars(registry.of_partner(viewer.organization_id, partner_id, name))
        finally:
            await reads.close()
        if not found:
            raise PersistedDocumentNotFound
        return str(found[0])

    async def _of_people(self, asked: GraphQLRequest, server: Server, name: str | None) -> str:
        locked = self._settings.trusted_documents
        if name is None:
            if not asked.query:
                raise BadUserInput("A request has a `query`, or the `documentId` of one.", "query")
            if locked:
                raise PersistedDocumentRequired
            return asked.query
        automatic = not locked and registry.is_hash(name)
        if automatic and asked.query:
            # it is compared with its name
            return asked.query
        found = self._known.get(name) or (automatic and await self._automatic(server, name)) or None
        found = found or await self._of_client(server, name)
        if found is None:
            raise PersistedQueryNotFound if automatic and asked.document_id is None else PersistedDocumentNotFound
        self._known[name] = found
        return found

    async def _of_client(self, server: Server, name: str) -> str | None:
        async with server.database.read() as session:
            found: str | None = (await session.execute(registry.of_client(name))).scalar()
        return found

    # automatic persisted queries: people's clients name a text by its hash, and send it once

    async def _automatic(self, server: Server, name: str) -> str | None:
        try:
            async with asyncio.timeout(REDIS_S):
                found = await server.redis.get(AUTOMATIC + name)
        except (RedisError, OSError) as error:
            log.warning("could not look for a document: %r", error)
            return None
        return found.decode() if found else None

    async def keep(self, asked: GraphQLRequest, context: Context, prepared: Prepared) -> None:
        """Remember a text that came with its hash, now that it is known to be valid; only for those who signed in."""
        viewer = context.caller
        wanted = asked.persisted_hash is not None and asked.query and not self._settings.trusted_documents
        if not wanted or viewer is None or viewer.partner_id is not None:
            return
        if len(prepared.text) > self._settings.automatic_document_chars_max:
            return
        try:
            async with asyncio.timeout(REDIS_S):
                await self._remember(context.server, SHA256 + prepared.hash, prepared.text)
        except (RedisError, OSError) as error:
            log.warning("could not remember a document: %r", error)

    async def _remember(self, server: Server, name: str, text: str) -> None:
        """The latest are kept, and so many at most."""
        beyond = -self._settings.automatic_documents_max - 1
        async with server.redis.pipeline() as pipeline:
            pipeline.set(AUTOMATIC + name, text, ex=self._settings.automatic_document_s)
            pipeline.zadd(RECENT, {name: clock.now().timestamp()})
            pipeline.zrange(RECENT, 0, beyond)
            *_, old = await pipeline.execute()
        if old:
            async with server.redis.pipeline() as pipeline:
                pipeline.delete(*(AUTOMATIC + name.decode() for name in old))
                pipeline.zrem(RECENT, *old)
                await pipeline.execute()


def _name(asked: GraphQLRequest) -> str | None:
    """What the request calls its text, if it does; a text that comes along must be that one."""
    hashed = _hash(asked)
    if asked.document_id is None:
        return None if hashed is None else SHA256 + hashed
    name = registry.named(asked.document_id)
    if not registry.is_name(name):
        raise BadUserInput("This names no document.", "documentId")
    return name


def _hash(asked: GraphQLRequest) -> str | None:
    """https://www.apollographql.com/docs/apollo-server/performance/apq, as Apollo's and urql's clients send it."""
    persisted = asked.extensions.get("persistedQuery")
    if persisted is None:
        return None
    hashed = asked.persisted_hash
    if not isinstance(persisted, dict) or persisted.get("version") != 1:
        raise BadUserInput("Unsupported persisted query version", "extensions")
    if hashed is None or not registry.is_name(SHA256 + hashed):
        raise BadUserInput("`sha256Hash` is a SHA-256 in small hexadecimal letters.", "extensions")
    return hashed


class Examiner:
    """What a document would do, told to the rules, which know no GraphQL."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._prices = Prices(documents.schema)

    def __call__(self, text: str) -> list[registry.Operation]:
        prepared = self._documents.prepare(text, introspection=False)
        found = [node for node in prepared.document.definitions if isinstance(node, OperationDefinitionNode)]
        if not found:
            raise WaypostError("The document has no operation.")
        return [self._operation(prepared, node) for node in found]

    def _operation(self, prepared: Prepared, node: OperationDefinitionNode) -> registry.Operation:
        asked = roots.verbs(prepared.document, node)
        permissions = {verb.permission.value for verb in asked if verb.permission is not None}
        return registry.Operation(
            kind=node.operation.value.upper(),
            name=node.name.value if node.name else None,
            permissions=tuple(sorted(permissions)),
            for_people=tuple(verb.name for verb in asked if verb.permission is None),
            cost=cost.of(self._prices, prepared.document, node).points,
        )

"""Persisted documents: what clients may run by name, and which partner may run what."""

from app.services.registry.finding import is_hash, is_name, named, of_client, of_partner
from app.services.registry.manifests import Listed, read
from app.services.registry.registering import (
    Examine,
    Operation,
    Registration,
    register_client_documents,
    register_documents,
    withdraw_documents,
)

__all__ = [
    "Examine",
    "Listed",
    "Operation",
    "Registration",
    "is_hash",
    "is_name",
    "named",
    "of_client",
    "of_partner",
    "read",
    "register_client_documents",
    "register_documents",
    "withdraw_documents",
]

"""What a document may ask for, whoever sends it."""

from typing import Any

from strawberry.extensions import MaxAliasesLimiter, QueryDepthLimiter

from app.settings import Settings


def rules(settings: Settings) -> tuple[Any, ...]:
    """Rules of validation."""
    return (
        *QueryDepthLimiter(max_depth=settings.depth_max).validation_rules,
        *MaxAliasesLimiter(max_alias_count=settings.aliases_max).validation_rules,
    )

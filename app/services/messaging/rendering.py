"""Filling words into a template: Liquid, without anything that loops, reads files or grows without bounds."""

from collections.abc import Mapping

from liquid import BoundTemplate, Environment, StrictUndefined
from liquid.exceptions import LiquidError

from app.errors import BadUserInput

Values = Mapping[str, str | None]
"""What a template may name; None is what there is not, and an `if` asks for it."""

TAGS = {"#", "assign", "case", "comment", "content", "echo", "if", "illegal", "output", "unless"}
FILTERS = {"append", "capitalize", "default", "downcase", "prepend", "strip", "truncate", "upcase"}
"""None of them makes a text longer by more than what the template itself holds."""
TEMPLATE_MAX = 5_000


class _Words(Environment):
    context_depth_limit = 10
    local_namespace_limit = 50_000
    output_stream_limit = 50_000


def _environment() -> Environment:
    found = _Words(undefined=StrictUndefined)
    found.tags = {name: tag for name, tag in found.tags.items() if name in TAGS}
    found.filters = {name: filter for name, filter in found.filters.items() if name in FILTERS}
    return found


ENVIRONMENT = _environment()


class Unusable(Exception):
    """A template that cannot be filled in."""


def render(source: str, values: Values) -> str:
    """Raises `Unusable`."""
    return _filled(_parsed(source), values)


def check(source: str, examples: Values, field: str) -> None:
    """Refuse what could not be filled in some day: with all that there may be, and with what must be there alone."""
    if len(source) > TEMPLATE_MAX:
        raise BadUserInput(f"`{field}` has at most {TEMPLATE_MAX} characters.", field)
    try:
        template = _parsed(source)
        unknown = sorted(set(template.global_variable_paths()) - set(examples))
        if unknown:
            raise BadUserInput(f"Unknown: {', '.join(unknown)}. Known: {', '.join(sorted(examples))}.", field)
        for values in (examples, dict.fromkeys(examples)):
            _filled(template, values)
    except Unusable as error:
        raise BadUserInput(f"This cannot be filled in: {error}.", field) from error


def _parsed(source: str) -> BoundTemplate:
    try:
        return ENVIRONMENT.from_string(source)
    except (LiquidError, RecursionError) as error:
        raise Unusable(_reason(error)) from error


def _filled(template: BoundTemplate, values: Values) -> str:
    try:
        return template.render(**values)
    except (LiquidError, RecursionError) as error:
        raise Unusable(_reason(error)) from error


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__

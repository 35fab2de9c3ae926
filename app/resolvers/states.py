"""Following one row's states: long work as it gets on, and until it is over."""

from collections.abc import AsyncIterator, Callable
from typing import Any

from app.context import Info
from app.schema.scalars import decode_id


async def states(info: Info, model: type[Any], id: str, state: Callable[[Any], object]) -> AsyncIterator[Any]:
    """The row as it is, and again whenever `state` of it is another; the stream ends with the work.

    Raises `NotFound` at once, so that what is asked for in vain is refused and not a stream.
    """
    row = await info.context.loaders.get(model, decode_id(id, model.__name__))
    await info.context.renew()
    return _states(info, model, row.id, state)


async def _states(info: Info, model: type[Any], id: Any, state: Callable[[Any], object]) -> AsyncIterator[Any]:
    shown = None
    async for _ in info.context.watch(id):
        row = await info.context.loaders.get(model, id)
        if (row.status, state(row)) != shown:
            shown = (row.status, state(row))
            yield row
        if not row.machine.transitions.get(row.status):
            return

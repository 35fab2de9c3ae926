"""Where drivers are: told by their phones, followed by the house."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID

from app.access import Permission
from app.context import Info
from app.loaders import positions as relations
from app.models import Driver
from app.resolvers.verbs import Nodes, mutation, subscription
from app.schema.fleet import Position
from app.schema.positions import RejectedPosition, ReportPositionsInput
from app.services import positions
from app.uow import UnitOfWork


@mutation(
    "Tell where a driver was. One that cannot be believed is rejected, the others are taken.",
    Permission.ROUTES_DRIVE,
    answers={
        "accepted": (int, "How many were taken, those that were told before among them."),
        "rejected": (list[RejectedPosition], "Those that were not."),
    },
)
async def report_positions(info: Info, uow: UnitOfWork, input: ReportPositionsInput) -> Nodes:
    server = info.context.server
    report = await positions.report_positions(uow, server.settings, **input.values())
    if report.accepted:
        server.wakes.moved(uow.viewer.organization_id, report.driver_id)
    return {"accepted": report.accepted, "rejected": report.rejected}


@subscription(
    "Where drivers are: each one that the viewer sees as seen last, and then whoever has moved.",
    Permission.FLEET_READ,
    answers=Position,
)
async def driver_positions(info: Info) -> AsyncIterator[Any]:
    return _moves(info)


async def _moves(info: Info) -> AsyncIterator[Any]:
    """Each position once. However many there are, one statement finds them all, drivers included."""
    context = info.context
    shown: dict[UUID, datetime] = {}
    pace_s = context.server.settings.position_pace_s
    async for _ in context.watch(context.viewer.organization_id, pace_s=pace_s):
        for position, driver in await relations.fleet(context.reads):
            if shown.get(driver.id) != position.recorded_at:
                shown[driver.id] = position.recorded_at
                context.loaders.know(Driver, driver)
                yield position

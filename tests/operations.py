"""The operations that clients send, how many statements each takes, and a way to run and count one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphql import OperationDefinitionNode, parse

from app.context import Server
from tests.client import Client
from tests.statements import counting

BOOKINGS_BOARD_MAX = 8
"""Data statements of the bookings board, however many rows it shows."""

# operation: (setup, data); a subscription's are those up to its first news
STATEMENTS = {
    # admin/session
    "SignIn": (3, 6),
    "RefreshSession": (2, 6),
    "Viewer": (1, 4),
    # admin/bookings
    "BookingsBoard": (1, 8),
    # the last two write down that a medical record was read
    "BookingDetail": (2, 10),
    "SlotCalendar": (1, 3),
    "ConfirmBooking": (1, 4),
    "DeclineBooking": (1, 7),
    "CustomerSearch": (1, 2),
    "BookingStatistics": (1, 3),
    # admin/dispatch
    "DispatchBoard": (1, 12),
    "OptimizeRoutes": (1, 4),
    "PlanningRun": (1, 3),
    "PlanningProgress": (2, 2),
    "PublishRoutes": (2, 7),
    "MoveStop": (2, 17),
    "FleetPositions": (1, 1),
    "OperationsFeed": (1, 1),
    # app/customer
    "MyHome": (1, 8),
    "AvailableSlots": (1, 3),
    "HoldSlot": (1, 8),
    "BookSlot": (2, 15),
    "JoinWaitlist": (2, 8),
    "CancelBooking": (1, 6),
    "BookingUpdates": (2, 5),
    "TrackTransport": (3, 7),
    "RegisterDevice": (1, 4),
    # app/driver
    "MyDay": (1, 8),
    "RouteUpdates": (3, 5),
    "StartRoute": (1, 11),
    "ArriveAtStop": (1, 9),
    "CompleteStop": (2, 20),
    "FailStop": (1, 17),
    "ReportPositions": (1, 2),
    "ScanTag": (1, 8),
    # partner/vet: the first two look for the key and for the text
    "PartnerPet": (3, 7),
    "PartnerRecordVaccination": (3, 16),
}


FILES = sorted((Path(__file__).parent / "clients").rglob("*.graphql"))


def operations(file: Path) -> dict[str, str]:
    text = file.read_text()
    found = {}
    for definition in parse(text).definitions:
        assert isinstance(definition, OperationDefinitionNode)
        assert definition.name
        assert definition.loc
        found[definition.name.value] = text[definition.loc.start : definition.loc.end]
    return found


OPERATIONS: dict[str, str] = {name: text for file in FILES for name, text in operations(file).items()}


def named_after(test: str) -> str:
    """The operation that `test_bookings_board` runs: `BookingsBoard`."""
    return "".join(part.capitalize() for part in test.removeprefix("test_").split("_"))


@dataclass
class Operation:
    """An operation of the clients' documents."""

    name: str
    server: Server
    counted: bool = False

    async def run(self, client: Client, **variables: Any) -> Any:
        with self._pinned():
            return await self.again(client, **variables)

    async def again(self, client: Client, **variables: Any) -> Any:
        """Run it uncounted."""
        return await client.run(OPERATIONS[self.name], variables)

    async def first(self, client: Client, **variables: Any) -> Any:
        """What a subscription delivers first; what is read once for all who see the same is nobody's."""
        async with client.socket() as socket:
            with self._pinned():
                return await (await socket.subscribe(OPERATIONS[self.name], variables)).next()

    @contextmanager
    def _pinned(self) -> Iterator[None]:
        with counting(self.server) as statements:
            yield
        found = (len(statements.setup), len(statements.data))
        assert found == STATEMENTS[self.name], f"{found}\n{statements.report()}"
        self.counted = True

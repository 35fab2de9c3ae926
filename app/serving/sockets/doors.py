"""How many sockets one address, and one caller, may have open in this process."""

from collections import Counter

from app.serving.sockets.codes import CloseCode, Closing


class Doors:
    """Who is in. Whoever finds no room is asked to come back later."""

    def __init__(self, *, per_address_max: int, per_caller_max: int) -> None:
        self._per_address_max, self._per_caller_max = per_address_max, per_caller_max
        self._inside: dict[object, list[str]] = {}
        self._counts: Counter[str] = Counter()

    def arrive(self, socket: object, address: str) -> None:
        """Raises `Closing`."""
        self._take(socket, f"address {address}", self._per_address_max)

    def enter(self, socket: object, caller: str) -> None:
        """Raises `Closing`."""
        self._take(socket, f"caller {caller}", self._per_caller_max)

    def leave(self, socket: object) -> None:
        for name in self._inside.pop(socket, ()):
            self._counts[name] -= 1
            if not self._counts[name]:
                del self._counts[name]

    def _take(self, socket: object, name: str, most: int) -> None:
        if self._counts[name] >= most:
            raise Closing(CloseCode.TRY_LATER, "Too many sockets")
        self._counts[name] += 1
        self._inside.setdefault(socket, []).append(name)

"""Why a socket is closed. 44xx are those of graphql-transport-ws, 10xx those of RFC 6455 and its registry."""

from enum import IntEnum


class CloseCode(IntEnum):
    RESTARTING = 1012
    TRY_LATER = 1013
    TOO_SLOW = 4008
    INVALID = 4400
    NOT_ACKNOWLEDGED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL = 4406
    INIT_TIMEOUT = 4408
    ID_TAKEN = 4409
    INIT_TWICE = 4429
    BROKEN = 4500


class Closing(Exception):  # a way out and no error
    """The socket is to be closed."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason

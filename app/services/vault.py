"""Secrets shared with others' systems: encrypted while they lie in the database, plain only on their way out."""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from app.errors import Unavailable
from app.settings import Settings


class Sealed(Exception):
    """None of the keys opens it."""


class Vault:
    """The first key encrypts, all of them decrypt: a new key is put in front, and the old one stays for a while."""

    def __init__(self, settings: Settings) -> None:
        self._keys = [Fernet(key) for key in settings.fernet_keys]

    def seal(self, secret: str) -> bytes:
        if not self._keys:
            raise Unavailable("This server has no key to keep credentials with.")
        return self._keys[0].encrypt(secret.encode())

    def open(self, sealed: bytes) -> str:
        """Raises `Sealed`."""
        try:
            return MultiFernet(self._keys).decrypt(sealed).decode() if self._keys else self._locked()
        except InvalidToken:
            return self._locked()

    def renewed(self, sealed: bytes) -> bytes | None:
        """The same under the first key, if it is under another."""
        try:
            self._keys[0].decrypt(sealed)
        except InvalidToken:
            return self.seal(self.open(sealed))
        return None

    @staticmethod
    def _locked() -> str:
        raise Sealed("the credentials cannot be decrypted with the keys that there are")

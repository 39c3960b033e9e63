"""Secrets at rest: sealed with the newest key, opened with any, bound to the row they belong to."""

from collections.abc import Sequence
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class CannotOpen(Exception):
    """The sealed text was made with a key we do not hold, or belongs to another row."""


class Sealer:
    """Seals texts with authenticated encryption.

    The owner's UUID is inside the sealed text, so a ciphertext copied to another row is refused.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, text: str, owner: UUID) -> str:
        return self._fernet.encrypt(owner.bytes + text.encode()).decode()

    def open(self, sealed: str, owner: UUID) -> str:
        try:
            opened = self._fernet.decrypt(sealed.encode())
        except InvalidToken:
            raise CannotOpen("The key that sealed this secret is not among TOKEN_KEYS.") from None
        if opened[:16] != owner.bytes:
            raise CannotOpen("This secret was sealed for another record.")
        return opened[16:].decode()

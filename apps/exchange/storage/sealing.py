"""A file at rest: AES-256-GCM in chunks, as a stream, bound to the file's name.

After a head (format, which key, a salt) come chunks of `CHUNK` bytes, each sealed under a key that
is made for this one file of ours, the salt and its name. The number of a chunk and whether it is the
last are in its nonce: a chunk that is missing, moved or cut off is noticed, and so is a file that was
put in the place of another.
"""

import base64
import binascii
import hashlib
import io
import os
from collections.abc import Sequence
from typing import IO, Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC: Final = b"TIEOUT\x01\n"
KEY_BYTES: Final = 32
CHUNK: Final = 64 * 1024  # bytes of plain text that are sealed at once
TAG: Final = 16
_KEY_ID: Final = 8
_SALT: Final = 16
_HEAD: Final = len(MAGIC) + _KEY_ID + _SALT


class CannotOpen(Exception):
    """It is not what was kept under this name, or no key of ours opens it; a sentence for staff."""


class UnknownKey(CannotOpen):
    """It was sealed by a key that is not among those at hand."""


class KeyRefused(ValueError):
    """A key that is none: not 32 bytes in URL-safe base64."""


class Takes(Protocol):
    """Whatever bytes can be written to."""

    def write(self, data: bytes, /) -> int: ...


class Keys:
    """Keys of files, newest first: the first seals, any of them opens."""

    def __init__(self, texts: Sequence[str]) -> None:
        keys = [_key(each) for each in texts]
        if not keys:
            raise KeyRefused("There is no key.")
        self.newest = keys[0]
        self._by_id = {key_id(each): each for each in keys}

    def of(self, wanted: bytes) -> bytes:
        found = self._by_id.get(wanted)
        if found is None:
            raise UnknownKey(
                "The key that sealed this file is not among FILE_KEYS. Ask whoever runs Tieout to "
                "put it back there, behind the newest."
            )
        return found


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise KeyRefused("A key of files is 32 random bytes in URL-safe base64.")
    return key


def key_id(key: bytes) -> bytes:
    """Which key it is, without telling it."""
    return hashlib.sha256(b"tieout file key " + key).digest()[:_KEY_ID]


def _cipher(key: bytes, salt: bytes, name: str) -> AESGCM:
    made = HKDF(SHA256(), KEY_BYTES, salt=salt, info=b"tieout file " + name.encode()).derive(key)
    return AESGCM(made)


def _nonce(place: int, is_last: bool) -> bytes:
    return place.to_bytes(11, "big") + bytes([is_last])


class SealingWriter(io.RawIOBase):
    """Seals what is written to it into `into`; `finish` ends the file, and without it there is none.

    `size` and `sha256` are those of the plain text.
    """

    def __init__(self, into: Takes, keys: Keys, name: str) -> None:
        salt = os.urandom(_SALT)
        self._into = into
        self._head = MAGIC + key_id(keys.newest) + salt
        self._cipher = _cipher(keys.newest, salt, name)
        self._waiting = bytearray()
        self._place = 0
        self._digest = hashlib.sha256()
        self.size = 0
        into.write(self._head)

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override] # any buffer, as RawIOBase says
        self._waiting += data
        self._digest.update(data)
        self.size += len(data)
        while len(self._waiting) > CHUNK:  # the last chunk is only known when it ends
            self._seal(bytes(self._waiting[:CHUNK]), is_last=False)
            del self._waiting[:CHUNK]
        return len(data)

    def finish(self) -> None:
        self._seal(bytes(self._waiting), is_last=True)
        self._waiting.clear()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def _seal(self, chunk: bytes, *, is_last: bool) -> None:
        self._into.write(self._cipher.encrypt(_nonce(self._place, is_last), chunk, self._head))
        self._place += 1


class OpeningReader(io.RawIOBase):
    """The plain text of a sealed file, as a stream; raises `CannotOpen` where it is not whole."""

    def __init__(self, file: IO[bytes], keys: Keys, name: str) -> None:
        self._file = file
        self._head = file.read(_HEAD)
        if len(self._head) < _HEAD or not self._head.startswith(MAGIC):
            raise CannotOpen(_NOT_AS_KEPT)
        wanted = self._head[len(MAGIC) :][:_KEY_ID]
        self._cipher = _cipher(keys.of(wanted), self._head[-_SALT:], name)
        self._next = file.read(CHUNK + TAG)
        self._place = 0
        self._open = memoryview(b"")
        self._is_over = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # as RawIOBase calls it
        while not self._open and not self._is_over:
            self._open_one()
        taken = min(len(buffer), len(self._open))
        buffer[:taken] = self._open[:taken]
        self._open = self._open[taken:]
        return taken

    def close(self) -> None:
        self._file.close()
        super().close()

    def _open_one(self) -> None:
        sealed, self._next = self._next, self._file.read(CHUNK + TAG)
        self._is_over = not self._next
        try:
            chunk = self._cipher.decrypt(_nonce(self._place, self._is_over), sealed, self._head)
        except InvalidTag:
            raise CannotOpen(_NOT_AS_KEPT) from None
        self._open = memoryview(chunk)
        self._place += 1


class PlacedReader(io.RawIOBase):
    """The plain text of a sealed file, from any place: each chunk opens on its own.

    Which one is the last is reckoned from the size of the file and vouched for by its seal, so what
    is cut off or longer is noticed with the last chunk. Raises `CannotOpen`.
    """

    def __init__(self, file: IO[bytes], keys: Keys, name: str) -> None:
        self._file = file
        self._head = file.read(_HEAD)
        if len(self._head) < _HEAD or not self._head.startswith(MAGIC):
            raise CannotOpen(_NOT_AS_KEPT)
        self._cipher = _cipher(
            keys.of(self._head[len(MAGIC) :][:_KEY_ID]), self._head[-_SALT:], name
        )
        self._first = file.tell()
        sealed = file.seek(0, io.SEEK_END) - self._first
        self._chunks = -(-sealed // (CHUNK + TAG))
        self._size = sealed - self._chunks * TAG
        self._at = 0
        self._held: tuple[int, bytes] = (-1, b"")  # a chunk that is open

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(start + offset, 0)
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # as RawIOBase calls it
        if self._at >= self._size:
            return 0
        place, begins = divmod(self._at, CHUNK)
        piece = self._chunk(place)[begins : begins + len(buffer)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def close(self) -> None:
        self._file.close()
        super().close()

    def _chunk(self, place: int) -> bytes:
        if self._held[0] != place:
            self._file.seek(self._first + place * (CHUNK + TAG))
            sealed = self._file.read(CHUNK + TAG)
            nonce = _nonce(place, place == self._chunks - 1)
            try:
                self._held = place, self._cipher.decrypt(nonce, sealed, self._head)
            except (InvalidTag, ValueError):  # ValueError: shorter than a seal
                raise CannotOpen(_NOT_AS_KEPT) from None
        return self._held[1]


_NOT_AS_KEPT: Final = (
    "This file is not what was kept: it was changed, cut off, or put in the place of another. It is "
    "not handed out. Make it again, and tell whoever runs Tieout."
)

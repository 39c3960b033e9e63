"""An archive sealed by a passphrase: scrypt makes the key, the rest is as files at rest are sealed.

Before the sealed file stand a mark, with the version of this envelope, and the salt. What scrypt
costs belongs to the version, so no file can ask for more.
"""

import base64
import hashlib
import io
import os
import unicodedata
from typing import IO, Final

from django.core.exceptions import ValidationError

from apps.exchange.storage.sealing import (
    KEY_BYTES,
    CannotOpen,
    Keys,
    PlacedReader,
    SealingWriter,
    Takes,
    UnknownKey,
)

MARK: Final = b"TIEOUT ARCHIVE "
ENVELOPE: Final = b"1\n"
SALT: Final = 16
NAME: Final = "company archive"
SHORTEST: Final = 12  # characters of a passphrase
READ_AT_ONCE: Final = 1 << 18  # bytes
# 64 MB and some 0.4 s a guess.
_N, _R, _P, _MEMORY = 1 << 16, 8, 2, 80 << 20


def refuse_weak(passphrase: str) -> None:
    """Raises ValidationError, in a sentence."""
    if len(passphrase) < SHORTEST or len(set(passphrase)) < SHORTEST // 2:
        raise ValidationError(
            f"A passphrase has at least {SHORTEST} characters, and more than a few different ones. "
            "Four or five words do well."
        )


def sealing(into: Takes, passphrase: str) -> SealingWriter:
    """What is written to it goes sealed into the file, which `finish` ends."""
    salt = os.urandom(SALT)
    into.write(MARK + ENVELOPE + salt)
    return SealingWriter(into, _keys(passphrase, salt), NAME)


def opening(file: IO[bytes], passphrase: str) -> io.BufferedReader:
    """Its plain text. Raises `CannotOpen`, with a sentence for each of what can be the matter."""
    mark, envelope = file.read(len(MARK)), file.read(len(ENVELOPE))
    salt = file.read(SALT)
    if mark != MARK or len(salt) < SALT:
        raise CannotOpen("This is no archive of a company, or only the beginning of one.")
    if envelope != ENVELOPE:
        raise CannotOpen(
            "This archive was sealed by a newer Tieout. Restore it with a version as new as that."
        )
    try:
        return io.BufferedReader(PlacedReader(file, _keys(passphrase, salt), NAME), READ_AT_ONCE)
    except UnknownKey:
        raise CannotOpen(
            "The passphrase is not the one that this archive was sealed with. Type it again; "
            "without it nobody can open the archive."
        ) from None
    except CannotOpen:
        raise CannotOpen(TORN) from None


TORN: Final = (
    "This archive is not as it was made: it was changed or cut off. Nothing was restored. Copy it "
    "again from where it was kept, or take another one."
)


def _keys(passphrase: str, salt: bytes) -> Keys:
    # Two keyboards may compose one letter differently.
    typed = unicodedata.normalize("NFC", passphrase).encode()
    key = hashlib.scrypt(typed, salt=salt, n=_N, r=_R, p=_P, maxmem=_MEMORY * _P, dklen=KEY_BYTES)
    return Keys([base64.urlsafe_b64encode(key).decode()])

"""Keys of the trail, which are in no database: digests, links and marks are made under them."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Key:
    """One of `TRAIL_KEYS`, with a key of its own for each use; `name` tells it from others and gives
    nothing away."""

    name: str
    of_rows: bytes
    of_links: bytes
    of_deeds: bytes


def newest() -> Key:
    """What is sealed with."""
    return next(iter(keys().values()))


def keys() -> Mapping[str, Key]:
    """All that are held, by name, the newest first."""
    return _made(tuple(settings.TRAIL_KEYS))


@lru_cache(maxsize=8)
def _made(words: tuple[str, ...]) -> Mapping[str, Key]:
    made = [_key(word) for word in words]
    return {each.name: each for each in made}


def _key(word: str) -> Key:
    def of(use: str) -> bytes:
        return hmac.digest(word.encode(), f"tieout trail {use}".encode(), hashlib.sha256)

    return Key(of("name").hex()[:8], of("rows"), of("links"), of("deeds"))

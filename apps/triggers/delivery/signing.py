"""Signatures by Standard Webhooks 1.0.0 (github.com/standard-webhooks/standard-webhooks, spec): HMAC-
SHA256 of `id.timestamp.body`, so that a receiver knows who sent it, and when.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import Final

PREFIX: Final = "whsec_"
BYTES: Final = 32  # of a secret; the specification wants 24 to 64


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def signed(secrets: Iterable[str], *, id: str, at: int, body: bytes) -> dict[str, str]:
    """The three headers: a signature by each secret, so that whoever still has the one before finds
    theirs. `at` in Unix seconds, of this attempt."""
    return {
        "webhook-id": id,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(_signature(each, id, at, body) for each in secrets),
    }


def _signature(secret: str, id: str, at: int, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    made = hmac.new(key, f"{id}.{at}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(made.digest()).decode()

"""How a delivery of a webhook is signed."""

import base64
import hashlib
import hmac
import json

HEADER = "X-FreshBooks-Hmac-SHA256"


def signature(verifier: str, told: dict[str, str]) -> str:
    """Of the form's fields as JSON, in the order of the body."""
    digest = hmac.new(verifier.encode(), json.dumps(told).encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()

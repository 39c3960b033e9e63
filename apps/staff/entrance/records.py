"""What this session proved, and when."""

import time
from typing import Any

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.http import HttpRequest

# What proves that it is the person: not that they hold a link from a mail.
PROOFS = ("password", "mfa")


def methods_used(request: HttpRequest) -> list[dict[str, Any]]:
    """allauth's records of this session, oldest first: method, when, and which factor."""
    if not request.user.is_authenticated:
        return []
    records: list[dict[str, Any]] = get_authentication_records(request, request.user)
    return records


def is_fresh(request: HttpRequest) -> bool:
    """Whether the person proved who they are within `FRESH_SIGN_IN` seconds: at sign-in, or since."""
    proofs = [each["at"] for each in methods_used(request) if each.get("method") in PROOFS]
    return bool(proofs) and 0 <= time.time() - max(proofs) < settings.FRESH_SIGN_IN

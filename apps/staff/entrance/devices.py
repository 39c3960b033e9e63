"""Devices on which a person signed in before, known by a signed cookie.

Tries on such a device are counted by themselves, so that nobody else locks it out; tries from
anywhere else share one slow count per account (OWASP: device cookies). The cookie opens nothing.
"""

import hashlib
import secrets
from typing import Any, Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from apps.staff.models import User

SALT: Final = "tieout.device"
MOST: Final = 5  # people of one browser that it remembers


def known(request: HttpRequest, account: str) -> str:
    """The number of this device where that account signed in on it before, else empty."""
    return _told(request).get(_short(account), "")


def last_person(request: HttpRequest) -> int | None:
    """Who signed in on this device last, by key."""
    found = _content(request).get("last")
    return int(found) if found is not None else None


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Let this device be a known one of theirs from now on."""
    told, account = _told(request), _short(user.email)
    number = told.pop(account, "") or secrets.token_urlsafe(12)
    kept = dict([*told.items()][-(MOST - 1) :])
    content = {"devices": {**kept, account: number}, "last": user.pk}
    response.set_cookie(
        name(),
        signing.dumps(content, salt=SALT, compress=True),
        max_age=settings.DEVICE_COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def name() -> str:
    return "__Host-device" if settings.SESSION_COOKIE_SECURE else "device"


def _told(request: HttpRequest) -> dict[str, str]:
    return dict(_content(request).get("devices", {}))


def _content(request: HttpRequest) -> dict[str, Any]:
    try:
        content: dict[str, Any] = signing.loads(
            request.COOKIES.get(name(), ""), salt=SALT, max_age=settings.DEVICE_COOKIE_AGE
        )
    except signing.BadSignature:
        return {}
    return content


def _short(account: str) -> str:
    """Not the address itself: whoever reads the cookie need not learn who works here."""
    return hashlib.sha256(f"{SALT} {account.strip().lower()}".encode()).hexdigest()[:16]

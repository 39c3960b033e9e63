"""Keeps what happens to access, and says it in the log: one row and one line an event."""

import hashlib
import hmac
import logging
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from apps.core.whence import client_address
from apps.staff.models import SecurityEvent, User

log = logging.getLogger("tieout.security")

Kind = SecurityEvent.Kind


def note(
    kind: SecurityEvent.Kind,
    words: str,
    *,
    request: HttpRequest | None = None,
    person: User | None = None,
    subject: User | None = None,
    **details: Any,
) -> SecurityEvent:
    """Keep one event: what happened in a sentence, who did it, to whom, and from where.

    `person` is whoever is signed in unless it is given. `details` are JSON values and hold no secret: what
    was typed where a name or a password belongs goes through `mark_of`. The row is part of the transaction
    that is open; what is refused is noted outside of the one that is rolled back.
    """
    if person is None and request is not None:
        user = getattr(request, "user", None)
        person = user if isinstance(user, User) else None
    event = SecurityEvent(
        kind=kind,
        words=words,
        person=person,
        subject=subject,
        details=details,
        address=(client_address(request) or None) if request is not None else None,
        browser=request.META.get("HTTP_USER_AGENT", "")[:200].replace("\0", "") if request else "",
    )
    event.save()
    # People by their keys: a log is read by more people than the page.
    log.info(
        "security event=%s id=%s person=%s subject=%s from=%s",
        kind.value,
        event.pk,
        person.pk if person else "-",
        subject.pk if subject else "-",
        event.address or "-",
    )
    return event


def mark_of(typed: str) -> str:
    """A mark of something that was typed, alike for what is alike and not to be turned back."""
    mac = hmac.new(settings.SECRET_KEY.encode(), typed.strip().lower().encode(), hashlib.sha256)
    return mac.hexdigest()[:16]

"""Keeps what happens to access, and says it in the log: one row and one line an event."""

import getpass
import hashlib
import hmac
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import models, transaction
from django.http import HttpRequest

from apps.core.deeds import Deed, What, tell
from apps.core.lifting import lifted
from apps.core.whence import client_address
from apps.staff.models import SecurityEvent, User

log = logging.getLogger("tieout.security")

Kind = SecurityEvent.Kind
# More than a year: what is asked at a year's audit is there, and not for ever.
AT_ONCE: Final = 500  # rows of one transaction
KEPT_FOR: Final = timedelta(days=400)
_asked: ContextVar[HttpRequest | None] = ContextVar("asked", default=None)


@contextmanager
def asked_by(request: HttpRequest) -> Iterator[None]:
    """What is noted meanwhile was asked by this request, however deep in the house it is noted."""
    before = _asked.set(request)
    try:
        yield
    finally:
        _asked.reset(before)


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

    `request` is the one that is being answered, `person` whoever is signed in, unless they are given. `details` are JSON values and hold no secret: what
    was typed where a name or a password belongs goes through `mark_of`. The row is part of the transaction
    that is open; what is refused is noted outside of the one that is rolled back.
    """
    request = request or _asked.get()
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


def note_command(words: str, *, subject: User | None = None, **details: Any) -> SecurityEvent:
    """What an operator did at the host by a command, with the name of the account there."""
    return note(Kind.OPERATED, words, subject=subject, account=_account(), **details)


@dataclass(frozen=True, kw_only=True, slots=True)
class Forgotten:
    """How many events went by rule, and the last of them; 0 where none went."""

    count: int
    last: int = 0


def forget_old_events(now: datetime) -> Forgotten:
    """Delete what is older than the rule says, and keep an event that says so. Nothing else deletes."""
    rule = f"Security events after {KEPT_FOR.days} days"
    # The plain rows: those of the model refuse to be deleted.
    old: models.QuerySet[SecurityEvent] = models.QuerySet(SecurityEvent).filter(
        at__lt=now - KEPT_FOR
    )
    count = last = 0
    while keys := list(old.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        with transaction.atomic(), lifted():
            models.QuerySet(SecurityEvent).filter(pk__in=keys).delete()
            tell(Deed(what=What.PURGED, rule=rule, table="staff.SecurityEvent", keys=keys))
        count, last = count + len(keys), keys[-1]
    if count:
        words = f"{count:,} events older than {KEPT_FOR.days} days were deleted by rule."
        note(Kind.OPERATED, words, count=count, last=last)
    return Forgotten(count=count, last=last)


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in a container
        return str(os.getuid())

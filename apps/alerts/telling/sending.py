"""Sends what is due: one mail, or one chat message, for each recipient and pass."""

import time
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import F
from django.utils import timezone

from apps.alerts.models import Delivery
from apps.alerts.telling import chat
from apps.alerts.telling.addressing import CHAT
from apps.alerts.telling.letters import letter
from apps.billing.sight import sees
from apps.core.sealing import CannotOpen
from apps.exchange.schedules.posting import Later, Refused, post

State = Delivery.State
WAITS: Final = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))


def send_due(now: datetime) -> int:
    """Send what is due, as much as a task has time for; the number of recipients that were tried. No
    transaction may be open."""
    stop_at, count = time.monotonic() + settings.SYNC_TASK_BUDGET, 0
    due = Delivery.objects.filter(state=State.WAITING, due_at__lte=now)
    recipients = sorted(set(due.values_list("to", flat=True)))
    for to in recipients:
        if time.monotonic() > stop_at:
            break
        count += _send(to, now)
    return count


def refused_since(moment: datetime) -> list[str]:
    """What surely did not reach somebody since then, or may not have: the address and why."""
    rows = Delivery.objects.filter(due_at__gte=moment, state=State.WAITING).exclude(sentence="")
    ended = Delivery.objects.filter(state__in=(State.REFUSED, State.SENDING), ended_at__gte=moment)
    return sorted({f"{each.to}: {each.sentence}" for each in (*rows, *ended)})


def _send(to: str, now: datetime) -> bool:
    """Claimed by one statement before anything leaves: of two workers one gets the rows."""
    claim = uuid.uuid4()
    mine = Delivery.objects.filter(to=to, state=State.WAITING, due_at__lte=now)
    if not mine.update(state=State.SENDING, claim=claim, tries=F("tries") + 1):
        return False
    beside = ("event__alert__connection", "event__alert__company", "rule__company", "user")
    rows = list(Delivery.objects.filter(claim=claim).select_related(*beside))
    try:
        _tell(to, rows, claim)
    except Refused as refusal:
        _end(rows, State.REFUSED, str(refusal))
    except Later as trouble:
        _put_off(rows, str(trouble), now)
    except OSError as error:  # it stays in doubt, and those behind it are no part of that
        _end(rows, State.SENDING, f"No answer came: {error}.")
    else:
        _end(rows, State.SENT, "")
    return True


def _tell(to: str, rows: Sequence[Delivery], claim: uuid.UUID) -> None:
    events, rule, user = [each.event for each in rows], rows[0].rule, rows[0].user
    if to.startswith(CHAT):
        assert rule is not None  # a chat is known by its rule
        if not rule.active:
            raise Refused("The rule is not in use any more.")
        try:
            chat.tell(rule.chat_address, events)
        except CannotOpen as lost:
            raise Refused(f"{lost} Enter the chat's address again.") from lost
        return
    if user is not None and not user.is_active:
        raise Refused(f"{user} does not work here any more.")
    if user is not None and not all(sees(user, each.event.alert) for each in rows):
        raise Refused(f"{user} does not see this company any more.")
    made = letter(events, rule.zone if rule is not None else ZoneInfo(settings.TIME_ZONE))
    message = EmailMultiAlternatives(
        subject=made.subject,
        body=made.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[to],
        headers={"Auto-Submitted": "auto-generated", "Message-ID": _identity(claim)},
    )
    message.attach_alternative(made.html, "text/html")
    post(message)


def _identity(claim: uuid.UUID) -> str:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<tieout-alert-{claim}@{domain}>"


def _put_off(rows: Sequence[Delivery], sentence: str, now: datetime) -> None:
    """Each by how often it was tried itself."""
    for tries in sorted({each.tries for each in rows}):
        own = [each for each in rows if each.tries == tries]
        if tries > len(WAITS):
            _end(own, State.REFUSED, f"{sentence} It was tried {tries} times.")
            continue
        Delivery.objects.filter(pk__in=[each.pk for each in own]).update(
            state=State.WAITING, sentence=sentence[:400], due_at=now + WAITS[tries - 1]
        )


def _end(rows: Sequence[Delivery], state: str, sentence: str) -> None:
    Delivery.objects.filter(pk__in=[each.pk for each in rows]).update(
        state=state, sentence=sentence[:400], ended_at=timezone.now()
    )

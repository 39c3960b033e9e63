"""The head of the chain, mailed each day: what lies in a mailbox cannot be cut off in the database."""

from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import Count
from django.template.loader import render_to_string
from django.utils import timezone

from apps.exchange.schedules.posting import Later, Refused, post
from apps.staff.acts import RoleName
from apps.staff.models import User
from apps.trail.links import head
from apps.trail.models import Entry, Verification
from apps.trail.sources import sources


class NotTold(Exception):
    """The head did not reach everybody; the sentence says whom not, and why."""


def mail() -> int:
    """To operators and administrators, each by a mail of their own; how many were told.

    Raises `NotTold` at the end, where some were not.
    """
    subject, text = letter()
    told, untold = 0, []
    for to in recipients():
        try:
            post(EmailMultiAlternatives(subject, text, to=[to]))
        except (Refused, Later, OSError) as trouble:
            untold.append(f"{to}: {trouble}")
        else:
            told += 1
    if untold:
        raise NotTold("; ".join(untold))
    return told


def recipients() -> list[str]:
    people = User.objects.filter(
        is_active=True, is_staff=True, groups__name=RoleName.ADMINISTRATOR.value
    )
    found = {each.lower() for each in settings.ALERT_OPERATORS}
    return sorted(found | {each.lower() for each in people.values_list("email", flat=True)})


def letter() -> tuple[str, str]:
    """Subject and text."""
    now = timezone.now()
    number, link = head()
    day = Entry.objects.filter(sealed_at__gt=now - timedelta(days=1)).order_by()
    counts = dict(day.values_list("kind").annotate(count=Count("number")))
    known = sources()
    lines = sorted(
        (known[kind].table_words, count) for kind, count in counts.items() if kind in known
    )
    last = Verification.objects.filter(state=Verification.State.DONE).order_by("-ended_at").first()
    context = {
        "number": number,
        "link": link.hex(),
        "lines": lines,
        "sealed": sum(counts.values()),
        "last": last,
        "now": now,
        "site": settings.SITE_URL,
    }
    text = render_to_string("trail/head.txt", context).strip() + "\n"
    return f"Tieout: the audit trail ends at entry {number:,}, {now:%-d %B %Y}", text

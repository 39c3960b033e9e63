"""A link to set a new password: asked for at the entrance, sent by a worker.

Whether an address is known must not show in how long an answer takes. So what a request does is the same
for every address (one look, one event, one task), and a worker looks whether there is anybody to write to.
"""

from datetime import timedelta
from io import BytesIO
from typing import Final
from urllib.parse import urlsplit

from allauth.account.internal.flows.password_reset import request_password_reset
from allauth.account.internal.userkit import filter_users_by_email
from allauth.core import context
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from apps.staff.models import SecurityEvent, User
from apps.staff.security import Kind, mark_of, note

TASK: Final = "apps.staff.entrance.resets.send_link"
# What was asked for so long ago was asked for again meanwhile.
WAITS: Final = timedelta(hours=1)


def ask(request: HttpRequest, typed: str) -> None:
    """Keep that a link was asked for, and have it sent. The task holds no address."""
    from django_q.tasks import async_task

    with transaction.atomic():
        event = note(
            Kind.RESET_ASKED,
            "A link to set a new password was asked for.",
            request=request,
            subject=User.objects.filter(email=typed.strip().lower()).first(),
            account=mark_of(typed),
        )
        async_task(TASK, event.pk)


def send_link(asked: int) -> None:
    """To whom that event is about, if they may sign in."""
    since = timezone.now() - WAITS
    event = SecurityEvent.objects.filter(pk=asked, kind=Kind.RESET_ASKED, at__gte=since).first()
    person = event.subject if event is not None else None
    if person is None:
        return
    found = filter_users_by_email(
        person.email, is_active=True, prefer_verified=True, for_login=True
    )
    if found:
        with context.request_context(_at_our_address()) as request:
            request_password_reset(request, person.email, found, None)


def _at_our_address() -> HttpRequest:
    """allauth writes its letters for a request: one to the address that this installation is known by."""
    parts = urlsplit(settings.SITE_URL)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return WSGIRequest(
        {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/",
            "SERVER_NAME": parts.hostname or "",
            "SERVER_PORT": str(port),
            "wsgi.url_scheme": parts.scheme,
            "wsgi.input": BytesIO(),
        }
    )

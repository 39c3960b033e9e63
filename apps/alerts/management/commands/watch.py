"""For cron, outside the task queue: tells of silence, and that somebody still watches."""

from typing import Any, Final

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError
from django.utils import timezone

from apps.alerts.causes import look_for_silence
from apps.alerts.keeping import keep
from apps.alerts.telling.addressing import address
from apps.alerts.telling.sending import refused_since, send_due
from apps.alerts.views import NO_DATABASE
from apps.alerts.watching import ALL_WELL
from apps.connections.endpoints import NotOffered, require_secure
from apps.connectors import http
from apps.connectors.moments import within
from apps.connectors.port import Fate
from apps.exchange.schedules.posting import Later, Refused, post

SILENT: Final = 1
NOT_TOLD: Final = 2
PING_SECONDS: Final = 10.0


class Command(BaseCommand):
    help = (
        "Looks for silence (no worker, a queue that is behind, books of which nothing runs), tells the "
        "operators and whoever the rules name, and calls the address of a dead man's switch while all "
        "is well. Exit status: 0 all is well, 1 something is silent, 2 it could not be told."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            silent, untold = self._look()
        except DatabaseError:
            silent, untold = [NO_DATABASE], _mail_operators(NO_DATABASE)
        self.stdout.write("\n".join(silent) or ALL_WELL)
        if not silent:
            untold += _ping()
        if untold:
            raise CommandError("\n".join(untold), returncode=NOT_TOLD)
        if silent:
            raise CommandError("Something is silent.", returncode=SILENT)

    def _look(self) -> tuple[list[str], list[str]]:
        now = timezone.now()
        look = look_for_silence(now)
        keep(look)
        address(now)
        send_due(now)
        return [each.sentence for each in look.causes], refused_since(now)


def _mail_operators(words: str) -> list[str]:
    """Past the rules, which lie in the database; what could not be told."""
    untold = []
    for to in settings.ALERT_OPERATORS:
        try:
            post(EmailMultiAlternatives("Tieout: " + words, words, to=[to]))
        except (Refused, Later, OSError) as trouble:
            untold.append(f"{to}: {trouble}")
    return untold


def _ping() -> list[str]:
    """Whoever hears nothing for long raises the alarm: so it is called while all is well alone."""
    if not settings.WATCH_PING_URL:
        return []
    try:
        require_secure(settings.WATCH_PING_URL)
    except NotOffered:
        return ["WATCH_PING_URL is not https."]
    with http.pooled_session(1) as session:
        reply = http.exchange(
            session, "GET", settings.WATCH_PING_URL, headers={}, until=within(PING_SECONDS)
        )
    if reply.fate is Fate.ANSWERED and 200 <= reply.status < 300:
        return []
    return [f"The dead man's switch did not answer ({reply.problem or reply.status})."]

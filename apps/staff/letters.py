"""Letters about access: what was changed is told to those who would want to know."""

import logging
from collections.abc import Iterable
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction

from apps.staff.models import User

log = logging.getLogger("tieout.security")


def write_to(people: Iterable[User], subject: str, words: str) -> None:
    """Send it to each once what is told stands. A letter that does not leave undoes nothing: the
    event is kept, and the log names who was not reached."""
    addresses = sorted({each.email for each in people})
    text = f"{words}\n\nIf this is not what you expect, ask the administrators at once.\n{settings.SITE_URL}\n"

    def send() -> None:
        for address in addresses:
            try:
                send_mail(f"Tieout: {subject}", text, None, [address])
            except (OSError, SMTPException):
                log.exception("A letter about access did not leave: %s", subject)

    transaction.on_commit(send)

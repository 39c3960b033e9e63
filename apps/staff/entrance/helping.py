"""What an administrator does for another: resets a lost factor, and ends sessions.

Each is told to the person by mail and kept as a security event; none is done to oneself.
"""

import logging
from smtplib import SMTPException

from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import transaction
from django.http import HttpRequest

from apps.staff.entrance import sessions
from apps.staff.entrance.factors import has_factor
from apps.staff.entrance.own_keys import count_keys, revoke_keys
from apps.staff.models import User
from apps.staff.people import BEYOND
from apps.staff.reach import is_within
from apps.staff.security import Kind, note

log = logging.getLogger(__name__)

NOT_YOU = "If you did not ask for this, tell the other administrators at once."


def reset_factor(request: HttpRequest, person: User, reason: str) -> str:
    """Take every second factor and recovery code off somebody who lost theirs.

    Raises `ValidationError` with a sentence.
    """
    by = _other(request, person)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=person.pk)
        if not has_factor(person):
            raise ValidationError(f"{person} has no second factor: they add one as they sign in.")
        Authenticator.objects.filter(user=person).delete()
        ended = sessions.end_of(person)
        note(
            Kind.FACTOR_REMOVED,
            f"The second factor of {person} was reset by {by}: {reason}",
            request=request,
            subject=person,
            reason=reason,
            sessions_ended=ended,
        )
        _tell(
            [person.email],
            "Your second factor was reset",
            f"{by} reset your second factor: {reason}\n\nYou were signed out. As you sign in next you "
            f"add a new one, and get new recovery codes.\n\n{NOT_YOU}",
        )
    told = f"{person} adds a new second factor with their next sign-in. They were told by mail."
    if keys := count_keys(person):
        told += f" API keys of theirs that still work: {keys}. “Sign out everywhere” revokes them."
    return told


def end_sessions(request: HttpRequest, person: User, reason: str) -> str:
    """Sign somebody out of every browser, and end the API keys of their own: programs sign in by those.

    Keys of services stay: they are nobody's session.
    """
    by = _other(request, person)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=person.pk)
        count = sessions.end_of(person)
        keys = revoke_keys(person)
        note(
            Kind.SESSIONS_ENDED,
            f"{person} was signed out everywhere by {by}: {reason}",
            request=request,
            subject=person,
            reason=reason,
            count=count,
            keys=keys,
        )
    return f"{person} is signed out everywhere ({count}). API keys of their own revoked: {keys}."


def _other(request: HttpRequest, person: User) -> User:
    by = request.user
    if not isinstance(by, User) or by.pk == person.pk:
        raise ValidationError("Nobody does this to themselves: ask another administrator.")
    if not is_within(person, by):
        raise ValidationError(BEYOND)
    return by


def _tell(addresses: list[str], subject: str, words: str) -> None:
    """To each address by itself, once the change stands; a mail server that is away holds up nothing."""

    def send() -> None:
        for address in dict.fromkeys(addresses):
            try:
                send_mail(f"Tieout: {subject}", words, None, [address])
            except (OSError, SMTPException) as fault:
                log.error("mail about a change of access was not taken: %s", type(fault).__name__)

    transaction.on_commit(send)

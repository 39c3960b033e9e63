"""Invitations: sent, sent again, withdrawn, used once, over after three days."""

from smtplib import SMTPException
from typing import Any, Final

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from apps.staff import declaring
from apps.staff.models import Invitation, User
from apps.staff.models.invitations import LIFE
from apps.staff.security import Kind, note

OVER: Final = (
    "This link opens nothing: it was used, withdrawn, sent again since, or its three days are over. Ask"
    " an administrator to send a new one."
)


class _Tokens(PasswordResetTokenGenerator):
    """Django's tokens, over an invitation: good until its row or its person changes."""

    key_salt = "apps.staff.inviting"

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        row: Invitation = user
        return "|".join(
            map(
                str,
                (
                    *(row.pk, row.person_id, row.person.email, row.person.password),
                    *(row.sent_at.isoformat(), row.used_at, row.withdrawn_at, timestamp),
                ),
            )
        )


_tokens = _Tokens()


class NotGood(Exception):
    """Why a link opens nothing, as a sentence."""


def invite(
    person: User, *, by: User | None, mailed: bool = True, recovers: bool = False
) -> Invitation:
    """A link for somebody who may not sign in yet; it ends every link before it.

    The letter leaves once the transaction stands. Raises `ValidationError` for somebody who is active.
    """
    if person.is_active:
        raise ValidationError(
            f"{person} may sign in already. Who forgot a password asks for a new one at sign-in."
        )
    now = timezone.now()
    withdraw_open(person)
    row = Invitation.objects.create(
        person=person, sent_by=by, sent_at=now, ends_at=now + LIFE, recovers=recovers
    )
    if mailed:
        transaction.on_commit(lambda: _send(row))
    return row


def withdraw_open(person: User) -> int:
    """End the links of this person that are still good; returns how many."""
    rows = Invitation.objects.filter(person=person, used_at=None, withdrawn_at=None)
    return rows.update(withdrawn_at=timezone.now())


def link_of(row: Invitation) -> str:
    token = _tokens.make_token(row)  # type: ignore[arg-type] # hashed by `_make_hash_value` alone
    path = reverse("staff_invitation", kwargs={"key": row.pk, "token": token})
    return settings.SITE_URL.rstrip("/") + path


def opened(key: int, token: str) -> Invitation:
    """The invitation of a link. Raises `NotGood`."""
    row = Invitation.objects.select_related("person").filter(pk=key).first()
    if (
        row is None
        or not row.is_open()
        or row.person.is_active
        or not _tokens.check_token(row, token)  # type: ignore[arg-type] # as above
    ):
        raise NotGood(OVER)
    return row


def use(key: int, token: str, password: str, *, request: HttpRequest | None = None) -> User:
    """Let its person in with this password. Raises `NotGood`, or `ValidationError` for a password."""
    with transaction.atomic():
        Invitation.objects.select_for_update().filter(pk=key).first()
        row = opened(key, token)
        validate_password(password, row.person)
        row.person.set_password(password)
        _let_in(row)
        words = f"{row.person} used the invitation and chose a password."
        note(Kind.PERSON_CHANGED, words, request=request, person=row.person, subject=row.person)
        declaring.end_where_a_second_is_active()
    return row.person


def still_open(key: int) -> Invitation:
    """The invitation that this browser opened a moment ago. Raises `NotGood` where it is over by now."""
    row = Invitation.objects.select_related("person").filter(pk=key).first()
    if row is None or not row.is_open() or row.person.is_active:
        raise NotGood(OVER)
    return row


def use_without_password(key: int, *, request: HttpRequest) -> User:
    """Let its person in, whom the company's sign-in has named. Raises `NotGood`. Whoever calls it links
    them within the same transaction."""
    with transaction.atomic():
        Invitation.objects.select_for_update().filter(pk=key).first()
        row = still_open(key)
        row.person.set_unusable_password()
        _let_in(row)
        words = f"{row.person} used the invitation by the company's sign-in."
        note(Kind.PERSON_CHANGED, words, request=request, person=row.person, subject=row.person)
        declaring.end_where_a_second_is_active()
    return row.person


def _let_in(row: Invitation) -> None:
    person = row.person
    person.is_active = True
    person._history_user = person  # type: ignore[attr-defined] # read by simple-history
    person.save()
    # The link came to this address, which proves it.
    EmailAddress.objects.filter(user=person).exclude(email=person.email).delete()
    EmailAddress.objects.update_or_create(
        user=person, email=person.email, defaults={"primary": True, "verified": True}
    )
    row.used_at = timezone.now()
    row.save()


def _send(row: Invitation) -> None:
    who = f"{row.sent_by} invites you" if row.sent_by else "You are invited"
    text = (
        f"{who} to Tieout, where invoices and the books are kept in agreement.\n\n"
        f"Open this link once and choose a password. It is good for three days:\n\n{link_of(row)}\n\n"
        "Nobody else knows your password, and nobody will ask you for it.\n"
    )
    try:
        send_mail("Your invitation to Tieout", text, None, [row.person.email])
    except (OSError, SMTPException) as trouble:
        # Kept for the page of the person: the invitation stands, and is sent again from there.
        row.failed = f"The letter could not be sent ({type(trouble).__name__})."
        row.save(update_fields=["failed"])

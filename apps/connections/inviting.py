"""Ask the owner to connect: a signed link by e-mail, good for seven days."""

from datetime import timedelta
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from apps.billing.models import Company
from apps.billing.sight import in_sight
from apps.connections.endpoints import App
from apps.connections.models import Invitation
from apps.connectors.registry import system
from apps.staff.models import User

LIFE = timedelta(days=7)
SALT = "connections.invitation"
SHOWN = 10  # of what was sent, newest first
MOST_A_DAY = 20  # letters one person may send


class NotGood(Exception):
    """Why a link opens nothing, as a sentence."""


def invite(company: Company, app: App, *, email: str, by: User) -> Invitation:
    """Send the link. Raises ValidationError where the letter could not be handed over, or too many
    were sent today; then nothing is kept."""
    today = Invitation.objects.filter(
        sent_by=by, sent_at__gt=timezone.now() - timedelta(days=1)
    ).count()
    if today >= MOST_A_DAY:
        raise ValidationError(f"You have sent {today} links today. Send the next one tomorrow.")
    with transaction.atomic():
        row = Invitation.objects.create(
            company=company,
            system=app.system,
            environment=app.environment,
            email=email,
            sent_by=by,
            expires_at=timezone.now() + LIFE,
        )
        try:
            send_mail(
                subject=f"Connect {app.name} for {company}",
                message=_letter(row, app, by),
                from_email=None,
                recipient_list=[email],
            )
        except (OSError, SMTPException) as trouble:
            raise ValidationError(
                f"The letter could not be sent ({type(trouble).__name__}). Ask an administrator to "
                "look at the mail settings, or copy the link of this page for them."
            ) from None
    return row


def link_of(invitation: Invitation) -> str:
    token = signing.dumps(invitation.pk, salt=SALT)
    return settings.SITE_URL.rstrip("/") + reverse("connections:invited", args=[token])


def opened_by(token: str, user: User) -> Invitation:
    """What the link asks for. Raises `NotGood` for one that is not ours or whose days are over."""
    try:
        key = signing.loads(token, salt=SALT, max_age=LIFE)
    except signing.SignatureExpired:
        raise NotGood("This link was good for seven days, and they are over.") from None
    except signing.BadSignature:
        raise NotGood("This link is not complete. Open it from the letter itself.") from None
    row = Invitation.objects.select_related("company", "sent_by").filter(pk=key).first()
    if row is None or row.is_over:
        raise NotGood("This link is not good any more.")
    if row.opened_at is None:
        Invitation.objects.filter(pk=row.pk, opened_at=None).update(
            opened_at=timezone.now(), opened_by=user
        )
    return row


def sent_lately(user: Any) -> list[Invitation]:
    """For companies that this person sees."""
    rows = Invitation.objects.select_related("company", "sent_by", "opened_by")
    return list(in_sight(user, rows)[:SHOWN])


def name_there(invitation: Invitation) -> str:
    """The system, as staff read it."""
    return system(invitation.system).capabilities.name


def _letter(row: Invitation, app: App, by: User) -> str:
    return (
        f"{by} asks you to connect {app.name} with Tieout, for {row.company}.\n\n"
        f"{link_of(row)}\n\n"
        "What happens: you sign in to Tieout, are led to a page of "
        f"{app.name}, and give consent there. Tieout then reads what stands in these books. Nothing "
        "is sent there before a test invoice has matched and somebody has said “go live”.\n\n"
        f"The link is good until {row.expires_at:%d %B %Y}, for this company and {app.name} alone. "
        "You need the right to connect books; without it nothing happens.\n"
        f"If you do not know {by}, leave this letter alone.\n"
    )

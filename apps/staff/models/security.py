"""What happened to access: who got in, who did not, whose rights changed, what was taken out."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from apps.core.kept import Kept

__all__ = ["SecurityEvent"]


class SecurityEvent(Kept):
    """One event. Added by `staff.security.note` alone, and never altered.

    No secret stands in it: no password, no code, no token, and of a name that nobody has only a mark
    by which two tries for the same one are seen to be alike.
    """

    class Kind(models.TextChoices):
        SIGNED_IN = "signed_in", "Signed in"
        SIGN_IN_REFUSED = "sign_in_refused", "Sign-in refused"
        SIGNED_OUT = "signed_out", "Signed out"
        SESSIONS_ENDED = "sessions_ended", "Signed out everywhere"
        FACTOR_ADDED = "factor_added", "Second factor added"
        FACTOR_REMOVED = "factor_removed", "Second factor removed"
        FACTOR_REFUSED = "factor_refused", "Second factor refused"
        RECOVERY_CODES = "recovery_codes", "Recovery codes made or used"
        PASSWORD_CHANGED = "password_changed", "Password changed"
        RESET_ASKED = "reset_asked", "Password link asked for"
        EMAIL_CHANGED = "email_changed", "E-mail address changed"
        PERSON_ADDED = "person_added", "Person added"
        PERSON_CHANGED = "person_changed", "Person changed"
        RIGHTS_CHANGED = "rights_changed", "Rights changed"
        LIMIT_CHANGED = "limit_changed", "Limit changed"
        KEY_MADE = "key_made", "API key made"
        KEY_REVOKED = "key_revoked", "API key revoked"
        CONNECTED = "connected", "Connected"
        DISCONNECTED = "disconnected", "Disconnected"
        DOWNLOADED = "downloaded", "Downloaded"
        REVEALED = "revealed", "Secret shown"
        ACT_REFUSED = "act_refused", "Act refused"
        ERASURE = "erasure", "Erasure of personal data"
        OPERATED = "operated", "Done by command"

    # The clock of the database's host may be set back; the order of events is that of their keys.
    at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    # Who acted, and to whom it was done where that is somebody else.
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    subject = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    # A sentence for staff, and its parts for programs.
    words = models.TextField()
    details = models.JSONField(default=dict)
    address = models.GenericIPAddressField("from", null=True, blank=True)
    browser = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["kind", "id"], name="security_by_kind"),
            models.Index(fields=["at"], name="security_by_time"),
        ]

    def __str__(self) -> str:
        return self.words

    def clean(self) -> None:
        if not self.words:
            raise ValidationError({"words": "An event needs a sentence."})

    def save(self, *args: Any, **options: Any) -> None:
        self.clean()
        super().save(*args, **options)

"""The second factor: whether it is asked, whether this session used it, and how its secrets are kept."""

from typing import Any
from uuid import NAMESPACE_URL, uuid5

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from apps.core.sealing import CannotOpen, Sealer
from apps.staff.entrance.records import came_by_company, counts_theirs, methods_used
from apps.staff.models import User

# What proves a person by itself; recovery codes only stand in for one of them.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
# What is sealed elsewhere with the same keys is refused here, and the reverse.
OWNER = uuid5(NAMESPACE_URL, "tieout:second-factor")
LOST_KEY = (
    "Your second factor cannot be read any more: a key that sealed it is gone. Ask an Administrator "
    "to reset it."
)
LAST_ONE = (
    "This is your only second factor, and the back office asks for one. Add another one first, then "
    "remove this one."
)


def is_waived() -> bool:
    """Whether the demo and the tests do without: settings refuse it anywhere else."""
    return bool(settings.SECOND_FACTOR == "waived")


def has_factor(user: User) -> bool:
    return Authenticator.objects.filter(user=user, type__in=FACTORS).exists()


def used_factor(request: HttpRequest) -> bool:
    """Whether this very session proved itself by a second factor, or by a recovery code; or came from a
    company that asks for one itself."""
    if counts_theirs() and came_by_company(request):
        return True
    return any(each.get("method") == "mfa" for each in methods_used(request))


def note_used(request: HttpRequest, user: User, factor: Authenticator) -> None:
    """Whoever adds a factor has just shown that they hold it."""
    record_authentication(request, user, "mfa", id=factor.pk, type=factor.type)


def sealer() -> Sealer:
    return Sealer(settings.TOKEN_KEYS)


class SealedFactors(DefaultMFAAdapter):
    """Keeps secrets of apps and recovery codes sealed, and the last factor of a person in place."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": LAST_ONE,
        "incorrect_code": "This code is not right, or it was used already. Wait for the next one.",
    }

    def encrypt(self, text: str) -> str:
        return sealer().seal(text, OWNER)

    def decrypt(self, encrypted_text: str) -> str:
        return sealer().open(encrypted_text, OWNER)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        if is_waived() or authenticator.type not in FACTORS:
            return True
        others = Authenticator.objects.filter(user=authenticator.user_id, type__in=FACTORS)
        return others.exclude(pk=authenticator.pk).exists()

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        count = Authenticator.objects.filter(user=user, type=type).count()
        return "Passkey" if count == 0 else f"Passkey {count + 1}"


class _Readable:
    """A code is refused in words where a lost key keeps us from judging it."""

    def clean_code(self) -> Any:
        try:
            return super().clean_code()  # type: ignore[misc] # a mixin of allauth's forms
        except CannotOpen:
            raise ValidationError(LOST_KEY) from None


class CodeForm(_Readable, AuthenticateForm):
    """The code that sign-in asks for."""


class CodeAgainForm(_Readable, ReauthenticateForm):
    """The code that a fresh sign-in asks for."""

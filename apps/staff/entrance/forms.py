"""allauth's forms, where they lack a rule of ours."""

from allauth.account.forms import AddEmailForm, ResetPasswordForm
from allauth.account.internal.userkit import filter_users_by_email
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from apps.staff.models import User
from apps.staff.security import Kind, mark_of, note


class NewAddressForm(AddEmailForm):
    """allauth sends a link for an address of somebody else as well, to tell no stranger who is known
    here. Whoever changes theirs is no stranger, and a link to a colleague would confuse."""

    def clean_email(self) -> str:
        typed: str = super().clean_email()
        if any(each.pk != self.user.pk for each in filter_users_by_email(typed)):
            raise ValidationError("Somebody else signs in with this address.")
        return typed


class NewPasskeyForm(AddWebAuthnForm):
    """With words for whoever never heard of it."""

    name = forms.CharField(required=False, help_text="Such as “My laptop” or “Blue key”.")
    passwordless = forms.BooleanField(
        label="Let me sign in with it alone",
        required=False,
        help_text="Without the password. It then asks for your finger, face or PIN each time.",
    )


class AskForLink(ResetPasswordForm):
    """Keeps what was asked for an address to which no link goes."""

    def save(self, request: HttpRequest, **kwargs: object) -> str:
        asked: str = super().save(request, **kwargs)
        if not self.users:
            note(
                Kind.RESET_ASKED,
                "A link to set a password was asked for an address that may not sign in.",
                request=request,
                subject=User.objects.filter(email=asked.strip().lower()).first(),
                account=mark_of(asked),
            )
        return asked

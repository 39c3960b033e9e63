"""allauth's forms, where they lack a rule of ours."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import AddEmailForm, LoginForm, ResetPasswordForm
from allauth.account.internal.userkit import filter_users_by_email
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from apps.core.company_sign_in import the_company
from apps.staff.entrance import resets
from apps.staff.entrance.company.links import may_use_password
from apps.staff.entrance.factors import FACTORS, CodeForm, has_factor
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


class SignInForm(LoginForm):
    """Takes no password where the company's sign-in alone counts."""

    def clean(self) -> dict[str, Any]:
        typed = str(self.cleaned_data.get("login") or "").strip().lower()
        person = User.objects.filter(email=typed).first()
        if typed and not may_use_password(person):
            words = "A password was typed where only the company's sign-in counts."
            note(
                Kind.SIGN_IN_REFUSED,
                words,
                request=self.request,
                subject=person,
                account=mark_of(typed),
            )
            raise ValidationError(f"Sign in with {the_company().name}: passwords are shut here.")
        answers: dict[str, Any] = super().clean()
        return answers


class LinkForm(forms.Form):
    """What proves that it is the same person here: their password, and their second factor."""

    password = forms.CharField(
        label="Your Tieout password",
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    code = forms.CharField(
        label="Code of your app, or a recovery code",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}),
    )

    def __init__(self, *args: Any, request: HttpRequest, person: User) -> None:
        super().__init__(*args)
        self.request, self.person = request, person
        self.proof = "password"  # what proved it, once it is valid
        if not has_factor(person):
            del self.fields["code"]

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or {}
        if self.errors:
            return answers
        found = get_adapter().authenticate(
            self.request, email=self.person.email, password=answers["password"]
        )
        if found is None or found.pk != self.person.pk:
            raise ValidationError("This is not the password of this account here.")
        if "code" in self.fields:
            code = CodeForm({"code": answers["code"]}, user=self.person)
            if not code.is_valid():
                raise ValidationError([each for errors in code.errors.values() for each in errors])
            by_app = code.authenticator.type in FACTORS
            self.proof += " and second factor" if by_app else " and a recovery code"
        return answers


class AskForLink(ResetPasswordForm):
    """Looks for nobody while somebody waits for the answer (`resets.py`)."""

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"])

    def save(self, request: HttpRequest, **kwargs: object) -> str:
        typed = str(self.cleaned_data["email"])
        resets.ask(request, typed)
        return typed

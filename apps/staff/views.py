"""The page that an invitation opens: its person chooses a password, and signs in with it."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from apps.staff.inviting import NotGood, opened, use
from apps.staff.models import Invitation

PASSWORD = {"autocomplete": "new-password"}


class ChoosePassword(forms.Form):
    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs=PASSWORD),
        help_text="At least 12 characters. A sentence that only you know is a good one.",
    )
    again = forms.CharField(
        label="The same again",
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs=PASSWORD),
    )

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or {}
        typed, again = answers.get("password"), answers.get("again")
        if typed and again and typed != again:
            self.add_error("again", "It is not the same. Type both again.")
        return answers


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class InvitationPage(View):
    """Answers a link that opens nothing with 410 and a sentence, whatever is wrong with it."""

    def get(self, request: HttpRequest, key: int, token: str) -> HttpResponse:
        try:
            row = opened(key, token)
        except NotGood as why:
            return _over(request, why)
        return _page(request, ChoosePassword(), row, token)

    def post(self, request: HttpRequest, key: int, token: str) -> HttpResponse:
        form = ChoosePassword(request.POST)
        try:
            row = opened(key, token)
            if not takes_password(row):
                return _page(request, ChoosePassword(), row, token)
            if form.is_valid():
                use(key, token, form.cleaned_data["password"], request=request)
        except NotGood as why:
            return _over(request, why)
        except ValidationError as refusal:
            form.add_error("password", refusal.messages)
        if not form.is_valid():
            return _page(request, form, row, token)
        logout(request)  # whoever was signed in at this browser is somebody else
        messages.success(request, "Your password is set. Sign in with it.")
        return HttpResponseRedirect(reverse("account_login"))


def takes_password(row: Invitation) -> bool:
    """Where only the company's sign-in counts, whoever the operator recovers alone."""
    return settings.OIDC is None or not settings.OIDC.only or row.recovers


def _page(request: HttpRequest, form: forms.Form, row: Invitation, token: str) -> HttpResponse:
    context = {
        "form": form if takes_password(row) else None,
        "name": str(row.person),
        "email": row.person.email,
        "company": settings.OIDC,
        "key": row.pk,
        "token": token,
    }
    return render(request, "staff/invitation.html", context)


def _over(request: HttpRequest, why: NotGood) -> HttpResponse:
    return render(request, "staff/invitation.html", {"why": str(why)}, status=410)

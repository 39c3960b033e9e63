"""allauth's pages, where they lack a rule of ours."""

from typing import Any

from allauth.account.views import ConfirmEmailView
from allauth.core.internal.ratelimit import handler429
from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.views import DeactivateTOTPView
from allauth.mfa.webauthn.views import RemoveWebAuthnView
from allauth.usersessions.forms import ManageUserSessionsForm
from allauth.usersessions.views import ListUserSessionsView
from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from apps.staff.entrance.factors import LAST_ONE
from apps.staff.entrance.own_keys import count_keys, revoke_keys
from apps.staff.models import User
from apps.staff.security import Kind, note


class RemoveApp(DeactivateTOTPView):
    """Of two factors that are removed at once, the second sees what the first left."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        with transaction.atomic():
            User.objects.select_for_update().get(pk=request.user.pk)
            response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response


class RemovePasskey(RemoveWebAuthnView):
    """Not the last factor: allauth asks the adapter for an app only."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            with transaction.atomic():  # of two at once, the second sees what the first left
                User.objects.select_for_update().get(pk=request.user.pk)
                if not get_adapter().can_delete_authenticator(self.get_object()):
                    messages.error(request, LAST_ONE)
                    return HttpResponseRedirect(reverse("mfa_list_webauthn"))
                return self._removed(request, *args, **kwargs)
        return self._removed(request, *args, **kwargs)

    def _removed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response


class EndOwnSessions(ManageUserSessionsForm):
    """Signs one's other browsers out; with a tick, one's API keys as well."""

    keys = forms.BooleanField(
        label="Revoke my API keys too",
        required=False,
        help_text="Programs that use them are refused until you make new ones.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.held = count_keys(self.request.user)
        if not self.held:
            del self.fields["keys"]

    def save(self, request: HttpRequest) -> None:
        with transaction.atomic():
            super().save(request)
            if self.cleaned_data.get("keys") and isinstance(request.user, User):
                revoked = revoke_keys(request.user)
                messages.info(request, f"API keys revoked: {revoked}.")


class OwnSessionsPage(ListUserSessionsView):
    form_class = EndOwnSessions


class ConfirmAddress(ConfirmEmailView):
    """The row of the person and the row of the address move together, or neither."""

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            response: HttpResponse = super().post(*args, **kwargs)
        return response


def too_many(request: HttpRequest) -> HttpResponse:
    """What is answered above a limit of an address, and kept."""
    note(Kind.SIGN_IN_REFUSED, "Too many requests from one address.", request=request)
    response: HttpResponse = handler429(request)
    return response

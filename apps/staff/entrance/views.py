"""allauth's pages, where they lack a rule of ours."""

from typing import Any

from allauth.account.views import ConfirmEmailView
from allauth.core.internal.ratelimit import handler429
from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn.views import RemoveWebAuthnView
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.staff.entrance.factors import LAST_ONE
from apps.staff.models import User
from apps.staff.security import Kind, note


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

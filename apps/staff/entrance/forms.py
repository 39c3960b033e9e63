"""allauth's forms, where they lack a rule of ours."""

from allauth.account.forms import AddEmailForm
from allauth.account.internal.userkit import filter_users_by_email
from django.core.exceptions import ValidationError


class NewAddressForm(AddEmailForm):
    """allauth sends a link for an address of somebody else as well, to tell no stranger who is known
    here. Whoever changes theirs is no stranger, and a link to a colleague would confuse."""

    def clean_email(self) -> str:
        typed: str = super().clean_email()
        if any(each.pk != self.user.pk for each in filter_users_by_email(typed)):
            raise ValidationError("Somebody else signs in with this address.")
        return typed

"""What staff fill in to get into a system that asks for no consent."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.views.decorators.debug import sensitive_variables

from apps.connections.endpoints import NotOffered, require_secure
from apps.connections.ways import key_headers
from apps.connectors.access import Field, FilledIn, Folder, Key, Mailbox

ADDRESS = "address"


class EntryForm(forms.Form):
    """A field for each that the connector names; secrets are never shown again."""

    def __init__(self, access: FilledIn, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.access = access
        if isinstance(access, Folder):
            self.fields[ADDRESS] = forms.ChoiceField(
                label="Folder",
                choices=[(name, name) for name in sorted(settings.LEDGER_FOLDERS)],
                help_text="An administrator decides which folders Tieout may use.",
            )
        elif isinstance(access, Mailbox) and settings.LEDGER_FOLDERS:
            self.fields[ADDRESS] = forms.ChoiceField(
                label="Folder",
                required=False,
                choices=[
                    ("", "None: files are downloaded"),
                    *((name, name) for name in sorted(settings.LEDGER_FOLDERS)),
                ],
                help_text="Where each file is put as well. An administrator decides which there are.",
            )
        elif access.asks_address:
            self.fields[ADDRESS] = forms.CharField(
                label="Address",
                max_length=300,
                help_text="Where its interface is reached, beginning with https://",
            )
        for each in access.fields:
            if each.choices:
                self.fields[_name(each)] = forms.ChoiceField(
                    label=each.label, help_text=each.help, choices=each.choices
                )
                continue
            self.fields[_name(each)] = forms.CharField(
                label=each.label,
                help_text=each.help,
                required=each.required,
                max_length=2000,
                widget=forms.PasswordInput(attrs={"autocomplete": "off"})
                if each.secret
                else forms.TextInput(attrs={"autocomplete": "off"}),
            )

    @property
    def address(self) -> str:
        return str(self.cleaned_data.get(ADDRESS, ""))

    @property
    def filled_in(self) -> Mapping[str, str]:
        return {each.name: self.cleaned_data.get(_name(each), "") for each in self.access.fields}

    def clean_address(self) -> str:
        """An address of HTTP that holds nothing beside its path; the name of a folder as it is."""
        given = str(self.cleaned_data[ADDRESS])
        if isinstance(self.access, Folder | Mailbox):
            return given
        try:
            parts = urlsplit(given)
            plain = parts.hostname and not (parts.query or parts.fragment or "@" in parts.netloc)
            require_secure(given)
        except (ValueError, NotOffered):
            plain = None
        if not plain:
            raise ValidationError(
                "Give an address that begins with https:// and has no login in it."
            )
        return given.rstrip("/")

    @sensitive_variables()
    def clean(self) -> dict[str, Any] | None:
        """What becomes a header must be able to travel in one."""
        if isinstance(self.access, Key) and not self.errors:
            for _, value in key_headers(self.access, self.filled_in):
                if not value.isascii() or not value.isprintable():
                    raise ValidationError("Something filled in has characters that cannot be sent.")
        return self.cleaned_data


def initial_of(access: FilledIn, shown: Mapping[str, str]) -> dict[str, str]:
    """What is shown at first, by the names of the form."""
    found = {_name(each): shown[each.name] for each in access.fields if each.name in shown}
    return found | ({ADDRESS: shown[ADDRESS]} if ADDRESS in shown else {})


def _name(field: Field) -> str:
    """Apart from our own names, whatever the connector's are."""
    return f"field_{field.name}"

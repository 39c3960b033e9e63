"""The form of where events go: a name, an address that is kept sealed, and which events."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.backoffice.frame.record_forms import RecordForm
from apps.backoffice.frame.screens import DAY_CLASSES
from apps.triggers.events.catalogue import CATALOGUE
from apps.triggers.models import Endpoint, EventType

ONCE = (
    "Kept sealed and not shown again: whoever knows it may read along. Leave it empty to keep the one "
    "that is there."
)


def event_choices() -> list[tuple[str, SafeString]]:
    """Each event by its name, with the sentence that says when it happens."""
    return [
        (
            name,
            format_html(
                '{} <span class="t-quiet t-small">{}</span>', EventType(name).label, told.says
            ),
        )
        for name, told in CATALOGUE.items()
    ]


class EndpointForm(RecordForm):
    """`judged` is what was found of the typed address before any row was locked: the address as it is
    used, or why it is refused."""

    judged: str | ValidationError | None = None

    address = forms.CharField(
        required=False,
        max_length=2000,
        strip=True,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "spellcheck": "false",
                "class": DAY_CLASSES or "vTextField",
            }
        ),
        help_text="What the other program calls its webhook address. https, and public; one in your "
        "own network is for an operator to allow.",
    )
    types = forms.MultipleChoiceField(
        label="Which events",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: all of them, and those that are added later.",
    )

    class Meta:
        model = Endpoint
        fields = ["company", "name", "types"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "types" in self.fields:
            self.fields["types"].choices = event_choices()  # type: ignore[attr-defined] # of its class
        if "address" in self.fields and self.instance.pk:
            self.fields["address"].help_text = ONCE

    def clean_address(self) -> str:
        if isinstance(self.judged, ValidationError):
            raise ValidationError(self.judged.messages)
        if self.judged is None and not self.instance.pk:
            raise ValidationError("Enter the address to which events are sent.")
        return self.judged or ""

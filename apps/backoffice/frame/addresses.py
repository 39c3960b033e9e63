"""What stands in an address where a record's key belongs: anything at all, until it was looked at."""

from typing import Any

from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AutocompleteMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.http import Http404, HttpRequest


class KnownOnly:
    """A widget that looks up what was chosen. Nothing is looked up for what can be no key: the form
    says so itself."""

    def optgroups(self, name: str, value: list[str], attr: Any = None) -> Any:
        to_python = self.field.remote_field.model._meta.pk.to_python  # type: ignore[attr-defined] # its field
        kept = []
        for each in value:
            try:
                to_python(each or None)
            except ValidationError:
                continue
            if "\0" not in str(each):
                kept.append(each)
        return super().optgroups(name, kept, attr)  # type: ignore[misc] # of the widget


def looked_up_with_care(widget: Any) -> None:
    """Give a widget that looks up by itself, alone or inside another, the care of `KnownOnly`."""
    inner = getattr(widget, "widget", widget)
    if isinstance(inner, AutocompleteMixin) and not isinstance(inner, KnownOnly):
        inner.__class__ = type(f"Known{type(inner).__name__}", (KnownOnly, type(inner)), {})


def known(model: type[models.Model], key: str) -> str:
    """The key as it stands there. Raises Http404 for one that no record of the model can have."""
    field = model._meta.pk
    assert field is not None  # every model of ours has one
    try:
        field.to_python(unquote(key))
    except ValidationError:
        raise Http404 from None
    if "\0" in key:
        raise Http404
    return key


class ByKey:
    """A screen whose records are found by their keys, whatever stands in the address or the form."""

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """None where there is none."""
        if "\0" in object_id:
            return None
        return super().get_object(request, object_id, from_field or None)  # type: ignore[misc] # a mixin of admin classes

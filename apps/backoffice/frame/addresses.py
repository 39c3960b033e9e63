"""What stands in an address where a record's key belongs: anything at all, until it was looked at."""

from typing import Any, Final

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AutocompleteMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.http import Http404, HttpRequest

TOO_LARGE: Final = 2**63


class KnownOnly:
    """A widget that looks up what was chosen. Nothing is looked up for what can be no key: the form
    says so itself."""

    loaded: models.Model | None = None  # what the record of the form holds, read with it

    def optgroups(self, name: str, value: list[str], attr: Any = None) -> Any:
        model = self.field.remote_field.model  # type: ignore[attr-defined] # its field
        kept = [each for each in value if not each or can_be_key(model, str(each))]
        if self.loaded is not None and kept == [str(self.loaded.pk)]:
            return self._of_loaded(name, self.loaded)
        if not any(kept):
            return self._of_nothing(name)
        return super().optgroups(name, kept, attr)  # type: ignore[misc] # of the widget

    def _of_loaded(self, name: str, record: models.Model) -> Any:
        """Its one choice, without another question to the database."""
        (group,) = self._of_nothing(name)
        words = self.choices.field.label_from_instance(record)  # type: ignore[attr-defined] # as above
        group[1].append(
            self.create_option(name, record.pk, words, {str(record.pk)}, len(group[1]))  # type: ignore[attr-defined] # as above
        )
        return [group]

    def _of_nothing(self, name: str) -> Any:
        widget: Any = self
        empty = not widget.is_required and not widget.allow_multiple_selected
        return [(None, [widget.create_option(name, "", "", False, 0)] if empty else [], 0)]


def looked_up_with_care(widget: Any) -> None:
    """Give a widget that looks up by itself, alone or inside another, the care of `KnownOnly`."""
    inner = getattr(widget, "widget", widget)
    if isinstance(inner, AutocompleteMixin) and not isinstance(inner, KnownOnly):
        inner.__class__ = type(f"Known{type(inner).__name__}", (KnownOnly, type(inner)), {})


def shows_what_is_loaded(form: Any) -> None:
    """Let the choices of a form say what its record holds, where that was read with it."""
    held = form.instance._state.fields_cache
    for name, field in form.fields.items():
        inner = getattr(field.widget, "widget", field.widget)
        if isinstance(inner, KnownOnly) and held.get(name) is not None:
            inner.loaded = held[name]


def can_be_key(model: type[models.Model], text: str) -> bool:
    """Whether a record of the model could have it: neither a word, nor a number that no database holds."""
    field = model._meta.pk
    assert field is not None  # every model of ours has one
    try:
        key = field.to_python(text)
    except ValidationError:
        return False
    return "\0" not in text and not (isinstance(key, int) and abs(key) >= TOO_LARGE)


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

    model: type[models.Model]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Raises Http404 for an act on what was chosen, where that is no key."""
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if not all(can_be_key(self.model, each) for each in chosen):
            raise Http404
        return super().changelist_view(request, extra_context)  # type: ignore[misc] # a mixin of admin classes

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """None where there is none."""
        if "\0" in object_id:
            return None
        return super().get_object(request, object_id, from_field or None)  # type: ignore[misc] # a mixin of admin classes

"""Fields of a line, as light as they can be: a page holds fifty lines of seven fields each.

A theme's widgets are drawn by a template each and bear its whole look in every field, some 1.8 kB;
what these look like stands once, in the style sheet, and what a choice asks of the server, once in
the row from which new lines are made.
"""

from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

LIKE = "t-like"  # of a choice that takes the rest from the row of new lines: `lines.js`


class LightInput(forms.NumberInput):
    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        shown = self.format_value(value)
        kept = {**self.build_attrs(self.attrs, attrs), "name": name, "type": "number"}
        if shown not in (None, ""):
            kept["value"] = shown
        return format_html("<input{}>", flatatt(kept))


class LightText(forms.Textarea):
    def __init__(self, attrs: Any = None) -> None:
        super().__init__(attrs)
        self.attrs.pop("cols", None)

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        kept = {**self.build_attrs(self.attrs, attrs), "name": name}
        return format_html(
            "<textarea{}>\n{}</textarea>", flatatt(kept), self.format_value(value) or ""
        )


class LightChoice:
    """Of a widget that looks up what is typed: its options alone, with the rest in the last row."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        widget: Any = self
        values = widget.format_value(value)
        (group,) = widget.optgroups(name, values)
        if "__prefix__" in name:
            kept = widget.build_attrs(widget.attrs, attrs)
        else:
            kept = {"id": (attrs or {}).get("id", ""), "class": LIKE}
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            (
                (each["value"], SafeString(" selected" if each["attrs"].get("selected") else ""),
                 each["label"])
                for each in group[1]
            ),
        )  # fmt: skip
        return format_html("<select{}>{}</select>", flatatt({**kept, "name": name}), options)


class KnownChoice:
    """Of a field: what the line holds already, and was read with it, is not looked up again."""

    def to_python(self, value: Any) -> Any:
        field: Any = self
        loaded = getattr(field.widget, "loaded", None)
        if loaded is not None and str(value) == str(loaded.pk):
            return loaded
        return super().to_python(value)  # type: ignore[misc] # of the field


def known(field: Any) -> Any:
    """The field, which does not look up what its widget has `loaded`."""
    field.__class__ = type(f"Known{type(field).__name__}", (KnownChoice, type(field)), {})
    return field


def light(field: Any) -> Any:
    """The field with a light widget; what it bears of its own, such as its step, stays."""
    widget = getattr(field.widget, "widget", field.widget)
    kept = {name: said for name, said in widget.attrs.items() if name != "class"}
    if isinstance(widget, forms.NumberInput):
        field.widget = LightInput(kept)
    elif isinstance(widget, forms.Textarea):
        field.widget = LightText(kept)
    elif isinstance(widget, forms.Select):
        widget.__class__ = type(f"Light{type(widget).__name__}", (LightChoice, type(widget)), {})
        field.widget = widget
        return known(field)
    return field

"""Normal forms that lie beside what was typed, so that near ones are found by an index."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from django.db import models


class NormalForms(models.Model):
    """Keeps each field of `NORMAL_FORMS` (its name: the field it is made of, and how)."""

    NORMAL_FORMS: ClassVar[Mapping[str, tuple[str, Callable[[str], str]]]]

    class Meta:
        abstract = True

    def save(self, *, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        differing = self.normalise()
        if update_fields is not None:
            update_fields = {*update_fields, *differing}
        super().save(update_fields=update_fields, **options)

    def normalise(self) -> set[str]:
        """Work the normal forms out anew; returns the names of those that differ now."""
        differing: set[str] = set()
        unread = self.get_deferred_fields()
        for name, (source, form) in self.NORMAL_FORMS.items():
            if source in unread:
                continue
            longest: int = self._meta.get_field(name).max_length  # type: ignore[union-attr, assignment] # a field of text
            normal = form(getattr(self, source))[:longest]
            if name in unread or normal != getattr(self, name):
                setattr(self, name, normal)
                differing.add(name)
        return differing

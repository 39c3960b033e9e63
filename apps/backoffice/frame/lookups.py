"""What may be asked of a list by its address: what its filters and quick links offer, nothing else.

Django lets an address filter by every field of the list's own model and by every way of comparing
(`?password__regex=`), so that what no page shows is guessed letter by letter, and a pattern keeps a
worker busy.
"""

from typing import Any
from urllib.parse import parse_qsl

from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import FieldDoesNotExist
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest

from apps.backoffice.frame.long_lists import LongList

Filters = tuple[Any, ...]


class OfferedOnly(ChangeList):
    """A list that reads of its address what its own filters took, and refuses the rest.

    What a filter knows it takes out of the parameters; what is left over would go to the database
    as it stands. A field of the model is answered as Django answers a look-up that it disallows
    (400), and a word that means nothing as before (the list, with a note).
    """

    def get_filters(self, request: HttpRequest) -> Filters:
        try:
            found: Filters = super().get_filters(request)
        except OverflowError as far:  # a year of ten digits
            raise IncorrectLookupParameters("There is no such day") from far
        left = found[2]
        screen: Any = self.model_admin
        offered = offered_pairs(screen)
        for name, value in left.items():
            if (name, _only(value)) in offered or name in screen.also_asked:
                continue
            if self._is_field(name):
                raise DisallowedModelAdminLookup(f"Filtering by {name} not allowed")
            raise IncorrectLookupParameters(f"There is no filter {name}")
        return found

    def _is_field(self, name: str) -> bool:
        first = name.split(LOOKUP_SEP)[0]
        try:
            self.model._meta.get_field(first)
        except FieldDoesNotExist:
            return first == "pk"
        return True


class FiltersAsOffered:
    """A screen whose list takes of its address what it offers."""

    # What pages of ours ask of this list beside its filters: names of look-ups.
    also_asked: tuple[str, ...] = ()

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        """Django takes a relation without a name of its own ("+") for a field."""
        opts = self.model._meta  # type: ignore[attr-defined] # a mixin of admin classes
        named = {each.name for each in opts.concrete_fields} | {"pk"}
        return to_field in named and super().to_field_allowed(request, to_field)  # type: ignore[misc]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        listing = super().get_changelist(request, **kwargs)  # type: ignore[misc] # a mixin of admin classes
        return type("Offered", (OfferedOnly, LongList, listing), {})


def offered_pairs(model_admin: Any) -> frozenset[tuple[str, str]]:
    """What the links above the list ask for, word for word."""
    quick = getattr(model_admin, "quick", ())
    return frozenset(pair for _, query in quick for pair in parse_qsl(query.removeprefix("?")))


def _only(value: Any) -> str:
    """Parameters arrive as lists until they are read."""
    held = value[-1] if isinstance(value, list) and value else value
    return str(held)

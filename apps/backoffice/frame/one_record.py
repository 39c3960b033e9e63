"""The one record of a page: asked for once, together with what its page says of it."""

from typing import Any, Final

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import Http404, HttpRequest

from apps.backoffice.frame.performing import with_waiting

KEPT: Final = "_records_of_this_page"


def of_one(request: HttpRequest) -> bool:
    """Whether the page is of one record: what only a list shows is not asked for."""
    match = request.resolver_match
    return match is not None and bool("object_id" in match.kwargs or match.args)


class OneRecord:
    """Of a screen: how it asks for the record that a page shows.

    What is written is asked for afresh each time, without anything besides: after a lock it must
    be what stands then.
    """

    opts: Any
    list_select_related: Any
    page_related: tuple[str, ...] = ()  # other records that its page names, beside those of a list

    def of_page(self, rows: "models.QuerySet[Any]") -> "models.QuerySet[Any]":
        """With what the page says of the record and the record does not hold itself."""
        return with_waiting(rows)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """None where there is none. While a page is shown, asked of the database once."""
        if request.method not in ("GET", "HEAD") or from_field:
            return super().get_object(request, object_id, from_field)  # type: ignore[misc] # a mixin of admin classes
        kept: dict[Any, Any] = request.__dict__.setdefault(KEPT, {})
        key = (type(self), str(object_id))
        if key not in kept:
            kept[key] = self._of_page_now(request, object_id)
        return kept[key]

    def _of_page_now(self, request: HttpRequest, object_id: str) -> Any:
        rows: models.QuerySet[Any] = self.get_queryset(request)  # type: ignore[attr-defined] # of the admin class
        listed = self.list_select_related
        named = {*self.page_related, *(listed if isinstance(listed, list | tuple) else ())}
        if named:
            rows = rows.select_related(*sorted(named))
        try:
            return self.of_page(rows).get(pk=self.opts.pk.to_python(object_id))
        except (rows.model.DoesNotExist, ValidationError, ValueError):
            return None

    def _found(self, request: HttpRequest, object_id: str) -> Any:
        """A record out of sight is answered as one that does not exist."""
        record = self.get_object(request, object_id)
        if record is None and self.has_view_or_change_permission(request):  # type: ignore[attr-defined] # of the admin class
            raise Http404
        if record is None:
            raise PermissionDenied
        return record

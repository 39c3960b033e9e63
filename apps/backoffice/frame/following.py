"""Pages of records at which a worker is, which ask again by themselves until it is done."""

from typing import Any

from django.http import HttpRequest

from apps.backoffice.frame.screens import ReadOnlyAdmin

EVERY = 3  # seconds


class FollowsAdmin(ReadOnlyAdmin):
    """`moves` says whether there is something to follow."""

    def moves(self, record: Any) -> bool:
        raise NotImplementedError

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        shown = super().changeform_view(request, object_id, form_url, extra_context)
        record = self.get_object(request, object_id or "")
        if record is not None and self.moves(record):
            shown["Refresh"] = str(EVERY)
        return shown

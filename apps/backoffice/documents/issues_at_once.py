"""“Save and issue” on the form of a draft: saved, and on to the page that asks whether to issue it."""

from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from apps.backoffice.documents.acts import ISSUE
from apps.backoffice.documents.lines import editable
from apps.backoffice.frame.permissions import may


@dataclass(frozen=True, slots=True)
class SaveButton:
    """A button more beside “Save”; the theme reads it as one of its own."""

    name: str
    description: str
    icon: str = ""

    @property
    def attrs(self) -> dict[str, str]:
        return {"name": self.name}

    @property
    def action_name(self) -> str:
        return self.name


SAVE_AND_ISSUE: Final = SaveButton("_issue", "Save and issue…")


class IssuesAtOnce:
    """Of a screen of documents."""

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **told: Any
    ) -> HttpResponse:
        act = next(each for each in self.acts if each.name == ISSUE.name)  # type: ignore[attr-defined] # a mixin of admin classes
        if editable(told.get("obj")) and may(request, act.permission):
            themed = settings.ADMIN_THEME == "unfold"
            context["actions_submit_line" if themed else "saves_and"] = [SAVE_AND_ISSUE]
        shown: HttpResponse = super().render_change_form(request, context, *args, **told)  # type: ignore[misc] # as above
        return shown

    def response_add(self, request: HttpRequest, obj: Any, *args: Any, **told: Any) -> HttpResponse:
        answer: HttpResponse = super().response_add(request, obj, *args, **told)  # type: ignore[misc] # as above
        return self._on_to_issue(request, obj, answer)

    def response_change(
        self, request: HttpRequest, obj: Any, *args: Any, **told: Any
    ) -> HttpResponse:
        answer: HttpResponse = super().response_change(request, obj, *args, **told)  # type: ignore[misc] # as above
        return self._on_to_issue(request, obj, answer)

    def _on_to_issue(
        self, request: HttpRequest, document: Any, answer: HttpResponse
    ) -> HttpResponse:
        if SAVE_AND_ISSUE.name in request.POST and "Location" in answer.headers:
            answer.headers["Location"] = self.page(ISSUE.name, document.pk)  # type: ignore[attr-defined] # as above
        return answer

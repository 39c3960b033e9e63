"""Who may not press a button reads which there is, and whom to ask."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest

from apps.backoffice.frame.acts import Act
from apps.backoffice.frame.permissions import may
from apps.staff.acts import ACTS, ActName, RoleName
from apps.sync.wording import listed


class ToldWhomToAsk:
    """Of a screen of what waits for a person: its remedies are told to those, too, who see it only."""

    acts: Any

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        screen: Any = self
        extra = dict(extra_context or {})
        lacking = [each for each in self.acts if not may(request, each.permission)]
        record = screen._found(request, object_id) if object_id and lacking else None
        if record is not None and screen.has_view_permission(request, record):
            extra["whom_to_ask"] = whom_to_ask([each for each in lacking if each.when(record)])
        return super().changeform_view(request, object_id, form_url, extra)  # type: ignore[misc] # a mixin of admin classes


def whom_to_ask(acts: Iterable[Act]) -> str:
    """“For “Retry” and “Send now” ask an Accountant.”; "" where there is nothing to ask for."""
    by_roles: dict[tuple[str, ...], list[str]] = {}
    for each in acts:
        roles = ACTS[ActName(each.permission)].roles if each.permission in set(ActName) else ()
        named = tuple(role.value for role in RoleName if role in roles)
        if named:
            by_roles.setdefault(named, []).append(f"“{each.words}”")
    return " ".join(
        f"For {listed(words)} ask {listed([_one(role) for role in roles], 'or')}."
        for roles, words in by_roles.items()
    )


def _one(role: str) -> str:
    return f"{'an' if role[:1] in 'AEIOU' else 'a'} {role}"

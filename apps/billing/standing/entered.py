"""Who entered what, and when: the history of records since a moment."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from apps.billing.models import Allocation, Company
from apps.billing.standing.reading import STANDS, among

_MODELS: Final[dict[str, type[Any]]] = {
    **{kind: model for kind, (model, _, _) in STANDS.items()},
    "allocation": Allocation,
}
# The states in which a record no longer counts, as staff call what was done.
_ENDED: Final = {"void": "Voided", "cancelled": "Cancelled", "undone": "Undone"}


@dataclass(frozen=True, slots=True)
class Entered:
    """The last thing that was done to a record since a moment; `by` None: nobody is named."""

    at: datetime
    by: int | None
    what: str
    reason: str


def entered_since(
    company: Company, kind: str, keys: Collection[int], moment: datetime
) -> dict[int, Entered]:
    """By key, of records of one kind; what was not touched since is not there.

    A record that was there before is *changed*, voided, cancelled or un-applied; else entered.
    """
    past = _MODELS[kind].history.model
    was_there: set[int] = set()
    found: dict[int, Entered] = {}
    state = "reversed_on" if kind == "allocation" else "status"
    rows = past.objects.filter(company=company).order_by("history_id")
    for each in among(rows, "id", keys):
        told = each.values_list(
            "id", "history_date", "history_user_id", "history_change_reason", state
        )
        for key, at, by, reason, stands in told:
            if at > moment:
                found[key] = Entered(at, by, _what(stands, key in was_there), reason or "")
            elif kind == "allocation" or stands != "draft":
                was_there.add(key)
    return found


def _what(state: Any, was_there: bool) -> str:
    if not isinstance(state, str):  # the day on which an allocation was reversed
        return "Un-applied" if state else "Changed" if was_there else "Applied"
    return _ENDED.get(state) or ("Changed" if was_there else "Entered")

"""Where one deals with what the review lists."""

from urllib.parse import urlencode

from django.urls import reverse

from apps.backoffice.ledgers.steps import page_of
from apps.reconciliation.models import ReviewItem, ReviewKind
from apps.sync.models import Edit, RemoteRecord, State

Kind = ReviewKind
# Kind → words of the button, the list, and what is asked of it; lists have a filter by connection.
LISTS: dict[ReviewKind, tuple[str, str, dict[str, str]]] = {
    Kind.REJECTED: ("Open them in the sync log", "sync_syncrecord", {"state__exact": State.NEEDS_PERSON}),
    Kind.UNKNOWN: ("Open them in the sync log", "sync_syncrecord", {"state__exact": State.UNKNOWN}),
    Kind.CONFLICT: ("Decide whose change stands", "sync_conflict", {"decided": "no"}),
    Kind.CANDIDATE: ("Link them, or keep both", "sync_candidate", {"decided": "no"}),
    Kind.ARRIVED: (
        "Open what arrived",
        "sync_remoterecord",
        {"arrival__exact": RemoteRecord.Arrival.NEEDS_PERSON},
    ),
    Kind.DIFFERENCE: (
        "Open what differs",
        "reconciliation_difference",
        {"standing": "yes"},
    ),
    Kind.EDIT: ("Say why", "sync_edit", {"note": "no"}),
    Kind.QUESTION: ("Answer it", "reconciliation_question", {"answered": "no"}),
}  # fmt: skip
# These lists are few, and have no filter by connection.
UNFILTERED = (Kind.CONFLICT, Kind.CANDIDATE)


def place_of(item: ReviewItem) -> tuple[str, str]:
    """Words and address of the button that leads there."""
    kind = Kind(item.kind)
    if kind in LISTS:
        words, name, asked = LISTS[kind]
        query = dict(asked)
        if kind not in UNFILTERED:
            query["connection__id__exact"] = str(item.connection_id)
        if kind == Kind.EDIT:
            query |= _which_edits(item)
        return words, f"{reverse(f'admin:{name}_changelist')}?{urlencode(query)}"
    if kind == Kind.CLEARING:
        return "Make bank deposits", reverse("admin:billing_deposit_changelist")
    connection = item.connection
    assert connection is not None, "what is of no money is of a connection"
    if kind == Kind.MAPPING:
        return "Map it", page_of(connection, "map")
    return f"Open {connection}", page_of(connection, "change")


def _which_edits(item: ReviewItem) -> dict[str, str]:
    """The side and state of those that it counts, which its key bears."""
    side, _, state = item.key.partition(":")[2].partition(":")
    return {"side__exact": side, "note": state} if side in Edit.Side.values else {}

"""What a change by hand is, in words: the fields that both sides had agreed on and that changed. Pure."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from apps.connectors.snapshots import DepositSnapshot, Difference, Kind, PaymentSnapshot, Snapshot
from apps.sync.there.compare import MISSING, split_of, told_apart
from apps.sync.wording import LABELS, label, money, told

# What posts: a change of a customer or an item alters nothing that was posted.
POSTS = frozenset(Kind) - {Kind.CUSTOMER, Kind.ITEM}
ENDS = {"void": "voided", "cancelled": "cancelled"}
DAYS = ("issue_date", "paid_on", "dated", "applied_on")
# Ids of theirs, which no member of staff reads, and sums that follow from what is told.
NAMED_ALONE = frozenset(
    {"customer_id", "terms_id", "tax_code_id", "rate_id", "account_id", "taxes"}
)
MOST = 5


def what_changed(before: Snapshot, after: Snapshot) -> str:
    """ "due date 3 March 2026 → 17 March 2026; 2 more", both as their ledger holds them; "" where
    nothing did that anybody is asked about: their memo, and money that is set against more than
    before, which is what it came for."""
    found = [each for each in told_apart(before, after) if each.whose != "kept"]
    ended = [
        word
        for name, word in ENDS.items()
        if getattr(after, name, False) and not getattr(before, name, False)
    ]
    if ended:
        return ended[0]
    currency = getattr(before, "currency", "")
    said = [each for each in _told(found, before, after, currency) if each]
    more = [f"{len(said) - MOST} more"] if len(said) > MOST else []
    return "; ".join([*said[:MOST], *more])


def day_of(snapshot: Snapshot) -> date | None:
    """Its accounting day; None of what has none."""
    days = (getattr(snapshot, name, None) for name in DAYS)
    return next((each for each in days if isinstance(each, date)), None)


def _told(
    found: list[Difference], before: Snapshot, after: Snapshot, currency: str
) -> Iterator[str]:
    for each in sorted(found, key=_place):
        if each.path == "allocations":
            yield _un_applied(before, after, currency)
        elif each.path == "lines" and isinstance(before, DepositSnapshot):
            yield "what it holds changed"
        elif each.path.rsplit(".", 1)[-1] in NAMED_ALONE:
            yield f"{label(each.path)} changed"
        else:
            was = told(each.ours, each.path, currency)
            yield f"{label(each.path)} {was} → {_now(each.theirs, each.path, currency)}"


def _place(each: Difference) -> tuple[int, int, str]:
    """Of the whole before its lines, and what tells most first."""
    words = list(LABELS)
    last = each.path.rsplit(".", 1)[-1]
    place = words.index(last) if last in words else len(words)
    return each.path.count("."), place, each.path


def _now(value: Any, path: str, currency: str) -> str:
    return "none" if value is MISSING else told(value, path, currency)


def _un_applied(before: Snapshot, after: Snapshot, currency: str) -> str:
    if not isinstance(before, PaymentSnapshot) or not isinstance(after, PaymentSnapshot):
        return ""
    was, stands = split_of(before), split_of(after)
    less = sum(
        (amount - min(amount, stands.get(what, Decimal(0))) for what, amount in was.items()),
        Decimal(0),
    )
    return f"{money(less, currency)} un-applied" if less else ""

"""Fields that a person decides, put before them with both values."""

from collections.abc import Sequence
from decimal import Decimal

from apps.connections.clock import now
from apps.connectors.port import CodeKind
from apps.connectors.snapshots import Kind, to_json
from apps.sync.apply.books import Books
from apps.sync.apply.fields import follows_here
from apps.sync.apply.verdicts import Verdict, needs_person
from apps.sync.models import Conflict, Reason, SyncRecord
from apps.sync.there import ties
from apps.sync.there.compare import Clash
from apps.sync.wording import LABELS, called, capital, label, told

SAID_AT_MOST = 4
# Where ours cannot take what is theirs: what a person does here instead.
INSTEAD = {
    Kind.ADJUSTMENT: "cancel it here and make another",
    Kind.REFUND: "cancel it here and make another",
    Kind.ALLOCATION: "un-apply it here and apply what is meant",
}
# Fields that name a code of theirs → the list it stands on.
CODES = {
    "tax_code_id": CodeKind.TAX_CODE,
    "account_id": CodeKind.ACCOUNT,
    "terms_id": CodeKind.TERM,
}


def put_before_a_person(
    books: Books,
    record: SyncRecord,
    clashes: Sequence[Clash],
    *,
    sentence: str = "",
    before: str = "",
) -> Verdict:
    """Open a conflict per field, hold the record, and say what differs and what to do; `before`
    goes before that."""
    for each in clashes:
        Conflict.objects.update_or_create(
            sync_record=record,
            path=each.path[:80],
            decision=Conflict.Decision.OPEN,
            defaults={
                "base": to_json(each.base),
                "ours": to_json(each.ours),
                "theirs": to_json(each.theirs),
            },
        )
    close_settled(record, still_open=[each.path[:80] for each in clashes])
    said = sentence or (
        f"{capital(called(record.subject))} was changed in {books.name}: "
        f"{both_values(books, clashes, _currency(record))}."
    )
    said = f"{before} {said}".strip()
    remedy = _remedy(books.name, record, [each.path for each in clashes])
    ties.hold(record, Reason.CHANGED_ON_BOTH_SIDES, said, remedy)
    return needs_person(said, remedy)


def _remedy(name: str, record: SyncRecord, paths: Sequence[str]) -> str:
    """What can be decided: only what can be carried out."""
    where = "Decide under “Changed on both sides”:"
    if "void" in paths:
        return f"{where} take theirs, and it is voided here too. {name} cannot make it valid again."
    if follows_here(record.subject, paths):
        return f"{where} put ours back in {name}, or take theirs."
    instead = INSTEAD.get(Kind(record.kind), "credit it here and issue a new one")
    return f"{where} put ours back in {name}. Is theirs right? Then {instead}."


def close_settled(record: SyncRecord, *, still_open: Sequence[str] = ()) -> None:
    """Open conflicts on fields in which both sides agree again."""
    rows = Conflict.objects.filter(sync_record=record, decision=Conflict.Decision.OPEN)
    rows.exclude(path__in=still_open).rewrite(decision=Conflict.Decision.SETTLED, decided_at=now())


def both_values(books: Books, clashes: Sequence[Clash], currency: str) -> str:
    """The fields in dispute with both values, the most telling first."""
    order = list(LABELS)
    # A code says more than the amounts of its line that follow from it.
    ranked = sorted(
        clashes,
        key=lambda each: (
            "." in each.path and not each.path.endswith("tax_code_id"),
            _rank(each.path, order),
            each.path,
        ),
    )
    said = [
        f"its {label(each.path)} is {_value(books, each.ours, each.path, currency)} here and "
        f"{_value(books, each.theirs, each.path, currency)} in {books.name}"
        for each in ranked[:SAID_AT_MOST]
    ]
    if more := len(ranked) - SAID_AT_MOST:
        said += [f"{more} more field{'s differ' if more > 1 else ' differs'}"] if more > 0 else []
    return "; ".join(said)


def _value(books: Books, value: object, path: str, currency: str) -> str:
    field = path.rsplit(".", 1)[-1]
    if field in ("customer_id", "parent_id") and isinstance(value, str):
        return f"“{books.name_of(value)}”"
    if field in CODES and isinstance(value, str) and value:
        return f"“{books.code_name(CODES[field], value)}”"
    if field == "taxes" and isinstance(value, tuple):
        said = [
            f"{told(Decimal(tax), 'tax', currency)} at “{books.rate_name(rate)}”"
            for rate, tax in value
        ]
        return " and ".join(said) or "nothing"
    if field == "home_total":
        return told(value, path, books.company.home_currency)
    if field == "currency" and isinstance(value, str):
        return value or "empty"
    return told(value, path, currency)


def _rank(path: str, order: list[str]) -> int:
    last = path.rsplit(".", 1)[-1]
    return order.index(last) if last in order else len(order)


def _currency(record: SyncRecord) -> str:
    return str(getattr(record.subject, "currency", ""))

"""What stays keeps there what hangs on it: an invoice stays while what pays it stays."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from apps.billing.models import Allocation, DepositLine
from apps.connectors.snapshots import Kind
from apps.sync.models import SyncRecord
from apps.sync.undo.refusals import Line, Refusal
from apps.sync.wording import called, capital

Key = tuple[Kind, int]
# Fields of an allocation, with the kind of what they name.
ENDS = {
    "payment": Kind.PAYMENT,
    "credit_note": Kind.CREDIT_NOTE,
    "adjustment": Kind.ADJUSTMENT,
    "invoice": Kind.INVOICE,
    "refund": Kind.REFUND,
    "charge": Kind.ADJUSTMENT,
}
UNDO_AGAIN = "then undo the run again."


def refuse_what_hangs_together(lines: list[Line], *, inside: bool, name: str) -> None:
    """Refuse what cannot go because something else stays, until nothing more follows from that.

    `inside`: their payments carry what they are set against. `name` is what staff call the books.
    """
    of = {(each.kind, each.record.subject_id): each for each in lines}
    if not lines:
        return
    connection_id = lines[0].record.connection_id
    standing, lying = _standing(of, connection_id), _lying(of, connection_id)
    while _one_round(of, standing, lying, inside=inside, name=name):
        pass


def _one_round(
    of: dict[Key, Line],
    standing: list[Allocation],
    lying: list[DepositLine],
    *,
    inside: bool,
    name: str,
) -> bool:
    """Whether anything more was refused."""
    more = False

    def refuse(key: Key, why: str, remedy: str) -> None:
        nonlocal more
        line = of.get(key)
        if line is not None and line.goes:
            what = capital(called(line.record.subject))
            line.refusal = Refusal(f"{what} {why}", remedy)
            more = True

    for line in lying:
        deposit = of.get((Kind.DEPOSIT, line.deposit_id))
        if deposit is None or not deposit.goes:
            why = f"lies in {called(line.deposit)}, which stays in {name}."
            remedy = f"Undo {called(line.deposit)} here, {UNDO_AGAIN}"
            for kind, pk in ((Kind.PAYMENT, line.payment_id), (Kind.REFUND, line.refund_id)):
                if pk is not None:
                    refuse((kind, pk), why, remedy)
    for each in standing:
        carried = inside and each.payment_id is not None
        by: Key = (Kind.PAYMENT, each.payment_id or 0) if carried else (Kind.ALLOCATION, each.pk)
        goes = by in of and of[by].goes
        for field, kind in ENDS.items():
            pk = getattr(each, f"{field}_id")
            if pk is None or goes or (carried and field == "payment"):
                continue
            other = _other_end(each, field)
            refuse(
                (kind, pk),
                f"{_is_settled(kind, field)} {other}, which stays in {name}.",
                f"Un-apply one from the other here, {UNDO_AGAIN}",
            )
        if carried and goes:
            for field in ("refund", "charge"):  # what went out of it stays without it
                pk = getattr(each, f"{field}_id")
                end = of.get((ENDS[field], pk)) if pk is not None else None
                if pk is not None and (end is None or not end.goes):
                    other = called(getattr(each, field))
                    refuse(
                        by, f"is paid back by {other}, which stays in {name}.",
                        f"Cancel {other} here, {UNDO_AGAIN}",
                    )  # fmt: skip
        if carried and not goes:
            assert each.payment is not None, "carried inside one"
            refuse(
                (Kind.ALLOCATION, each.pk),
                f"is part of {called(each.payment)}, which stays in {name}.",
                f"See what keeps {called(each.payment)} there.",
            )
    return more


def _is_settled(kind: Kind, field: str) -> str:
    return "is paid by" if kind is Kind.INVOICE and field == "invoice" else "is set against"


def _other_end(allocation: Allocation, field: str) -> str:
    """The record at the other end of it, in words."""
    sources = ("payment", "credit_note", "adjustment", "outside_entry")
    names = ("invoice", "refund", "charge") if field in sources else sources
    for each in names:
        found: Any = getattr(allocation, each)
        if found is not None:
            return called(found) if each != "outside_entry" else f"their {found}"
    return "what is theirs alone"


def _standing(of: Iterable[Key], connection_id: int) -> list[Allocation]:
    """Everything that is set against one of these, or that one of these is set against."""
    touched = Q(pk__in=[])
    for field, kind in ENDS.items():
        keys = [pk for its, pk in of if its is kind]
        if keys:
            touched |= Q(**{f"{field}__in": keys})
    # What an undo before took back stands against nothing over there any more.
    undone = SyncRecord.objects.filter(connection=connection_id, kind=Kind.ALLOCATION)
    rows = Allocation._base_manager.filter(touched, reversed_on=None).exclude(
        pk__in=undone.filter(undo__isnull=False).values("allocation_id")
    )
    return list(rows.select_related("payment__customer", "outside_entry", *_PLAIN).order_by("pk"))


_PLAIN = ("credit_note", "adjustment__customer", "invoice", "refund__customer", "charge__customer")


def _lying(of: Iterable[Key], connection_id: int) -> list[DepositLine]:
    """Standing bank deposits in which payments or refunds of these lie."""
    payments = [pk for kind, pk in of if kind is Kind.PAYMENT]
    refunds = [pk for kind, pk in of if kind is Kind.REFUND]
    lines = DepositLine.objects.filter(
        Q(payment__in=payments) | Q(refund__in=refunds), standing=True
    )
    undone = SyncRecord.objects.filter(connection=connection_id, kind=Kind.DEPOSIT)
    return list(
        lines.exclude(deposit__in=undone.filter(undo__isnull=False).values("deposit_id"))
        .select_related("deposit")
        .order_by("pk")
    )

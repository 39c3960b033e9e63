"""Compares documents and payments, one by one and field by field."""

from collections.abc import Iterator
from decimal import Decimal

from apps.billing.models import CreditNote, Document, Invoice, Payment
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import CreditNoteSnapshot, InvoiceSnapshot, Kind, PaymentSnapshot
from apps.reconciliation.figures import ZERO, Comparison, shown
from apps.reconciliation.ours import Ours, called
from apps.reconciliation.theirs import Theirs


def compare_documents(ours: Ours, theirs: Theirs, into: Comparison) -> None:
    for key, document in ours.documents.items():
        name = called(Kind(document.kind), document)
        remote = theirs.documents.get(key)
        if remote is None:
            _note_absent(name, document.total, document.is_issued, into)
            continue
        into.documents += 1
        into.differences += _document_differences(ours, name, document, remote, into)
    into.only_there += [
        _only_there(remote, into)
        for key, remote in theirs.documents.items()
        if key not in ours.documents
    ]


def compare_payments(ours: Ours, theirs: Theirs, into: Comparison) -> None:
    for key, payment in ours.payments.items():
        name = called(Kind.PAYMENT, payment)
        stands = payment.status == Payment.Status.RECEIVED
        remote = theirs.payments.get(key)
        if remote is None:
            _note_absent(name, payment.amount, stands, into)
            continue
        into.payments += 1
        into.differences += _payment_differences(ours, name, payment, remote, into)
    into.only_there += [
        _only_there(remote, into)
        for key, remote in theirs.payments.items()
        # A payment of nil only ties a credit to an invoice: it moves no money of its own.
        if key not in ours.payments and remote.amount
    ]


def _note_absent(name: str, amount: Decimal, should_stand: bool, into: Comparison) -> None:
    if should_stand:
        into.differences.append(
            f"{name} is here with {shown(amount, into.currency)} and is gone from {into.system}."
        )


def _only_there(remote: RemoteObject, into: Comparison) -> str:
    label = remote.number or remote.remote_id
    amount = shown(remote.amount or ZERO, remote.currency or into.currency)
    return f"{remote.kind} {label} of {remote.dated or 'no date'}, {amount}"


def _document_differences(
    ours: Ours, name: str, document: Document, remote: RemoteObject, into: Comparison
) -> Iterator[str]:
    theirs = remote.snapshot
    if not isinstance(theirs, InvoiceSnapshot | CreditNoteSnapshot):
        yield f"{name} has a shape in {into.system} that cannot be compared."
        return
    if document.status == Document.Status.VOID:
        if not (remote.void or theirs.void) and theirs.total:
            yield (
                f"{name} is void here and stands in {into.system} with "
                f"{shown(theirs.total, document.currency)}."
            )
        return
    if remote.void or theirs.void:
        yield (
            f"{name} is void in {into.system} and stands here with "
            f"{shown(document.total, document.currency)}."
        )
        return
    yield from _texts(
        name,
        into,
        ("number", document.number or "", theirs.number),
        ("date", document.issue_date.isoformat(), theirs.issue_date.isoformat()),
        ("currency", document.currency, theirs.currency or document.currency),
    )
    if theirs.customer_id not in ours.customers.get(document.customer_id, frozenset()):
        yield f"{name} is of {document.customer_name} here and of another customer in {into.system}."
    word = "invoices" if isinstance(document, Invoice) else "credit notes"
    balance = remote.balance if remote.balance is not None else ZERO
    figures = [
        ("net", document.net, theirs.net),
        ("tax", document.tax, theirs.tax),
        ("total", document.total, theirs.total),
        *_settled(document, theirs.total, balance),
    ]
    yield from _amounts(name, word, document.currency, figures, into)
    if theirs.home_total is not None and theirs.home_total != document.home_total:
        yield _differs(name, "home total", document.home_total, theirs.home_total, into)


def _settled(
    document: Document, total: Decimal, balance: Decimal
) -> list[tuple[str, Decimal, Decimal]]:
    """What was settled of it and what is open: ledgers know the balance, we each part."""
    if isinstance(document, Invoice):
        settled = document.paid + document.credited + document.written_off
        return [
            ("paid and credited", settled, total - balance),
            ("balance due", document.total - settled, balance),
        ]
    if isinstance(document, CreditNote):
        return [
            ("applied", document.applied, total - balance),
            ("open credit", document.total - document.applied, balance),
        ]
    raise TypeError(f"{type(document).__name__} is neither an invoice nor a credit note.")


def _payment_differences(
    ours: Ours, name: str, payment: Payment, remote: RemoteObject, into: Comparison
) -> Iterator[str]:
    theirs = remote.snapshot
    if not isinstance(theirs, PaymentSnapshot):
        yield f"{name} has a shape in {into.system} that cannot be compared."
        return
    cancelled_there = remote.void or theirs.cancelled
    if payment.status == Payment.Status.CANCELLED:
        if not cancelled_there and theirs.amount:
            yield (
                f"{name} is cancelled here and stands in {into.system} with "
                f"{shown(theirs.amount, payment.currency)}."
            )
        return
    if cancelled_there:
        yield (
            f"{name} is cancelled in {into.system} and stands here with "
            f"{shown(payment.amount, payment.currency)}."
        )
        return
    yield from _texts(name, into, ("date", payment.date.isoformat(), theirs.paid_on.isoformat()))
    if theirs.customer_id not in ours.customers.get(payment.customer_id, frozenset()):
        yield f"{name} is of {payment.customer} here and of another customer in {into.system}."
    unapplied = remote.balance if remote.balance is not None else ZERO
    figures = [
        ("amount", payment.amount, theirs.amount),
        ("on account", payment.amount - payment.applied, unapplied),
    ]
    yield from _amounts(name, "payments", payment.currency, figures, into)
    settled: dict[str, Decimal] = {}
    for part in theirs.allocations:
        settled[part.target_id] = settled.get(part.target_id, ZERO) + part.amount
    mine = ours.allocations.get(payment.pk, {})
    for target in sorted({*mine, *settled}):
        here, there = mine.get(target, ZERO), settled.get(target, ZERO)
        if here != there:
            yield _differs(name, f"part set against {target}", here, there, into)


def _texts(name: str, into: Comparison, *fields: tuple[str, str, str]) -> Iterator[str]:
    for field, mine, yours in fields:
        if mine != yours:
            yield f"{name}: {field} is {mine} here and {yours or 'empty'} in {into.system}."


def _amounts(
    name: str,
    word: str,
    currency: str,
    figures: list[tuple[str, Decimal, Decimal]],
    into: Comparison,
) -> Iterator[str]:
    for field, mine, yours in figures:
        into.add(f"{word}: {field}", mine, yours)
        if mine != yours:
            yield _differs(name, field, mine, yours, into, currency)


def _differs(
    name: str, field: str, mine: Decimal, yours: Decimal, into: Comparison, currency: str = ""
) -> str:
    unit = currency or into.currency
    return f"{name}: {field} is {shown(mine, unit)} here and {shown(yours, unit)} in {into.system}."

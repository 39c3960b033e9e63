"""Works out every account from our own rows, apart from the documents, and compares the totals.

An invoice debits the receivable and credits the account of each line's item; a credit note does the
reverse; a payment debits where its money lies and credits the receivable. What is void or cancelled
posts nothing. These postings are written down here a second time on purpose: the connector's own
idea of them is what is to be proved.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from apps.billing.models import CreditNoteLine, Document, InvoiceLine, Item, Payment, PaymentMethod
from apps.connections.models import Connection
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import (
    CreditNoteSnapshot,
    InvoiceSnapshot,
    Kind,
    Line,
    PaymentSnapshot,
)
from apps.core.money import rounded
from apps.mappings.look_up import Mappings
from apps.mappings.models import RemoteCode
from apps.reconciliation.figures import ZERO, AccountLine, Comparison, shown
from apps.reconciliation.ours import Key, Ours, called
from apps.reconciliation.theirs import Theirs

RECEIVABLE = "receivable"  # all receivable accounts of theirs together: the ledger chooses
SIGN = {Kind.INVOICE: Decimal(1), Kind.CREDIT_NOTE: Decimal(-1)}

Sums = dict[str, Decimal]  # their account → debit less credit, in home currency


def _sums() -> Sums:
    return defaultdict(Decimal)


@dataclass(slots=True)
class Ledger:
    """What every account should say: by our rows, and what is explained besides."""

    ours: Sums = field(default_factory=_sums)
    explained: Sums = field(default_factory=_sums)
    roles: dict[str, str] = field(default_factory=dict)

    def post(self, into: Sums, account_id: str, amount: Decimal, role: str) -> None:
        into[account_id] += amount
        self.roles.setdefault(account_id, role)


def compare_accounts(ours: Ours, theirs: Theirs, into: Comparison) -> None:
    """Lay our totals by account beside their trial balance, with what explains a difference."""
    ledger = Ledger()
    _post_documents(ours, theirs, ledger, into)
    _post_payments(ours, theirs, ledger, into)
    _explain_only_theirs(ours, theirs, ledger)
    into.accounts = sorted(
        _lines(ours.connection, ledger, theirs), key=lambda line: (_ORDER[line.role], line.name)
    )
    into.differences += [
        f"Account {line.name}: {shown(line.ours + line.explained, into.currency)} by our records "
        f"and {shown(line.theirs, into.currency)} in {into.system}, "
        f"{shown(line.difference, into.currency)} apart."
        for line in into.accounts
        if line.difference
    ]


_ORDER = {RECEIVABLE: 0, "income": 1, "clearing": 2, "bank": 3}


# --- Documents ----------------------------------------------------------------------------------


def _post_documents(ours: Ours, theirs: Theirs, ledger: Ledger, into: Comparison) -> None:
    posting = {
        (document.kind, document.pk): (key, document)
        for key, document in ours.documents.items()
        if document.is_issued
    }
    by_document: dict[tuple[str, int], Sums] = defaultdict(_sums)
    accounts = _Accounts(ours.connection)
    for kind, document_id, item_id, amount in _lines_of(ours.connection):
        if (kind, document_id) in posting:
            by_document[kind, document_id][accounts.of_item(item_id)] += amount
    for place, (key, document) in posting.items():
        sign = SIGN[Kind(document.kind)]
        nets = by_document[place]
        ledger.post(ledger.ours, RECEIVABLE, sign * document.home_total, RECEIVABLE)
        for account_id, net in nets.items():
            ledger.post(ledger.ours, account_id, -sign * net, "income")
        remote = theirs.documents.get(key)
        if remote is not None:
            _explain_recoding(document, nets, remote, theirs, ledger, into)


def _lines_of(connection: Connection) -> Iterator[tuple[str, int, int | None, Decimal]]:
    """(kind, document, item, net in home currency) of every issued line of the company."""
    currency = connection.company.home_currency
    for kind, lines in ((Kind.INVOICE, InvoiceLine), (Kind.CREDIT_NOTE, CreditNoteLine)):
        rows = lines.objects.filter(
            document__company=connection.company_id, document__status=Document.Status.ISSUED
        ).order_by()
        for document_id, item_id, net, rate in rows.values_list(
            "document_id", "item_id", "net", "document__exchange_rate"
        ).iterator(chunk_size=5000):
            yield kind.value, document_id, item_id, rounded(net * rate, currency)


class _Accounts:
    """Which account of theirs our mappings name, looked up once per item and method."""

    def __init__(self, connection: Connection) -> None:
        self.mappings = Mappings.of(connection)
        self.items = Item.objects.filter(company=connection.company_id).in_bulk()
        self._found: dict[int | None, str] = {}

    def of_item(self, item_id: int | None) -> str:
        """ "" where no mapping says: it then shows as a difference of its own."""
        if item_id not in self._found:
            item = self.items[item_id] if item_id is not None else None
            self._found[item_id] = _id_of(self.mappings.income_account(item))
        return self._found[item_id]

    def of_method(self, method: PaymentMethod | None) -> str:
        return _id_of(self.mappings.method_account(method)) if method is not None else ""


def _id_of(code: RemoteCode | None) -> str:
    return code.remote_id if code is not None else ""


def _explain_recoding(
    document: Document,
    nets: Sums,
    remote: RemoteObject,
    theirs: Theirs,
    ledger: Ledger,
    into: Comparison,
) -> None:
    """A line that was given another account by hand over there stays so: moved, not different."""
    snapshot = remote.snapshot
    if not isinstance(snapshot, InvoiceSnapshot | CreditNoteSnapshot) or snapshot.void:
        return
    there = _by_account(snapshot.lines, theirs)
    if "" in there or sum(there.values()) != sum(nets.values()):
        return  # not known, or the amounts differ, which is told of the document itself
    moved = {
        account_id: there.get(account_id, ZERO) - nets.get(account_id, ZERO)
        for account_id in {*there, *nets}
    }
    if not any(moved.values()):
        return
    sign = SIGN[Kind(document.kind)]
    for account_id, net in moved.items():
        if net:
            ledger.post(ledger.explained, account_id, -sign * net, "income")
    amount = sum((net for net in moved.values() if net > 0), ZERO)
    into.recoded.append(
        f"{called(Kind(document.kind), document)}: {shown(amount, into.currency)} was given "
        f"another account in {into.system}; it stays there."
    )


def _by_account(lines: Iterable[Line], theirs: Theirs) -> Sums:
    found = _sums()
    for line in lines:
        if line.net:
            found[line.account_id or theirs.item_accounts.get(line.item_id, "")] += line.net
    return found


# --- Payments -----------------------------------------------------------------------------------


def _post_payments(ours: Ours, theirs: Theirs, ledger: Ledger, into: Comparison) -> None:
    accounts = _Accounts(ours.connection)
    for key, payment in ours.payments.items():
        if payment.status != Payment.Status.RECEIVED:
            continue
        there = _account_there(theirs.payments.get(key))
        mine = accounts.of_method(payment.method)
        # Without a mapping, or made over there, the account is theirs to say.
        account_id = there if there and (payment.made_in or not mine) else mine
        amount = rounded(payment.amount * payment.exchange_rate, into.currency)
        ledger.post(ledger.ours, account_id, amount, _role_of(payment.method))
        ledger.post(ledger.ours, RECEIVABLE, -amount, RECEIVABLE)
        if there and there != account_id:
            ledger.post(ledger.explained, account_id, -amount, _role_of(payment.method))
            ledger.post(ledger.explained, there, amount, _role_of(payment.method))
            into.recoded.append(
                f"{called(Kind.PAYMENT, payment)} lies in another account in {into.system}; "
                "it stays there."
            )


def _account_there(remote: RemoteObject | None) -> str:
    if remote is None or not isinstance(remote.snapshot, PaymentSnapshot):
        return ""
    return remote.snapshot.account_id


def _role_of(method: PaymentMethod | None) -> str:
    to_bank = method is not None and method.posts_to == PaymentMethod.PostsTo.BANK
    return "bank" if to_bank else "clearing"


# --- What exists only over there ----------------------------------------------------------------


def _explain_only_theirs(ours: Ours, theirs: Theirs, ledger: Ledger) -> None:
    known: set[Key] = {*ours.documents, *ours.payments}
    for key, remote in [*theirs.documents.items(), *theirs.payments.items()]:
        if key in known or remote.void:
            continue
        snapshot = remote.snapshot
        if isinstance(snapshot, InvoiceSnapshot | CreditNoteSnapshot):
            sign = Decimal(1) if isinstance(snapshot, InvoiceSnapshot) else Decimal(-1)
            ledger.post(ledger.explained, RECEIVABLE, sign * _home(snapshot), RECEIVABLE)
            for account_id, net in _by_account(snapshot.lines, theirs).items():
                ledger.post(ledger.explained, account_id, -sign * net, "income")
        elif isinstance(snapshot, PaymentSnapshot) and not snapshot.cancelled:
            ledger.post(ledger.explained, snapshot.account_id, snapshot.amount, "clearing")
            ledger.post(ledger.explained, RECEIVABLE, -snapshot.amount, RECEIVABLE)


def _home(snapshot: InvoiceSnapshot | CreditNoteSnapshot) -> Decimal:
    return snapshot.total if snapshot.home_total is None else snapshot.home_total


# --- Side by side -------------------------------------------------------------------------------


def _lines(connection: Connection, ledger: Ledger, theirs: Theirs) -> Iterator[AccountLine]:
    codes = {
        code.remote_id: code
        for code in RemoteCode.objects.filter(connection=connection, kind="account")
    }
    receivables = {each for each, code in codes.items() if RECEIVABLE in code.roles}
    for account_id in {*ledger.ours, *ledger.explained}:
        code = codes.get(account_id)
        role = ledger.roles[account_id]
        if account_id == RECEIVABLE:
            name = " + ".join(sorted(str(codes[each]) for each in receivables)) or "Receivable"
            there = sum((theirs.balances.get(each, ZERO) for each in receivables), ZERO)
        else:
            name = str(code) if code else account_id or "no account mapped"
            there = theirs.balances.get(account_id, ZERO)
            if code and role in ("bank", "clearing"):
                role = "bank" if "bank" in code.roles else "clearing"
        yield AccountLine(
            account_id=account_id,
            name=name,
            role=role,
            ours=ledger.ours[account_id],
            explained=ledger.explained[account_id],
            theirs=there,
        )

"""What explains a difference between accounts, record by record: theirs alone, and recoded lines."""

from collections.abc import Container, Iterable
from decimal import Decimal

from apps.billing.models import Document
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import (
    AdjustmentSnapshot,
    AllocationSnapshot,
    CreditNoteSnapshot,
    DepositSnapshot,
    InvoiceSnapshot,
    Kind,
    Line,
    PaymentSnapshot,
    RefundSnapshot,
)
from apps.core.money import rounded, spread_home
from apps.reconciliation.figures import ZERO, Comparison, shown
from apps.reconciliation.ledger import EXCHANGE, Chart, Income, Ledger, Sums, sums
from apps.reconciliation.ours import Ours
from apps.reconciliation.postings import SIGN, Posted
from apps.reconciliation.sentences import of_theirs
from apps.reconciliation.shelf_of_ours import Key
from apps.reconciliation.theirs import Theirs


def explain_recoding(recoded: Iterable[Income], ledger: Ledger, into: Comparison) -> None:
    """A line that was given another account by hand over there stays so: moved, not different."""
    for each in recoded:
        moved = each.moved
        ledger.about(None, f"{each.name}: given another account there")
        for account, amount in moved.items():
            ledger.post(ledger.explained, account, amount, "income")
        amount = sum((part for part in moved.values() if part > 0), ZERO)
        into.recoded.append(
            f"{each.name}: {shown(amount, into.currency)} was given "
            f"another account in {into.system}; it stays there."
        )


def income_there(
    document: Document, mine: Posted, remote: RemoteObject, theirs: Theirs, ledger: Ledger
) -> Sums | None:
    """What its object puts on incomes, in home currency, debit above nil. None where an account is not
    known or the amounts differ, which is told of the document itself."""
    snapshot = remote.snapshot
    if not isinstance(snapshot, InvoiceSnapshot | CreditNoteSnapshot) or snapshot.void:
        return None
    nets = by_account(snapshot.lines, theirs)
    if "" in nets or sum(nets.values(), ZERO) != document.net:
        return None
    sign = SIGN[Kind(document.kind)]
    whole = -sign * sum(mine.income.values(), ZERO)
    there = spread_home(nets, document.exchange_rate, whole, ledger.chart.home)
    return {account: -sign * net for account, net in there.items()}


def by_account(lines: Iterable[Line], theirs: Theirs) -> Sums:
    """Net by account of theirs, in document currency; "" where no account is known."""
    found = sums()
    for line in lines:
        if line.net:
            found[line.account_id or theirs.item_accounts.get(line.item_id, "")] += line.net
    return found


# --- What exists only over there, and what was there before the cut-off --------------------------


def explain_only_theirs(ours: Ours, theirs: Theirs, ledger: Ledger, into: Comparison) -> None:
    known = ours.posted
    for shelf in (theirs.documents, theirs.payments, theirs.entries, theirs.deposits):
        for _, remote in shelf.besides(known):
            if not remote.void:
                ledger.about(remote.dated, of_theirs(remote, into))
                Alone(ledger, theirs).post(remote)
    _explain_outside_rates(ours, theirs, ledger, known)
    _explain_others(known, theirs, ledger, into)


def _explain_others(
    known: Container[Key], theirs: Theirs, ledger: Ledger, into: Comparison
) -> None:
    """Journals, expenses and receipts that are only theirs, as far as they touch an account that we post to:
    those are listed, the rest of their bookkeeping is no business of a comparison."""
    concerned = {*ledger.ours, *ledger.explained}
    for _, remote in theirs.others.besides(known):
        touches = [
            (key, each.debit - each.credit)
            for each in remote.postings
            if (key := _key_of(each.account_id, theirs, ledger.chart)) in concerned
        ]
        ledger.about(remote.dated, of_theirs(remote, into))
        for key, amount in touches:
            ledger.post(ledger.explained, key, amount, "theirs")
        if touches:
            into.only_there.append(of_theirs(remote, into))


def _key_of(account: str, theirs: Theirs, chart: Chart) -> str:
    """The key of the account of a posting: their own, or that of a tax rate or an item."""
    what, told_by, remote_id = account.partition(":")
    if told_by and what == "tax":
        return chart.tax_account(remote_id)
    if told_by and what == "item":
        return theirs.item_accounts.get(remote_id, account)
    return chart.key_of(account)


class Alone:
    """Posts what is only theirs, as their own objects say it."""

    def __init__(self, ledger: Ledger, theirs: Theirs) -> None:
        self.ledger = ledger
        self.chart = ledger.chart
        self.theirs = theirs

    def _add(self, account: str, amount: Decimal, role: str = "") -> None:
        if amount:
            self.ledger.post(
                self.ledger.explained, account, amount, role or self.chart.role_of(account)
            )

    def _home(self, amount: Decimal, rate: Decimal) -> Decimal:
        return rounded(amount * rate, self.chart.home)

    def post(self, remote: RemoteObject) -> None:
        snapshot = remote.snapshot
        match snapshot:
            case InvoiceSnapshot() | CreditNoteSnapshot() if not snapshot.void:
                self._document(snapshot)
            case PaymentSnapshot() if not snapshot.cancelled:
                self._payment(snapshot)
            case AdjustmentSnapshot() if not snapshot.cancelled:
                amount = self._home(snapshot.amount, snapshot.exchange_rate)
                signed = amount if snapshot.debits else -amount
                self._add(self.chart.receivable(snapshot.currency), signed, "receivable")
                self._add(snapshot.account_id, -signed)
            case RefundSnapshot() if not snapshot.cancelled:
                amount = self._home(snapshot.amount, snapshot.exchange_rate)
                fee = self._home(snapshot.fee, snapshot.exchange_rate)
                tax = self._home(snapshot.fee_tax, snapshot.exchange_rate)
                self._add(self.chart.receivable(snapshot.currency), amount, "receivable")
                self._add(snapshot.fee_account_id, fee)
                self._add(snapshot.fee_tax_account_id, tax)
                self._add(snapshot.account_id, -amount - fee - tax, "clearing")
            case DepositSnapshot() if not snapshot.cancelled:
                self._deposit(snapshot)

    def _document(self, snapshot: InvoiceSnapshot | CreditNoteSnapshot) -> None:
        sign = Decimal(1) if isinstance(snapshot, InvoiceSnapshot) else Decimal(-1)
        whole = snapshot.home_total
        if whole is None:
            whole = self._home(snapshot.total, snapshot.exchange_rate)
        nets = by_account(snapshot.lines, self.theirs)
        taxes = sums()
        for each in snapshot.taxes:
            taxes[self.chart.tax_account(each.rate_id)] += each.tax
        rest = snapshot.tax - sum(taxes.values(), ZERO)
        if rest:
            taxes[self.chart.tax_account("")] += rest
        amounts = sums()
        for account, amount in [*nets.items(), *taxes.items()]:
            amounts[account] += amount
        self._add(self.chart.receivable(snapshot.currency), sign * whole, "receivable")
        home = spread_home(amounts, snapshot.exchange_rate, whole, self.chart.home)
        for account, amount in home.items():
            self._add(account, -sign * amount, "income" if account in nets else "tax")

    def _payment(self, snapshot: PaymentSnapshot) -> None:
        """What it takes off an invoice is worth what that was booked at."""
        amount = self._home(snapshot.amount, snapshot.exchange_rate)
        receivable = self.chart.receivable(snapshot.currency)
        self._add(snapshot.account_id, amount, "clearing")
        self._add(receivable, -amount, "receivable")
        for part in snapshot.allocations:
            if not part.cancelled:
                self.realise(part, snapshot.exchange_rate)

    def realise(self, part: AllocationSnapshot, rate: Decimal) -> None:
        """The difference between a part at its source's rate and at that of its document."""
        booked = self._rate_of(part)
        if booked is None or booked == rate:
            return
        difference = self._home(part.amount, rate) - self._home(part.amount, booked)
        self._add(self.chart.receivable(part.currency), difference, "receivable")
        self._add(EXCHANGE, -difference, "exchange")

    def _rate_of(self, part: AllocationSnapshot) -> Decimal | None:
        for remote in self.theirs.documents.of_id(part.target_id):
            held = remote.snapshot
            if isinstance(held, InvoiceSnapshot):
                return held.exchange_rate
        return None

    def _deposit(self, snapshot: DepositSnapshot) -> None:
        """What it holds leaves the account it lies in; the rest of its lines name theirs."""
        left = ZERO
        for line in snapshot.lines:
            account, rate = line.account_id, snapshot.exchange_rate
            member = self.theirs.held_by(line)
            payment = self.theirs.payments.get(member)
            held = payment.snapshot if payment is not None else None
            if isinstance(held, PaymentSnapshot):
                account, rate = held.account_id, held.exchange_rate
            elif line.payment_id:
                account = self.theirs.lies_in(member)
            else:
                # Money of a customer without a payment stands on a receivable.
                account = self.chart.key_of(account)
            amount = self._home(line.amount, rate)
            self._add(account, -amount, "clearing" if line.payment_id else "")
            left += amount
        banked = self._home(snapshot.total, snapshot.exchange_rate)
        self._add(snapshot.account_id, banked, "bank")
        self._add(EXCHANGE, left - banked, "exchange")


def _explain_outside_rates(
    ours: Ours, theirs: Theirs, ledger: Ledger, known: Container[Key]
) -> None:
    """Money and credits of ours set against a document of theirs that was booked at another rate,
    and credits of theirs against ours."""
    typed = {key[1] for key in theirs.documents if key not in known}
    if not typed:
        return
    alone = Alone(ledger, theirs)
    ledger.about(None, "Exchange differences of what is set against theirs")
    for key in ours.payments:
        remote = theirs.payments.get(key)
        held = remote.snapshot if remote is not None else None
        if isinstance(held, PaymentSnapshot) and not held.cancelled:
            for part in held.allocations:
                if part.target_id in typed:
                    alone.realise(part, held.exchange_rate)
    for part in theirs.applications:
        if part.source == Kind.PAYMENT or not typed & {part.source_id, part.target_id}:
            continue
        rate = rate_of_source(part, theirs)
        if rate is not None:
            alone.realise(part, rate)


def rate_of_source(part: AllocationSnapshot, theirs: Theirs) -> Decimal | None:
    """None where its source is not there."""
    for shelf in (theirs.entries, theirs.documents, theirs.payments):
        for remote in shelf.of_id(part.source_id):
            rate: Decimal | None = getattr(remote.snapshot, "exchange_rate", None)
            return rate
    return None

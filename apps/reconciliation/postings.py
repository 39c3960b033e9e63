"""Works out every account from our own rows, apart from the documents' comparison.

An invoice debits the receivable and credits the account of each line's item and the tax of each
agency; a credit note does the reverse. A payment debits where its money lies and credits the
receivable; an adjustment stands between the receivable and the account of its role; a refund debits
the receivable and its fee and credits where the money came from; a bank deposit moves what it
holds to the bank, with its fees. What is set against something at another rate than its own
realises the difference. What is void, cancelled or undone posts nothing. These postings are
written down here a second time on purpose: the connector's own idea of them is to be proved.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice

from django.db.models import QuerySet

from apps.billing.models import (
    Adjustment,
    Allocation,
    CreditNoteLine,
    Deposit,
    Document,
    InvoiceLine,
    Payment,
    Refund,
)
from apps.billing.models.entries import AccountRole
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import Kind, PaymentSnapshot, RefundSnapshot
from apps.core.money import rounded, spread_home
from apps.reconciliation.figures import Comparison
from apps.reconciliation.findings import About
from apps.reconciliation.ledger import EXCHANGE, Chart, Ledger, Sums, sums
from apps.reconciliation.ours import Ours, stands
from apps.reconciliation.questions.accounts import account_of, account_there
from apps.reconciliation.shelf_of_ours import MONEY_KINDS, PORTION, Key
from apps.reconciliation.theirs import Theirs

SIGN = {Kind.INVOICE: Decimal(1), Kind.CREDIT_NOTE: Decimal(-1)}


@dataclass(frozen=True, slots=True)
class Posted:
    """What one document of ours, of so many lines, put on its accounts; in home currency, debit
    above nil."""

    income: Sums
    tax: Sums
    lines: int


def post_documents(
    ours: Ours, ledger: Ledger
) -> Iterator[tuple[tuple[Key, ...], Document, Posted | None]]:
    """Invoices and credit notes, one after the other, each with its objects; what each put on its
    accounts, None where it is not issued. Their lines are read for a portion of them together."""
    waiting = ours.documents.together(MONEY_KINDS)
    while portion := list(islice(waiting, PORTION)):
        issued = {(each.kind, each.pk): each for _, each in portion if each.is_issued}
        nets, lines = _nets(ledger.chart, issued)
        for keys, document in portion:
            place = document.kind, document.pk
            if place not in issued:
                yield keys, document, None
                continue
            yield keys, document, _post_document(ledger, document, nets[place], lines[place])


def _nets(
    chart: Chart, issued: Mapping[tuple[str, int], Document]
) -> tuple[dict[tuple[str, int], Sums], Counter[tuple[str, int]]]:
    """By kind and key of these documents: net by account, and how many lines it has."""
    nets: dict[tuple[str, int], Sums] = defaultdict(sums)
    lines: Counter[tuple[str, int]] = Counter()
    for place, item_id, net, discount in _lines_of(issued):
        document = issued[place]
        into = nets[place]
        lines[place] += 1
        if document.discount_item_id is None or not discount:
            into[chart.of_item(item_id)] += net
            continue
        # Booked apart: the line before its discounts, and they on an account of their own.
        into[chart.of_item(item_id)] += net + discount
        into[chart.of_item(document.discount_item_id)] -= discount
    return nets, lines


def _lines_of(
    documents: Iterable[tuple[str, int]],
) -> Iterator[tuple[tuple[str, int], int | None, Decimal, Decimal]]:
    """(document, item, net, what discounts took off it) of every line."""
    keys: dict[str, list[int]] = defaultdict(list)
    for kind, pk in documents:
        keys[kind].append(pk)
    for kind, lines in ((Kind.INVOICE, InvoiceLine), (Kind.CREDIT_NOTE, CreditNoteLine)):
        rows = lines.objects.filter(document__in=keys.pop(kind.value, ())).order_by()
        for document_id, *told in rows.values_list("document_id", "item_id", "net", "discount_net"):
            yield (kind.value, document_id), *told


def _post_document(ledger: Ledger, document: Document, nets: Sums, lines: int) -> Posted:
    chart = ledger.chart
    sign = SIGN[Kind(document.kind)]
    ledger.about(document.issue_date, About(document))
    taxes = sums()
    for share in document.shares:
        taxes[chart.tax_accounts.key(chart.taxes.agency(share))] += share.tax
    # One account may take both: then it is rounded as one.
    amounts = sums()
    for account, amount in [*nets.items(), *taxes.items()]:
        amounts[account] += amount
    home = spread_home(amounts, document.exchange_rate, document.home_total, chart.home)
    receivable = chart.receivable(document.currency)
    ledger.post(ledger.ours, receivable, sign * document.home_total, "receivable")
    for account, amount in home.items():
        role = "income" if account in nets else "tax"
        ledger.post(ledger.ours, account, -sign * amount, role)
    return Posted(
        income={account: -sign * home[account] for account in nets if account not in taxes},
        tax={account: -sign * home[account] for account in taxes},
        lines=lines,
    )


def post_payment(
    ours: Ours, ledger: Ledger, payment: Payment, remote: RemoteObject | None, into: Comparison
) -> str:
    """A payment that stands, `remote` the first of its objects; the account that it lies in, ours by
    its mapping where theirs do not say."""
    held = remote.snapshot if remote is not None else None
    there = held.account_id if isinstance(held, PaymentSnapshot) else ""
    mine = ledger.chart.of_method(payment.method, payment.date)
    # Without a mapping, or made over there, the account is theirs to say.
    theirs_to_say = payment.made_in == ours.connection.origin or not mine
    account = there if there and theirs_to_say else mine
    amount = _home(ledger, payment)
    role = _lies(ledger, payment)
    ledger.about(payment.date, About(payment))
    ledger.post(ledger.ours, account, amount, role)
    ledger.post(ledger.ours, ledger.chart.receivable(payment.currency), -amount, "receivable")
    if there and there != account:
        ledger.post(ledger.explained, account, -amount, role)
        ledger.post(ledger.explained, there, amount, role)
        into.recoded.append(
            f"{About(payment)} lies in another account in {into.system}; it stays there."
        )
    return there or account


def post_entries(
    ours: Ours, theirs: Theirs, ledger: Ledger, lies_in: Mapping[int, str], into: Comparison
) -> None:
    """Adjustments, refunds, deposits, and what applications realise; `lies_in`: the account of each
    payment."""
    for key, entry in ours.entries.once():
        if stands(entry):
            remote = theirs.entries.get(key)
            ledger.about(entry.date, About(entry))
            _post_entry(ledger, entry, account_there(remote))
            if isinstance(entry, Refund) and entry.fee:
                _post_fee(ledger, entry, remote, into)
    for _, deposit in ours.deposits.once():
        if stands(deposit):
            ledger.about(deposit.date, About(deposit))
            _post_deposit(ledger, deposit, lies_in)
    _post_differences(ours, ledger, into)


def _lies(ledger: Ledger, money: Payment | Refund) -> str:
    places = ledger.chart.mappings.places
    return "bank" if places.to_bank(money.method, money.date) else "clearing"


def _home(ledger: Ledger, subject: Payment | Adjustment | Refund) -> Decimal:
    return rounded(subject.amount * subject.exchange_rate, ledger.chart.home)


def _left(ledger: Ledger, refund: Refund) -> Decimal:
    """What a refund took out of its account, with its fee."""
    return rounded(refund.bank_amount * refund.exchange_rate, ledger.chart.home)


def _post_entry(ledger: Ledger, entry: Adjustment | Refund, there: str) -> None:
    """`there` is the account that it was given by hand over there: moved, and asked about."""
    chart, amount = ledger.chart, _home(ledger, entry)
    receivable, account = chart.receivable(entry.currency), account_of(chart, entry)
    if isinstance(entry, Adjustment):
        sign, role = 1 if entry.side == Adjustment.Side.DEBIT else -1, "other"
        booked = -sign * amount
        ledger.post(ledger.ours, receivable, sign * amount, "receivable")
    else:
        whole, role = _left(ledger, entry), _lies(ledger, entry)
        booked = -whole
        ledger.post(ledger.ours, receivable, amount, "receivable")
    ledger.post(ledger.ours, account, booked, role)
    if there and there != account:
        ledger.post(ledger.explained, account, -booked, role)
        ledger.post(ledger.explained, there, booked, role)


def _post_fee(
    ledger: Ledger, refund: Refund, remote: RemoteObject | None, into: Comparison
) -> None:
    """What left beside a refund, the fee and the tax within it. Lines that were given another
    account by hand over there stay there."""
    chart, held = ledger.chart, remote.snapshot if remote is not None else None
    there = ("", "")
    if isinstance(held, RefundSnapshot) and not held.cancelled:
        there = held.fee_account_id, held.fee_tax_account_id
    parts: dict[str, Decimal] = {
        AccountRole.BANK_CHARGE: refund.fee_net,
        AccountRole.INPUT_TAX: refund.fee_tax,
    }
    worth = _left(ledger, refund) - _home(ledger, refund)
    home = spread_home(parts, refund.exchange_rate, worth, chart.home)
    moved = False
    for (role, amount), other in zip(home.items(), there, strict=True):
        account = chart.of_role(AccountRole(role))
        if amount:
            ledger.post(ledger.ours, account, amount, "other")
        if amount and other and other != account:
            moved = True
            ledger.post(ledger.explained, account, -amount, "other")
            ledger.post(ledger.explained, other, amount, "other")
    if moved:
        into.recoded.append(
            f"The fee of {About(refund)} was given another account in {into.system}; it stays there."
        )


def _post_deposit(ledger: Ledger, deposit: Deposit, lies_in: Mapping[int, str]) -> None:
    """Members leave the account they lie in at what they were worth there; what the bank's rate
    makes of them besides is realised."""
    chart, left = ledger.chart, Decimal(0)
    for line in deposit.lines.select_related("payment__method", "refund__method"):
        if line.payment is not None:
            amount = _home(ledger, line.payment)
            account = lies_in.get(line.payment.pk) or chart.of_method(
                line.payment.method, line.payment.date
            )
            role = "clearing"
        elif line.refund is not None:
            amount = -_left(ledger, line.refund)
            account, role = chart.of_method(line.refund.method, line.refund.date), "clearing"
        else:
            amount = rounded(line.amount * deposit.exchange_rate, chart.home)
            account, role = chart.of_role(line.role), "other"
        ledger.post(ledger.ours, account, -amount, role)
        left += amount
    banked = rounded(deposit.total * deposit.exchange_rate, chart.home)
    bank = chart.mappings.codes.get(("bank_account", deposit.bank_account_id))
    ledger.post(ledger.ours, bank.remote_id if bank is not None else "", banked, "bank")
    if banked != left:
        ledger.post(ledger.ours, EXCHANGE, left - banked, "exchange")


def realising(ours: Ours) -> QuerySet[Allocation]:
    """Standing applications since the cut-off that realised a difference."""
    rows = Allocation.objects.filter(
        company=ours.connection.company_id,
        date__gte=ours.connection.starts_on or date.min,
        reversed_on=None,
        outside_id="",
    ).exclude(exchange_difference=0)
    # Theirs was booked at their rate, which explains what money or a credit at another realises.
    for kind in (Kind.INVOICE, Kind.CREDIT_NOTE, Kind.PAYMENT):
        before = [each.pk for each, _ in ours.opening.values() if each.kind == kind]
        rows = rows.exclude(**{f"{kind.value}__in": before})
    return rows


def _post_differences(ours: Ours, ledger: Ledger, into: Comparison) -> None:
    """What standing applications realised: the source at its own rate less what it took off. As of a
    day, one that both sides have and that counts from another day over there is explained."""
    rows = realising(ours)
    elsewhen = {record for each in into.set_off_elsewhen for record in each.ours}
    ends = (Kind.INVOICE, Kind.CREDIT_NOTE, Kind.PAYMENT)
    for day, currency, difference, *keys in rows.values_list(
        "date", "currency", "exchange_difference", *(kind.value for kind in ends)
    ):
        joined = {(kind.value, key) for kind, key in zip(ends, keys, strict=True) if key}
        counts_here = ours.until is None or day <= ours.until
        counts_there = counts_here is not (len(joined) > 1 and joined <= elsewhen)
        if counts_here:
            ledger.about(day, "Realised exchange difference")
            _post_realised(ledger, ledger.ours, currency, difference)
        if counts_here is not counts_there:
            ledger.about(ours.until, "Realised exchange difference, on another day there")
            apart = difference if counts_there else -difference
            _post_realised(ledger, ledger.explained, currency, apart)


def _post_realised(ledger: Ledger, into: Sums, currency: str, difference: Decimal) -> None:
    ledger.post(into, ledger.chart.receivable(currency), difference, "receivable")
    ledger.post(into, EXCHANGE, -difference, "exchange")

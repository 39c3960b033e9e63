"""Makes the entries of a company as of a day, from documents, money and what they are set against.

What was void, cancelled or undone posts nothing, as in every ledger that empties it at its own
date. What is set against something at another rate than its own moves on the receivable from what
it was worth to what it takes off, and the difference is realised.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import F, Q, QuerySet

from apps.billing.models import (
    Adjustment,
    Allocation,
    Company,
    CreditNote,
    Deposit,
    Document,
    Invoice,
    OutsideEntry,
    Payment,
    PaymentMethod,
    Places,
    Refund,
)
from apps.core.money import ZERO, rounded, spread_home
from apps.exchange.exports.plain_text.entries import (
    EXCHANGE,
    MONEY,
    OTHER_BOOKS,
    ROLES,
    SALES,
    TAX,
    Account,
    Entry,
    Posting,
    part,
    receivable,
)

BATCH = 1000
Source = Payment | CreditNote | Adjustment | OutsideEntry
STANDING = {
    "payment": "received",
    "credit_note": "issued",
    "adjustment": "made",
    "invoice": "issued",
    "refund": "made",
    "charge": "made",
}
DATED = {"credit_note": "issue_date", "invoice": "issue_date"}


@dataclass
class Room:
    """How much of each record is not set against anything yet, as parts of it are taken."""

    left: dict[tuple[str, int], Decimal] = field(default_factory=dict)

    def take(self, amount: Decimal, *ends: Any) -> Decimal:
        """As much of `amount` as all ends have room for, and take it off them."""
        keys = [(each._meta.label, each.pk) for each in ends if each is not None]
        for key, each in zip(keys, (each for each in ends if each is not None), strict=True):
            self.left.setdefault(key, each.total if isinstance(each, Document) else each.amount)
        taken = min([amount, *(self.left[key] for key in keys)])
        for key in keys:
            self.left[key] -= taken
        return taken


@dataclass
class Poster:
    """The entries of one company as of a day. `is_cut`: a part had less room than its amount."""

    company: Company
    day: date
    is_cut: bool = False

    @cached_property
    def places(self) -> Places:
        return Places.of_company(self.company.pk)

    @property
    def home(self) -> str:
        return self.company.home_currency

    def entries(self) -> Iterator[Entry]:
        """Kind by kind, each by date: both programs put them in order themselves."""
        for each in self._rows(Invoice, "issued", "issue_date", "customer"):
            yield self.document(each, 1)
        for each in self._rows(CreditNote, "issued", "issue_date", "customer"):
            yield self.document(each, -1)
        for each in self._rows(Payment, "received", "date", "customer", "method__bank_account"):
            yield self.payment(each)
        for each in self._rows(Adjustment, "made", "date", "customer"):
            yield self.adjustment(each)
        for each in self._rows(Refund, "made", "date", "customer", "method__bank_account"):
            yield self.refund(each)
        for each in self._rows(Deposit, "made", "date", "bank_account"):
            yield self.deposit(each)
        yield from self.allocations()

    def _rows(self, model: type[Any], status: str, dated: str, *beside: str) -> Iterator[Any]:
        rows: QuerySet[Any] = model.objects.filter(
            company=self.company, status=status, **{f"{dated}__lte": self.day}
        )
        return rows.select_related(*beside).order_by(dated, "pk").iterator(BATCH)

    # --- documents ----------------------------------------------------------------------------

    def document(self, document: Invoice | CreditNote, sign: int) -> Entry:
        """The receivable against sales and the tax of each agency; the reverse of a credit note."""
        word = "Invoice" if sign > 0 else "Credit note"
        bad_debt = isinstance(document, CreditNote) and document.relieves_id is not None
        again = isinstance(document, Invoice) and document.recovers_id is not None
        sales = ROLES["bad_debt"] if bad_debt or again else SALES
        net = document.home_total - document.home_tax
        taxes: dict[str, Decimal] = {}
        for share in document.shares:
            taxes[share.agency] = taxes.get(share.agency, ZERO) + share.tax
        home = spread_home(taxes, document.exchange_rate, document.home_tax, self.home)
        return Entry(
            document.issue_date,
            f"{word} {document.number}",
            document.customer_name,
            self._posted(
                self._foreign(
                    receivable(document.customer),
                    sign * document.total,
                    document.currency,
                    sign * document.home_total,
                ),
                self._at_home(sales, -sign * net),
                *(
                    self._at_home((*TAX, part(agency)), -sign * worth)
                    for agency, worth in home.items()
                ),
            ),
        )

    # --- money --------------------------------------------------------------------------------

    def payment(self, payment: Payment) -> Entry:
        worth = self._worth_of_payment(payment)
        owed = receivable(payment.customer)
        return Entry(
            payment.date,
            f"Payment {payment.reference}".strip(),
            payment.customer.name,
            self._posted(
                self._lies(payment),
                self._foreign(owed, -payment.amount, payment.currency, -worth),
            ),
        )

    def _worth_of_payment(self, payment: Payment) -> Decimal:
        if payment.bank_currency == self.home and payment.bank_amount:
            return payment.bank_amount
        return rounded(payment.amount * payment.exchange_rate, self.home)

    def _lies(self, payment: Payment) -> Posting:
        """Where the money lies, in the currency in which it arrived there."""
        account = self._place(payment.method, payment.date)
        worth = self._worth_of_payment(payment)
        if payment.bank_currency and payment.bank_amount:
            return self._foreign(account, payment.bank_amount, payment.bank_currency, worth)
        return self._foreign(account, payment.amount, payment.currency, worth)

    def _place(self, method: PaymentMethod | None, on: date) -> Account:
        if method is None:
            return (*MONEY, "Clearing", "No-method")
        if not self.places.to_bank(method, on):
            return (*MONEY, "Clearing", part(method.name, method.pk))
        bank = method.bank_account
        return self._bank(bank) if bank is not None else (*MONEY, "Bank", part(method.name))

    @staticmethod
    def _bank(account: Any) -> Account:
        return (*MONEY, "Bank", part(account.name, account.pk))

    def adjustment(self, entry: Adjustment) -> Entry:
        sign = 1 if entry.side == Adjustment.Side.DEBIT else -1
        worth = rounded(entry.amount * entry.exchange_rate, self.home)
        owed = self._foreign(
            receivable(entry.customer), sign * entry.amount, entry.currency, sign * worth
        )
        booked = self._foreign(
            ROLES[entry.role], -sign * entry.amount, entry.currency, -sign * worth
        )
        return Entry(
            entry.date,
            f"{entry.get_role_display()} {entry.pk}",
            entry.customer.name,
            self._posted(owed, booked),
        )

    def refund(self, refund: Refund) -> Entry:
        worth = rounded(refund.amount * refund.exchange_rate, self.home)
        left = self._left_by(refund)
        fees = {"bank_charge": refund.fee_net, "input_tax": refund.fee_tax}
        home = spread_home(fees, refund.exchange_rate, -left.worth - worth, self.home)
        return Entry(
            refund.date,
            f"{refund.get_why_display()} {refund.reference or refund.pk}",
            refund.customer.name,
            self._posted(
                self._foreign(receivable(refund.customer), refund.amount, refund.currency, worth),
                *(
                    self._foreign(ROLES[role], fees[role], refund.currency, home[role])
                    for role in fees
                ),
                left,
            ),
        )

    def _left_by(self, refund: Refund) -> Posting:
        """What went out, with its fee."""
        amount = refund.bank_amount
        worth = rounded(amount * refund.exchange_rate, self.home)
        return self._foreign(
            self._place(refund.method, refund.date), -amount, refund.currency, -worth
        )

    def deposit(self, deposit: Deposit) -> Entry:
        """What it holds leaves where it lay, and the line of the bank arrives."""
        banked = rounded(deposit.total * deposit.exchange_rate, self.home)
        postings = [
            self._foreign(self._bank(deposit.bank_account), deposit.total, deposit.currency, banked)
        ]
        for line in deposit.lines.select_related(
            "payment__method__bank_account", "refund__method__bank_account"
        ):
            if line.payment is not None:
                postings.append(self._lies(line.payment).reversed)
            elif line.refund is not None:
                postings.append(self._left_by(line.refund).reversed)
            else:
                worth = rounded(line.amount * deposit.exchange_rate, self.home)
                postings.append(
                    self._foreign(ROLES[line.role], -line.amount, deposit.currency, -worth)
                )
        over = sum((each.worth for each in postings), ZERO)
        return Entry(
            deposit.date,
            f"Bank deposit {deposit.reference or deposit.pk}",
            deposit.bank_account.name,
            self._posted(*postings, self._at_home(EXCHANGE, -over)),
        )

    # --- what is set against what ---------------------------------------------------------------

    def allocations(self) -> Iterator[Entry]:
        """Those that stand on the day: what stands today first, then what was un-applied last."""
        rows = Allocation.objects.filter(
            Q(reversed_on=None) | Q(reversed_on__gt=self.day),
            company=self.company,
            date__lte=self.day,
            outside_id="",
        ).select_related(*(f"{end}__customer" for end in STANDING), "outside_entry__customer")
        room = Room()
        standing = rows.order_by(F("reversed_on").desc(nulls_first=True), "-pk")
        for each in standing.iterator(BATCH):
            entry = self._allocation(each, room)
            if entry is not None:
                yield entry

    def _allocation(self, allocation: Allocation, room: Room) -> Entry | None:
        if not self._stands(allocation):
            return None
        source, target = allocation.source, allocation.target
        assert target is not None  # those of other books are not read
        theirs = isinstance(source, OutsideEntry)
        taken = room.take(allocation.amount, None if theirs else source, target)
        if taken <= 0:
            return None
        self.is_cut |= taken != allocation.amount
        share = taken / allocation.amount
        off = rounded(allocation.home_amount * share, self.home)
        realised = rounded(allocation.exchange_difference * share, self.home)
        given, had = receivable(source.customer), receivable(target.customer)
        if given == had and not realised and not theirs:
            return None
        came_from = OTHER_BOOKS if theirs else given
        return Entry(
            allocation.date,
            f"Applied to {target}",
            source.customer.name,
            self._posted(
                self._foreign(came_from, taken, allocation.currency, off + realised),
                self._foreign(had, -taken, allocation.currency, -off),
                self._at_home(EXCHANGE, -realised),
            ),
        )

    def _stands(self, allocation: Allocation) -> bool:
        """Whether each end is in the books on the day."""
        for name, status in STANDING.items():
            end = getattr(allocation, name)
            if end is None:
                continue
            if end.status != status or getattr(end, DATED.get(name, "date")) > self.day:
                return False
        return True

    # --- postings -----------------------------------------------------------------------------

    def _foreign(self, account: Account, amount: Decimal, currency: str, worth: Decimal) -> Posting:
        return Posting(account, amount, currency, amount if currency == self.home else worth)

    def _at_home(self, account: Account, worth: Decimal) -> Posting:
        return Posting(account, worth, self.home, worth)

    @staticmethod
    def _posted(*postings: Posting) -> tuple[Posting, ...]:
        return tuple(each for each in postings if each.amount)

"""A British company of ours for the bookkeeper's table: what is done here, whatever ledger stands on
the other side. VAT of 20 %, money through clearing or straight to the bank."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from apps.billing.actions import (
    Part,
    allocate,
    credit_invoice,
    deduct,
    issue,
    pay_refund,
    receive_payment,
)
from apps.billing.models import (
    BankAccount,
    CreditNote,
    Customer,
    Invoice,
    Item,
    Payment,
    PaymentMethod,
    Refund,
    TaxAgency,
    TaxComponent,
    TaxRate,
)
from apps.mappings.choices import set_mapping
from apps.sync.models import State
from tests.books import Books
from tests.factories import make_customer, make_invoice, make_item, make_method

if TYPE_CHECKING:
    Beside = Books
else:
    Beside = object
MARCH = 3


@dataclass(frozen=True, slots=True)
class Stands:
    """An invoice as their books hold it, in its currency, read without the connector."""

    total: Decimal
    due: Decimal


class OurSide(Beside):
    """Goes before the books of a ledger. Words of the table that name one account there are one
    word, the first of them: a ledger with one receivable for all currencies has no other."""

    accounts: Mapping[str, str]  # words of the table → their accounts
    codes: Mapping[str, str]  # a percentage → what their tax code is called
    standard: TaxRate
    reduced: TaxRate
    account: BankAccount
    transfer: PaymentMethod
    euro_account: BankAccount
    euro_transfer: PaymentMethod
    item: Item
    before: dict[str, Decimal]

    def furnish(self) -> None:
        """What the company has before its books go live."""
        company = self.company
        company.country = "GB"
        company.save()
        self.standard = self.rate("S20", "20", agency="HMRC")
        self.reduced = self.rate("S5", "5", agency="HMRC")
        self.account = BankAccount.objects.create(company=company, name="Current", currency="GBP")
        self.method = make_method(company)
        self.transfer = make_method(company, posts_to="bank")
        self.euro_account = BankAccount.objects.create(
            company=company, name="Euro account", currency="EUR"
        )
        self.euro_transfer = make_method(company, posts_to="bank", currency="EUR")
        self.item = make_item(company)

    def rate(
        self, code: str, percent: str, *, agency: str, country: str = "GB", called: str = ""
    ) -> TaxRate:
        """A rate of ours, under the code of theirs with its percentage."""
        rate = TaxRate.objects.create(
            company=self.company, code=code, name=f"VAT {code}", country=country
        )
        owed, _ = TaxAgency.objects.get_or_create(company=self.company, name=agency)
        TaxComponent.objects.create(rate=rate, agency=owed, name="VAT", percent=Decimal(percent))
        if called:
            self.map_tax(rate, called)
        return rate

    def map_tax(self, rate: TaxRate, called: str) -> None:
        code = self.connection.codes.get(kind="tax_code", name=called)
        set_mapping(self.connection, "tax", code=code, tax_rate=rate)

    def expected(self, posts: Mapping[str, Decimal]) -> dict[str, Decimal]:
        """A journal worked by hand, by the words that this ledger has."""
        words = self._words()
        found: dict[str, Decimal] = {}
        for word, amount in posts.items():
            own = words[self.accounts[word]]
            found[own] = found.get(own, Decimal(0)) + amount
        return {word: amount for word, amount in found.items() if amount}

    def change(self) -> dict[str, Decimal]:
        """What their trial balance has moved by since this was last asked, by words of the table."""
        now, words = self.trial_balance(), self._words()
        moved = {
            words.get(name, name): now.get(name, Decimal(0)) - self.before.get(name, Decimal(0))
            for name in now.keys() | self.before.keys()
        }
        self.before = now
        return {name: amount for name, amount in moved.items() if amount}

    def _words(self) -> dict[str, str]:
        return {name: word for word, name in reversed(self.accounts.items())}

    def settle(self) -> None:
        """Runs until nothing is on its way; what waits for a person may stay."""
        for _ in range(3):
            self.run()
            waiting = self.connection.sync_records.filter(state=State.WAITING, due_at__isnull=False)
            if not waiting.exists():
                return

    def sale(self, net: str = "100", *, rate: TaxRate | None = None, **fields: Any) -> Invoice:
        """An invoice of 10 March, of a customer of its own unless told otherwise."""
        customer = fields.pop("customer", None) or make_customer(self.company)
        line = (self.item, 1, Decimal(net), rate or self.standard)
        fields.setdefault("issue_date", date(2026, MARCH, 10))
        return make_invoice(customer=customer, lines=[line], **fields)

    def paid(self, invoice: Invoice, amount: str, day: int = 16, **fields: Any) -> Payment:
        fields.setdefault("method", self.method)
        return receive_payment(
            customer=invoice.customer,
            amount=Decimal(amount),
            date=date(2026, MARCH, day),
            apply=[(invoice, min(Decimal(amount), invoice.balance_due))],
            **fields,
        )

    def money(self, customer: Customer, amount: str, day: int = 16, **fields: Any) -> Payment:
        """On account."""
        fields.setdefault("method", self.method)
        on = date(2026, MARCH, day)
        return receive_payment(customer=customer, amount=Decimal(amount), date=on, **fields)

    def credit(self, invoice: Invoice, net: str = "", day: int = 12) -> CreditNote:
        lines = [Part(line=invoice.lines.get(), net=Decimal(net))] if net else None
        on = date(2026, MARCH, day)
        note = credit_invoice(invoice, reason="Sent back", on=on, lines=lines)
        issue(note)
        note.refresh_from_db()
        return note

    def refund(self, note: CreditNote | Payment, amount: str, day: int = 18) -> Refund:
        on = date(2026, MARCH, day)
        return pay_refund(
            note, amount=Decimal(amount), on=on, method=self.transfer, reason="Asked for it"
        )

    def deducted(self, invoice: Invoice, role: str, amount: str, **fields: Any) -> None:
        invoice.refresh_from_db()
        on = date(2026, MARCH, 16)
        deduct(invoice, role=role, amount=Decimal(amount), on=on, reason="Kept", **fields)

    def used(self, note: CreditNote | Payment, invoice: Invoice, amount: str, day: int = 17) -> Any:
        return allocate(note, invoice, Decimal(amount), on=date(2026, MARCH, day))

    def in_euro(self, **fields: Any) -> Invoice:
        """EUR 100.00 and 20.00 of tax at 0.85: worth 102.00, of which 17.00 are tax."""
        fields.setdefault("customer", make_customer(self.company, currency="EUR"))
        return self.sale(exchange_rate=Decimal("0.85"), **fields)

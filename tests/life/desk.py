"""The finance desk: does what an act of a table says, each on a day of its own."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from apps.billing.actions import (
    Deducted,
    DepositAmount,
    Part,
    allocate,
    cancel_adjustment,
    cancel_payment,
    cancel_refund,
    credit_invoice,
    deduct,
    hold_as_retainer,
    issue,
    make_deposit,
    pay_refund,
    receive_payment,
    refund_retainer,
    return_payment,
    reverse,
    take_surplus,
    undo_deposit,
    use_retainer,
    void,
    write_off,
)
from apps.billing.models import (
    AccountRole,
    Adjustment,
    Allocation,
    BankAccount,
    Company,
    CreditNote,
    Customer,
    Deposit,
    Invoice,
    InvoiceLine,
    Item,
    Payment,
    PaymentMethod,
    Refund,
    TaxAgency,
    TaxComponent,
    TaxRate,
)
from apps.billing.sums.totals import work_out

FIRST_DAY = date(2026, 3, 2)
ROLES = {role.value.replace("_", " "): role for role in AccountRole}


class Desk:
    """One company, one customer, one invoice at a time: 100.00 and 20 % tax."""

    def __init__(self, company: Company, customer: Customer, item: Item, rate: TaxRate) -> None:
        self.company, self.customer, self.item, self.rate = company, customer, item, rate
        self.bank, _ = BankAccount.objects.get_or_create(
            company=company, name="Current account", currency=company.home_currency
        )
        self.method, _ = PaymentMethod.objects.get_or_create(
            company=company,
            name="Card",
            defaults={"currency": company.home_currency, "bank_account": self.bank},
        )
        self.bank_method, _ = PaymentMethod.objects.get_or_create(
            company=company,
            name="Bank transfer",
            defaults={
                "currency": company.home_currency,
                "posts_to": PaymentMethod.PostsTo.BANK,
                "bank_account": self.bank,
            },
        )
        self.day = FIRST_DAY
        self.invoice = self.draft()

    @classmethod
    def opened(cls) -> "Desk":
        company = Company.objects.create(legal_name="Thornfield Trading Ltd", home_currency="GBP")
        customer = Customer.objects.create(company=company, name="Bell & Daughters", currency="GBP")
        item = Item.objects.create(company=company, code="LANTERN", name="Lantern")
        return cls(company, customer, item, twenty_percent(company))

    def draft(self) -> Invoice:
        invoice = Invoice(
            company=self.company,
            customer=self.customer,
            issue_date=self.day,
            currency=self.customer.currency,
        )
        invoice.save()
        InvoiceLine.objects.create(
            document=invoice,
            position=1,
            item=self.item,
            quantity=Decimal(10),
            unit_price=Decimal(10),
            tax_rate=self.rate,
        )
        work_out(invoice)
        return invoice

    def do(self, act: str) -> None:
        """Raises ValidationError, with the sentence staff would read."""
        self.day += timedelta(days=1)
        for pattern, done in ACTS:
            if found := re.fullmatch(pattern, act):
                done(self, *found.groups())
                return
        raise LookupError(f"nobody at this desk knows how to “{act}”")

    # --- What stands ---
    def payment(self) -> Payment:
        return Payment.objects.order_by("pk").last() or Payment()

    def note(self) -> CreditNote:
        found = CreditNote.objects.exclude(status="draft").order_by("pk").last()
        assert found is not None
        return found

    def refund(self) -> Refund:
        return Refund.objects.order_by("pk").last() or Refund()

    def due(self) -> Decimal:
        return Invoice.objects.get(pk=self.invoice.pk).balance_due

    # --- Acts ---
    def issue(self) -> None:
        issue(self.invoice)

    def next_invoice(self) -> None:
        self.invoice = self.draft()
        issue(self.invoice)

    def pay(self, amount: str, words: str | None = None, taken: str | None = None) -> None:
        """Receive an amount; the invoice gets what it has due of it, or asks for more than it has."""
        invoice = Invoice.objects.get(pk=self.invoice.pk)
        applied = (
            min(Decimal(amount), invoice.balance_due) if invoice.is_issued else Decimal(amount)
        )
        deductions = []
        if words and taken:
            deductions = [
                Deducted(
                    invoice=invoice,
                    role=ROLES[words],
                    amount=Decimal(taken),
                    reason="Kept on the way",
                )
            ]
        receive_payment(
            customer=self.customer,
            amount=Decimal(amount),
            date=self.day,
            method=self.method,
            apply=[(invoice, applied or Decimal(amount))],
            deductions=deductions,
        )

    def receive(self, amount: str) -> None:
        receive_payment(
            customer=self.customer, amount=Decimal(amount), date=self.day, method=self.method
        )

    def apply_money(self, amount: str) -> None:
        allocate(self.payment(), self.invoice, Decimal(amount), on=self.day)

    def credit(self, net: str) -> None:
        lines = None
        if net != "all":
            lines = [Part(line=self.invoice.lines.get(), net=Decimal(net))]
        note = credit_invoice(self.invoice, reason="Sent back", on=self.day, lines=lines)
        issue(note)

    def apply_credit(self, amount: str) -> None:
        allocate(self.note(), self.invoice, Decimal(amount), on=self.day)

    def refund_credit(self, amount: str, bank: str | None = None) -> None:
        pay_refund(
            self.note(),
            amount=Decimal(amount),
            on=self.day,
            method=self.bank_method if bank else self.method,
            reason="Asked for it",
        )

    def refund_money(self, amount: str) -> None:
        pay_refund(
            self.payment(),
            amount=Decimal(amount),
            on=self.day,
            method=self.method,
            reason="Paid too much",
        )

    def take_back_refund(self) -> None:
        cancel_refund(self.refund(), reason="Never left the bank", on=self.day)

    def returned(
        self, how: str, bank: str | None = None, fee: str | None = None, back: str | None = None
    ) -> None:
        return_payment(
            self.payment(),
            on=self.day,
            reason="The bank says so",
            fee=Decimal(fee or 0),
            charge_back=Decimal(back or 0),
            chargeback=how == "charge back",
            method=self.bank_method if bank else None,
        )

    def write_off(self, first: str | None, amount: str) -> None:
        invoice = Invoice.objects.order_by("pk").first() if first else self.invoice
        assert invoice is not None
        write_off(invoice, amount=Decimal(amount), on=self.day, reason="Insolvent")

    def deduct(self, words: str, amount: str) -> None:
        deduct(
            self.invoice, role=ROLES[words], amount=Decimal(amount), on=self.day, reason="Agreed"
        )

    def cancel_adjustment(self, which: str) -> None:
        found = Adjustment.objects.order_by("pk")
        adjustment = found.first() if which.strip() else found.last()
        assert adjustment is not None
        cancel_adjustment(adjustment, reason="Not so", on=self.day)

    def hold_retainer(self, amount: str) -> None:
        hold_as_retainer(self.payment(), amount=Decimal(amount), on=self.day)

    def refund_retainer(self, amount: str) -> None:
        held = Adjustment.objects.filter(role="retainer", side="debit").first()
        assert held is not None
        refund_retainer(
            held, amount=Decimal(amount), on=self.day, method=self.method, reason="Not needed"
        )

    def use_retainer(self, amount: str) -> None:
        use_retainer(self.invoice, amount=Decimal(amount), on=self.day)

    def take_surplus(self, amount: str) -> None:
        take_surplus(self.payment(), amount=Decimal(amount), on=self.day, reason="A penny too much")

    def cancel_payment(self) -> None:
        cancel_payment(self.payment(), reason="Typed twice", on=self.day)

    def un_apply_money(self) -> None:
        found = Allocation.objects.filter(payment__isnull=False, reversed_on=None)
        reverse(found.get(refund=None), reason="To the wrong one", on=self.day)

    def un_apply(self, again: str) -> None:
        found = Allocation.objects.order_by("pk")
        last = found.last() if again else found.filter(reversed_on=None).last()
        assert last is not None
        reverse(last, reason="To the wrong one", on=self.day)

    def void(self) -> None:
        void(self.invoice, reason="Never sold", on=self.day)

    def void_credit(self) -> None:
        void(self.note(), reason="Never sent back", on=self.day)

    def bank(self, fee: str | None = None) -> None:
        """Everything that is not in a bank deposit yet."""
        deposited = {"deposit_lines__standing": True}
        self._deposit(
            Payment.objects.filter(status="received").exclude(**deposited),
            Refund.objects.filter(status="made").exclude(**deposited),
            fee,
        )

    def bank_again(self) -> None:
        self._deposit(Payment.objects.all(), Refund.objects.all(), None)

    def _deposit(self, payments: object, refunds: object, fee: str | None) -> None:
        amounts = []
        if fee:
            amounts = [
                DepositAmount(
                    role=AccountRole.BANK_CHARGE, amount=-Decimal(fee), description="Card fees"
                )
            ]
        make_deposit(
            self.bank,
            date=self.day,
            payments=list(payments),
            refunds=list(refunds),
            amounts=amounts,
        )

    def undo_deposit(self) -> None:
        deposit = Deposit.objects.order_by("pk").last()
        assert deposit is not None
        undo_deposit(deposit, reason="Another account", on=self.day)


def twenty_percent(company: Company) -> TaxRate:
    agency = TaxAgency.objects.create(company=company, name="HM Revenue & Customs")
    rate = TaxRate.objects.create(company=company, code="S20", name="Standard", country="GB")
    TaxComponent.objects.create(rate=rate, agency=agency, name="VAT", percent=Decimal(20))
    return rate


NUMBER = r"(\d+(?:\.\d+)?)"
ACTS: list[tuple[str, Callable[..., None]]] = [
    ("issue", Desk.issue),
    ("next invoice", Desk.next_invoice),
    (f"pay {NUMBER}(?:, ([a-z ]+) {NUMBER})?", Desk.pay),
    (f"receive {NUMBER}", Desk.receive),
    (f"apply money {NUMBER}", Desk.apply_money),
    (r"credit (all|\d+(?:\.\d+)?)", Desk.credit),
    (f"apply credit {NUMBER}", Desk.apply_credit),
    (f"refund credit {NUMBER}( at the bank)?", Desk.refund_credit),
    (f"refund money {NUMBER}", Desk.refund_money),
    ("cancel refund", Desk.take_back_refund),
    (
        f"(return payment|charge back)( at the bank)?(?:, fee {NUMBER})?(?:, charge back {NUMBER})?",
        Desk.returned,
    ),
    (f"write off( first)? {NUMBER}", Desk.write_off),
    (f"deduct ([a-z ]+) {NUMBER}", Desk.deduct),
    ("cancel( first | )adjustment", Desk.cancel_adjustment),
    (f"hold retainer {NUMBER}", Desk.hold_retainer),
    (f"use retainer {NUMBER}", Desk.use_retainer),
    (f"refund retainer {NUMBER}", Desk.refund_retainer),
    (f"take surplus {NUMBER}", Desk.take_surplus),
    ("cancel payment", Desk.cancel_payment),
    ("un-apply money", Desk.un_apply_money),
    ("un-apply( again)?", Desk.un_apply),
    ("void", Desk.void),
    ("void credit", Desk.void_credit),
    (f"bank everything(?:, fee {NUMBER})?", Desk.bank),
    ("bank it again", Desk.bank_again),
    ("undo deposit", Desk.undo_deposit),
]

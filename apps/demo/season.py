"""What happens beside invoices and payments: charges, bad debts, refunds, returns, retainers, banking."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from apps.billing.actions import (
    Deducted,
    DepositAmount,
    hold_as_retainer,
    make_deposit,
    pay_refund,
    receive_payment,
    return_payment,
    use_retainer,
    write_off,
)
from apps.billing.models import (
    AccountRole,
    BankAccount,
    Company,
    CreditNote,
    Invoice,
    Payment,
    PaymentMethod,
)
from apps.demo.studio import BANK, CASH

CHARGE = Decimal("3.00")
NOT_WORTH_IT = Decimal("12.50")
RETURN_FEE = Decimal("15.00")
RETAINER, USED = Decimal("500.00"), Decimal("200.00")
CARD_FEE = Decimal("-4.00")
LEFT_FOR_THEM = 2  # payments in cash that are banked over there


@dataclass(slots=True)
class Season:
    """What was done, in words."""

    done: list[str] = field(default_factory=list)


def live_a_season(company: Company, day: date, *, one_each: bool = False) -> Season:
    """One of each, all dated `day`, on the invoices that are still open. Deterministic. Where each
    payment pays one invoice none comes back, none is paid back and none held as a retainer."""
    season = Season()
    bank = PaymentMethod.objects.get(company=company, posts_to=PaymentMethod.PostsTo.BANK)
    for some in (
        _charged(company, bank, day),
        _written_off(company, day),
        () if one_each else _refunded(company, bank, day),
        () if one_each else _returned(company, bank, day),
        () if one_each else _retained(company, bank, day),
        _banked(company, day),
    ):
        season.done += some
    return season


def _open(company: Company, at_least: Decimal, currency: str) -> list[Invoice]:
    return list(
        Invoice.objects.filter(
            company=company,
            status=Invoice.Status.ISSUED,
            currency=currency,
            balance_due__gt=at_least,
            paid=0,
        )
        .select_related("customer")
        .order_by("issue_date", "pk")
    )


def _charged(company: Company, bank: PaymentMethod, day: date) -> Iterator[str]:
    """A transfer from which a bank on the way kept its charge."""
    for currency in ("EUR", company.home_currency):
        if found := _open(company, CHARGE, currency):
            invoice = found[-1]
            taken = Deducted(
                invoice=invoice,
                role=AccountRole.BANK_CHARGE,
                amount=CHARGE,
                reason="A bank on the way kept it",
            )
            cash = invoice.balance_due - CHARGE
            receive_payment(
                customer=invoice.customer,
                amount=cash,
                date=day,
                method=bank,
                apply=[(invoice, cash)],
                deductions=[taken],
            )
            yield f"{CHARGE} {currency} kept by a bank"
            return


def _written_off(company: Company, day: date) -> Iterator[str]:
    for invoice in _open(company, NOT_WORTH_IT, company.home_currency)[:1]:
        write_off(invoice, amount=NOT_WORTH_IT, on=day, reason="Not worth another reminder")
        yield f"{NOT_WORTH_IT} of {invoice} written off"


def _refunded(company: Company, bank: PaymentMethod, day: date) -> Iterator[str]:
    notes = CreditNote.objects.filter(
        company=company,
        status=CreditNote.Status.ISSUED,
        currency=company.home_currency,
        open_credit__gt=0,
    )
    for note in notes.order_by("pk")[:1]:
        pay_refund(
            note, amount=note.open_credit, on=day, method=bank, reason="Asked for the money back"
        )
        yield f"{note} refunded"


def _returned(company: Company, bank: PaymentMethod, day: date) -> Iterator[str]:
    payments = Payment.objects.filter(
        company=company, method=bank, currency=company.home_currency, on_account=0, date__lt=day
    )
    for payment in payments.order_by("-date", "pk")[:1]:
        return_payment(payment, on=day, reason="The bank took it back", fee=RETURN_FEE)
        yield f"{payment} came back"


def _retained(company: Company, bank: PaymentMethod, day: date) -> Iterator[str]:
    for invoice in _open(company, USED, company.home_currency)[-1:]:
        payment = receive_payment(
            customer=invoice.customer, amount=RETAINER, date=day, method=bank, reference="RETAINER"
        )
        hold_as_retainer(payment, amount=RETAINER, on=day, reason="Agreed with the next project")
        use_retainer(invoice, amount=USED, on=day)
        yield f"{USED} of a retainer of {RETAINER} used"


def _banked(company: Company, day: date) -> Iterator[str]:
    """Cash is taken to the bank, which keeps a fee; the last of it is left for the other side."""
    cash = Payment.objects.filter(
        company=company,
        method__name=CASH,
        currency=company.home_currency,
        status=Payment.Status.RECEIVED,
        deposit_lines=None,
    )
    payments = list(cash.order_by("date", "pk"))[:-LEFT_FOR_THEM]
    if payments:
        fee = DepositAmount(
            role=AccountRole.BANK_CHARGE, amount=CARD_FEE, description="Counting fee"
        )
        deposit = make_deposit(
            BankAccount.objects.get(company=company, name=BANK),
            date=day,
            payments=payments,
            amounts=[fee],
            reference="Paying-in slip 1",
        )
        yield f"{len(payments)} payments in a bank deposit of {deposit}"

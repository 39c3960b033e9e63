"""Ways around a freeze, a limit or a tax that an auditor tries, each refused with its sentence."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.billing import actions
from apps.billing.acts.bulk import save_many
from apps.billing.changes import made_by
from apps.billing.models import (
    ActLimit,
    BankAccount,
    Company,
    CreditNote,
    Customer,
    ExchangeRate,
    Frozen,
    Payment,
    TaxComponent,
    TaxRate,
)
from apps.staff.access import add_member, set_up_roles
from apps.staff.acts import ActName, RoleName
from apps.staff.models import User
from tests.factories import (
    make_company,
    make_credit_note,
    make_customer,
    make_exchange_rate,
    make_invoice,
    make_method,
    make_paid_credit_note,
    make_payment,
    make_tax_rate,
)

pytestmark = pytest.mark.django_db

PASSWORD = "a-long-enough-password-1"


def march(day: int) -> date:
    return date(2026, 3, day)


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def fay() -> User:
    set_up_roles()
    return add_member("fay@example.com", RoleName.ACCOUNTANT, PASSWORD, name="Fay")


def limit(company: Company, act: ActName, amount: int) -> None:
    ActLimit.objects.create(
        company=company, act=act, role=RoleName.ACCOUNTANT, amount=Decimal(amount)
    )


def test_a_line_cannot_be_moved_out_of_an_issued_document() -> None:
    issued = make_invoice()
    draft = make_invoice(customer=issued.customer, issued=False)
    line = issued.lines.get()
    line.document, line.position = draft, 2

    with pytest.raises(Frozen, match="is issued, so its lines cannot change"):
        line.save()


def test_a_percentage_cannot_be_moved_out_of_a_rate_in_use(company: Company) -> None:
    rate, other = make_tax_rate(company, 20), make_tax_rate(company, 5)
    make_invoice(company=company, lines=[("Oil", 1, 100, rate)])
    component = TaxComponent.objects.get(rate=rate)
    component.rate, component.position = other, 2

    with pytest.raises(Frozen, match="Make a new rate"):
        component.save()


class TestTaxThatWasNeverCharged:
    def test_an_untaxed_sale_is_not_credited_with_tax(self, company: Company) -> None:
        """50.00 + 20 % is 60.00, well within the 100.00, and 10.00 of it nobody ever charged."""
        rate = make_tax_rate(company, 20)
        invoice = make_invoice(company=company, lines=[("Oil", 1, 100)])

        with pytest.raises(ValidationError, match=r"0\.00 GBP is left to be taken back"):
            make_credit_note(invoice=invoice, lines=[("Oil", 1, 50, rate)])

    def test_no_more_tax_is_credited_than_the_invoice_has_of_it(self, company: Company) -> None:
        """200.00 + 40.00 against an invoice that charged 20.00 of tax beside 1,000.00 without."""
        rate = make_tax_rate(company, 20)
        invoice = make_invoice(company=company, lines=[("Oil", 1, 100, rate), ("Wicks", 1, 1000)])

        with pytest.raises(ValidationError, match=r"20\.00 GBP is left to be taken back"):
            make_credit_note(invoice=invoice, lines=[("Oil", 1, 200, rate)])
        assert make_credit_note(invoice=invoice, lines=[("Oil", 1, 100, rate)]).tax == 20

    def test_a_draft_credit_note_of_an_amended_invoice_is_not_issued_with_it(self) -> None:
        company = make_company(amend_allowed=True)
        rate = make_tax_rate(company, 20)
        invoice = make_invoice(company=company, lines=[("Oil", 1, 100, rate)])
        note = actions.credit_invoice(invoice, reason="Sent back", on=march(9))
        untaxed = actions.DraftLine(
            quantity=Decimal(1), unit_price=Decimal(200), description="Wicks", tax_rate=None
        )
        actions.amend_invoice(invoice, lines=[untaxed], reason="Typed wrong")

        with pytest.raises(ValidationError, match="is left to be taken back"):
            actions.issue(note)


def test_a_currency_at_par_is_invoiced(company: Company) -> None:
    make_exchange_rate(company, "FKP", 1)

    invoice = make_invoice(customer=make_customer(company, currency="FKP"))

    assert invoice.is_issued
    assert invoice.home_total == invoice.total == 100


class TestLimitsInParts:
    def test_a_debt_is_not_written_off_in_parts(self, company: Company, fay: User) -> None:
        limit(company, ActName.WRITE_OFF, 60)
        invoice = make_invoice(company=company)

        with made_by(fay.pk):
            actions.write_off(invoice, amount=Decimal(60), on=march(20), reason="Gone")
            with pytest.raises(
                actions.NeedsApproval, match=r"1\.00 GBP, with 60\.00 before it, is"
            ):
                actions.write_off(invoice, amount=Decimal(1), on=march(20), reason="Gone")

    def test_nor_is_a_deduction_or_a_surplus_made_in_parts(
        self, company: Company, fay: User
    ) -> None:
        limit(company, ActName.DEDUCT, 5)
        invoice, payment = make_invoice(company=company), make_payment(company=company)

        def deduct(role: str) -> None:
            actions.deduct(invoice, role=role, amount=Decimal(3), on=march(20), reason="Kept")

        def take() -> None:
            actions.take_surplus(payment, amount=Decimal(3), on=march(20), reason="Pennies")

        with made_by(fay.pk):
            deduct("bank_charge")
            take()
            for again in (lambda: deduct("small_difference"), take):
                with pytest.raises(actions.NeedsApproval, match="before it"):
                    again()

    @pytest.mark.parametrize("make", [make_payment, make_paid_credit_note])
    def test_a_refund_is_not_split(
        self, company: Company, fay: User, make: Callable[..., Payment | CreditNote]
    ) -> None:
        limit(company, ActName.PAY_REFUND, 50)
        source, method = make(company=company), make_method(company)

        def refund(amount: int, fee: int = 0) -> None:
            actions.pay_refund(
                source,
                amount=Decimal(amount),
                fee=fee,
                on=march(20),
                method=method,
                reason="Asked for it",
            )

        with made_by(fay.pk):
            with pytest.raises(actions.NeedsApproval, match=r"5001\.00 GBP is above"):
                refund(1, fee=5000)
            refund(50)
            with pytest.raises(actions.NeedsApproval, match=r"with 50\.00 before it"):
                refund(50)

    def test_what_was_cancelled_since_does_not_count(self, company: Company, fay: User) -> None:
        limit(company, ActName.WRITE_OFF, 60)
        invoice = make_invoice(company=company)

        with made_by(fay.pk):
            first = actions.write_off(invoice, amount=Decimal(60), on=march(20), reason="Gone")
            actions.cancel_adjustment(first, reason="Typed wrong", on=march(21))
            actions.write_off(invoice, amount=Decimal(55), on=march(22), reason="Gone")

        invoice.refresh_from_db()
        assert invoice.written_off == 55


def test_what_a_second_person_saw_is_the_most_that_is_posted(company: Company, fay: User) -> None:
    """80.00 are asked for; a rate that is entered since would make 800.00 of them."""
    gus = add_member("gus@example.com", RoleName.ACCOUNTANT, PASSWORD, name="Gus")
    limit(company, ActName.ISSUE_INVOICE, 50)
    make_exchange_rate(company, "USD", "0.8", date(2026, 3, 1))
    draft = make_invoice(customer=make_customer(company, currency="USD"), issued=False)
    with made_by(fay.pk):
        with pytest.raises(actions.NeedsApproval) as refusal:
            actions.issue(draft)
        asked = actions.ask(refusal.value)
    make_exchange_rate(company, "USD", 8, date(2026, 3, 2))

    with pytest.raises(ValidationError, match=r"comes to 800\.00 GBP now, and 80\.00 GBP were"):
        actions.approve(asked, gus)
    draft.refresh_from_db()
    assert draft.is_draft


def test_limits_are_said_in_the_currencys_own_decimals(fay: User) -> None:
    company = make_company(home_currency="JPY")
    limit(company, ActName.ISSUE_INVOICE, 50)
    draft = make_invoice(company=company, issued=False)

    with (
        made_by(fay.pk),
        pytest.raises(actions.NeedsApproval, match="100 JPY is above your limit of 50 JPY"),
    ):
        actions.issue(draft)


class TestRetainers:
    def test_one_that_was_used_on_average_leaves_nothing_at_home(self, company: Company) -> None:
        """Held at 80.00 and 90.00, used at 85.00: without the first 5.00 would stay for nil USD."""
        customer = make_customer(company, currency="USD")
        held = [
            actions.hold_as_retainer(
                make_payment(customer=customer, exchange_rate=Decimal(rate)),
                amount=Decimal(100),
                on=march(16),
            )
            for rate in ("0.8", "0.9")
        ]
        make_exchange_rate(company, "USD", "0.8")
        actions.use_retainer(make_invoice(customer=customer), amount=Decimal(100), on=march(17))

        with pytest.raises(ValidationError, match="worth on average"):
            actions.cancel_adjustment(held[0], reason="Typed wrong", on=march(20))

    def test_one_that_came_later_was_not_there_to_be_used(self, company: Company) -> None:
        customer = make_customer(company)
        first = actions.hold_as_retainer(
            make_payment(customer=customer), amount=Decimal(100), on=march(16)
        )
        actions.use_retainer(make_invoice(customer=customer), amount=Decimal(100), on=march(17))
        actions.hold_as_retainer(
            make_payment(customer=customer, date=march(25)), amount=Decimal(100), on=march(25)
        )

        with pytest.raises(ValidationError, match=r"100\.00 GBP of this retainer is used already"):
            actions.cancel_adjustment(first, reason="Typed wrong", on=march(26))


@pytest.mark.parametrize("rate", ["-1", "NaN", "0"])
def test_a_deposit_at_an_impossible_rate_is_refused(company: Company, rate: str) -> None:
    bank = BankAccount.objects.create(company=company, name="Dollars", currency="USD")
    method = make_method(company, currency="USD")
    customer = make_customer(company, currency="USD")
    payment = make_payment(customer=customer, method=method, exchange_rate=Decimal("0.8"))

    with pytest.raises(ValidationError, match="more than nil"):
        actions.make_deposit(bank, date=march(20), payments=[payment], exchange_rate=Decimal(rate))


@pytest.mark.parametrize("fee", ["NaN", "Infinity", "-1"])
def test_an_impossible_fee_is_refused(company: Company, fee: str) -> None:
    with pytest.raises(ValidationError, match="A fee"):
        actions.pay_refund(
            make_payment(company=company),
            amount=Decimal(1),
            fee=Decimal(fee),
            on=march(20),
            method=make_method(company),
            reason="Asked for it",
        )


class TestCurrenciesOfWhatIsInTheBooks:
    def test_a_company_keeps_its_home_currency(self, company: Company) -> None:
        make_invoice(company=company, issued=False)
        company.home_currency = "EUR"
        company.save()
        make_payment(company=company)
        company.home_currency = "GBP"

        with pytest.raises(Frozen, match="kept in EUR, so its currency cannot change"):
            company.save()

    def test_a_customer_keeps_its_currency_however_it_is_written(self, company: Company) -> None:
        customer = make_invoice(company=company).customer
        customer.currency = "USD"

        with pytest.raises(Frozen, match="in the books is in GBP"):
            customer.save()
        with pytest.raises(ValidationError, match="in the books is in GBP"):
            save_many(Customer, [customer], key_fields=["name"])

    def test_a_payment_keeps_its_side_of_the_bank(self, company: Company) -> None:
        payment = make_payment(company=company, method=make_method(company))
        for method in (make_method(company, currency="USD"), make_method(make_company())):
            payment.method = method
            with pytest.raises(Frozen, match="reached the bank in GBP"):
                payment.save()


class TestRatesFinerThanALedgerHolds:
    """10,000,000 JPY at 0.0064120349 are 64,120.35 GBP here and 64,120.00 there."""

    FINE = Decimal("0.0064120349")

    def test_are_not_entered(self, company: Company) -> None:
        rate = ExchangeRate(
            company=company, currency="JPY", date=march(1), rate=self.FINE, source="ECB"
        )
        with pytest.raises(ValidationError, match="at most 7 decimals"):
            rate.full_clean()

    def test_are_refused_before_a_number_is_given(self, company: Company) -> None:
        draft = make_invoice(
            customer=make_customer(company, currency="JPY"),
            lines=[("Oil", 1, 10_000_000)],
            exchange_rate=self.FINE,
            issued=False,
        )
        with pytest.raises(ValidationError, match=r"0\.0064120349 has more than 7 decimals"):
            actions.issue(draft)

    def test_are_refused_with_the_money_unless_a_ledger_holds_it(self, company: Company) -> None:
        customer = make_customer(company, currency="JPY")
        with pytest.raises(ValidationError, match="at most 7 decimals"):
            make_payment(customer=customer, exchange_rate=self.FINE)
        with made_by(origin="quickbooks"):
            assert make_payment(customer=customer, exchange_rate=self.FINE).amount == 100

    def test_a_rate_between_two_amounts_is_no_finer_than_it_must_be(self, company: Company) -> None:
        """78.99 ÷ 90.00 is 0.8776666667; 0.8776667 comes to the same 78.99."""
        payment = make_payment(
            customer=make_customer(company, currency="USD"),
            amount=90,
            bank_currency="GBP",
            bank_amount=Decimal("78.99"),
        )
        assert payment.exchange_rate == Decimal("0.8776667")

    def test_nor_is_the_average_of_retainers(self, company: Company) -> None:
        """100.00 at 0.8 and 50.00 at 0.9 are held at 125.00: 0.8333333 and no longer."""
        customer = make_customer(company, currency="USD")
        make_exchange_rate(company, "USD", "0.8")
        for amount, rate in ((100, "0.8"), (50, "0.9")):
            actions.hold_as_retainer(
                make_payment(customer=customer, amount=amount, exchange_rate=Decimal(rate)),
                amount=Decimal(amount),
                on=march(16),
            )
        used = actions.use_retainer(
            make_invoice(customer=customer), amount=Decimal(60), on=march(17)
        )
        assert used.exchange_rate == Decimal("0.8333333")


@pytest.mark.parametrize("model", [TaxRate, TaxComponent, ExchangeRate, ActLimit])
def test_rates_and_limits_are_not_written_past_their_rules_and_history(model: type[Any]) -> None:
    with pytest.raises(TypeError, match="leaves no history"):
        model.objects.update(pk=0)
    with pytest.raises(TypeError, match="leaves no history"):
        model.objects.bulk_update([], ["id"])

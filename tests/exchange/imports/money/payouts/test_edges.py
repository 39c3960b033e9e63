"""Neighbours of the usual file: what is here already, what came back, what is broken off, what is in doubt."""

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import set_closing_date
from apps.billing.models import (
    Company,
    Deposit,
    Invoice,
    Payment,
    PaymentMethod,
)
from apps.exchange.imports.answering import answer
from apps.exchange.imports.at_hand import doubts_of
from apps.exchange.imports.money.payouts import brought as payouts_brought
from apps.exchange.imports.running import begin_writing, check, check_again, write
from apps.exchange.models import BroughtMoney, FileImport
from tests.billing.bookkeeper import balances
from tests.exchange.imports.money.payouts.cases import (
    ALIKE,
    ENGLISH,
    PAYPAL,
    PAYPAL_WITHDRAWAL,
    SHOPIFY,
)
from tests.exchange.imports.money.payouts.going import (
    Bring,
    D,
    in_books,
    outcomes,
    refused,
    released,
)
from tests.factories import (
    make_credit_note,
    make_customer,
    make_invoice,
    make_payment,
)

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_a_refund_pays_out_the_credit_note_of_what_it_gives_back(
    company: Company, brought: Bring, stripe: str
) -> None:
    """Invoice, payment, credit note and refund together leave nothing open."""
    invoice = Invoice.objects.get(number="1001")
    note = make_credit_note(invoice=invoice, lines=[("Kites", 1, 20)], issue_date=date(2026, 4, 1))
    in_books(brought(stripe))
    note.refresh_from_db()
    invoice.refresh_from_db()
    assert (note.open_credit, invoice.balance_due) == (0, 0)


def test_a_later_file_banks_what_an_earlier_one_brought(
    company: Company, brought: Bring, stripe: str
) -> None:
    """The earlier one knew the payout, and not yet that it was paid; the later one has its row alone."""
    headings, *rows, payout = stripe.removesuffix("\n").split("\n")
    in_books(brought("\n".join([headings, *rows, ""])))
    assert balances(company)["bank"] == D(50)
    in_books(brought("\n".join([headings, payout, ""])))
    made = balances(company)
    assert (made["bank"], made["clearing"], made["bank_charge"]) == (
        *(D("81.80"), D("8.04")),
        D("18.20"),
    )


@pytest.mark.parametrize(
    ("spoil", "row", "why"),
    [
        ({"name": "Elsewhere"}, None, "payment_method"),
        ({"deposits_itself": True}, 2, "makes its bank deposits by itself"),
        ({"bank_account": None}, 6, "does not say at which bank account its payouts arrive"),
    ],
)
def test_a_payment_method_that_cannot_be_it_is_asked_or_refused(
    spoil: dict[str, Any], row: int | None, why: str, company: Company, brought: Bring, stripe: str
) -> None:
    for each in PaymentMethod.objects.filter(company=company):
        for name, value in spoil.items():
            setattr(each, name, value)
        each.save()
    file_import = brought(stripe)
    if row is not None:
        assert why in refused(file_import)[row]
        return
    assert file_import.stage == FileImport.Stage.ASKING
    [doubt] = doubts_of(file_import)
    assert (doubt.field, doubt.choices) == (why, ("Elsewhere",))
    check_again(file_import, said={why: "Elsewhere"})
    check(file_import)
    assert refused(file_import) == {}


def test_money_that_was_typed_here_already_is_not_brought_again(
    company: Company, brought: Bring, stripe: str
) -> None:
    """One that settles the invoice which the row names is the same; of another it is asked."""
    dollars = PaymentMethod.objects.get(company=company, currency="USD")
    typed = make_payment(
        invoice=Invoice.objects.get(number="1001"), method=dollars, date=date(2026, 4, 1)
    )
    file_import = brought(stripe)
    assert outcomes(file_import.tally) == {"new": 4, "unchanged": 1}
    in_books(file_import)
    assert Payment.objects.filter(customer=typed.customer).count() == 1
    assert balances(company)["bank"] == D("81.80")


def test_money_that_may_be_here_already_is_asked(
    company: Company, brought: Bring, stripe: str
) -> None:
    dollars = PaymentMethod.objects.get(company=company, currency="USD")
    orla = Invoice.objects.get(number="1001").customer
    typed = make_payment(customer=orla, amount=120, method=dollars, date=date(2026, 4, 1))
    file_import = brought(stripe)
    [question] = file_import.refused_rows.filter(asked=True)
    assert question.row == 2
    assert "stands here already" in question.sentence
    with pytest.raises(ValidationError, match="still to be answered"):
        begin_writing(file_import)
    answer(file_import, taken=False)
    in_books(file_import)
    assert list(Payment.objects.filter(customer=orla)) == [typed]
    assert balances(company)["bank"] == D("81.80")


def test_a_payment_of_another_amount_is_partial_or_stays_on_account(
    company: Company, brought: Bring, stripe: str
) -> None:
    more = stripe.replace("Order 1001", "Order 0777")
    sold = make_invoice(
        customer=Invoice.objects.get(number="1001").customer,
        lines=[("Kites", 1, 100)],
        on_number="0777",
    )
    in_books(brought(more))
    sold.refresh_from_db()
    assert sold.balance_due == 0
    # 20.00 over were on account, and went back.
    assert Payment.objects.get(customer=sold.customer).on_account == 0


def test_a_customer_of_another_currency_is_refused_or_paid_in_it(
    company: Company, brought: Bring, stripe: str
) -> None:
    """The customer paid 110.00 EUR, which came to 120.00 USD at the bank."""
    first = "\n".join([*stripe.split("\n")[:2], ""]).replace("Order 1001", "Kites")
    pounds = make_customer(company, name="Poundstone", code="GBP-1", currency="GBP")
    make_customer(company, name="Eurydice", code="EUR-1", currency="EUR")
    file_import = brought(first.replace("05 00:00,", "05 00:00,GBP-1"))
    assert f"it is in EUR, taken in USD, and {pounds} pays in GBP" in refused(file_import)[2]
    in_books(brought(first.replace("05 00:00,", "05 00:00,EUR-1")))
    payment = Payment.objects.get(customer__code="EUR-1")
    assert (payment.amount, payment.bank_currency, payment.bank_amount) == (
        *(D(110), "USD"),
        D(120),
    )


def test_a_withdrawal_takes_what_an_earlier_file_left_on_the_balance(
    berlin: Company, brought: Bring
) -> None:
    in_books(brought(PAYPAL, berlin))
    assert balances(berlin)["clearing"] == D("1134.56")
    headings = PAYPAL.rsplit("\n", 4)[0]
    in_books(brought(f"{headings}\n{PAYPAL_WITHDRAWAL}", berlin))
    assert "clearing" not in balances(berlin)
    assert balances(berlin)["bank"] == D("1101.66")


@pytest.mark.parametrize(("taken", "bank"), [(True, "157.76"), (False, "78.88")])
def test_two_rows_alike_are_two_payments_or_one_as_a_person_says(
    taken: bool, bank: str, shop: Company, brought: Bring
) -> None:
    file_import = brought(ALIKE)
    [question] = file_import.refused_rows.filter(asked=True)
    assert (question.row, "says the same as a row before it" in question.sentence) == (3, True)
    answer(file_import, taken=taken)
    in_books(file_import)
    assert Deposit.objects.get().total == D(bank)
    assert Payment.objects.count() == 1 + taken


def test_a_payout_that_grew_since_it_was_brought_is_refused(shop: Company, brought: Bring) -> None:
    first = "\n".join([*SHOPIFY.split("\n")[:2], ""])
    in_books(brought(first))
    file_import = brought("\n".join([*SHOPIFY.split("\n")[:3], ""]))
    # Its refund is new, its payout is not what it was.
    assert "it was brought before as 78.88 USD" in " ".join(refused(file_import).values())
    with pytest.raises(ValidationError, match="1 rows are refused"):
        begin_writing(file_import)


def test_a_payout_that_came_back_after_it_was_banked_waits_for_a_person(
    company: Company, brought: Bring, stripe: str
) -> None:
    in_books(brought(stripe))
    headings = stripe.split("\n")[0]
    back = "txn_6,payout_failure,po_1,31.80,0,31.80,usd,2026-04-06 00:00,2026-04-06 00:00,BACK,,,po_2,,"
    file_import = brought(f"{headings}\n{back}\n")
    assert "did not arrive, and its bank deposit was brought before" in refused(file_import)[2]


def test_a_part_that_the_customers_bank_took_back_is_un_applied_alone(
    company: Company, brought: Bring, stripe: str
) -> None:
    """30.00 of 50.00 with a fee of 15.00: the invoice is open with 30.00 again."""
    less = stripe.replace("-50.00,15.00,-65.00", "-30.00,15.00,-45.00").replace("-31.80", "-51.80")
    in_books(brought(less))
    assert Invoice.objects.get(number="0999").balance_due == D(30)
    assert (balances(company)["bank"], balances(company)["clearing"]) == (D("101.80"), D("8.04"))


def test_a_refund_of_what_more_than_one_payment_brought_is_refused(
    company: Company, brought: Bring, stripe: str
) -> None:
    dollars = PaymentMethod.objects.get(company=company, currency="USD")
    pim = Invoice.objects.get(number="0999").customer
    make_payment(customer=pim, amount=60, method=dollars)
    assert "2 payments of Pim Alder may be meant. Name the invoice" in refused(brought(stripe))[4]


def test_a_file_that_is_broken_off_anywhere_goes_on_where_it_stood(
    company: Company, brought: Bring, stripe: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time by another process, which remembers nothing of the one before."""
    monkeypatch.setattr(payouts_brought, "PORTION", 1)
    file_import = brought(stripe)
    check_again(file_import)
    while not check(FileImport.objects.get(), lambda _: False):
        pass
    file_import.refresh_from_db()
    assert outcomes(file_import.tally) == {"new": 5}
    begin_writing(file_import)
    while not write(FileImport.objects.get(), lambda _: False):
        pass
    file_import.refresh_from_db()
    assert outcomes(file_import.counts) == {"new": 5}
    assert BroughtMoney.objects.count() == 5
    assert released(file_import).refused == {}
    assert balances(company)["bank"] == D("81.80")


def test_a_refund_of_what_an_earlier_file_brought_gives_that_back(
    berlin: Company, brought: Bring
) -> None:
    headings, charge, refund, *_ = (
        ENGLISH.replace("09/07", "09/17").replace("09/08", "09/18").split("\n")
    )
    in_books(brought(f"{headings}\n{charge}\n", berlin))
    in_books(brought(f"{headings}\n{refund}\n".replace("Moewe", "Somebody"), berlin))
    assert balances(berlin)["clearing"] == D("1134.56")


def test_what_is_here_stays_here_when_its_month_is_closed_and_its_method_changed(
    company: Company, brought: Bring, stripe: str
) -> None:
    in_books(brought(stripe))
    set_closing_date(company, date(2026, 4, 30), reason="April is done")
    for each in PaymentMethod.objects.filter(company=company):
        each.bank_account = None
        each.save()
    file_import = brought(stripe)
    assert (refused(file_import), outcomes(file_import.tally)) == ({}, {"unchanged": 5})
    later = brought(stripe.replace("txn_", "other_").replace("po_1", "po_2"))
    assert "closed" in refused(later)[2]

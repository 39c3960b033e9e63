"""What money will book is shown where a person decides about it, and nothing of it is done."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.backoffice.frame.asking import key_of
from apps.billing import actions
from apps.billing.models import (
    Adjustment,
    Allocation,
    Change,
    CreditNote,
    Deposit,
    Invoice,
    OneTimeKey,
    Payment,
    Refund,
)
from apps.connections.models import Connection
from apps.mappings.models import Mapping, RemoteCode
from apps.sync.models import State, SyncRecord
from tests.backoffice.ledgers.test_effect import having, page, rows, words
from tests.backoffice.money.test_bad_debts import OCTOBER_5, PARTS, invoice  # noqa: F401 # a fixture
from tests.backoffice.money.test_screens import bank_line, deductions
from tests.backoffice.world import WholeWorld, World
from tests.factories import make_credit_note, make_invoice, make_item, make_payment

pytestmark = pytest.mark.django_db

Browse = Callable[[str], Client]
FUNDS, CHECKING, CHARGES, LOSSES, OWED, RECEIVABLE = (
    "Undeposited Funds", "Checking", "Bank Charges", "Bad Debts", "Customer Prepayments",
    "Accounts Receivable",
)  # fmt: skip
ACCOUNTS = {
    RECEIVABLE: ("receivable", ""),
    FUNDS: ("clearing", ""),
    CHECKING: ("bank", ""),
    CHARGES: ("expense", "bank_charge"),
    LOSSES: ("expense", "bad_debt"),
    OWED: ("liability", "retainer"),
}
WILL_BOOK = "What QuickBooks will book"
KEPT = (Payment, Adjustment, Refund, Deposit, Allocation, CreditNote, Change, OneTimeKey)


def chart(world: World) -> dict[str, RemoteCode]:
    """Their accounts, and what of ours lies on them."""
    RemoteCode.objects.filter(name=FUNDS).delete()
    codes = {
        name: RemoteCode.objects.create(
            connection=world.connection, kind="account", remote_id=f"7{place}", name=name,
            roles=[serves], read_at=timezone.now(),
        )
        for place, (name, (serves, _)) in enumerate(ACCOUNTS.items())
    }  # fmt: skip
    for name, (_, subject) in ACCOUNTS.items():
        if subject:
            chosen(world, codes[name], subject=subject)
    chosen(world, codes[FUNDS], subject="method_account", payment_method=world.payment.method)
    return codes


def chosen(world: World, code: RemoteCode, **what: Any) -> None:
    Mapping.objects.create(connection=world.connection, code=code, **what)


def counts() -> dict[str, int]:
    return {model.__name__: model._base_manager.count() for model in KEPT}


def amounts(answer: Any) -> list[str]:
    """Those of the page itself, without what it will book."""
    return re.findall(r"[\d,]+\.\d\d", words(answer).partition(WILL_BOOK)[0])


def shown(client: Client, address: str, form: dict[str, Any]) -> Any:
    """The page with what it will book; nothing of it was done, and nobody is told that it was: what
    the page said of what is due and on account it says still."""
    before, said = counts(), amounts(client.get(address))
    answer = client.post(address, {**form, "show": "yes"})
    assert answer.status_code == 200, answer.headers
    assert counts() == before
    assert not list(answer.context["messages"])
    assert WILL_BOOK in words(answer)
    assert amounts(answer) == said
    return answer


def test_receive_payment_shows_what_the_money_and_the_deductions_book(
    world: World, browse: Browse
) -> None:
    """100.00 come, 90.00 and a charge of 2.00 settle 92.00, and 10.00 are held as a retainer."""
    chart(world)
    owed = world.open_invoice
    kept = {"invoice": owed.pk, "role": "bank_charge", "amount": "2", "reason": "The bank"}
    form = {
        "amount": "100.00",
        "date": "2026-11-20",
        "method": world.payment.method_id,
        "how": "chosen",
        "rest_is": "prepayment",
        f"part_{owed.pk}": "90.00",
        **deductions(kept, {"role": "", "amount": "", "reason": ""}),
    }
    fay, address = browse("Fay"), page(owed.customer, "receive-payment")
    assert "Show what it will book" in words(fay.get(address))
    answer = shown(fay, address, form)
    assert rows(answer) == [
        [FUNDS, "100.00", ""],
        [CHARGES, "2.00", ""],
        [RECEIVABLE, "", "92.00"],
        [OWED, "", "10.00"],
        ["Total", "102.00", "102.00"],
    ]
    assert 'value="100.00"' in answer.content.decode()  # what was typed stays
    assert f"{owed} 30 Oct 2026 30 Oct 2026 92.00 GBP" in words(answer)  # and what is open

    fay.post(address, form)
    payment = Payment.objects.latest("pk")
    assert payment.amount == 100
    told = fay.get(page(payment, "what-it-books"))
    assert rows(told) == [
        [FUNDS, "100.00", ""], [RECEIVABLE, "", "100.00"], ["Total", "100.00", "100.00"],
    ]  # fmt: skip


def _refund(world: World) -> tuple[Any, str, dict[str, Any]]:
    asked = {
        "amount": "92.00",
        "method": world.payment.method_id,
        "reason": "Sent back",
        "fee": "1",
    }
    return world.note, "refund", asked


def _return(world: World) -> tuple[Any, str, dict[str, Any]]:
    asked = {"what": "returned", "method": world.payment.method_id, "reason": "Bounced", "fee": "1"}
    return world.payment, "return", asked


def _deduct(world: World) -> tuple[Any, str, dict[str, Any]]:
    asked = {"role": "bank_charge", "amount": "2.00", "reason": "The bank kept it"}
    return world.open_invoice, "deduct", asked


def _write_off(world: World) -> tuple[Any, str, dict[str, Any]]:
    return world.open_invoice, "write-off", {"amount": "92.00", "reason": "Gone"}


def _hold(world: World) -> tuple[Any, str, dict[str, Any]]:
    return world.payment, "hold-retainer", {"amount": "58.00", "reason": "The next job"}


@pytest.mark.variants(keep=2)
@pytest.mark.parametrize(
    ("asked", "by_hand"),
    [
        (_refund, [[RECEIVABLE, "92.00", ""], [CHARGES, "1.00", ""], [FUNDS, "", "93.00"]]),
        (_return, [[RECEIVABLE, "150.00", ""], [CHARGES, "1.00", ""], [FUNDS, "", "151.00"]]),
        (_deduct, [[CHARGES, "2.00", ""], [RECEIVABLE, "", "2.00"]]),
        (_write_off, [[LOSSES, "92.00", ""], [RECEIVABLE, "", "92.00"]]),
        (_hold, [[RECEIVABLE, "58.00", ""], [OWED, "", "58.00"]]),
    ],
)
def test_an_act_on_money_shows_what_it_books_as_it_is_typed(
    world: World,
    browse: Browse,
    asked: Callable[[World], tuple[Any, str, dict[str, Any]]],
    by_hand: list[list[str]],
) -> None:
    chart(world)
    record, act, form = asked(world)
    fay = browse("Fay")
    assert "Show what it will book" in words(fay.get(page(record, act)))
    answer = shown(fay, page(record, act), {"on": "2026-11-20", **form})
    assert sorted(rows(answer)[:-1]) == sorted(by_hand)
    debits = sum(Decimal(each[1] or 0) for each in by_hand)
    assert rows(answer)[-1] == ["Total", f"{debits:.2f}", f"{debits:.2f}"]


def test_applying_a_credit_shows_that_it_books_nothing_at_home(
    world: World, browse: Browse
) -> None:
    chart(world)
    owed = world.open_invoice
    note = make_credit_note(
        customer=owed.customer,
        lines=[(make_item(world.company), 1, 10)],
        issue_date=owed.issue_date,
    )
    fay, address = browse("Fay"), page(note, "apply")
    assert "Show what it will book" in words(fay.get(address))
    before = counts()
    form = {"on": "2026-11-20", f"part_{owed.pk}": "10.00", "show": "yes"}
    answer = words(fay.post(address, form))
    assert "sets one against the other and books nothing" in answer
    assert counts() == before


def test_a_bad_debt_with_its_tax_shows_both_before_it_is_booked(
    world: World,
    invoice: Invoice,  # noqa: F811 # the fixture of that name
    browse: Browse,
) -> None:
    """Of 900.00, 750.00 are lost and 150.00 of tax taken back, by a code that is not chosen yet."""
    chart(world)
    Connection.objects.filter(pk=world.connection.pk).update(tax_regime="gb")
    form = {"amount": "900.00", "relief": "on", "sure": [key_of(PARTS)], **OCTOBER_5}
    answer = shown(browse("Fay"), page(invoice, "write-off"), form)
    lost, tax, owed, total = rows(answer)
    assert (lost, owed) == ([LOSSES, "750.00", ""], [RECEIVABLE, "", "900.00"])
    assert tax[0].startswith("Tax, code not chosen yet")
    assert tax[1:] == ["150.00", ""]
    assert total == ["Total", "900.00", "900.00"]


def test_where_no_books_ask_for_an_account_a_method_says_how_it_came_and_no_more(
    world: World, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = page(world.open_invoice.customer, "receive-payment")
    assert "Without it the payment is not sent." in words(browse("Fay").get(address))
    having(monkeypatch, accounts=False)
    assert "Without it" not in words(browse("Fay").get(address))


def test_a_bank_deposit_shows_what_it_books_with_its_fee(whole: WholeWorld, browse: Browse) -> None:
    """60.00 and 40.00 less a fee of 0.90."""
    codes = chart(whole)
    chosen(whole, codes[FUNDS], subject="method_account", payment_method=whole.card)
    chosen(whole, codes[CHECKING], subject="bank_account", bank_account=whole.bank)
    other = make_payment(
        customer=whole.waiting.customer, amount="40.00", method=whole.card, date=date(2026, 11, 15)
    )
    fay, make = browse("Fay"), reverse("admin:billing_deposit_make")
    assert "Show what it will book" in words(fay.get(make))
    answer = shown(fay, make, bank_line(whole, whole.waiting, other, expected="99.10"))
    assert rows(answer) == [
        [CHECKING, "99.10", ""],
        [CHARGES, "0.90", ""],
        [FUNDS, "", "100.00"],
        ["Total", "100.00", "100.00"],
    ]


def test_what_is_refused_is_refused_before_it_is_shown(world: World, browse: Browse) -> None:
    """Beyond what is on account: said as it would be when it is done."""
    chart(world)
    before = counts()
    form = {"on": "2026-11-20", "amount": "58.01", "reason": "The next job", "show": "yes"}
    answer = browse("Fay").post(page(world.payment, "hold-retainer"), form)
    assert "58.00" in words(answer)
    assert "What QuickBooks will book" not in words(answer)
    assert counts() == before


def test_a_clerk_sees_what_a_record_books_and_no_way_to_the_mappings(
    world: World, browse: Browse
) -> None:
    chart(world)
    Mapping.objects.filter(subject="method_account").delete()
    told = browse("Cleo").get(page(world.payment, "what-it-books"))
    assert "No QuickBooks account is chosen for payments by" in words(told)
    assert "Choose it" not in words(told)


@pytest.mark.parametrize("of", ["invoice", "payment"])
def test_what_stands_there_has_been_booked(world: World, browse: Browse, of: str) -> None:
    chart(world)
    customer = world.open_invoice.customer
    record: Any = (
        make_invoice(customer=customer)
        if of == "invoice"
        else make_payment(customer=customer, method=world.payment.method)
    )
    fay = browse("Fay")
    assert "What QuickBooks will book" in words(fay.get(page(record, "what-it-books")))
    SyncRecord.objects.create(
        connection=world.connection, kind=of, wanted=record.revision, sent=record.revision,
        state=State.IN_THE_BOOKS, **{of: record},
    )  # fmt: skip
    seen = words(fay.get(page(record, "what-it-books")))
    assert "What QuickBooks has booked" in seen
    assert "will book" not in seen


def test_a_retainer_that_is_used_and_each_kind_has_its_page(
    whole: WholeWorld, browse: Browse
) -> None:
    chart(whole)
    held = actions.hold_as_retainer(
        whole.payment, amount=Decimal(58), on=date(2026, 11, 10), reason="The next job"
    )
    fay = browse("Fay")
    for record in (held, whole.refund, whole.deposit, whole.payment):
        assert "What it books" in words(fay.get(page(record)))
        assert fay.get(page(record, "what-it-books")).status_code == 200
    assert Connection.objects.count() == 1

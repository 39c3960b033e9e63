"""Payments of a file: what they settle, what is refused, what is here already, what only a person says."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import cancel_payment, merge_customers, set_closing_date, void
from apps.billing.changes import made_by
from apps.billing.models import Company, Customer, Invoice, Payment
from apps.exchange.imports.answering import answer, answers_of, open_questions
from apps.exchange.imports.money import payments_brought
from apps.exchange.imports.money.releasing import release_money, take_back_money
from apps.exchange.imports.running import begin_writing, check, check_again, write
from apps.exchange.models import FileImport
from tests.exchange.imports.money.bringing import (
    Bring,
    asked,
    bringing,
    noted,
    refused,
    rows_by_outcome,
    written,
)
from tests.factories import (
    make_company,
    make_credit_note,
    make_customer,
    make_invoice,
    make_method,
    make_payment,
)

pytestmark = pytest.mark.django_db

ON = date(2026, 3, 16)


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def bell(company: Company) -> Customer:
    return make_customer(company, name="Bell", code="B1")


@pytest.fixture
def bring(company: Company, tmp_path: Path) -> Bring:
    return bringing(company, tmp_path)


def invoice(customer: Customer, amount: str, **fields: object) -> Invoice:
    return make_invoice(customer=customer, lines=[("Lantern", 1, amount)], **fields)  # type: ignore[arg-type] # of the factory


def released(file_import: FileImport) -> None:
    assert file_import.batch is not None
    found = release_money(file_import.batch)
    assert found.refused == {}


def stand() -> list[tuple[Decimal, Decimal, str]]:
    """Amount, on account and reference of each payment."""
    rows = Payment.objects.order_by("pk")
    return [(each.amount, each.on_account, each.reference) for each in rows]


def test_one_payment_on_two_rows_or_with_two_invoices_in_a_cell(
    bring: Bring, bell: Customer
) -> None:
    """80.00 and 60.00 are owed twice over; 140.00 come on two rows, 150.00 on one: 10.00 are left."""
    a, b, c, d = (invoice(bell, amount) for amount in ("80", "60", "80", "60"))
    found = bring(
        f"2026-03-16,Bell,{a.number},80.00,R-1",
        f"2026-03-16,Bell,{b.number},60.00,R-1",
        f'2026-03-17,BELL,"{c.number}, {d.number}",150.00,R-2',
    )

    assert (rows_by_outcome(found), asked(found)) == ({"new": 3}, {})
    assert noted(found) == {4: "10.00 GBP more than is open stay on account"}
    assert Payment.objects.count() == 0
    released(written(found))

    assert stand() == [(140, 0, "R-1"), (150, 10, "R-2")]
    assert not Invoice.objects.filter(balance_due__gt=0).exists()
    again = written(bring(
        f"2026-03-16,Bell,{a.number},80.00,R-1",
        f"2026-03-16,Bell,{b.number},60.00,R-1",
        f'2026-03-17,BELL,"{c.number}, {d.number}",150.00,R-2',
    ))  # fmt: skip
    assert (rows_by_outcome(again), again.batch) == ({"unchanged": 3}, None)


def test_rows_of_one_reference_that_lie_apart_are_asked(bring: Bring, bell: Customer) -> None:
    a, b = invoice(bell, "80"), invoice(bell, "60")
    found = bring(
        f"2026-03-16,Bell,{a.number},80.00,R-1",
        "2026-03-16,Bell,,1.00,R-2",
        f"2026-03-16,Bell,{b.number},60.00,R-1",
    )
    assert asked(found)[4].startswith("row 2 is a payment of the same customer, day and reference")


def test_what_cannot_be_set_off_is_refused_with_its_remedy(
    bring: Bring, bell: Customer, company: Company
) -> None:
    whole, gone, other = invoice(bell, "100"), invoice(bell, "1"), make_invoice(company=company)
    void(gone, reason="Typed twice")
    note = make_credit_note(customer=bell)
    set_closing_date(company, date(2026, 2, 28), reason="February is done")
    found = bring(
        f"2026-03-16,Bell,{whole.number},120.00,R-1,120.00,,",
        "2026-03-16,Bell,INV-NONE,5.00,R-2,,,",
        f"2026-03-16,Bell,{gone.number},1.00,R-3,,,",
        f"2026-03-16,Bell,{other.number},1.00,R-4,,,",
        f"2026-03-16,Bell,{note.number},1.00,R-5,,,",
        "2026-02-16,Bell,,1.00,R-6,,,",
        "2026-03-16,Bell,,1.00,R-7,,EUR,",
        "2026-03-16,Bell,,1.00,R-8,,,Seashells",
        "2026-03-16,Bell,,-1.00,R-9,,,",
        "2026-03-16,Bell,,1.005,R-10,,,",
        "2026-03-16,Bell,,1.00,a reference that no bank could ever hold,,,",
        f"2026-03-16,Bell,{whole.number},50.00,R-11,60.00,,",
        "2026-03-16,,,1.00,R-12,,,",
        "soon,Bell,,1.00,R-13,,,",
        heading="Date,Customer,Invoice,Amount,Reference,Applied,Currency,Method",
    )

    assert Payment.objects.count() == 0
    sentences = refused(found)
    assert [
        (row, part)
        for row, part in {
            2: "120.00 GBP are set against",
            3: "the invoice “INV-NONE” is not here. Bring the invoices first",
            4: "is void",
            5: "for whom Bell does not pay",
            6: "is a credit note",
            7: "28 February 2026",
            8: "Currency “EUR”: Bell pays in GBP",
            9: "Method “Seashells”: there is no such payment method here. Add it",
            10: "Amount -1.00 is below nil",
            11: "more decimals than GBP",
            12: "Reference: Ensure this value has at most 21",
            13: "60.00 GBP are applied, and only 50.00 came",
            14: "neither a customer nor an invoice is named",
            15: "Date",
        }.items()
        if part not in sentences.pop(row, "")
    ] == []
    assert sentences == {}


def test_a_draft_and_one_on_hold_are_refused(bring: Bring, bell: Customer) -> None:
    draft = make_invoice(customer=bell, issued=False)
    Invoice._base_manager.filter(pk=draft.pk).update(number="D-1")
    assert refused(bring("2026-03-16,Bell,D-1,5.00,R")) == {
        2: "the invoice D-1 is a draft. Issue it first"
    }


def test_earlier_rows_leave_less_open_within_and_across_portions(
    bring: Bring, bell: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payments_brought, "PORTION", 2)
    owed = invoice(bell, "100")
    rows = [
        f"2026-03-16,Bell,{owed.number},40.00,R-1,40.00",
        f"2026-03-16,Bell,{owed.number},40.00,R-2,40.00",
        f"2026-03-16,Bell,{owed.number},40.00,R-3,40.00",
        f"2026-03-16,Bell,{owed.number},20.00,R-4,20.00",
    ]
    found = bring(*rows, heading="Date,Customer,Invoice,Amount,Reference,Applied")
    assert refused(found) == {
        4: f"40.00 GBP are set against {owed.number}, of which only 20.00 is open, with what is on hold or "
        "further up in the file"
    }

    begin_writing(found, good_rows_only=True)
    stops = iter([False, True])
    assert not write(found, lambda _: next(stops)), "stopped behind the first portion"
    assert write(FileImport.objects.get(pk=found.pk)), "and gone on by another process"
    found.refresh_from_db()

    assert rows_by_outcome(found) == {"new": 3, "refused": 1}
    released(found)
    owed.refresh_from_db()
    assert (owed.balance_due, len(stand())) == (0, 3)
    # What waits on hold is taken too, also of another file.
    more = invoice(bell, "10")
    written(bring(f"2026-03-18,Bell,{more.number},10.00,S-1"))
    late = bring(f"2026-03-18,Bell,{more.number},10.00,S-2")
    assert "is settled already, with what is on hold" in refused(late)[2]


def test_a_parent_pays_and_an_invoice_alone_tells_whose_it_is(bring: Bring, bell: Customer) -> None:
    below = make_customer(bell.company, name="Bell North", parent=bell)
    owed, own = invoice(below, "30"), invoice(below, "5")
    found = bring(f"2026-03-16,Bell,{owed.number},30.00,R-1", f"2026-03-16,,{own.number},5.00,R-2")
    assert rows_by_outcome(found) == {"new": 2}
    released(written(found))
    assert [each.customer for each in Payment.objects.order_by("pk")] == [bell, below]


def test_what_stands_here_by_its_reference_is_unchanged(bring: Bring, bell: Customer) -> None:
    make_payment(customer=bell, amount="50.00", reference="R  1", date=ON)
    found = bring("2026-03-16,Bell,,50.00,R 1", "2026-03-16,Bell,,50.00,R-2")
    assert (rows_by_outcome(found), asked(found)) == ({"unchanged": 1, "new": 1}, {})
    # It waits on hold then, and is known from there too.
    written(found)
    other = bring("2026-03-16,Bell,,50.00,R-2", "2026-03-17,Bell,,9.00,R-9")
    assert rows_by_outcome(other) == {"unchanged": 1, "new": 1}


def test_money_of_a_customer_that_was_merged_since_is_known(bring: Bring, bell: Customer) -> None:
    twin = make_customer(bell.company, name="Bell & Co")
    make_payment(customer=twin, amount="50.00", reference="R-1", date=ON)
    merge_customers(twin, bell, reason="The same")
    found = bring("2026-03-16,Bell & Co,,50.00,R-1", "2026-03-16,Bell,,50.00,R-1")
    assert rows_by_outcome(found) == {"unchanged": 1, "asked": 1}


def test_without_a_reference_a_person_says_whether_it_is_another(
    bring: Bring, bell: Customer
) -> None:
    make_payment(customer=bell, amount="50.00", date=ON)
    found = bring("2026-03-16,Bell,,50.00,", "2026-03-16,Bell,,51.00,")

    assert rows_by_outcome(found) == {"asked": 1, "new": 1}
    assert asked(found) == {
        2: "50.00 GBP of Bell on 16 March 2026 stands here already. Take it if this is another payment; "
        "leave it out if it is the same."
    }
    with pytest.raises(ValidationError, match="1 rows are still to be answered"):
        begin_writing(found)
    with made_by(7):
        assert answer(found, taken=True) == 1
    kept = found.refused_rows.get(asked=True)
    assert (kept.taken, kept.answered_by_id, open_questions(found).count()) == (True, 7, 0)
    assert kept.answered_at is not None
    written(found)
    assert rows_by_outcome(found) == {"new": 2}
    with pytest.raises(ValidationError, match="It is written"):
        answer(found, taken=False)
    released(found)
    assert [amount for amount, _, _ in stand()] == [50, 50, 51]
    again = bring("2026-03-16,Bell,,50.00,", "2026-03-16,Bell,,51.00,")
    assert rows_by_outcome(again) == {"unchanged": 2}, "the same file says nothing new"
    other = bring("2026-03-16,Bell,,50.00,", "2026-03-18,Bell,,52.00,")
    assert rows_by_outcome(other) == {"asked": 1, "new": 1}, "another file may tell of another"


def test_two_rows_alike_are_asked_and_neither_merged_nor_doubled(
    bring: Bring, bell: Customer
) -> None:
    rows = [
        "2026-03-16,Bell,,50.00,R-1",
        "2026-03-16,Bell,,50.00,R-1",
        "2026-03-16,Bell,,50.00,R-1",
    ]
    found = bring(*rows)
    assert rows_by_outcome(found) == {"new": 1, "asked": 2}
    assert asked(found)[3].startswith(
        "row 2 says the same: 50.00 GBP of Bell on 16 March 2026. Take"
    )
    first, second = found.refused_rows.filter(asked=True)
    answer(found, taken=True, only=[first.pk])
    answer(found, taken=False, only=[second.pk])
    written(found)
    assert rows_by_outcome(found) == {"new": 2, "left_out": 1}
    released(found)
    assert len(stand()) == 2

    again = bring(*rows)
    assert answers_of(again) == {4: False}
    assert rows_by_outcome(again) == {"unchanged": 2, "left_out": 1}
    assert written(again).batch is None


def test_what_came_up_since_the_check_is_not_taken_unasked(bring: Bring, bell: Customer) -> None:
    found = bring("2026-03-16,Bell,,50.00,")
    make_payment(customer=bell, amount="50.00", date=ON)
    begin_writing(found)
    assert write(found)
    assert rows_by_outcome(found) == {"refused": 1}
    assert "It came up since this file was checked" in refused(found)[2]


def test_taken_back_it_may_come_again_and_cancelled_it_is_told(
    bring: Bring, bell: Customer
) -> None:
    found = written(bring("2026-03-16,Bell,,50.00,R-1"))
    assert found.batch is not None
    assert take_back_money(found.batch) == 1
    again = written(bring("2026-03-16,Bell,,50.00,R-1"))
    assert rows_by_outcome(again) == {"new": 1}
    released(again)
    cancel_payment(Payment.objects.get(), reason="Never came", on=date(2026, 11, 30))
    assert "cancelled here since" in refused(bring("2026-03-16,Bell,,50.00,R-1"))[2]


def test_a_foreign_payment_with_its_method_and_rate(bring: Bring, company: Company) -> None:
    euro = make_customer(company, name="Müller", currency="EUR")
    make_method(company, name="Bank", currency="GBP")
    owed = invoice(euro, "100", exchange_rate=Decimal("0.85"))
    found = bring(
        f"2026-03-16,Müller,{owed.number},100.00,R-1,EUR,0.86,86.00,GBP,bank",
        "2026-03-16,Müller,,10.00,R-2,EUR,,,,",
        heading=(
            "Date,Customer,Invoice,Amount,Reference,Currency,Exchange rate,Bank amount,Bank currency,"
            "Method"
        ),
    )
    assert "There is no exchange rate of EUR" in refused(found)[3]
    released(written(found, good_rows_only=True))
    payment = Payment.objects.get()
    assert (payment.bank_amount, payment.bank_currency, payment.exchange_rate) == (
        86, "GBP", Decimal("0.86"),
    )  # fmt: skip


def test_rows_that_say_different_things_of_one_payment_are_refused_together(
    bring: Bring, bell: Customer
) -> None:
    a, b = invoice(bell, "80"), invoice(bell, "60")
    heading = "Payment number,Date,Customer,Invoice,Amount,Applied"
    found = bring(
        f"P1,2026-03-16,Bell,{a.number},140.00,80.00",
        f"P1,2026-03-16,Bell,{b.number},150.00,60.00",
        f"P2,2026-03-16,Bell,{a.number},140.00,80.00",
        f"P2,2026-03-16,Bell,{b.number},140.00,60.00",
        heading=heading,
    )
    assert set(refused(found)) == {2, 3}
    assert "its rows tell different amounts (140.00, 150.00)" in refused(found)[2] or (
        "(150.00, 140.00)" in refused(found)[2]
    )
    assert rows_by_outcome(found) == {"refused": 2, "new": 2}


def test_checking_broken_off_knows_what_went_by(
    bring: Bring, bell: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payments_brought, "PORTION", 1)
    found = bring("2026-03-16,Bell,,5.00,", "2026-03-16,Bell,,6.00,", "2026-03-16,Bell,,5.00,")
    assert asked(found).keys() == {4}
    check_again(found)
    assert not check(found, lambda _: False)
    assert check(FileImport.objects.get(pk=found.pk))
    assert asked(found).keys() == {4}

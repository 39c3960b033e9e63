"""What a comparison asks: it blocks until a person answers, once and with a reason, and opens anew
where a figure behind it changes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import models

from apps.billing.actions import Part, allocate, credit_invoice, issue, pay_refund
from apps.billing.models import CreditNote, Invoice, PaymentMethod
from apps.connectors.port import Posting, RemoteObject
from apps.reconciliation.models import Cause, Question
from apps.reconciliation.questions.agencies import same_agency
from apps.reconciliation.questions.answering import answer
from apps.staff.models import User
from apps.sync.models import Candidate, RemoteRecord, State
from tests.factories import make_credit_note, make_customer, make_invoice, make_payment
from tests.reconciliation.sides import BANK, CLEARING, GOODS, RECEIVABLE, SALES, Sides

pytestmark = pytest.mark.django_db
RIGHT = Question.Answer.RIGHT


@pytest.fixture
def sides() -> Sides:
    return Sides()


@pytest.fixture
def fay() -> User:
    return User.objects.create(email="fay@example.com", name="Fay")


@dataclass(frozen=True)
class Situation:
    """What raises a question, and another figure behind it."""

    cause: Cause
    raise_it: Callable[[Sides], Callable[[], None]]

    def __str__(self) -> str:
        return self.raise_it.__name__.strip("_")


def _income_left(sides: Sides) -> Callable[[], None]:
    """The sale stands on Goods there, and its credits took from Sales."""
    invoice = make_invoice(company=sides.company)
    sides.document(invoice, item_account=GOODS)
    sides.document(_credited(invoice, "40"))

    def changes() -> None:
        sides.document(_credited(invoice, "60"))

    return changes


def _credited(invoice: Invoice, net: str) -> CreditNote:
    part = Part(line=invoice.lines.get(), net=Decimal(net))
    note = credit_invoice(invoice, reason="Sent back", on=date(2026, 3, 9), lines=[part])
    issue(note)
    return note


def _money_in_clearing_of_a_method_that_banks(sides: Sides) -> Callable[[], None]:
    payment = make_payment(customer=make_customer(sides.company), method=sides.bank)
    remote = sides.payment(payment, account=CLEARING)

    def changes() -> None:
        sides.change(remote, snapshot={"account_id": SALES})
        sides.post(CLEARING, Decimal(-100))
        sides.post(SALES, Decimal(100))

    return changes


def _a_method_that_moved_after_use(sides: Sides) -> Callable[[], None]:
    """The method posts to a bank now, and everything else stayed where it was."""
    cards = PaymentMethod.objects.create(
        company=sides.company, name="Cards", currency="GBP", posts_to="clearing"
    )
    sides.map("method_account", CLEARING, payment_method=cards)
    payment = make_payment(customer=make_customer(sides.company), method=cards)
    remote = sides.payment(payment, account=CLEARING)
    models.QuerySet(PaymentMethod).filter(pk=cards.pk).update(posts_to="bank")

    def changes() -> None:
        sides.change(remote, snapshot={"account_id": GOODS})
        sides.post(CLEARING, Decimal(-100))
        sides.post(GOODS, Decimal(100))

    return changes


def _a_sale_typed_on_both_sides(sides: Sides) -> Callable[[], None]:
    remote = sides.document(make_invoice(company=sides.company))
    typed = sides.type_like(remote, "T-1", dated=date(2026, 3, 5))

    def changes() -> None:
        sides.put(replace(typed, dated=date(2026, 3, 6)))

    return changes


def _a_refund_typed_on_both_sides(sides: Sides) -> Callable[[], None]:
    payment = make_payment(customer=make_customer(sides.company), method=sides.bank)
    sides.payment(payment)
    refund = pay_refund(
        payment, amount=Decimal(20), on=date(2026, 3, 17), method=sides.bank, reason="Twice"
    )
    sides.refund(refund)
    typed = RemoteObject(
        kind="Purchase",
        remote_id="901",
        customer_id=sides.tie(payment.customer),
        currency="GBP",
        amount=Decimal(20),
        dated=date(2026, 3, 18),
        postings=(
            Posting(account_id=RECEIVABLE, debit=Decimal(20), credit=Decimal(0)),
            Posting(account_id=BANK, debit=Decimal(0), credit=Decimal(20)),
        ),
    )
    sides.put(typed)
    sides.post(RECEIVABLE, Decimal(20))
    sides.post(BANK, Decimal(-20))

    def changes() -> None:
        sides.put(replace(typed, dated=date(2026, 3, 19)))

    return changes


def _an_arrival_that_needs_a_person(sides: Sides) -> Callable[[], None]:
    row = sides.arrived("It has no date that Tieout can read.")

    def changes() -> None:
        RemoteRecord.objects.filter(pk=row.pk).update(version="7")

    return changes


def _left_out(sides: Sides) -> Callable[[], None]:
    invoice = make_invoice(company=sides.company)
    sides.tie(invoice, state=State.LEFT_OUT, sentence="They keep no free goods.")

    def changes() -> None:
        invoice.sync_records.update(sentence="They keep none in that currency.")

    return changes


def _an_application_that_is_held(sides: Sides) -> Callable[[], None]:
    invoice = make_invoice(company=sides.company)
    note = make_credit_note(invoice=invoice)
    used = allocate(note, invoice, Decimal(30), on=date(2026, 3, 10))
    sides.document(invoice)
    sides.document(note)
    sides.application(used)
    used.sync_records.update(state=State.NEEDS_PERSON, sentence="Their books are closed.")

    def changes() -> None:
        used.sync_records.update(sentence="They rejected it.")

    return changes


def _a_receipt_that_may_be_the_same(sides: Sides) -> Callable[[], None]:
    payment = make_payment(customer=make_customer(sides.company), method=sides.bank)
    sides.payment(payment)
    row = sides.arrived("")
    RemoteRecord.objects.filter(pk=row.pk).update(arrival="waits", waits_for="decision")
    pair = Candidate.objects.create(
        remote_record=row,
        sync_record=payment.sync_records.get(),
        evidence="100.00 GBP: here on 16 March 2026, there on 17 March 2026.",
    )

    def changes() -> None:
        Candidate.objects.filter(pk=pair.pk).rewrite(
            evidence="100.00 GBP: here on 16 March 2026, there on 18 March 2026."
        )

    return changes


def _a_refund_out_of_another_account(sides: Sides) -> Callable[[], None]:
    payment = make_payment(customer=make_customer(sides.company), method=sides.bank)
    sides.payment(payment)
    day = date(2026, 3, 17)
    refund = pay_refund(payment, amount=Decimal(20), on=day, method=sides.bank, reason="Twice")
    remote = sides.refund(refund, account=CLEARING)

    def changes() -> None:
        sides.change(remote, snapshot={"account_id": GOODS})
        sides.post(CLEARING, Decimal(20))
        sides.post(GOODS, Decimal(-20))

    return changes


SITUATIONS = [
    Situation(Cause.ON_THE_WAY, _an_application_that_is_held),
    Situation(Cause.MONEY_TWICE, _a_receipt_that_may_be_the_same),
    Situation(Cause.ACCOUNT_ELSEWHERE, _a_refund_out_of_another_account),
    Situation(Cause.INCOME_LEFT, _income_left),
    Situation(Cause.MONEY_ELSEWHERE, _money_in_clearing_of_a_method_that_banks),
    Situation(Cause.MONEY_ELSEWHERE, _a_method_that_moved_after_use),
    Situation(Cause.SALE_TWICE, _a_sale_typed_on_both_sides),
    Situation(Cause.REFUND_TWICE, _a_refund_typed_on_both_sides),
    Situation(Cause.ARRIVED, _an_arrival_that_needs_a_person),
    Situation(Cause.LEFT_OUT, _left_out),
]


@pytest.mark.variants(keep=3)
@pytest.mark.parametrize("situation", SITUATIONS, ids=str)
def test_a_question_blocks_until_it_is_answered_and_opens_anew_with_another_figure(
    sides: Sides, fay: User, situation: Situation
) -> None:
    changes = situation.raise_it(sides)

    found = sides.compare()

    assert not found.differences, found.differences
    assert not found.tied_out
    assert [each.cause for each in found.questions] == [situation.cause], found.refusals
    (question,) = sides.compare().questions
    assert Question.objects.count() == 1, "asked once, however often both sides are compared"

    answer(question, RIGHT, user_id=fay.pk, reason="Agreed with the customer")
    found = sides.compare()
    assert found.tied_out, found.refusals
    assert [each.pk for each in found.answered] == [question.pk], "it stays listed"

    changes()
    found = sides.compare()
    assert situation.cause in [each.cause for each in found.questions], found.refusals
    assert question.pk not in [each.pk for each in found.questions]
    question.refresh_from_db()
    assert (question.answer, question.reason) == (RIGHT, "Agreed with the customer")


def test_an_answer_needs_a_reason_and_is_given_once(sides: Sides, fay: User) -> None:
    _left_out(sides)
    (question,) = sides.compare().questions

    with pytest.raises(ValidationError, match="Give a reason"):
        answer(question, RIGHT, user_id=fay.pk, reason="  ")
    answer(question, RIGHT, user_id=fay.pk, reason="A gift")
    with pytest.raises(ValidationError, match="answered already"):
        answer(question, Question.Answer.EVENS_OUT, user_id=fay.pk, reason="Changed my mind")
    with pytest.raises(ValidationError, match="not deleted"):
        question.delete()

    question.refresh_from_db()
    assert (question.answered_by, question.reason) == (fay, "A gift")


def test_what_is_put_right_is_asked_no_longer_and_cannot_be_answered(
    sides: Sides, fay: User
) -> None:
    row = sides.arrived("It has no date that Tieout can read.")
    (question,) = sides.compare().questions
    RemoteRecord.objects.filter(pk=row.pk).update(arrival=RemoteRecord.Arrival.APPLIED)

    assert sides.compare().tied_out

    with pytest.raises(ValidationError, match="did not find it any more"):
        answer(question, RIGHT, user_id=fay.pk, reason="It was odd")
    # Should it come back as it was, it is the same question.
    RemoteRecord.objects.filter(pk=row.pk).update(arrival=RemoteRecord.Arrival.NEEDS_PERSON)
    assert [each.pk for each in sides.compare().questions] == [question.pk]


@pytest.mark.parametrize(
    ("days", "customer", "amount", "asked"),
    [
        (7, "same", "100", True),
        (-7, "same", "100", True),
        (8, "same", "100", False),
        (3, "other", "100", False),
        (3, "same", "100.01", False),
    ],
)
def test_a_sale_is_one_only_where_customer_total_and_week_agree(
    sides: Sides, days: int, customer: str, amount: str, asked: bool
) -> None:
    remote = sides.document(make_invoice(company=sides.company))
    sides.type_like(
        remote,
        "T-1",
        dated=date.fromordinal(date(2026, 3, 2).toordinal() + days),
        customer="" if customer == "same" else "9999",
        amount=Decimal(amount),
    )

    found = sides.compare()

    assert found.tied_out is not asked, found.refusals
    assert [each.cause for each in found.questions] == [Cause.SALE_TWICE] * asked


# --- Tax ----------------------------------------------------------------------------------------

HMRC = "HM Revenue & Customs (HMRC)"


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        ("HMRC", HMRC, True),
        ("HM Revenue & Customs", HMRC, True),
        ("CRA", "Canada Revenue Agency", True),
        ("Revenu Québec", "Revenu Québec", True),
        ("Arizona", "Arizona Department of Revenue", True),
        ("Arizona Department of Revenue", "California Department of Revenue", False),
        ("Direction générale des finances publiques (DGFiP)", HMRC, False),
        ("Revenue 2", HMRC, None),
        ("", HMRC, None),
        ("HMRC", "", None),
    ],
)
def test_two_names_are_one_agency_by_a_telling_word(ours: str, theirs: str, same: object) -> None:
    assert same_agency(ours, theirs) is same


@pytest.mark.parametrize(
    ("agency", "country", "why"),
    [
        ("HMRC", "GB", ""),
        ("HMRC", "", ""),
        ("Revenue 2", "GB", ""),
        ("Revenue 2", "FR", "FR is not the country of those books (GB)"),
        ("Revenue 2", "XI", ""),
        ("DGFiP", "FR", "another agency"),
        ("Arizona Department of Revenue", "GB", "another agency"),
    ],
)
def test_a_rate_that_is_equal_in_percent_alone_is_asked(
    sides: Sides, agency: str, country: str, why: str
) -> None:
    sides.taxed(agency=agency, country=country, their_agency=HMRC)

    found = sides.compare()

    assert not found.differences, found.differences
    assert [each.cause for each in found.questions] == [Cause.TAX_ELSEWHERE] * bool(why)
    if why:
        assert why in found.questions[0].sentence
        assert found.questions[0].amount == 20


def test_a_mapping_of_tax_is_asked_once_whatever_else_is_sold_at_it(
    sides: Sides, fay: User
) -> None:
    rate = sides.taxed(agency="DGFiP", country="FR", their_agency=HMRC)
    (question,) = sides.compare().questions
    answer(question, RIGHT, user_id=fay.pk, reason="One-stop shop")

    sides.taxed_again(rate)

    assert sides.compare().tied_out, sides.compare().refusals

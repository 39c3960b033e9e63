"""What is signed is kept as it was, whatever becomes of the rows; each difference is explained, or not."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.billing.models import Company
from apps.core.lifting import lifted
from apps.exchange.printing.proofs import print_proof
from apps.reconciliation.models import BooksProof, Difference, KeptComparison, Question
from apps.reconciliation.models.proofs import checksum
from apps.reconciliation.month_end.closing import close_month
from apps.reconciliation.proof.sections import Laid, lay
from apps.reconciliation.proof.signing import may_be_signed, sign, why_not
from apps.reconciliation.proof.sums import sums_of
from apps.reconciliation.questions.answering import answer
from apps.staff.access import add_member, set_up_roles
from apps.staff.declaring import declare
from apps.staff.models import User
from apps.staff.roles import RoleName
from tests.factories import make_company, make_customer, make_invoice, make_payment
from tests.reconciliation.proof.books import ASKED, BANKED, EIGHT, SEVEN, THEIRS, compared

pytestmark = pytest.mark.django_db
MARCH = date(2026, 3, 31)


@pytest.fixture
def fay(db: None) -> User:
    return User.objects.create_user(email="fay@example.com", name="Fay")


@pytest.fixture
def kept(fay: User) -> KeptComparison:
    return compared(by=fay)


@pytest.fixture
def proof(kept: KeptComparison, fay: User) -> BooksProof:
    return sign(kept, "Known; credited in April.", by=fay.pk)


def laid(proof: BooksProof) -> Laid:
    return lay(proof.told, proof.sha256)


def table(proof: BooksProof, title: str, part: int = 0) -> list[tuple[str, ...]]:
    [found] = [each for each in laid(proof).parts[part].sections if each.title.startswith(title)]
    return [row.cells for row in found.rows]


def test_it_says_whose_books_as_of_which_day_and_who_read_and_signed_them(
    proof: BooksProof, kept: KeptComparison
) -> None:
    told = laid(proof)
    head, facts = dict(told.facts), dict(told.parts[0].facts)
    assert told.title == "Books proof as of 31 Mar 2026"
    assert head["Company"] == kept.connection.company.legal_name
    assert head["Signed by"] == "Fay (fay@example.com)"
    assert head["Remark"] == "Known; credited in April."
    assert told.parts[0].title == str(kept.connection)
    # By the company's clock: the summer half of the year in London.
    assert facts["Asked for"] == "2 Apr 2026, 09:00 (Europe/London), by Fay"
    assert facts["Their books were read"] == "2 Apr 2026, 09:00:05 to 09:00:31 (Europe/London)"
    assert facts["Compared"] == "Invoices and credit notes: 3; payments: 1"
    assert told.parts[0].verdict == "Both sides do not agree"


def test_a_company_of_one_person_says_so_on_what_it_signs(kept: KeptComparison) -> None:
    set_up_roles()
    alone = add_member("ada@example.com", RoleName.ADMINISTRATOR, "a-long-enough-password-1")
    User.objects.exclude(pk=alone.pk).update(is_active=False)
    declare(alone, "Nobody else works here", by=None)
    proof = sign(kept, "Known", by=alone.pk)
    facts = dict(lay(proof.told, proof.sha256).facts)
    assert facts["One person"].startswith(
        "ada@example.com gives access and works on the books alone"
    )
    assert facts["One person"].endswith(": Nobody else works here")
    assert print_proof(proof).startswith(b"%PDF")


def test_a_company_of_several_says_nothing_of_it(proof: BooksProof) -> None:
    assert "One person" not in dict(laid(proof).facts)


def test_figures_stand_beside_each_other_and_what_is_named_adds_up(proof: BooksProof) -> None:
    assert table(proof, "Documents and money") == [
        ("Invoices", "Tax at Standard (VAT)", "61.67 GBP", "61.67 GBP", "0.00 GBP", "0.00 GBP",
         "0.00 GBP"),
        ("Invoices", "Total", "370.00 GBP", "368.00 GBP", "-2.00 GBP", "-2.00 GBP", "0.00 GBP"),
        ("Invoices", "Total", "90.00 EUR", "85.00 EUR", "-5.00 EUR", "0.00 EUR", "-5.00 EUR"),
    ]  # fmt: skip
    assert table(proof, "Open at the cut-off") == [
        ("Invoices of before: balance due", "40.00 GBP", "45.00 GBP", "5.00 GBP")
    ]
    assert table(proof, "Accounts") == [
        ("Sales", "-308.33 GBP", "-326.67 GBP", "-18.34 GBP", "-20.00 GBP", "1.66 GBP")
    ]


def test_the_receivable_is_explained_record_by_record_or_said_to_be_unexplained(
    proof: BooksProof,
) -> None:
    assert table(proof, "Receivable in GBP") == [
        ("370.00 GBP", "388.00 GBP", "18.00 GBP", "18.00 GBP", "0.00 GBP")
    ]
    assert table(proof, "What makes the difference in GBP") == [
        (SEVEN, "-1.00 GBP"),
        (EIGHT, "-1.00 GBP"),
        (THEIRS, "20.00 GBP"),
        ("Unexplained", "0.00 GBP"),
        ("Difference", "18.00 GBP"),
    ]
    [euros] = table(proof, "Receivable in EUR")
    assert euros[-3:] == ("-5.00 EUR", "0.00 EUR", "-5.00 EUR")


def test_each_difference_and_question_bears_what_is_known_of_it(proof: BooksProof) -> None:
    first, second = table(proof, "Differences: 2")
    assert first == (
        "Amount", SEVEN, "2 Apr 2026, 09:00 (Europe/London)", "120.00 GBP", "119.00 GBP",
        "-1.00 GBP",
    )  # fmt: skip
    assert second[1] == EIGHT
    asked, answered = table(proof, "Questions: 2")
    assert asked == (
        f"Money that lies elsewhere: {BANKED}", "Nobody answered it", "–", "–", "60.00 GBP",
    )  # fmt: skip
    assert answered == (
        f"Tax at another agency or country: {ASKED}",
        "It is right as it stands",
        "Registered in both",
        "Cleo, 1 Apr 2026, 10:30 (Europe/London)",
        "–",
    )


def test_nothing_of_it_is_read_from_rows_that_move(proof: BooksProof, kept: KeptComparison) -> None:
    before = laid(proof)
    Company.objects.get().save()
    type(kept.connection)._base_manager.update(name="Renamed")
    Company._base_manager.update(legal_name="Another Ltd", time_zone="Asia/Tokyo")
    Difference.objects.update(sentence="Nothing", amount=7)
    Question.objects.update(sentence="Nothing", reason="No")
    KeptComparison.objects.update(found={}, agrees=True)
    User.objects.update(name="Somebody")

    again = BooksProof.objects.get()
    assert laid(again) == before
    assert again.is_whole


def test_the_checksum_is_that_of_the_bytes_and_finds_out_what_was_changed(
    proof: BooksProof,
) -> None:
    assert proof.sha256 == hashlib.sha256(proof.content.encode()).hexdigest()
    with lifted():
        BooksProof._base_manager.all()._update(  # behind Django's back
            [
                (
                    BooksProof._meta.get_field("content"),
                    None,
                    proof.content.replace("119.00", "120.00"),
                )
            ]
        )
    assert not BooksProof.objects.get().is_whole


def test_a_proof_can_be_changed_or_deleted_by_nobody(proof: BooksProof) -> None:
    for act in (proof.save, proof.delete, BooksProof.objects.all().delete):
        with pytest.raises(ValidationError):
            act()
    with pytest.raises(ValidationError):
        BooksProof.objects.update(content="{}")


def test_an_answer_given_after_the_comparison_says_so(kept: KeptComparison, fay: User) -> None:
    open_still = Question.objects.get(answer="")
    answer(open_still, Question.Answer.EVENS_OUT, user_id=fay.pk, reason="Banked on Monday")
    asked, _ = table(sign(kept, "Known", by=fay.pk), "Questions")
    assert asked[1:3] == (
        "It is known, and evens out later (after the comparison)",
        "Banked on Monday",
    )


def test_what_differs_otherwise_by_now_is_told_by_its_sentence_alone(
    kept: KeptComparison, fay: User
) -> None:
    """The row moved on: its figures are not those of the comparison that is signed."""
    Difference.objects.filter(sentence=EIGHT).update(sentence="Invoice INV-8: 251.00", amount=1)
    _, second = table(sign(kept, "Known", by=fay.pk), "Differences")
    assert second == ("Differs", EIGHT, "–", "–", "–", "–")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"state": "stopped", "agrees": None}, "Only a comparison that is done"),
        ({"ended_at": datetime(2026, 4, 1, tzinfo=UTC)}, "compared again since"),
    ],
)
def test_only_the_last_one_that_is_done_is_signed_and_once(
    kept: KeptComparison, fay: User, change: dict[str, Any], said: str
) -> None:
    KeptComparison.objects.create(
        connection=kept.connection, on=MARCH, state="done", agrees=True,
        ended_at=datetime(2026, 4, 1, 12, tzinfo=UTC),
    )  # fmt: skip
    assert may_be_signed(kept)
    KeptComparison.objects.filter(pk=kept.pk).update(**change)
    kept.refresh_from_db()
    assert said in why_not(kept)
    with pytest.raises(ValidationError, match=said):
        sign(kept, "Known", by=fay.pk)


def test_of_a_day_the_last_one_is_signed_whatever_else_was_compared_since(
    kept: KeptComparison, fay: User
) -> None:
    """It has no rows of its own: what it found is told with what it knew."""
    known = {
        "sentence": SEVEN, "why": "Amount", "kind": "invoice", "figure": "total",
        "here": "120.00 GBP", "there": "119.00 GBP", "amount": "-1.00", "currency": "GBP",
    }  # fmt: skip
    KeptComparison.objects.update(of_now=False, found={**kept.found, "findings": [known]})
    Difference.objects.all().delete()
    for_now = KeptComparison(
        connection=kept.connection, on=MARCH, state=KeptComparison.State.DONE, agrees=True,
        ended_at=kept.ended_at + timedelta(days=90) if kept.ended_at else None,
    )  # fmt: skip
    for_now.save()
    kept.refresh_from_db()

    proof = sign(kept, "Known", by=fay.pk)

    assert ("As of the end of", "31 Mar 2026") in laid(proof).parts[0].facts
    differs = {cells[1]: cells for cells in table(proof, "Differences")}
    assert differs[SEVEN][3:] == ("120.00 GBP", "119.00 GBP", "-1.00 GBP")
    of_april = KeptComparison.objects.create(
        connection=kept.connection, on=date(2026, 4, 30), of_now=False, agrees=True,
        state=KeptComparison.State.DONE, ended_at=datetime(2026, 7, 1, tzinfo=UTC),
    )  # fmt: skip
    assert may_be_signed(of_april)
    KeptComparison.objects.filter(pk=for_now.pk).update(of_now=False, on=of_april.on)
    KeptComparison.objects.filter(pk=for_now.pk).update(ended_at=datetime(2026, 7, 2, tzinfo=UTC))
    assert "compared again since" in why_not(of_april)


def test_it_is_signed_once_and_with_a_word_where_both_sides_do_not_agree(
    kept: KeptComparison, fay: User
) -> None:
    with pytest.raises(ValidationError, match="say what is known"):
        sign(kept, " ", by=fay.pk)
    sign(kept, "Known", by=fay.pk)
    with pytest.raises(ValidationError, match="signed already"):
        sign(kept, "Known", by=fay.pk)


def test_a_closed_month_is_signed_with_what_was_asked_and_moved(fay: User) -> None:
    """200.00 invoiced and 60.00 received in March leave 140.00; see test_month_moved."""
    company = make_company()
    customer = make_customer(company)
    first, _ = (make_invoice(customer=customer) for _ in range(2))
    make_payment(invoice=first, amount="60")
    looked = ("connected:", "clearing:")
    closed = close_month(company, MARCH, looked_at=looked, reason="Reviewed", by=fay.pk)

    proof = BooksProof.objects.get(closed_month=closed)
    assert (proof.signed_by, proof.comparison, proof.agrees) == (fay, None, None)
    assert proof.signed_at - closed.closed_at < timedelta(seconds=5)
    told = laid(proof)
    assert told.title == "Books proof, March 2026"
    assert (told.parts[0].verdict, told.parts[0].sentence) == ("Closed", "Reviewed")
    assert table(proof, "What moved") == [
        ("Owed before", "0.00 GBP"),
        ("Invoices", "200.00 GBP"),
        ("Receipts", "-60.00 GBP"),
        ("Owed at its end", "140.00 GBP"),
    ]
    asked = table(proof, "What was asked")
    assert ("Drafts", "No draft is dated up to 31 Mar 2026.", "Fine") in asked
    assert {cells[-1] for cells in asked} == {"Fine", "Looked at"}
    assert checksum(proof.content) == proof.sha256


def test_names_of_sums_are_taken_apart() -> None:
    both = {"ours": "1", "theirs": "1"}
    names = ("payments: amount (EUR)", "invoices: tax at A: b (GST)", "bank deposits: total")
    assert [each.place for each in sums_of(dict.fromkeys(names, both), "GBP")] == [
        ("invoices", "tax at A: b (GST)", "GBP"),
        ("payments", "amount", "EUR"),
        ("bank deposits", "total", "GBP"),
    ]

"""Asked before it is done: what may have been typed twice, and days without sense."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from apps.backoffice.frame.asking import key_of
from apps.billing import actions
from apps.billing.models import Adjustment, CreditNote, Deposit, Invoice, Payment, Refund
from tests.backoffice.desk import Desk
from tests.backoffice.documents.test_acts import lines, page
from tests.backoffice.frame.test_posted_once import Posted, booked, make_deposit, receive, refund
from tests.backoffice.world import WholeWorld
from tests.factories import make_invoice, make_payment

Browse = Callable[[str], Desk]


def asked(answer: Any) -> list[str]:
    """The sentences to tick; [] where the form was taken."""
    if answer.status_code == 302:
        return []
    form = answer.context["form"] if "form" in answer.context else answer.context["adminform"].form
    return [each.words for each in form.asked]


def confirmed(answer: Any) -> list[str]:
    return [key_of(each) for each in asked(answer)]


def deduct(whole: WholeWorld) -> Posted:
    form = {"role": "bank_charge", "amount": "1", "on": "2026-11-20", "reason": "Their bank"}
    return page(whole.open_invoice, "deduct"), form


def write_off(whole: WholeWorld) -> Posted:
    form = {"amount": "2", "on": "2026-11-20", "reason": "Gone away"}
    return page(whole.open_invoice, "write-off"), form


def refund_with_reference(whole: WholeWorld) -> Posted:
    address, form = refund(whole)
    return address, {**form, "reference": "CHQ 9"}


def issue(whole: WholeWorld) -> Posted:
    twin = make_invoice(issued=False, customer=whole.draft.customer, lines=[("Box", 1, 7)])
    other = make_invoice(issued=False, customer=whole.draft.customer, lines=[("Box", 1, 7)])
    whole.twins = iter([twin, other])
    return page(next(whole.twins), "issue"), {}


TWICE = {
    "payment": (receive, Payment),
    "deduction": (deduct, Adjustment),
    "bad debt": (write_off, Adjustment),
    "refund": (refund_with_reference, Refund),
    "refund without a reference": (refund, Refund),
}


@pytest.mark.variants(keep=2)
@pytest.mark.parametrize("kind", TWICE)
def test_what_looks_like_one_that_stands_is_asked_about(
    kind: str, whole: WholeWorld, browse: Browse
) -> None:
    build, model = TWICE[kind]
    address, form = build(whole)
    fay = browse("Fay")
    assert fay.post(address, form).status_code == 302
    count = model.objects.count()
    second = fay.post(address, form)
    (sentence,) = asked(second)
    assert "already. Yes, this is another one." in sentence
    assert "20 November 2026" in sentence
    assert model.objects.count() == count
    assert sentence.split("already")[0][:20] in second.content.decode()
    # The tick is for this question: another amount asks again, this one goes through.
    assert fay.post(address, {**form, "sure": [key_of("another")]}).status_code == 200
    assert fay.post(address, {**form, "sure": confirmed(second)}).status_code == 302
    assert model.objects.count() == count + 1


@pytest.mark.parametrize("kind", ["invoice", "credit note"])
def test_a_document_like_an_issued_one_is_asked_about(
    kind: str, whole: WholeWorld, browse: Browse
) -> None:
    customer = whole.draft.customer
    drafts: list[Invoice | CreditNote] = []
    billed = make_invoice(customer=customer)
    for _ in range(2):
        if kind == "invoice":
            drafts.append(make_invoice(issued=False, customer=customer, lines=[("Box", 1, 7)]))
        else:
            part = billed.lines.first()
            drafts.append(actions.credit_invoice(
                billed, reason="Back", on=billed.issue_date,
                lines=[actions.Part(line=part, quantity=1)]))  # fmt: skip
    fay = browse("Fay")
    assert fay.post(page(drafts[0], "issue"), {}).status_code == 302
    drafts[0].refresh_from_db()
    answer = fay.post(page(drafts[1], "issue"), {})
    (sentence,) = asked(answer)
    assert str(drafts[0].number) in sentence
    drafts[1].refresh_from_db()
    assert drafts[1].is_draft
    assert fay.post(page(drafts[1], "issue"), {"sure": confirmed(answer)}).status_code == 302
    drafts[1].refresh_from_db()
    assert drafts[1].is_issued


def test_drafts_issued_from_the_list_are_not_issued_where_one_is_asked_about(
    whole: WholeWorld, browse: Browse
) -> None:
    customer = whole.draft.customer
    pair = [make_invoice(issued=False, customer=customer, lines=[("Box", 1, 7)]) for _ in "ab"]
    form = {"action": "issue_selected", "_selected_action": [each.pk for each in pair]}
    answer = browse("Fay").post(reverse("admin:billing_invoice_changelist"), form, follow=True)
    assert "Open it, and issue it there." in answer.content.decode()
    assert sorted(Invoice.objects.get(pk=each.pk).status for each in pair) == ["draft", "issued"]


def test_a_bank_deposit_like_one_that_stands_is_asked_about(
    whole: WholeWorld, browse: Browse
) -> None:
    fay = browse("Fay")
    address, form = make_deposit(whole)
    form["reference"] = "po_7"
    assert fay.post(address, form).status_code == 302
    more = make_payment(customer=whole.waiting.customer, amount="60.00", method=whole.card)
    again = {**form, "payments": [str(more.pk)]}
    answer = fay.post(address, again)
    (sentence,) = asked(answer)
    assert sentence.startswith("A bank deposit on Barclays of Friday 20 November 2026, “po_7”")
    count = Deposit.objects.count()
    assert fay.post(address, {**again, "sure": confirmed(answer)}).status_code == 302
    assert Deposit.objects.count() == count + 1


# --- days without sense --------------------------------------------------------------------------

OLD, AHEAD = "more than a year ago", "in the future"


def credit(whole: WholeWorld) -> Posted:
    return page(make_invoice(customer=whole.draft.customer), "credit"), {
        "on": "2026-11-20",
        "reason": "Back",
        "how": "whole",
    }


def void(whole: WholeWorld) -> Posted:
    actions.issue(whole.draft)
    return page(whole.draft, "void"), {"on": "2026-11-20", "reason": "Twice"}


def apply(whole: WholeWorld) -> Posted:
    form = {"on": "2026-11-21", f"part_{whole.open_invoice.pk}": "3"}
    return page(whole.note, "apply"), form


def open_fields(whole: WholeWorld) -> Posted:
    return page(whole.open_invoice, "change-open-fields"), {
        "due_date": "2026-12-20", "message": "", "reason": "Agreed"}  # fmt: skip


def add_invoice(whole: WholeWorld) -> Posted:
    return reverse("admin:billing_invoice_add"), lines(whole, ("Box", "1", "5"))


SENSELESS = [
    (receive, "date", "1926-11-20", OLD),
    (receive, "date", "2026-11-29", AHEAD),
    (refund, "on", "2027-11-20", AHEAD),
    (deduct, "on", "2027-11-20", AHEAD),
    (write_off, "on", "2027-11-20", AHEAD),
    (make_deposit, "date", "2027-11-20", AHEAD),
    (apply, "on", "2027-11-20", AHEAD),
    (void, "on", "2027-11-20", AHEAD),
    (credit, "on", "2027-11-20", "more than a month ahead"),
    (add_invoice, "issue_date", "1926-11-20", OLD),
    (add_invoice, "issue_date", "2027-11-20", "more than a month ahead"),
    (add_invoice, "due_date", "2062-11-20", "more than a year ahead"),
    (open_fields, "due_date", "2062-11-20", "more than a year ahead"),
]


@pytest.mark.variants(keep=4)
@pytest.mark.parametrize(("build", "field", "day", "why"), SENSELESS)
def test_a_day_without_sense_is_asked_about_with_the_day_spelled_out(
    build: Callable[[WholeWorld], Posted],
    field: str,
    day: str,
    why: str,
    whole: WholeWorld,
    browse: Browse,
) -> None:
    address, form = build(whole)
    fay, before = browse("Fay"), booked()
    answer = fay.post(address, {**form, field: day})
    assert answer.status_code == 200
    assert any(why in each for each in asked(answer)), asked(answer)
    assert booked() == before
    assert day[:4] in asked(answer)[0]
    sent = {**form, field: day, "sure": confirmed(answer)}
    done = fay.post(address, sent)
    assert (
        done.status_code == 302
        or not asked(done)
        or all(each.ticked for each in done.context["form"].asked)
    )


@pytest.mark.parametrize("build", [receive, refund, credit, void, apply, make_deposit, add_invoice])
def test_a_usual_day_is_not_asked_about(
    build: Callable[[WholeWorld], Posted], whole: WholeWorld, browse: Browse
) -> None:
    address, form = build(whole)
    assert browse("Fay").post(address, form).status_code == 302


def test_an_old_draft_asks_again_before_it_is_issued(whole: WholeWorld, browse: Browse) -> None:
    draft = Invoice.objects.get(pk=whole.draft.pk)
    draft.issue_date = draft.issue_date.replace(year=1926)
    draft.due_date = None
    draft.save()
    answer = browse("Fay").post(page(draft, "issue"), {})
    assert "Tuesday 2 March 1926 is more than a year ago" in asked(answer)[0]
    assert Invoice.objects.get(pk=draft.pk).is_draft

"""Limits per role and act, and the second person who approves what is above them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from apps.billing import actions
from apps.billing.acts.bulk import DraftDocument, DraftLine, create_documents
from apps.billing.changes import made_by
from apps.billing.models import (
    ActLimit,
    Adjustment,
    Approval,
    Change,
    Company,
    Frozen,
    Invoice,
    NumberSeries,
    Refund,
)
from apps.billing.rules.limits import limit_of
from apps.staff.access import add_member, set_up_roles
from apps.staff.acts import ACTS, LIMITED, ActName, RoleName
from apps.staff.models import User
from tests.all_rights import make_almighty
from tests.factories import (
    make_company,
    make_credit_note,
    make_customer,
    make_invoice,
    make_method,
    make_paid_credit_note,
    make_payment,
)

pytestmark = pytest.mark.django_db

PASSWORD = "a-long-enough-password-1"
MARCH_20 = date(2026, 3, 20)


@dataclass
class People:
    """Fay and Gus post, Vera may only view, Sue may do everything and has no role."""

    fay: User
    gus: User
    vera: User
    sue: User


@pytest.fixture
def people() -> People:
    set_up_roles()
    return People(
        fay=add_member("fay@example.com", RoleName.ACCOUNTANT, PASSWORD, name="Fay"),
        gus=add_member("gus@example.com", RoleName.ACCOUNTANT, PASSWORD, name="Gus"),
        vera=add_member("vera@example.com", RoleName.VIEWER, PASSWORD, name="Vera"),
        sue=make_almighty("sue@example.com", PASSWORD),
    )


@pytest.fixture
def company() -> Company:
    return make_company(amend_allowed=True)


def limit(
    company: Company, act: ActName, amount: Any, role: RoleName = RoleName.ACCOUNTANT
) -> None:
    ActLimit.objects.create(company=company, act=act, role=role, amount=amount)


def refused_act(person: User, do: Callable[[], object]) -> actions.NeedsApproval:
    with made_by(person.pk), pytest.raises(actions.NeedsApproval) as refusal:
        do()
    return refusal.value


def ask_for(person: User, do: Callable[[], object]) -> Approval:
    refusal = refused_act(person, do)
    with made_by(person.pk):
        return actions.ask(refusal)


def issue_request(people: People, company: Company) -> tuple[Invoice, Approval]:
    limit(company, ActName.ISSUE_INVOICE, 99)
    draft = make_invoice(company=company, issued=False)
    return draft, ask_for(people.fay, lambda: actions.issue(draft))


# Each limited act on a record of 100.00: (what it is done to, the act, its state afterwards).
def issue_invoice(company: Company) -> tuple[Any, Callable[[Any], object]]:
    return make_invoice(company=company, issued=False), actions.issue


def issue_credit_note(company: Company) -> tuple[Any, Callable[[Any], object]]:
    invoice = make_invoice(company=company)
    return make_credit_note(invoice=invoice, issued=False), actions.issue


def void_invoice(company: Company) -> tuple[Any, Callable[[Any], object]]:
    return make_invoice(company=company), lambda it: actions.void(it, reason="Twice", on=MARCH_20)


def void_credit_note(company: Company) -> tuple[Any, Callable[[Any], object]]:
    return make_credit_note(company=company), lambda it: actions.void(
        it, reason="Twice", on=MARCH_20
    )


def cancel_payment(company: Company) -> tuple[Any, Callable[[Any], object]]:
    payment = make_payment(invoice=make_invoice(company=company))
    return payment, lambda it: actions.cancel_payment(it, reason="Typed wrong", on=MARCH_20)


def un_apply(company: Company) -> tuple[Any, Callable[[Any], object]]:
    payment = make_payment(invoice=make_invoice(company=company))
    return payment.allocations.get(), lambda it: actions.reverse(it, reason="Wrong", on=MARCH_20)


def deduct(company: Company) -> tuple[Any, Callable[[Any], object]]:
    return make_invoice(company=company), lambda it: actions.deduct(
        it, role="bank_charge", amount=Decimal(100), on=MARCH_20, reason="Kept by the bank"
    )


def take_surplus(company: Company) -> tuple[Any, Callable[[Any], object]]:
    return make_payment(company=company), lambda it: actions.take_surplus(
        it, amount=Decimal(100), on=MARCH_20, reason="Nobody asked for it"
    )


def write_off(company: Company) -> tuple[Any, Callable[[Any], object]]:
    return make_invoice(company=company), lambda it: actions.write_off(
        it, amount=Decimal(100), on=MARCH_20, reason="Insolvent"
    )


def cancel_adjustment(company: Company) -> tuple[Any, Callable[[Any], object]]:
    made = actions.write_off(
        make_invoice(company=company), amount=Decimal(100), on=MARCH_20, reason="Insolvent"
    )
    return made, lambda it: actions.cancel_adjustment(it, reason="It paid", on=MARCH_20)


def pay_refund(company: Company) -> tuple[Any, Callable[[Any], object]]:
    method = make_method(company)
    return make_paid_credit_note(company), lambda it: actions.pay_refund(
        it, amount=Decimal(98), on=MARCH_20, method=method, reason="Sent back", fee=Decimal(2)
    )


def pay_refund_of_money(company: Company) -> tuple[Any, Callable[[Any], object]]:
    method = make_method(company)
    return make_payment(company=company), lambda it: actions.pay_refund(
        it, amount=Decimal(100), on=MARCH_20, method=method, reason="Paid twice"
    )


def return_payment(company: Company) -> tuple[Any, Callable[[Any], object]]:
    payment = make_payment(invoice=make_invoice(company=company), method=make_method(company))
    return payment, lambda it: actions.return_payment(
        it, on=MARCH_20, reason="Disputed", fee=Decimal(15), chargeback=True
    )


def cancel_refund(company: Company) -> tuple[Any, Callable[[Any], object]]:
    made = actions.pay_refund(
        make_payment(company=company),
        amount=Decimal(100),
        on=MARCH_20,
        method=make_method(company),
        reason="Paid twice",
    )
    return made, lambda it: actions.cancel_refund(it, reason="Not sent", on=MARCH_20)


Case = Callable[[Company], tuple[Any, Callable[[Any], object]]]
CASES: list[tuple[ActName, Case]] = [
    (ActName.ISSUE_INVOICE, issue_invoice),
    (ActName.ISSUE_CREDIT_NOTE, issue_credit_note),
    (ActName.VOID_INVOICE, void_invoice),
    (ActName.VOID_CREDIT_NOTE, void_credit_note),
    (ActName.CANCEL_PAYMENT, cancel_payment),
    (ActName.UN_APPLY, un_apply),
    (ActName.DEDUCT, deduct),
    (ActName.DEDUCT, take_surplus),
    (ActName.WRITE_OFF, write_off),
    (ActName.CANCEL_ADJUSTMENT, cancel_adjustment),
    (ActName.PAY_REFUND, pay_refund),
    (ActName.PAY_REFUND, pay_refund_of_money),
    (ActName.RETURN_PAYMENT, return_payment),
    (ActName.CANCEL_REFUND, cancel_refund),
]
IDS = [case.__name__ for _, case in CASES]


def standing(record: Any) -> tuple[Any, ...]:
    """What an act on the record changes: its state, and what is open of it."""
    record.refresh_from_db()
    names = ("status", "reversed_on", "balance_due", "open_credit", "on_account")
    kept = [getattr(record, name) for name in names if hasattr(record, name)]
    return *kept, Refund.objects.count(), Adjustment.objects.count()


def subject_of(change: Change) -> Any:
    """The record of billing that a row of the outbox is about."""
    models_of = apps.get_app_config("billing").get_models()
    model = next(each for each in models_of if getattr(each, "kind", None) == change.kind)
    return model._base_manager.get(pk=change.subject_id)


def test_every_limited_act_is_tried_here() -> None:
    assert {*(act for act, _ in CASES), ActName.AMEND_INVOICE} == set(LIMITED)


@pytest.mark.variants(keep=4)
@pytest.mark.parametrize(("act", "case"), CASES, ids=IDS)
def test_above_the_limit_an_act_waits_for_a_second_person_who_does_it(
    act: ActName, case: Case, people: People, company: Company
) -> None:
    limit(company, act, Decimal("99.99"))
    record, do = case(company)
    before, changes = standing(record), Change.objects.count()
    newest = Change.objects.latest("pk").pk
    request = ask_for(people.fay, lambda: do(record))
    assert (standing(record), Change.objects.count()) == (before, changes)
    assert (request.amount, request.limit, request.act) == (100, Decimal("99.99"), act)

    with pytest.raises(ValidationError, match="a second person has to decide"):
        actions.approve(request, people.fay)
    with pytest.raises(ValidationError, match="may not"):
        actions.approve(request, people.vera)
    assert (standing(record), request.state) == (before, "waiting")

    with made_by(people.gus.pk):
        actions.approve(request, people.gus)
    assert standing(record) != before
    request.refresh_from_db()
    assert (request.state, request.decided_by) == ("approved", people.gus)
    made = Change.objects.filter(pk__gt=newest)
    assert {each.user_id for each in made} == {people.fay.pk}
    for each in made:
        assert subject_of(each).history.first().history_user == people.fay


@pytest.mark.variants(keep=4)
@pytest.mark.parametrize(("act", "case"), CASES, ids=IDS)
def test_up_to_the_limit_an_act_is_done_alone(
    act: ActName, case: Case, people: People, company: Company
) -> None:
    limit(company, act, 100)
    record, do = case(company)
    before = standing(record)
    with made_by(people.fay.pk):
        do(record)
    assert standing(record) != before


def test_approving_names_the_second_person_in_the_history_of_what_was_issued(
    people: People, company: Company
) -> None:
    draft, request = issue_request(people, company)
    actions.approve(request, people.gus)
    newest = Invoice.objects.get(pk=draft.pk).history.first()
    assert (newest.history_user, newest.history_change_reason) == (people.fay, "Approved by Gus")


def test_what_is_asked_for_takes_no_number(people: People, company: Company) -> None:
    draft, request = issue_request(people, company)
    assert not NumberSeries.objects.filter(company=company, last_number__gt=0).exists()
    small = make_invoice(company=company)
    assert small.number == "INV-2026-00001"
    actions.approve(request, people.gus)
    draft.refresh_from_db()
    assert draft.number == "INV-2026-00002"


def test_a_draft_that_changed_since_is_not_issued_by_an_old_request(
    people: People, company: Company
) -> None:
    draft, request = issue_request(people, company)
    line = draft.lines.get()
    line.description = "Something else"  # neither a sum nor a revision changes
    line.save()
    with pytest.raises(ValidationError, match="has changed since"):
        actions.approve(request, people.gus)
    draft.refresh_from_db()
    assert draft.is_draft


def test_the_same_is_asked_for_once_and_again_after_it_was_refused(
    people: People, company: Company
) -> None:
    draft, request = issue_request(people, company)
    with made_by(people.gus.pk), pytest.raises(ValidationError, match="asked already"):
        actions.ask(refused_act(people.gus, lambda: actions.issue(draft)))
    with pytest.raises(ValidationError, match="Give a reason"):
        actions.refuse(request, people.gus, reason=" ")
    actions.refuse(request, people.gus, reason="Wrong customer")
    draft.refresh_from_db()
    assert (draft.status, request.decision_reason) == ("draft", "Wrong customer")
    assert ask_for(people.fay, lambda: actions.issue(draft)).state == "waiting"


def test_only_the_asker_withdraws_and_a_decision_is_final(people: People, company: Company) -> None:
    _, request = issue_request(people, company)
    with pytest.raises(ValidationError, match="Only whoever asked"):
        actions.withdraw(request, people.gus)
    actions.withdraw(request, people.fay)
    with pytest.raises(ValidationError, match="withdrawn already"):
        actions.approve(request, people.gus)
    request.state = Approval.State.WAITING
    with pytest.raises(Frozen, match="decided already"):
        request.save()
    with pytest.raises(Frozen, match="never deleted"):
        request.delete()


def test_the_database_itself_refuses_ones_own_approval(people: People, company: Company) -> None:
    _, request = issue_request(people, company)
    request.state, request.decided_by = Approval.State.APPROVED, people.fay
    with pytest.raises(IntegrityError), transaction.atomic():
        request.save()
    request.decided_by = None
    with pytest.raises(IntegrityError), transaction.atomic():
        request.save()


def test_an_asker_who_lost_the_right_since_gets_nothing(people: People, company: Company) -> None:
    draft, request = issue_request(people, company)
    people.fay.groups.clear()
    request = Approval.objects.get(pk=request.pk)
    with pytest.raises(ValidationError, match="Fay may not issue invoices"):
        actions.approve(request, people.gus)
    draft.refresh_from_db()
    assert draft.is_draft


def test_a_closed_month_refuses_what_was_asked_for_before_it_closed(
    people: People, company: Company
) -> None:
    _, request = issue_request(people, company)
    actions.set_closing_date(company, date(2026, 3, 31), reason="March filed")
    with pytest.raises(ValidationError, match="closed up to 31 March 2026"):
        actions.approve(request, people.gus)
    request.refresh_from_db()
    assert request.is_waiting


def test_an_import_brings_what_is_above_the_limit_as_a_draft(
    people: People, company: Company
) -> None:
    limit(company, ActName.ISSUE_INVOICE, 99)
    line = DraftLine(description="Lamp", quantity=Decimal(1), unit_price=Decimal(100))
    customer = make_customer(company)

    def document(issued: bool) -> DraftDocument:
        return DraftDocument(
            customer=customer, issue_date=date(2026, 3, 2), lines=[line], issued=issued
        )

    with made_by(people.fay.pk):
        with pytest.raises(ValidationError, match="is above your limit"):
            create_documents([document(issued=True)])
        assert len(create_documents([document(issued=False)])) == 1


def test_an_amendment_above_the_limit_is_refused(people: People, company: Company) -> None:
    invoice = make_invoice(company=company)
    limit(company, ActName.AMEND_INVOICE, 50)
    lines = [DraftLine(description="Lamp", quantity=Decimal(1), unit_price=Decimal(10))]
    with made_by(people.fay.pk), pytest.raises(ValidationError, match="is above your limit"):
        actions.amend_invoice(invoice, lines=lines, reason="Wrong price")
    assert Invoice.objects.get(pk=invoice.pk).total == 100


def test_cancelling_is_one_act_whatever_the_limit_of_un_applying(
    people: People, company: Company
) -> None:
    limit(company, ActName.UN_APPLY, 0)
    payment = make_payment(invoice=make_invoice(company=company))
    with made_by(people.fay.pk):
        actions.cancel_payment(payment, reason="Typed wrong", on=MARCH_20)
    assert not payment.is_received


def test_what_was_done_in_a_ledger_knows_no_limit(people: People, company: Company) -> None:
    limit(company, ActName.VOID_INVOICE, 0)
    invoice = make_invoice(company=company)
    with made_by(people.fay.pk, origin="connection:1"):
        actions.void(invoice, reason="Voided there", on=MARCH_20)
    assert invoice.status == "void"


def test_whoever_has_no_role_has_the_strictest_limit(people: People, company: Company) -> None:
    assert limit_of(people.sue.pk, ActName.ISSUE_INVOICE, company) is None
    limit(company, ActName.ISSUE_INVOICE, 500)
    assert limit_of(people.sue.pk, ActName.ISSUE_INVOICE, company) == 500
    assert limit_of(people.fay.pk, ActName.ISSUE_INVOICE, company) == 500
    models.QuerySet(ActLimit).update(amount=None)
    assert limit_of(people.fay.pk, ActName.ISSUE_INVOICE, company) is None


def test_a_limit_for_a_role_that_may_not_do_it_at_all_is_refused(company: Company) -> None:
    for act in LIMITED:
        for role in RoleName:
            row = ActLimit(company=company, act=act, role=role, amount=Decimal(1))
            if role in ACTS[act].roles:
                row.full_clean()
            else:
                with pytest.raises(ValidationError, match="at all"):
                    row.full_clean()


def test_a_deduction_above_the_limit_receives_no_money_and_is_approved_by_itself(
    people: People, company: Company
) -> None:
    limit(company, ActName.DEDUCT, 2)
    invoice = make_invoice(company=company)
    charge = actions.Deducted(
        invoice=invoice, role="bank_charge", amount=Decimal(3), reason="Kept by the bank"
    )

    def receive() -> object:
        return actions.receive_payment(
            customer=invoice.customer,
            amount=Decimal(97),
            date=MARCH_20,
            apply=[(invoice, Decimal(97))],
            deductions=[charge],
        )

    request = ask_for(people.fay, receive)
    assert not Adjustment.objects.exists()
    assert not invoice.allocations.exists()
    actions.approve(request, people.gus)
    invoice.refresh_from_db()
    assert (invoice.written_off, invoice.paid, invoice.balance_due) == (3, 0, 97)


def test_an_approved_refund_is_what_was_asked_for(people: People, company: Company) -> None:
    limit(company, ActName.PAY_REFUND, 99)
    note, do = pay_refund(company)
    actions.approve(ask_for(people.fay, lambda: do(note)), people.gus)
    refund = Refund.objects.get()
    assert (refund.amount, refund.fee, refund.date) == (98, 2, MARCH_20)
    assert (refund.why, refund.reason) == ("refund", "Sent back")
    note.refresh_from_db()
    assert note.open_credit == 2


def test_an_approved_chargeback_is_one(people: People, company: Company) -> None:
    limit(company, ActName.RETURN_PAYMENT, 99)
    payment, do = return_payment(company)
    actions.approve(ask_for(people.fay, lambda: do(payment)), people.gus)
    refund = Refund.objects.get()
    assert (refund.why, refund.fee, refund.method) == ("chargeback", 15, payment.method)


def test_what_was_refunded_meanwhile_is_not_refunded_again_by_an_old_request(
    people: People, company: Company
) -> None:
    limit(company, ActName.PAY_REFUND, 99)
    note, do = pay_refund(company)
    request = ask_for(people.fay, lambda: do(note))
    actions.pay_refund(
        note, amount=Decimal(40), on=MARCH_20, method=make_method(company), reason="By cheque"
    )
    with pytest.raises(ValidationError, match=r"Only 60\.00 GBP"):
        actions.approve(request, people.gus)
    assert Refund.objects.count() == 1

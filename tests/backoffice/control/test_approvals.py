"""Limits, approvals and series on the screens; the table of acts, cell by cell."""

import csv
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from apps.alerts.models import AlertRule
from apps.backoffice.frame import permissions
from apps.billing.models import ActLimit, Approval
from apps.exchange.models import ImportProfile
from apps.staff.access import add_member
from apps.staff.acts import ACTS, ActName, RoleName
from apps.staff.models import User
from apps.triggers.api.keys import make_service_key
from apps.triggers.models import ApiKey, Endpoint, Scope
from tests.all_rights import make_almighty
from tests.backoffice.documents.test_acts import page
from tests.backoffice.people import FAY, NAMES, PASSWORD
from tests.backoffice.world import WholeWorld, World

Browse = Callable[[str], Client]


@pytest.fixture
def gus(people: dict[str, User]) -> User:
    people["Gus"] = add_member("gus@example.com", FAY, PASSWORD, name="Gus")
    return people["Gus"]


# --- the table of acts, cell by cell -------------------------------------------------------------


def waiting_key(world: WholeWorld) -> ApiKey:
    """Of a service that works on the books, made by Ada."""
    ada = User.objects.get(name="Ada")
    made = make_service_key(ada, name="Shop", role=RoleName.CLERK, companies=[world.company],
                            scopes=[Scope.READ])  # fmt: skip
    return made.key


def doors(world: WholeWorld) -> dict[ActName, tuple[str, dict[str, Any]]]:
    """Where each act is asked for: the address, and a form that is sent there."""
    dated = {"on": "2026-11-21", "reason": "Because"}
    return {
        ActName.ISSUE_INVOICE: (page(world.draft, "issue"), {}),
        ActName.CREDIT_INVOICE: (page(world.invoice, "credit"), dated),
        ActName.ISSUE_CREDIT_NOTE: (page(world.note, "issue"), {}),
        ActName.VOID_INVOICE: (page(world.open_invoice, "void"), dated),
        ActName.VOID_CREDIT_NOTE: (page(world.note, "void"), dated),
        ActName.CHANGE_OPEN_FIELDS: (page(world.invoice, "change-open-fields"), {}),
        ActName.RECEIVE_PAYMENT: (page(world.invoice.customer, "receive-payment"), {}),
        ActName.CANCEL_PAYMENT: (page(world.payment, "cancel"), dated),
        ActName.ALLOCATE: (page(world.note, "apply"), {}),
        ActName.UN_APPLY: (page(world.allocation, "un-apply"), dated),
        ActName.SET_CLOSING_DATE: (page(world.company, "closing-date"), {"reason": "x"}),
        ActName.TAKE_ARCHIVE: (page(world.company, "archive"), {}),
        ActName.TAKE_HELD: (page(world.invoice.customer, "held"), {}),
        ActName.ASK_ERASURE: (page(world.invoice.customer, "ask-erasure"), {"reason": "x"}),
        ActName.ERASE_CUSTOMER: (page(world.invoice.customer, "erase"), {}),
        ActName.SCHEDULE: (page(world.company, "schedule"), {}),
        ActName.SKIP_NUMBERS: (page(series(world), "skip-numbers"), {}),
        ActName.APPROVE: (page(world.approval, "approve"), {}),
        ActName.SET_ALERTS: (page(AlertRule.objects.get()), {}),
        ActName.SET_LIMITS: (page(ActLimit.objects.get()), {"amount": "1"}),
        ActName.CHANGE_MAPPINGS: (page(world.connection, "map"), {}),
        ActName.GO_LIVE: (page(world.connection, "go-live"), {}),
        ActName.CONNECT: (page(world.connection, "connect-again"), {}),
        ActName.PAUSE: (page(world.connection, "pause"), {}),
        ActName.DISCONNECT: (page(world.connection, "disconnect"), {}),
        ActName.UNDO_RUN: (page(world.run, "undo"), {"reason": "x"}),
        ActName.SEND_TEST_INVOICE: (page(world.connection, "test-invoice"), {}),
        ActName.SEND_FIRST: (page(world.connection, "first-of-its-kind"), {}),
        ActName.RETRY: (page(world.connection, "sync-now"), {}),
        ActName.DEDUCT: (page(world.open_invoice, "deduct"), dated),
        ActName.WRITE_OFF: (page(world.open_invoice, "write-off"), dated),
        ActName.CANCEL_ADJUSTMENT: (page(world.adjustment, "cancel"), dated),
        ActName.HOLD_RETAINER: (page(world.waiting, "hold-retainer"), dated),
        ActName.PAY_REFUND: (page(world.note, "refund"), dated),
        ActName.RETURN_PAYMENT: (page(world.payment, "return"), dated),
        ActName.CANCEL_REFUND: (page(world.refund, "cancel"), dated),
        ActName.MAKE_DEPOSIT: (reverse("admin:billing_deposit_make"), {}),
        ActName.MERGE: (page(world.invoice.customer, "merge"), {"reason": "x"}),
        ActName.UNDO_DEPOSIT: (page(world.deposit, "undo"), dated),
        ActName.CHANGE_TAX_RATES: (page(world.rate, "follow"), {}),
        ActName.CHANGE_EXCHANGE_RATES: (page(world.dollar), {"rate": "0.80"}),
        ActName.CHANGE_LAYOUTS: (page(world.records[ImportProfile], "change-layout"), {}),
        ActName.SEND_BY_EMAIL: (page(world.invoice, "send-by-email"), {}),
        ActName.COMPARE: (page(world.connection, "compare"), {}),
        ActName.ANSWER_QUESTION: (page(world.question, "answer"), {"answer": "right"}),
        ActName.REVIEW: (page(world.review_item, "take-on"), {}),
        ActName.SIGN_WEEK: (page(world.company, "sign-week"), {}),
        ActName.NOTE_EDIT: (page(world.edit, "note"), {"note": "x"}),
        ActName.SIGN_PROOF: (page(world.comparison, "sign"), {}),
        ActName.GIVE_ACCESS: (page(User.objects.get(email="vera@example.com")), {}),
        ActName.ADD_LISTENER: (page(world.records[Endpoint], "switch-off"), {"reason": "x"}),
        ActName.REPLAY_EVENT: (page(world.records[Endpoint], "test"), {}),
        ActName.MAKE_KEY: (reverse("admin:triggers_apikey_make"), {}),
        ActName.RELEASE_KEY: (page(waiting_key(world), "release"), {}),
        ActName.MAKE_SERVICE_KEY: (reverse("admin:triggers_apikey_make_service"), {}),
        ActName.MAKE_PACK: (page(world.company, "pack"), {}),
        ActName.VERIFY_TRAIL: (reverse("admin:trail_verification_verify"), {}),
    }


def series(world: World) -> Any:
    return world.company.series.get(kind="invoice")


# Asked for by a button on another record or by a company that allows it:
# tests/backoffice/frame/test_access.py asks the address of each of those.
ELSEWHERE = {ActName.DECIDE, ActName.RECREATE, ActName.AMEND_INVOICE}


@pytest.mark.parametrize("role", list(RoleName))
@pytest.mark.variants
def test_each_cell_of_the_table_of_acts_holds_on_the_screens(
    role: RoleName, whole: WholeWorld, people: dict[str, User], browse: Browse
) -> None:
    """Who may is let in; who may not is refused, and nothing is written."""
    client, opened = browse(NAMES[role]), doors(whole)
    wrong = []
    for act in ActName:
        may = role in ACTS[act].roles
        assert people[NAMES[role]].has_perm(act) == may, (role, act)
        if act in ELSEWHERE:
            continue
        address, form = opened[act]
        status = (
            client.post(address, form).status_code if not may else client.get(address).status_code
        )
        if (status != 403) != may:
            wrong.append((act, status))
    assert wrong == []
    assert {*opened} | ELSEWHERE == {*ActName}


def test_every_button_asks_for_an_act_of_the_table() -> None:
    """What else it asks for is Django's own, and what stands on no button is a form or a list's."""
    screens = admin.site._registry.values()
    asked = {act.permission for screen in screens for act in getattr(screen, "acts", ())}

    assert asked - {*ActName} == {
        permissions.CHANGE_PAYMENT_METHODS,
        permissions.SEE_SYNC_LOG,
        permissions.SEE_INVOICES,
        permissions.SEE_CREDIT_NOTES,
        permissions.SEE_PAYMENTS,
        permissions.SEE_ADJUSTMENTS,
        permissions.SEE_REFUNDS,
        permissions.SEE_DEPOSITS,
        permissions.SEE_COMPANIES,
        permissions.SEE_CLOSED_MONTHS,
        permissions.SEE_IMPORTS,
        permissions.IMPORT_FILES,
        permissions.SEE_PEOPLE,
        permissions.SEE_PACKS,
    }
    assert {*ActName} - asked == {
        ActName.CHANGE_EXCHANGE_RATES,
        ActName.MAKE_DEPOSIT,
        ActName.MAKE_SERVICE_KEY,
        ActName.VERIFY_TRAIL,
    }


@pytest.mark.slow
def test_what_needs_a_reason_is_refused_without_one(whole: WholeWorld, browse: Browse) -> None:
    fay, opened = browse("Fay"), doors(whole)
    for act, rule in ACTS.items():
        if not rule.reason or act in ELSEWHERE | {ActName.PAUSE}:  # paused is what is live alone
            continue
        address, form = opened[act]
        answer = fay.post(address, {**form, "reason": " ", "through": "50"})
        assert answer.status_code == 200, act
        assert "reason" in answer.context["form"].errors, act


# --- asking and approving ------------------------------------------------------------------------


def test_an_act_above_the_limit_waits_and_a_second_person_approves_it(
    world: World, people: dict[str, User], gus: User, browse: Browse
) -> None:
    ActLimit.objects.create(
        company=world.company, role="Accountant", act="billing.issue_invoice", amount=80
    )
    fay = browse("Fay")
    answer = fay.post(page(world.draft, "issue"), follow=True)
    [told] = [str(message) for message in answer.context["messages"]]
    assert "92.00 GBP is above your limit of 80.00 GBP to issue invoices" in told
    assert "nothing is posted until then" in told
    request = Approval.objects.get(act="billing.issue_invoice")
    assert (request.requested_by, request.invoice) == (people["Fay"], world.draft)
    shown = fay.get(page(request)).content.decode()
    assert "Withdraw" in shown
    assert page(request, "approve") not in shown

    own = fay.post(page(request, "approve"), follow=True)
    assert "a second person has to decide it" in own.content.decode()
    assert "To approve" in browse("Gus").get(reverse("admin:index")).content.decode()

    browse("Gus").post(page(request, "approve"))
    world.draft.refresh_from_db()
    assert (world.draft.status, world.draft.issued_by_id) == ("issued", people["Fay"].pk)
    assert not browse("Gus").get(page(request, "approve"), follow=True).context.get("act")


def test_the_selected_drafts_above_the_limit_are_asked_for(
    world: World, people: dict[str, User], browse: Browse
) -> None:
    ActLimit.objects.create(
        company=world.company, role="Accountant", act="billing.issue_invoice", amount=0
    )
    form = {"action": "issue_selected", "_selected_action": [world.draft.pk]}
    browse("Fay").post(reverse("admin:billing_invoice_changelist"), form)
    world.draft.refresh_from_db()
    assert world.draft.is_draft
    assert Approval.objects.filter(invoice=world.draft, state="waiting").count() == 1


def test_refusing_gives_a_reason_and_posts_nothing(world: World, gus: User, browse: Browse) -> None:
    browse("Gus").post(page(world.approval, "refuse"), {"reason": "It is right as it is"})
    world.approval.refresh_from_db()
    world.open_invoice.refresh_from_db()
    assert (world.approval.state, world.approval.decided_by) == ("refused", gus)
    assert world.open_invoice.is_issued


def test_limits_are_set_by_an_administrator_and_keep_their_history(
    world: World, people: dict[str, User], browse: Browse
) -> None:
    limit = ActLimit.objects.get()
    form = {"amount": "40"}  # lower: a higher one asks a second administrator (test_staff)
    assert browse("Fay").post(page(limit), form).status_code == 403
    assert browse("Ada").post(page(limit), form).status_code == 302
    limit.refresh_from_db()
    assert limit.amount == 40
    assert limit.history.first().history_user == people["Ada"]
    new = {"company": world.company.pk, "role": "Accountant", "act": "billing.issue_invoice"}
    browse("Ada").post(reverse("admin:billing_actlimit_add"), {**new, "amount": "500"})
    assert ActLimit.objects.get(act="billing.issue_invoice").amount == 500


# --- series --------------------------------------------------------------------------------------


def test_a_series_shows_its_proof_and_gives_it_as_csv(world: World, browse: Browse) -> None:
    fay = browse("Fay")
    assert "Complete: no number is missing" in fay.get(page(series(world))).content.decode()
    fay.post(page(series(world), "skip-numbers"), {"through": "4", "reason": "Printed pad"})
    shown = fay.get(page(series(world))).content.decode()
    assert "every missing number has its reason" in shown
    assert "Skipped: Printed pad (Fay, " in shown
    answer = browse("Vera").get(reverse("admin:billing_numberseries_csv"))
    rows = answer.content.decode("utf-8-sig").splitlines()
    assert rows[0].startswith('"Company","Documents","Year","First","Last","Count","Void"')
    [invoices] = [row for row in rows if "INV-" in row]
    cells = next(csv.reader([invoices]))
    assert cells[:7] == [
        *("Thornfield Trading Ltd", "Invoices", "2026", "INV-2026-00001", "INV-2026-00002"),
        *("2", "0"),
    ]
    assert cells[7:10] == ["INV-2026-00003", "INV-2026-00004", "2"]
    assert cells[10].startswith("Skipped: Printed pad (Fay")
    assert browse("Otto").get(reverse("admin:billing_numberseries_csv")).status_code == 403


# --- history -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_history_is_changed_by_nobody_not_even_by_who_may_do_everything(
    world: World, people: dict[str, User], browse: Browse
) -> None:
    people["Sue"] = make_almighty("sue@example.com", PASSWORD)
    for name in [*NAMES.values(), "Sue"]:
        client = browse(name)
        for record in (world.open_invoice, world.payment, world.company, world.connection):
            past = record.history.first()
            meta = type(record)._meta
            address = reverse(
                f"admin:{meta.app_label}_{meta.model_name}_simple_history",
                args=[record.pk, past.pk],
            )
            before = json.dumps(record.history.values().first(), default=str)
            assert client.post(address, {"number": "X"}).status_code == 403
            shown = client.get(address).content.decode()
            assert 'name="_save"' not in shown
            assert json.dumps(record.history.values().first(), default=str) == before

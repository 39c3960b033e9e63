"""Undoing a run on its page: the plan, who may, the reason, and what became of it."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.staff.access import add_member, set_up_roles
from apps.staff.roles import RoleName
from apps.sync.models import Undo
from tests.backoffice.desk import Desk
from tests.books import Books
from tests.factories import make_invoice
from tests.sync.theirs import pay_there
from tests.sync.undo.test_undo import mixed, sent

pytestmark = pytest.mark.django_db


def signed_in(role: RoleName) -> Client:
    client = Desk()
    client.force_login(
        add_member(
            f"{role.value.lower()}@example.org",
            role,
            "a-long-enough-password-1",
            name=role.value,
            every_company=True,
        )
    )
    return client


def page(run: Any, act: str) -> str:
    return reverse(f"admin:sync_run_{act}", args=[run.pk])


def test_an_accountant_sees_the_plan_gives_a_reason_and_sees_what_became_of_it(
    books: Books,
) -> None:
    set_up_roles()
    before = books.trial_balance()
    mixed(books)
    settled = make_invoice(company=books.company)
    run = sent(books)
    pay_there(books, settled)
    books.run()
    for role in (RoleName.VIEWER, RoleName.CLERK, RoleName.ADMINISTRATOR):
        assert signed_in(role).get(page(run, "undo")).status_code == 403
    fay = signed_in(RoleName.ACCOUNTANT)

    with CaptureQueriesContext(connection) as asked:
        shown = fay.get(page(run, "undo")).content.decode()
    assert len(asked) <= 13, "however many records the run had written"  # with the first sign-in
    assert "Nothing is done yet" in shown
    assert f"Invoice {settled.number} is paid by" in shown
    assert not Undo.objects.exists(), "a look does nothing"
    refused = fay.post(page(run, "undo"), {"reason": " "})
    assert refused.status_code == 200
    assert not Undo.objects.exists(), "nothing without a reason"

    done = fay.post(page(run, "undo"), {"reason": "Sent to the wrong books"}, follow=True)
    assert "10 records will be taken back in QuickBooks" in done.content.decode()
    books.run()

    became = fay.get(page(run, "change")).content.decode()
    assert "Reason: Sent to the wrong books" in became
    assert "Taken back" in became
    assert f"Invoice {settled.number} is paid by" in became
    undo = Undo.objects.get()
    assert (undo.reason, undo.asked_by.name) == ("Sent to the wrong books", "Accountant")
    # What was paid there stays, and moves nothing that is still owed.
    after = books.trial_balance()
    moved = {after.get(name, 0) - before.get(name, 0) for name in before.keys() | after.keys()}
    assert moved - {0} == {settled.total, -settled.total}

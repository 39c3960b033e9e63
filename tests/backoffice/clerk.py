"""A person at a desk in a process of their own: `python -m tests.backoffice.clerk`.

Takes one command a line as JSON, `[name, what it needs …]`, and answers each with a line of JSON.
"""

import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

Posted = tuple[str, dict[str, Any]]


def _payment(whole: Any, at: Any) -> list[Posted]:
    return [at.receive(whole)] * 2


def _deduction(whole: Any, at: Any) -> list[Posted]:
    return [at.deduct(whole)] * 2


def _bad_debt(whole: Any, at: Any) -> list[Posted]:
    return [at.write_off(whole)] * 2


def _refund(whole: Any, at: Any) -> list[Posted]:
    return [at.refund(whole)] * 2


def _refund_of_a_credit(whole: Any, at: Any) -> list[Posted]:
    from tests.factories import make_paid_credit_note

    note = make_paid_credit_note(whole.company)
    _, form = at.refund(whole)
    return [(at.page(note, "refund"), form)] * 2


def _surplus(whole: Any, at: Any) -> list[Posted]:
    form = {"amount": "0.02", "on": "2026-11-20", "reason": "Pennies over"}
    return [(at.page(whole.waiting, "take-surplus"), form)] * 2


def _retainer_held(whole: Any, at: Any) -> list[Posted]:
    return [at.hold_retainer(whole)] * 2


def _retainer_used(whole: Any, at: Any) -> list[Posted]:
    from apps.billing import actions
    from tests.factories import make_invoice

    actions.hold_as_retainer(whole.waiting, amount=Decimal(20), on=date(2026, 11, 18))
    billed = make_invoice(customer=whole.waiting.customer, issue_date=date(2026, 11, 18))
    return [(at.page(billed, "use-retainer"), {"amount": "5", "on": "2026-11-20"})] * 2


def _bank_deposit(whole: Any, at: Any) -> list[Posted]:
    from tests.factories import make_payment

    address, form = at.make_deposit(whole)
    more = make_payment(customer=whole.waiting.customer, amount="60.00", method=whole.card)
    return [(address, {**form, "reference": "po_7", "payments": [str(each.pk)]})
            for each in (whole.waiting, more)]  # fmt: skip


def _twin_drafts(whole: Any) -> list[Any]:
    from tests.factories import make_invoice

    customer = whole.draft.customer
    return [make_invoice(issued=False, customer=customer, lines=[("Box", 1, 7)]) for _ in "ab"]


def _invoice(whole: Any, at: Any) -> list[Posted]:
    return [(at.page(each, "issue"), {}) for each in _twin_drafts(whole)]


def _invoice_from_the_list(whole: Any, at: Any) -> list[Posted]:
    from django.urls import reverse

    address = reverse("admin:billing_invoice_changelist")
    return [(address, {"action": "issue_selected", "_selected_action": [str(each.pk)]})
            for each in _twin_drafts(whole)]  # fmt: skip


def _credit_note(whole: Any, at: Any) -> list[Posted]:
    from apps.billing import actions
    from tests.factories import make_invoice

    billed = make_invoice(customer=whole.draft.customer)
    part = [actions.Part(line=billed.lines.get(), quantity=1)]
    notes = [actions.credit_invoice(billed, reason="Back", on=billed.issue_date, lines=part)
             for _ in "ab"]  # fmt: skip
    return [(at.page(each, "issue"), {}) for each in notes]


# Two forms of two people that book the same: of each form that posts money or a document.
TWINS: dict[str, Callable[[Any, Any], list[Posted]]] = {
    "payment": _payment,
    "deduction": _deduction,
    "bad debt": _bad_debt,
    "surplus": _surplus,
    "refund": _refund,
    "refund of a credit": _refund_of_a_credit,
    "retainer held": _retainer_held,
    "retainer used": _retainer_used,
    "bank deposit": _bank_deposit,
    "invoice": _invoice,
    "invoice from the list": _invoice_from_the_list,
    "credit note": _credit_note,
}


def _draft(whole: Any, at: Any) -> str:
    return str(at.page(whole.draft))


def _open_fields(whole: Any, at: Any) -> str:
    return str(at.page(whole.open_invoice, "change-open-fields"))


# What two people have open before either saves.
EDITED: dict[str, Callable[[Any, Any], str]] = {"draft": _draft, "open fields": _open_fields}


class Clerk:
    """Signed in as an accountant; keeps the form that was opened until it is sent."""

    def __init__(self) -> None:
        self.form: tuple[str, dict[str, Any]] = ("", {})
        self.desk: Any = None

    def use(self, file: str) -> str:
        """Another SQLite database than the one of the environment."""
        from django.db import connection

        connection.settings_dict["NAME"] = file
        return "used"

    def prepare(self, kind: str, what: str) -> dict[str, Any]:
        from apps.staff.models import User
        from tests.backoffice.frame import test_posted_once as at
        from tests.backoffice.people import make_people
        from tests.backoffice.world import WholeWorld

        make_people()
        whole = WholeWorld(User.objects.get(name="Fay"))
        if kind == "twins":
            posts = TWINS[what](whole, at)
        elif kind == "edited":
            posts = [(EDITED[what](whole, at), {})]
        else:
            posts = [getattr(at, what)(whole)]  # one of its POSTS, by name
        return {"company": whole.company.pk, "posts": posts}

    def open(self, address: str, form: dict[str, Any]) -> dict[str, Any]:
        """What the form carries unseen, such as its key."""
        from apps.staff.models import User
        from tests.backoffice.desk import Desk

        self.desk = Desk()
        self.desk.force_login(User.objects.get(name="Fay"))
        unseen = {} if {"one_time_key"} & {*form} else self.desk.opened(address)
        self.form = (address, {**unseen, **form})
        return unseen

    def fill(self, address: str, typed: dict[str, Any]) -> dict[str, Any]:
        """A form as the page filled it in, with what is typed over it."""
        from tests.backoffice.frame.test_saves_kept import filled

        self.open(address, {})
        self.form = (address, {**filled(self.desk, address), **typed})
        return typed

    def send(self) -> dict[str, Any]:
        from tests.backoffice.frame.test_asked_first import asked

        address, form = self.form
        answer = self.desk.post(address, form)
        sentences = asked(answer) if answer.status_code == 200 else []
        return {"status": answer.status_code, "asked": sentences}

    def confirm(self, sentence: str) -> str:
        """Tick what was asked, in the same form: it was shown again, its key unused."""
        from apps.backoffice.frame.asking import key_of

        address, form = self.form
        self.form = (address, {**form, "sure": [key_of(sentence)]})
        return sentence

    def booked(self) -> list[int]:
        """How many of each kind stand, and of documents how many are issued."""
        from apps.billing.models import CreditNote, Invoice
        from tests.backoffice.frame.test_posted_once import booked

        issued = [model.objects.filter(status="issued").count() for model in (Invoice, CreditNote)]
        return [*booked(), *issued]

    def messages(self) -> list[str]:
        from apps.billing.models import Invoice

        return list(Invoice.objects.exclude(message="").values_list("message", flat=True))


def main() -> None:
    import time_machine
    from django.contrib.contenttypes.models import ContentType
    from django.db import connection

    clerk = Clerk()
    with time_machine.travel(datetime(2026, 11, 28, 12, tzinfo=UTC)):
        for line in sys.stdin:
            name, *needs = json.loads(line)
            ContentType.objects.clear_cache()  # another test's database gave them other ids
            answer = getattr(clerk, name)(*needs)
            connection.close()
            print(json.dumps(answer), flush=True)  # noqa: T201 - read by the test


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django
    from django.conf import settings
    from django.test.utils import setup_test_environment

    django.setup()
    setup_test_environment()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    main()

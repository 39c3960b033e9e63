"""Processes that act on the books at once: `python -m tests.billing.child`.

It has everything loaded, and reads a line `{"books": address, "acts": [[act, id …] …]}`: for each act it
forks a process, lets them go together, and prints a line with what came of each, as JSON.
"""

import json
import os
import sys
import traceback
from datetime import date
from decimal import Decimal
from typing import Any


def prepare(count: int) -> dict[str, Any]:
    from tests.factories import make_customer, make_invoice, make_payment

    customer = make_customer()
    return {
        "drafts": [make_invoice(customer=customer, issued=False).pk for _ in range(count)],
        "invoice": make_invoice(customer=customer, on_number="A1").pk,
        "payment": make_payment(customer=customer, amount=100).pk,
    }


def issue_all(*drafts: int) -> dict[str, Any]:
    from django.core.exceptions import ValidationError

    from apps.billing.actions import issue
    from apps.billing.models import Invoice

    issued: list[str | None] = []
    refused: list[str] = []
    for draft in Invoice.objects.in_bulk(drafts).values():
        try:
            issue(draft)
            issued.append(draft.number)
        except ValidationError as error:
            refused += error.messages
    return {"issued": issued, "refused": refused}


def issue_with_rollbacks(*drafts: int) -> dict[str, Any]:
    """Issue each draft, but every third attempt breaks off after the number was taken."""
    from django.db import transaction

    from apps.billing.actions import issue
    from apps.billing.models import Invoice

    class BrokenOffError(Exception):
        pass

    issued, broken = list[str | None](), 0
    for place, draft in enumerate(drafts):
        if place % 3 == 0:
            try:
                with transaction.atomic():
                    issue(Invoice.objects.get(pk=draft))
                    raise BrokenOffError
            except BrokenOffError:
                broken += 1
        invoice = Invoice.objects.get(pk=draft)
        issue(invoice)
        issued.append(invoice.number)
    return {"issued": issued, "broken": broken}


def report(*_: int) -> dict[str, Any]:
    from apps.billing.models import NumberSeries
    from apps.billing.sums.series_report import report_on

    found = report_on(NumberSeries.objects.get(kind="invoice", year=2026))
    return {"first": found.first, "last": found.last, "count": found.count, "gaps": len(found.gaps)}


def apply_tens(payment_id: int, invoice_id: int) -> dict[str, Any]:
    from django.core.exceptions import ValidationError

    from apps.billing.actions import allocate
    from apps.billing.models import Invoice, Payment

    payment, invoice = Payment.objects.get(pk=payment_id), Invoice.objects.get(pk=invoice_id)
    applied, refused = 0, list[str]()
    for _ in range(10):
        try:
            allocate(payment, invoice, Decimal(10), on=date(2026, 3, 16))
            applied += 1
        except ValidationError as error:
            refused += error.messages
    return {"applied": applied, "refused": refused}


def look(payment_id: int, invoice_id: int) -> dict[str, Any]:
    from apps.billing.models import Allocation, Change, Invoice, Payment

    payment, invoice = Payment.objects.get(pk=payment_id), Invoice.objects.get(pk=invoice_id)
    return {
        "applied": f"{payment.applied:.0f}",
        "paid": f"{invoice.paid:.0f}",
        "allocations": Allocation.objects.count(),
        "changes": Change.objects.filter(kind="allocation").count(),
        "numbers": sorted(
            Invoice.objects.filter(status="issued", number_given=False).values_list(
                "number", flat=True
            )
        ),
    }


def prepare_money(*_: int) -> dict[str, Any]:
    from apps.billing.models import BankAccount
    from tests.factories import make_customer, make_method, make_paid_credit_note, make_payment

    customer = make_customer()
    account = BankAccount.objects.create(company=customer.company, name="Bank", currency="GBP")
    method = make_method(customer.company, bank_account=account)
    return {
        "note": make_paid_credit_note(customer.company).pk,
        "payment": make_payment(customer=customer, method=method).pk,
        "method": method.pk,
        "account": account.pk,
    }


def refund_thirties(note_id: int, method_id: int) -> dict[str, Any]:
    from django.core.exceptions import ValidationError

    from apps.billing.actions import pay_refund
    from apps.billing.models import CreditNote, PaymentMethod

    note, method = CreditNote.objects.get(pk=note_id), PaymentMethod.objects.get(pk=method_id)
    refunded, refused = 0, list[str]()
    for _ in range(3):
        try:
            pay_refund(
                note, amount=Decimal(30), on=date(2026, 3, 20), method=method, reason="Sent back"
            )
            refunded += 1
        except ValidationError as error:
            refused += error.messages
    return {"refunded": refunded, "refused": refused}


def deposit(account_id: int, payment_id: int) -> dict[str, Any]:
    from django.core.exceptions import ValidationError

    from apps.billing.actions import make_deposit
    from apps.billing.models import BankAccount, Payment

    account = BankAccount.objects.get(pk=account_id)
    payment = Payment.objects.get(pk=payment_id)
    try:
        made = make_deposit(account, date=date(2026, 3, 20), payments=[payment])
    except ValidationError as error:
        return {"made": None, "refused": error.messages}
    return {"made": f"{made.total:.2f}", "refused": []}


def cancel(payment_id: int) -> dict[str, Any]:
    from django.core.exceptions import ValidationError

    from apps.billing.actions import cancel_payment
    from apps.billing.models import Payment

    try:
        cancel_payment(
            Payment.objects.get(pk=payment_id), reason="Typed twice", on=date(2026, 3, 20)
        )
    except ValidationError as error:
        return {"cancelled": False, "refused": error.messages}
    return {"cancelled": True, "refused": []}


def look_at_money(note_id: int, payment_id: int) -> dict[str, Any]:
    from apps.billing.models import CreditNote, DepositLine, Payment, Refund

    return {
        "open_credit": f"{CreditNote.objects.get(pk=note_id).open_credit:.2f}",
        "refunds": Refund.objects.count(),
        "standing": DepositLine.objects.filter(standing=True).count(),
        "payment": Payment.objects.get(pk=payment_id).status,
    }


ACTS = {
    "prepare": prepare,
    "issue": issue_all,
    "issue_with_rollbacks": issue_with_rollbacks,
    "report": report,
    "apply": apply_tens,
    "look": look,
    "prepare_money": prepare_money,
    "refund": refund_thirties,
    "deposit": deposit,
    "cancel": cancel,
    "look_at_money": look_at_money,
}


def act_at_once(address: str, acts: list[list[Any]]) -> list[Any]:
    """What each came to. Raises RuntimeError where one of them broke."""
    may_go, hold = os.pipe()
    told = []
    for act, *ids in acts:
        reader, writer = os.pipe()
        if os.fork() == 0:
            os.close(hold)
            _act_and_end(address, ACTS[act], ids, may_go, writer)
        os.close(writer)
        told.append(reader)
    os.close(hold)
    answers = [os.fdopen(each).read() for each in told]
    ended = [os.waitstatus_to_exitcode(os.wait()[1]) for _ in acts]
    os.close(may_go)
    if any(ended):
        raise RuntimeError(f"they ended with {ended}")
    return [json.loads(each) for each in answers]


def _act_and_end(address: str, act: Any, ids: list[int], may_go: int, writer: int) -> None:
    """In the forked process, which must never go on as its parent does."""
    from django.conf import settings
    from django.db import connections

    code = 1
    try:
        if address.startswith("sqlite:///"):
            name = address.removeprefix("sqlite:///")
            settings.DATABASES["default"]["NAME"] = name
            connections["default"].settings_dict["NAME"] = name
        os.read(may_go, 1)  # ends when all have let go of the other end
        with os.fdopen(writer, "w") as answer:
            json.dump(act(*ids), answer)
        code = 0
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    import tests.factories  # noqa: F401 - loaded once, for all that are forked

    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(act_at_once(asked["books"], asked["acts"])), flush=True)  # noqa: T201

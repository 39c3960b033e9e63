"""What the page of one record asks of the database: at most twelve questions, however much hangs on
it."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, models
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.billing.models import (
    Allocation,
    CompanyMember,
    CreditNoteLine,
    Deposit,
    DepositLine,
    Invoice,
    InvoiceLine,
)
from apps.exchange.models import MailedPrint, ScheduledExport
from apps.reconciliation.models import ClosedMonth, Difference, Question
from apps.staff.models import User
from apps.sync.models import Attempt, CustomerMerge, RemoteRecord, SyncRecord, packed
from tests.backoffice.world import WholeWorld
from tests.factories import make_invoice, make_payment

Browse = Callable[[str], Client]

MOST, KB = 12, 200
WITHOUT_TIMELINE = (ClosedMonth, CustomerMerge, Difference, Question, ScheduledExport)
MANY = 300


def pages(whole: WholeWorld) -> Iterator[tuple[str, str]]:
    """(what it is, address) of each kind of page, of its history and of its timeline."""
    deposit = whole.records[Deposit]
    for name, record in (
        ("draft", whole.draft),
        ("paid invoice", whole.invoice),
        ("open invoice", whole.open_invoice),
        ("credit note", whole.note),
        ("payment", whole.payment),
        ("customer", whole.draft.customer),
        ("item", whole.draft.lines.exclude(item=None).get().item),
        ("deposit", deposit),
        ("sync record", whole.record),
        *((model._meta.verbose_name, whole.records[model]) for model in WITHOUT_TIMELINE),
    ):
        of = f"admin:{record._meta.app_label}_{record._meta.model_name}"
        yield name, reverse(f"{of}_change", args=[record.pk])
        if type(record) not in WITHOUT_TIMELINE:
            yield f"history of the {name}", reverse(f"{of}_history", args=[record.pk])
            yield f"timeline of the {name}", reverse(f"{of}_timeline", args=[record.pk])


def asked(client: Client, address: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address)
    assert answer.status_code == 200
    assert len(answer.content) < KB * 1000, address
    return [each["sql"] for each in captured.captured_queries]


def counted(client: Client, whole: WholeWorld) -> dict[str, int]:
    found = {name: asked(client, address) for name, address in pages(whole)}
    over = {name: queries for name, queries in found.items() if len(queries) > MOST}
    assert not over, "\n".join(f"{name}: {each}" for name in over for each in over[name])
    return {name: len(queries) for name, queries in found.items()}


@pytest.fixture
def looks(
    people: dict[str, User],
    whole: WholeWorld,
    browse: Browse,
) -> list[Client]:
    """Ada, who sees every company, and Fay, who sees one."""
    User.objects.filter(pk=people["Fay"].pk).update(every_company=False)
    CompanyMember.objects.create(user=people["Fay"], company=whole.company)
    clients = [browse("Ada"), browse("Fay")]
    for _, address in pages(whole):
        clients[0].get(address)  # kinds of content are asked for once in a process
    return clients


@pytest.mark.slow
def test_the_page_of_a_record_asks_twelve_questions_and_no_more_of_one_on_which_much_hangs(
    whole: WholeWorld, looks: list[Client]
) -> None:
    mailed(whole)
    few = [counted(each, whole) for each in looks]
    much_hangs_on(whole)
    for client, before in zip(looks, few, strict=True):
        now = counted(client, whole)
        assert not {name: (before[name], now[name]) for name in now if now[name] > before[name]}


def mailed(whole: WholeWorld) -> None:
    """Some of them were sent by e-mail, so that their box shows."""
    for of in ({"invoice": whole.invoice}, {"payment": whole.payment}, {"credit_note": whole.note}):
        MailedPrint.objects.create(
            company=whole.company, to="bell@example.com", subject="Yours", text="Hello",
            file_name="a.pdf", sha256="0" * 64, state=MailedPrint.State.SENT,
            sent_by=User.objects.get(name="Fay"), **of,
        )  # fmt: skip


def much_hangs_on(whole: WholeWorld) -> None:
    """Three hundred lines, applied amounts and attempts; more invoices, payments, records of theirs."""
    for model, document in (
        (InvoiceLine, whole.draft),
        (InvoiceLine, whole.open_invoice),
        (InvoiceLine, whole.invoice),
        (CreditNoteLine, whole.note),
        (DepositLine, whole.records[Deposit]),
    ):
        copied(model, document.lines.order_by("-position").first(), MANY)
    copied(Allocation, whole.allocation, MANY)
    copied(Attempt, Attempt.objects.filter(sync_record=whole.record).first(), MANY)
    for record in (whole.invoice, whole.payment, whole.draft.customer):
        copied(record.history.model, record.history.latest(), MANY)
    copied(Allocation.history.model, whole.allocation.history.latest(), MANY)
    for record in SyncRecord.objects.all():
        theirs = [remote_of(record, number) for number in range(MANY // 10)]
        QuerySet(RemoteRecord).bulk_create(theirs)
    for _ in range(3):
        sold = make_invoice(customer=whole.draft.customer)
        make_payment(invoice=sold, amount=1)
        make_payment(customer=sold.customer, amount=2)
    assert Invoice.objects.get(pk=whole.draft.pk).lines.count() > MANY


def copied(model: type[models.Model], row: Any, times: int) -> None:
    """The row again and again, past what its own model refuses."""
    rows = []
    for number in range(times):
        values = {each.attname: getattr(row, each.attname) for each in row._meta.concrete_fields}
        values.pop(row._meta.pk.attname)
        if "public_id" in values:
            values["public_id"] = uuid4()
        if "position" in values:
            values["position"] = 10 + number
        if model is DepositLine:  # money lies in one deposit only
            values |= {"payment_id": None, "role": "bank_charge", "standing": True}
        rows.append(model(**values))
    QuerySet(model).bulk_create(rows)


def remote_of(record: SyncRecord, number: int) -> RemoteRecord:
    return RemoteRecord(
        connection=record.connection, kind="Invoice", remote_id=f"{record.pk}-{number}",
        of_kind=record.kind, sync_record=record, packed_raw=packed({"Id": "1"}),
        arrival=RemoteRecord.Arrival.APPLIED, read_at=timezone.now(),
    )  # fmt: skip

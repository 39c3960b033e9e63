"""No page of the work list shows a programmer's words: staff read sentences, names, days and amounts."""

import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.billing.models import Deposit, Invoice, Payment, Refund
from apps.mappings.models import RemoteCode
from apps.reconciliation.models import Difference, KeptComparison, Question, ReviewItem
from apps.sync.models import (
    SUBJECTS,
    Candidate,
    Conflict,
    CustomerMerge,
    Edit,
    Reason,
    RemoteRecord,
    State,
    SyncRecord,
)
from tests.backoffice.world import WholeWorld
from tests.factories import make_invoice

Browse = Callable[[str], Client]

# What is read by engineers alone, and is folded or named so.
APART = re.compile(r"<(script|style|details|pre|nav|select)\b.*?</\1>", re.S)
ICONS = re.compile(r"<span[^>]*material-symbols[^>]*>.*?</span>", re.S)
WRONG = {
    "a dotted path": re.compile(r"\b[a-z_]+(?:\.\d+)?\.[a-z]+_[a-z_]+\b|\b[a-z_]+\.\d+\.[a-z_]+\b"),
    "a name of code": re.compile(r"\b[a-z]+_[a-z_]+\b"),
    "a list or a mapping": re.compile(r"\[['\"\]{\[]|\{['\"]|': '"),
    "nothing, yes or no of Python": re.compile(r"\b(?:None|True|False)\b"),
    "a day of a database": re.compile(r"\b\d{4}-\d{2}-\d{2}\b"),
    "a word twice": re.compile(r"\b([A-Z][a-z]+) \1\b"),
}
MODELS = (SyncRecord, RemoteRecord, Conflict, Candidate, CustomerMerge, Question, Difference, Edit,
          ReviewItem, KeptComparison)  # fmt: skip
# Each field that may stand open between both sides, with values as they are kept.
FIELDS: dict[str, tuple[Any, Any]] = {
    "lines.1.net": ("50", "60.5"),
    "lines.2.tax_code_id": ("4", "5"),
    "lines.1.item_id": ("1", "2"),
    "lines.1.description": ("Lantern", None),
    "lines": ([{"description": "Lantern", "net": "50"}], []),
    "taxes.1.tax": ("8", "9"),
    "taxes": (
        [{"rate_id": "3", "tax": "8", "net": "50"}],
        [{"rate_id": "4", "tax": "9", "net": "50"}],
    ),
    "issue_date": ("2026-11-02", "2026-11-03"),
    "due_date": ("2026-12-24", None),
    "terms_id": ("3", "unknown"),
    "exchange_rate": ("1.25", "1.3"),
    "customer_id": ("7", "8"),
    "void": (False, True),
    "total": ("92", "93.5"),
}


def read(answer: Any) -> str:
    body = answer.content.decode()
    body = ICONS.sub(" ", APART.sub(" ", body))
    return " ".join(unescape(re.sub(r"<[^>]+>", "\n", body)).split(" "))


def wrong_in(text: str) -> list[str]:
    return [
        f"{what}: {found.group()!r} in {text[max(0, found.start() - 40) : found.end() + 40]!r}"
        for what, pattern in WRONG.items()
        if (found := pattern.search(text))
    ]


def pages(whole: WholeWorld) -> Iterator[str]:
    yield reverse("admin:index")
    for model in MODELS:
        of = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{of}_changelist")
        for row in model._default_manager.all():
            yield reverse(f"{of}_change", args=[row.pk])
    for kind in (Invoice, Payment, Refund, Deposit):
        of = f"admin:billing_{kind._meta.model_name}_timeline"
        yield reverse(of, args=[whole.records[kind].pk])
    yield reverse("admin:sync_syncrecord_timeline", args=[whole.record.pk])


@pytest.fixture
def differing(whole: WholeWorld) -> WholeWorld:
    """An invoice of which every field differs, a customer with an address, a payment split anew."""
    connection = whole.connection
    RemoteCode.objects.create(
        connection=connection, kind="tax_code", remote_id="5", name="20% VAT", read_at=whole.run.started_at
    )  # fmt: skip
    record = SyncRecord.objects.create(
        connection=connection, kind="invoice", invoice=make_invoice(customer=whole.draft.customer),
        wanted=1, sent=1, state=State.NEEDS_PERSON, reason=Reason.CHANGED_ON_BOTH_SIDES,
        sentence="Changed.", remedy="Decide.",
    )  # fmt: skip
    for path, (ours, theirs) in FIELDS.items():
        Conflict.objects.create(sync_record=record, path=path, ours=ours, theirs=theirs)
    customer, payment = (SyncRecord.objects.get(**{each: getattr(whole.draft, each)}) if each == "customer"
                         else SyncRecord.objects.get(payment=whole.payment)
                         for each in ("customer", "payment"))  # fmt: skip
    address = {"lines": ["1 Mill Lane"], "city": "Leeds", "postal_code": "LS1", "country": "GB"}
    Conflict.objects.create(sync_record=customer, path="address", ours=address, theirs=None)
    Conflict.objects.create(sync_record=customer, path="active", ours=True, theirs=False)
    Conflict.objects.create(
        sync_record=payment,
        path="allocations",
        ours=[{"target_id": "99", "amount": "5"}],
        theirs=[],
    )
    for kind, model in SUBJECTS.items():
        if not SyncRecord.objects.filter(kind=kind).exists():
            stuck = {"state": State.NEEDS_PERSON, "sentence": "Held.", "reason": Reason.CANNOT_HOLD}
            SyncRecord.objects.create(
                connection=connection, kind=kind, wanted=1, **{kind: whole.records[model]}, **stuck
            )
    return whole


def test_no_page_of_the_work_list_shows_a_programmers_words(
    differing: WholeWorld, browse: Browse
) -> None:
    fay = browse("Fay")
    found = {}
    for address in pages(differing):
        answer = fay.get(address)
        assert answer.status_code == 200, address
        if wrong := wrong_in(read(answer)):
            found[address] = wrong
    assert not found, "\n".join(f"{each}: {wrong}" for each, wrong in found.items())


def test_the_page_of_a_question_asks_twelve_questions_however_many_fields_differ(
    differing: WholeWorld, browse: Browse, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    fay = browse("Fay")
    record = Conflict.objects.get(path="total").sync_record
    for line in range(3, 30):
        Conflict.objects.create(
            sync_record=record, path=f"lines.{line}.tax_code_id", ours=str(line), theirs="5"
        )
        Conflict.objects.create(
            sync_record=record, path=f"lines.{line}.item_id", ours=str(line), theirs="7"
        )
    pages = [reverse("admin:sync_conflict_change", args=[each.pk]) for each in Conflict.objects.filter(
        path__in=["total", "active", "allocations"])]  # fmt: skip
    pages.append(reverse("admin:sync_conflict_changelist"))
    pages.append(reverse("admin:billing_invoice_timeline", args=[record.invoice_id]))
    for address in pages:
        fay.get(address)
        with django_assert_max_num_queries(12):
            fay.get(address)


def test_the_guard_itself_finds_each_kind() -> None:
    for text in (
        "lines.1.net",
        "its due_date",
        "['a']",
        "is None",
        "on 2026-12-24",
        "Refund Refund",
    ):
        assert wrong_in(text), text
    assert not wrong_in("INV-2026-00002 of 3 Dec 2026 by accounts@example.com, 1,234.50 GBP")

"""Duplicates among our own: found, merged, taken back, or kept with a reason."""

import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.billing import actions
from apps.billing.acts.bulk import DraftDocument, DraftLine, create_documents, save_many
from apps.billing.models import Customer, Item, KeptBoth
from apps.billing.rules.doubles import groups_of
from tests.backoffice.desk import Desk
from tests.backoffice.world import World
from tests.factories import make_company, make_customer, make_invoice, make_item, make_payment

Browse = Callable[[str], Desk]
GROUPS = {model: reverse(f"admin:billing_{model._meta.model_name}_maybe_the_same")
          for model in (Customer, Item)}  # fmt: skip
LOOK_ALIKES = [(f"Bell {number} & Son", f"Bell {number} & Sons") for number in range(25)]
LOOK_ALIKES += [(f"Hill {number} Unit 1", f"Hill {number} Unit 2") for number in range(25)]


def page(record: Customer | Item, name: str) -> str:
    return reverse(f"admin:billing_{record._meta.model_name}_{name}", args=[record.pk])


def test_drafts_pickers_and_imports_follow_a_merge_and_what_is_issued_does_not(
    world: World, browse: Browse
) -> None:
    company = make_company()
    stays = make_customer(company, name="Bell & Daughters")
    gone = make_customer(company, name="Bell and Daughters Ltd")
    issued, draft = make_invoice(customer=gone), make_invoice(customer=gone, issued=False)
    fay = browse("Fay")
    shown = fay.get(page(gone, "merge"), {"into": stays.pk}).content.decode()
    assert "Its 1 open draft goes to the other one." in shown
    assert "Its 1 issued document keeps it." in shown
    assert f'<option value="{stays.pk}" selected>' in shown
    assert fay.post(page(gone, "merge"), {"into": stays.pk}).status_code == 200, "no reason"
    answer = fay.post(page(gone, "merge"), {"into": stays.pk, "reason": "Typed twice"})
    assert answer.status_code == 302
    for each in (issued, draft, gone):
        each.refresh_from_db()
    assert (issued.customer, draft.customer) == (gone, stays)
    assert (gone.merged_into, gone.active) == (stays, False)
    last = gone.history.latest()
    assert (str(last.history_user), last.history_change_reason) == ("Fay", "Typed twice")
    line = DraftLine(description="Box", quantity=1, unit_price=5)
    new = DraftDocument(customer=gone, issue_date=date(2026, 11, 2), lines=[line])
    assert create_documents([new])[0].customer == stays
    picked = fay.get(reverse("admin:autocomplete"), {
        "term": "bell and dau", "app_label": "billing", "model_name": "invoice",
        "field_name": "customer"}).json()["results"]  # fmt: skip
    assert str(stays.pk) in [each["id"] for each in picked]
    assert str(gone.pk) not in [each["id"] for each in picked]


def test_a_merge_is_taken_back_unless_money_lies_across(world: World, browse: Browse) -> None:
    company = make_company()
    stays, gone = make_customer(company), make_customer(company)
    owed = make_invoice(customer=gone)
    actions.merge_customers(gone, stays, reason="Typed twice")
    fay = browse("Fay")
    assert fay.post(page(gone, "take-merge-back"), {"reason": "Two"}).status_code == 302
    gone.refresh_from_db()
    assert (gone.merged_into, gone.active) == (None, True)
    actions.merge_customers(gone, stays, reason="Typed twice")
    paid = make_payment(customer=stays)
    on = date(2026, 11, 20)
    actions.allocate(paid, owed, Decimal(5), on=on)
    answer = fay.post(page(gone, "take-merge-back"), {"reason": "Two"})
    assert "Un-apply that first" in answer.content.decode()


@pytest.mark.django_db
def test_two_tax_numbers_are_two_and_two_writings_of_one_are_one() -> None:
    company = make_company()
    one = make_customer(company, tax_number="GB 123 4567 89")
    two = make_customer(company, tax_number="GB999999999")
    same = make_customer(company, tax_number="123456789")
    with pytest.raises(ValidationError, match="they are two persons"):
        actions.merge_customers(one, two, reason="No")
    actions.merge_customers(one, same, reason="Yes")


def test_items_are_merged_in_drafts_alone(world: World, browse: Browse) -> None:
    company = make_company()
    stays, gone = make_item(company, unit_price=12), make_item(company)
    issued = make_invoice(company=company, lines=[(gone, 1, 7)])
    draft = make_invoice(company=company, lines=[(gone, 1, 7)], issued=False)
    with pytest.raises(ValidationError, match="cannot be merged into itself"):
        actions.merge_items(gone, gone, reason="No")
    fay = browse("Fay")
    form = {"into": stays.pk, "reason": "One lantern"}
    assert fay.post(page(gone, "merge"), form).status_code == 302
    assert (issued.lines.get().item, draft.lines.get().item) == (gone, stays)
    assert draft.lines.get().unit_price == 7
    answer = fay.post(page(gone, "take-merge-back"), {"reason": "Two"})
    assert answer.status_code == 302
    gone.refresh_from_db()
    assert gone.active


def test_only_who_posts_merges(world: World, browse: Browse) -> None:
    company = make_company()
    one, two = make_customer(company, name="Quill Ltd"), make_customer(company, name="Quill")
    for name, status in (("Cleo", 403), ("Vera", 403), ("Otto", 403)):
        client = browse(name)
        form = {"into": two.pk, "reason": "x"}
        assert client.post(page(one, "merge"), form).status_code == status
        keep = {"keys": f"{one.pk},{two.pk}", "reason": "x", "one_time_key": "a" * 32}
        assert client.post(GROUPS[Customer], keep).status_code == status
    assert not KeptBoth.objects.exists()


@pytest.mark.slow
def test_fifty_look_alikes_are_kept_by_one_click_and_never_merged_by_themselves(
    world: World, browse: Browse
) -> None:
    company = make_company()
    pairs = [(make_customer(company, name=one), make_customer(company, name=other))
             for one, other in LOOK_ALIKES]  # fmt: skip
    groups = groups_of(Customer, company.pk)
    assert {each.keys for each in groups} == {(a.pk, b.pk) for a, b in pairs[:25]}
    fay, address = browse("Fay"), f"{GROUPS[Customer]}?company={company.pk}"
    with CaptureQueriesContext(connection) as few:
        shown = fay.get(address).content.decode()
    assert "25 groups to look at, with 50 customers" in shown
    assert "Page 1 of 2" in shown
    for group in groups:
        keys = ",".join(map(str, group.keys))
        form = {**fay.opened(address), "keys": keys, "reason": "Two that only look alike"}
        assert fay.post(address, form).status_code == 302
    assert groups_of(Customer, company.pk) == []
    assert KeptBoth.objects.count() == 25
    assert not Customer.objects.exclude(merged_into=None).exists()
    assert "Nothing looks like a double" in fay.get(address).content.decode()
    assert len(few) <= 16


@pytest.mark.django_db
def test_branches_with_their_own_tax_numbers_or_currencies_are_never_proposed() -> None:
    company = make_company()
    for number in range(5):
        make_customer(
            company, name=f"Bell Branches{'.' * number}", tax_number=f"GB12345678{number}"
        )
    make_customer(company, name="Quill Ltd", currency="GBP")
    make_customer(company, name="Quill", currency="USD")
    assert groups_of(Customer, company.pk) == []


@pytest.mark.django_db
@pytest.mark.slow
def test_twenty_thousand_customers_within_seconds() -> None:
    company = make_company()
    surnames = [f"{a}{b}{c}" for a in ("Ab", "Bel", "Cor", "Dun", "Ester", "Fal", "Gor", "Hal")
                for b in ("ing", "ber", "ta", "mo", "ser", "vi", "lor", "nan")
                for c in ("ton", "ley", "worth", "ham", "by", "dale", "ford", "wick")]  # fmt: skip
    trades = [f"{a} {b}" for a in ("Northern", "Royal", "Green", "Coastal", "Old", "United")
              for b in ("Bakery", "Catering", "Joinery", "Logistics", "Textiles", "Foods", "Glass")]  # fmt: skip
    names = [f"{surname} {trade}" for surname in surnames for trade in trades][:19_900]
    names += [f"{name} Ltd." for name in names[::398]] + [
        f"{name[:2]}{name[3]}{name[2]}{name[4:]}" for name in names[7::398]]  # fmt: skip
    names = list(dict.fromkeys(names))
    rows = [Customer(company=company, name=name, currency="GBP") for name in names]
    save_many(Customer, rows, key_fields=["name"])
    began = time.perf_counter()
    groups = groups_of(Customer, company.pk)
    took = time.perf_counter() - began
    print(f"{len(names)} customers, {len(groups)} groups, {took:.1f} s")  # noqa: T201
    found = {pair for each in groups for pair in each.reasons}
    keys = dict(Customer.objects.values_list("name", "pk"))
    planted = [(name, f"{name} Ltd.") for name in names[:19_900:398]]
    missed = [each for each in planted if tuple(sorted(keys[x] for x in each)) not in found]
    assert missed == []
    assert took < 10

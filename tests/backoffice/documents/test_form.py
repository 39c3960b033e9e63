"""The form of a draft: lines first, what is rare folded below them, and saved and issued in one go."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from apps.billing.models import Invoice
from tests.backoffice.documents.test_acts import lines, page
from tests.backoffice.world import World
from tests.factories import make_term

Browse = Callable[[str], Client]
ADD = reverse("admin:billing_invoice_add")


def places(shown: str, *what: str) -> list[int]:
    return [shown.index(each) for each in what]


@pytest.mark.parametrize("kind", ["invoice", "creditnote"])
def test_lines_and_what_they_come_to_stand_right_below_customer_and_date(
    kind: str, world: World, browse: Browse
) -> None:
    shown = browse("Cleo").get(reverse(f"admin:billing_{kind}_add")).content.decode()
    inputs = ('name="customer"', 'name="issue_date"', 'name="lines-TOTAL_FORMS"', 'data-running="sums"',
              "t-fold", 'name="tax_mode"', 'name="discount_percent"', 'name="message"')  # fmt: skip
    found = places(shown, *inputs)
    assert found == sorted(found)
    assert '<details class="t-box t-fold"><summary>' in shown


def test_what_was_typed_of_the_rare_fields_is_not_hidden(world: World, browse: Browse) -> None:
    cleo, opened = browse("Cleo"), '<details class="t-box t-fold" open>'
    assert opened in cleo.get(page(world.draft)).content.decode()  # it has an order number
    world.draft.purchase_order_number = ""
    world.draft.save()
    assert opened not in cleo.get(page(world.draft)).content.decode()
    both = {**lines(world, ("Lamp", "1", "5")), "discount_percent": "5", "discount_amount": "1"}
    wrong = cleo.post(ADD, both).content.decode()
    assert opened in wrong
    assert "Type a percentage or an amount, not both." in wrong


def test_saved_and_issued_leads_to_the_page_that_says_what_it_means(
    world: World, browse: Browse
) -> None:
    customer = world.draft.customer
    customer.terms = make_term(world.company, name="Net 30", due_days=30)
    customer.save()
    fay = browse("Fay")
    assert 'name="_issue"' in fay.get(ADD).content.decode()
    form = {**lines(world, ("", "3", ""), ("A box", "1", "4.99")), "_issue": ""}
    answer = fay.post(ADD, form)
    draft = Invoice.objects.latest("pk")
    assert (draft.status, answer["Location"]) == ("draft", page(draft, "issue"))
    asked = fay.get(answer["Location"]).content.decode()
    said = "42.49 GBP to Bell &amp; Daughters, due on Sunday 20 December 2026"
    assert f"{said}. It gets its number and is frozen" in asked
    done = fay.post(answer["Location"], follow=True).content.decode()
    assert f"Issued as INV-2026-00003: {said}." in done


def test_a_changed_draft_is_saved_and_issued_alike(world: World, browse: Browse) -> None:
    fay = browse("Fay")
    form = lines(world, ("A box", "1", "4.99"))
    fay.post(ADD, form)
    draft = Invoice.objects.latest("pk")
    line = draft.lines.get()
    changed = {**form, "lines-INITIAL_FORMS": "1", "lines-0-id": str(line.pk), "_issue": ""}
    answer = fay.post(page(draft), changed)
    assert answer["Location"] == page(draft, "issue")


def test_whoever_may_not_issue_is_not_offered_it(world: World, browse: Browse) -> None:
    cleo = browse("Cleo")
    assert 'name="_issue"' not in cleo.get(ADD).content.decode()
    answer = cleo.post(ADD, {**lines(world, ("A box", "1", "4.99")), "_issue": ""})
    assert answer["Location"] == reverse("admin:billing_invoice_changelist")


def test_whoever_only_looks_sees_a_draft_with_all_its_fields(world: World, browse: Browse) -> None:
    shown = browse("Vera").get(page(world.draft)).content.decode()
    assert "t-fold" not in shown
    assert shown.count('id="sums-head"') == 1
    assert "PO 88" in shown
    assert "Tax and discount" in shown

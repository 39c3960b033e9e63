"""Buttons on documents and payments: what the books hold after a person pressed them."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from apps.billing import actions
from apps.billing.models import ActLimit, Change, CreditNote, Invoice, Item, Payment
from apps.staff.models import User
from tests.backoffice.world import World
from tests.factories import make_credit_note, make_invoice, make_payment

Browse = Callable[[str], Client]


def page(record: object, name: str = "change") -> str:
    meta = type(record)._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{name}", args=[record.pk])


def lines(world: World, *rows: tuple[str, str, str]) -> dict[str, str]:
    """The form of an invoice with these lines: (description, quantity, unit price)."""
    item = Item.objects.get(code="LAN-1")
    customer = world.draft.customer
    form = {
        "company": str(world.company.pk),
        "customer": str(customer.pk),
        "issue_date": "20/11/2026",
        "tax_mode": "exclusive",
        "lines-TOTAL_FORMS": str(len(rows)),
        "lines-INITIAL_FORMS": "0",
        "lines-MIN_NUM_FORMS": "0",
        "lines-MAX_NUM_FORMS": "1000",
    }
    for place, (description, quantity, unit_price) in enumerate(rows):
        form |= {
            f"lines-{place}-item": str(item.pk),
            f"lines-{place}-description": description,
            f"lines-{place}-quantity": quantity,
            f"lines-{place}-unit_price": unit_price,
        }
    return form


def test_a_draft_typed_on_the_form_is_summed_up_and_signed(
    world: World, people: dict[str, User], browse: Browse
) -> None:
    form = lines(world, ("", "3", ""), ("A box", "1", "4.99"))
    answer = browse("Cleo").post(reverse("admin:billing_invoice_add"), form)
    assert answer.status_code == 302, answer.context["errors"]
    draft = Invoice.objects.latest("pk")
    assert draft.status == "draft"
    assert draft.total == Decimal("42.49")  # 3 × the item's 12.50, and the box
    assert [line.position for line in draft.lines.all()] == [1, 2]
    assert draft.lines.first().description == "Brass lantern"
    assert draft.currency == world.company.home_currency
    made = Change.objects.filter(kind="invoice", subject_id=draft.pk)
    assert {change.user_id for change in made} == {people["Cleo"].pk}
    assert draft.history.latest().history_user == people["Cleo"]


def test_a_line_without_item_and_price_is_refused_with_a_sentence(
    world: World, browse: Browse
) -> None:
    form = lines(world, ("A box", "1", ""))
    form["lines-0-item"] = ""
    answer = browse("Cleo").post(reverse("admin:billing_invoice_add"), form)
    assert answer.status_code == 200
    assert "This line needs a unit price." in answer.content.decode()


def test_issuing_gives_the_number_after_a_page_that_says_what_it_means(
    world: World, browse: Browse
) -> None:
    fay = browse("Fay")
    assert "gets its number and is frozen" in fay.get(page(world.draft, "issue")).content.decode()
    world.draft.refresh_from_db()
    assert world.draft.status == "draft"
    fay.post(page(world.draft, "issue"))
    world.draft.refresh_from_db()
    assert (world.draft.status, world.draft.number) == ("issued", "INV-2026-00003")


def test_a_clerk_cannot_issue_by_asking_for_the_address(world: World, browse: Browse) -> None:
    assert browse("Cleo").post(page(world.draft, "issue")).status_code == 403
    world.draft.refresh_from_db()
    assert world.draft.status == "draft"


def test_the_selected_drafts_are_issued_and_the_refused_one_is_named(
    world: World, browse: Browse
) -> None:
    empty = Invoice.objects.create(
        company=world.company,
        customer=world.draft.customer,
        currency="GBP",
        issue_date=date(2026, 11, 1),
    )
    form = {"action": "issue_selected", "_selected_action": [world.draft.pk, empty.pk]}
    answer = browse("Fay").post(reverse("admin:billing_invoice_changelist"), form, follow=True)
    told = [str(message) for message in answer.context["messages"]]
    assert any("1 issued" in sentence for sentence in told)
    assert any(sentence.startswith(str(empty)) for sentence in told)
    empty.refresh_from_db()
    assert empty.status == "draft"


def test_voiding_asks_for_a_reason_and_keeps_the_number(world: World, browse: Browse) -> None:
    ActLimit.objects.all().delete()  # Fay may void this much alone
    fay = browse("Fay")
    fay.post(page(world.draft, "issue"))
    world.draft.refresh_from_db()
    without = fay.post(page(world.draft, "void"), {"on": "2026-11-21", "reason": ""})
    assert "This field is required." in without.content.decode()
    fay.post(page(world.draft, "void"), {"on": "2026-11-21", "reason": "Typed twice"})
    world.draft.refresh_from_db()
    assert (world.draft.status, world.draft.void_reason) == ("void", "Typed twice")
    assert world.draft.number == "INV-2026-00003"


def test_an_issued_invoice_has_no_form_and_is_never_deleted(
    world: World, people: dict[str, User], browse: Browse
) -> None:
    fay = browse("Fay")
    shown = fay.get(page(world.invoice)).content.decode()
    assert 'name="_save"' not in shown
    answer = fay.post(page(world.invoice, "delete"), {"post": "yes"}, follow=True)
    assert "never deleted" in answer.content.decode()
    assert Invoice.objects.filter(pk=world.invoice.pk).exists()


def test_crediting_leads_to_a_draft_that_mirrors_the_invoice(world: World, browse: Browse) -> None:
    form = {"on": "2026-11-21", "reason": "Sent back"}
    answer = browse("Fay").post(page(world.open_invoice, "credit"), form)
    note = CreditNote.objects.latest("pk")
    assert answer["Location"] == page(note)
    assert (note.status, note.total, note.invoice) == (
        "draft",
        world.open_invoice.total,
        world.open_invoice,
    )


def test_a_credit_note_is_issued_and_set_against_its_invoice_in_one_act(
    world: World, browse: Browse
) -> None:
    fay, invoice = browse("Fay"), world.open_invoice
    form = {"on": "2026-11-21", "reason": "Sent back", "then_issue": "yes"}
    answer = fay.post(page(invoice, "credit"), form)
    note = CreditNote.objects.latest("pk")
    assert answer["Location"] == page(note, "issue")
    asked = fay.get(answer["Location"]).content.decode()
    assert f"Set 92.00 GBP of it against {invoice}" in asked
    assert re.search(r'<input type="checkbox" name="apply"[^>]* checked', asked)
    done = fay.post(answer["Location"], {"apply": "on"}, follow=True).content.decode()
    assert f"92.00 GBP of it is set against {invoice}." in done
    invoice.refresh_from_db()
    note.refresh_from_db()
    assert (invoice.credited, invoice.balance_due, note.open_credit) == (92, 0, 0)


def test_without_the_tick_a_credit_note_stays_open(world: World, browse: Browse) -> None:
    fay, invoice = browse("Fay"), world.open_invoice
    fay.post(page(invoice, "credit"), {"on": "2026-11-21", "reason": "Sent back"})
    note = CreditNote.objects.latest("pk")
    fay.post(page(note, "issue"), {})
    note.refresh_from_db()
    assert (note.status, note.open_credit, note.allocations.count()) == ("issued", 92, 0)


def test_what_is_paid_already_is_not_offered_the_credit(world: World, browse: Browse) -> None:
    paid = make_invoice(customer=world.open_invoice.customer)
    make_payment(invoice=paid)
    note = make_credit_note(invoice=paid, issued=False)
    assert 'name="apply"' not in browse("Fay").get(page(note, "issue")).content.decode()


def test_whoever_may_not_apply_issues_nothing_with_the_tick(
    world: World, people: dict[str, User], browse: Browse
) -> None:
    note = make_credit_note(invoice=world.open_invoice, issued=False)
    group = people["Fay"].groups.get()
    group.permissions.remove(group.permissions.get(codename="allocate"))
    answer = browse("Fay").post(page(note, "issue"), {"apply": "on"})
    assert "Take the tick away." in answer.content.decode()
    note.refresh_from_db()
    assert note.is_draft


def test_a_part_is_credited_by_quantity_or_by_amount(world: World, browse: Browse) -> None:
    lanterns, engraving = world.open_invoice.lines.all()
    fay = browse("Fay")
    shown = fay.get(page(world.open_invoice, "credit")).content.decode()
    assert "Brass lantern" in shown
    assert "92.00" in shown  # what is left to credit
    form = {
        "on": "2026-11-21",
        "reason": "One came back",
        "how": "part",
        f"quantity_{lanterns.pk}": "1",
        f"net_{engraving.pk}": "2.00",
    }
    fay.post(page(world.open_invoice, "credit"), form)
    note = CreditNote.objects.latest("pk")
    assert [line.net for line in note.lines.all()] == [Decimal("12.50"), Decimal("2.00")]
    assert note.total == Decimal("14.50")


def test_a_line_credited_twice_over_or_nothing_at_all_is_refused(
    world: World, browse: Browse
) -> None:
    before = CreditNote.objects.count()
    line = world.invoice.lines.first()
    form = {"on": "2026-11-21", "reason": "Some", "how": "part"}
    both = {**form, f"quantity_{line.pk}": "1", f"net_{line.pk}": "2"}
    fay = browse("Fay")
    assert "not both" in fay.post(page(world.invoice, "credit"), both).content.decode()
    assert "at least one line" in fay.post(page(world.invoice, "credit"), form).content.decode()
    more = {**form, f"quantity_{line.pk}": "5"}
    assert "at most its quantity" in fay.post(page(world.invoice, "credit"), more).content.decode()
    assert CreditNote.objects.count() == before


@pytest.mark.slow
def test_a_draft_of_three_hundred_lines_is_saved_from_its_form(
    world: World, browse: Browse
) -> None:
    rows = [(f"Lot {place}", "1", "1.25") for place in range(300)]
    kept = {f"lines-{place}-discount_percent": "0" for place in range(300)}
    posted = {**lines(world, *rows), **kept, **dict.fromkeys(map("x-{}".format, range(1_000)), "")}
    posted |= {"currency": "GBP", "one_time_key": "k" * 24, "_continue": "1"}
    answer = browse("Cleo").post(reverse("admin:billing_invoice_add"), posted, follow=True)
    assert answer.status_code == 200
    assert Invoice.objects.latest("pk").lines.count() == 300, answer.content.decode()[-3000:]


def amended(world: World, *lines: tuple[str, str, str, str]) -> dict[str, str]:
    form = {
        "issue_date": "2026-11-20",
        "reason": "The customer asked for six",
        "lines-TOTAL_FORMS": str(len(lines)),
        "lines-INITIAL_FORMS": "2",
    }
    names = ("item", "description", "quantity", "unit_price")
    for place, line in enumerate(lines):
        form |= {f"lines-{place}-{name}": value for name, value in zip(names, line, strict=True)}
    return form


def test_amending_is_offered_only_where_the_company_allows_it(world: World, browse: Browse) -> None:
    invoice, fay = world.open_invoice, browse("Fay")
    assert page(invoice, "amend") not in fay.get(page(invoice)).content.decode()
    world.company.amend_allowed = True
    world.company.save()
    assert page(invoice, "amend") in fay.get(page(invoice)).content.decode()
    assert page(world.invoice, "amend") not in fay.get(page(world.invoice)).content.decode()
    assert browse("Cleo").post(page(invoice, "amend"), {}).status_code == 403


def test_an_amended_invoice_keeps_its_number_and_says_why_it_changed(
    world: World, browse: Browse
) -> None:
    world.company.amend_allowed = True
    world.company.save()
    actions.issue(world.draft)
    invoice, number = world.draft, world.draft.number
    assert 'value="LAN-1"' in browse("Fay").get(page(invoice, "amend")).content.decode()
    form = amended(world, ("lan-1", "", "6", ""), ("", "Engraving", "", ""), ("", "Box", "1", "5"))
    answer = browse("Fay").post(page(invoice, "amend"), form)
    assert answer.status_code == 302, answer.context["form"].errors
    invoice.refresh_from_db()
    assert (invoice.number, invoice.total) == (number, Decimal("80.00"))
    assert [line.description for line in invoice.lines.all()] == ["Brass lantern", "Box"]
    assert invoice.history.latest().history_change_reason == "The customer asked for six"


def test_an_amendment_shows_its_lines_before_and_after_and_history_says_so(
    world: World, browse: Browse
) -> None:
    world.company.amend_allowed = True
    world.company.save()
    actions.issue(world.draft)
    invoice, fay = world.draft, browse("Fay")
    form = amended(world, ("lan-1", "", "6", "12.50"), ("", "Engraving, per letter", "", ""),
                   ("", "Box", "1", "5"))  # fmt: skip
    count = invoice.history.count()
    shown = fay.post(page(invoice, "amend"), {**form, "show": "yes"}).content.decode()
    before = (
        "quantity 4, net 50.00",
        "Engraving, per letter, quantity 120, unit price 0.35, net 42.00",
    )
    for words in (*before, "quantity 6, net 75.00", "Line 2, Box", "Nothing is amended yet"):
        assert words in shown
    assert "80.00" in shown[shown.index('id="changes-head"') :].split("</h2>")[0]
    invoice.refresh_from_db()
    assert (invoice.total, invoice.history.count()) == (92, count)
    done = fay.post(page(invoice, "amend"), form, follow=True)
    said = [str(each) for each in done.context["messages"]]
    assert "Line 1, Brass lantern: quantity 4, net 50.00 → quantity 6, net 75.00" in said
    told = fay.get(page(invoice, "history")).context["page_obj"][0].steps
    steps = {each.field: (each.old, each.new) for each in told}
    assert steps["Line 1, Brass lantern"] == ("quantity 4, net 50.00", "quantity 6, net 75.00")
    assert steps["Total"] == ("92.00", "80.00")


def test_amending_with_an_item_that_is_not_there_changes_nothing(
    world: World, browse: Browse
) -> None:
    world.company.amend_allowed = True
    world.company.save()
    form = amended(world, ("NO-SUCH", "", "6", "1"))
    answer = browse("Fay").post(page(world.open_invoice, "amend"), form)
    assert "No item has the code" in answer.content.decode()
    world.open_invoice.refresh_from_db()
    assert world.open_invoice.total == 92


def test_an_open_credit_is_ticked_and_used_with_the_money(world: World, browse: Browse) -> None:
    customer, fay = world.open_invoice.customer, browse("Fay")
    tick = f"credit_creditnote_{world.note.pk}"
    assert f'name="{tick}"' in fay.get(page(customer, "receive-payment")).content.decode()
    form = {
        "amount": "10.00",
        "date": "2026-11-20",
        "method": str(world.payment.method_id),
        "how": "chosen",
        tick: "on",
        f"part_{world.open_invoice.pk}": "92.00",
    }
    fay.post(page(customer, "receive-payment"), form)
    world.open_invoice.refresh_from_db()
    world.note.refresh_from_db()
    assert (world.open_invoice.credited, world.open_invoice.balance_due) == (92, 0)
    assert world.note.open_credit == 0
    assert Payment.objects.latest("pk").on_account == 10


def test_money_is_received_and_set_against_what_was_ticked(world: World, browse: Browse) -> None:
    customer = world.open_invoice.customer
    form = {
        "amount": "100.00",
        "date": "2026-11-20",
        "method": str(world.payment.method_id),
        "reference": "TRF 4711",
        "how": "chosen",
        f"part_{world.open_invoice.pk}": "60.00",
    }
    browse("Fay").post(page(customer, "receive-payment"), form)
    payment = Payment.objects.latest("pk")
    assert (payment.amount, payment.applied, payment.on_account) == (100, 60, 40)
    world.open_invoice.refresh_from_db()
    assert world.open_invoice.balance_due == Decimal("32.00")


def test_money_goes_to_the_oldest_invoice_first(world: World, browse: Browse) -> None:
    form = {
        "amount": "40",
        "date": "2026-11-20",
        "how": "oldest",
        "method": str(world.payment.method_id),
    }
    browse("Fay").post(page(world.open_invoice.customer, "receive-payment"), form)
    world.open_invoice.refresh_from_db()
    assert world.open_invoice.paid == 40


def test_more_than_the_money_is_refused_and_nothing_is_received(
    world: World, browse: Browse
) -> None:
    before = Payment.objects.count()
    form = {
        "amount": "10",
        "date": "2026-11-20",
        "method": str(world.payment.method_id),
        "how": "chosen",
        f"part_{world.open_invoice.pk}": "60",
    }
    answer = browse("Fay").post(page(world.open_invoice.customer, "receive-payment"), form)
    assert answer.status_code == 200
    assert "60.00" in answer.content.decode()
    assert Payment.objects.count() == before


def test_a_credit_is_applied_and_un_applied_with_a_date(world: World, browse: Browse) -> None:
    fay = browse("Fay")
    form = {"on": "2026-11-21", f"part_{world.open_invoice.pk}": "92.00"}
    fay.post(page(world.note, "apply"), form)
    world.open_invoice.refresh_from_db()
    assert (world.open_invoice.credited, world.open_invoice.balance_due) == (92, 0)
    allocation = world.note.allocations.get()
    fay.post(page(allocation, "un-apply"), {"on": "2026-11-21", "reason": "Wrong invoice"})
    allocation.refresh_from_db()
    assert allocation.reversed_on == date(2026, 11, 21)
    world.open_invoice.refresh_from_db()
    assert world.open_invoice.balance_due == 92


def test_a_cancelled_payment_opens_its_invoice_again(world: World, browse: Browse) -> None:
    form = {"on": "2026-11-21", "reason": "Typed twice"}
    browse("Fay").post(page(world.payment, "cancel"), form)
    world.payment.refresh_from_db()
    world.invoice.refresh_from_db()
    assert (world.payment.status, world.invoice.balance_due) == ("cancelled", 92)


def test_the_closing_date_moves_with_a_reason_that_history_keeps(
    world: World, browse: Browse
) -> None:
    fay = browse("Fay")
    fay.post(page(world.company, "closing-date"), {"to": "2026-10-31", "reason": "October done"})
    world.company.refresh_from_db()
    assert world.company.closing_date == date(2026, 10, 31)
    assert "October done" in fay.get(page(world.company, "history")).content.decode()

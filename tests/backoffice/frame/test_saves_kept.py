"""No save undoes another's work: what was opened before somebody else's change is refused."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib import admin
from django.db import models
from django.utils import timezone

from apps.backoffice.frame.screens import RecordAdmin
from apps.backoffice.frame.versions import Opened, outdated
from apps.billing import actions
from apps.billing.acts.drafting import DraftLine
from apps.billing.changes import made_by
from apps.billing.models import Customer, Invoice, Item, TaxRate
from apps.billing.models.base import Remembered
from apps.billing.sums.totals import work_out
from apps.mappings.choices import set_mapping
from apps.staff.models import User
from tests.all_rights import give_every_permission
from tests.backoffice.desk import Desk
from tests.backoffice.documents.test_acts import page
from tests.backoffice.world import WholeWorld
from tests.factories import make_customer, make_invoice

Browse = Callable[[str], Desk]
REFUSED = 409


class _Fields(HTMLParser):
    """What a browser would send of the form that edits, as the page filled it in."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[str, list[str]] = {}
        self.inside = False
        self._select = ""
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = found.get("id", "").endswith("_form") or "t-form" in found.get(
                "class", ""
            )
        if not self.inside:
            return
        name, kind = found.get("name", ""), found.get("type", "text")
        ticked = kind not in ("checkbox", "radio") or "checked" in found
        if tag == "input" and name and ticked and kind != "submit":
            empty = "on" if kind in ("checkbox", "radio") else ""
            self.sent.setdefault(name, []).append(found.get("value", empty))
        if tag == "select":
            self._select = name
        if tag == "option" and "selected" in found and self._select:
            self.sent.setdefault(self._select, []).append(found.get("value", ""))
        if tag == "textarea":
            self._text = name
            self.sent[name] = [""]

    def handle_data(self, data: str) -> None:
        if self.inside and self._text:
            self.sent[self._text][0] += data.removeprefix("\n").removeprefix("\r\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        if tag == "textarea":
            self._text = ""
        if tag == "select":
            self._select = ""


def filled(desk: Desk, address: str) -> dict[str, Any]:
    """The form of a page as it is filled in when it opens."""
    answer = desk.get(address)
    assert answer.status_code == 200, address
    parser = _Fields()
    parser.feed(answer.content.decode())
    skipped = {"csrfmiddlewaretoken"}
    return {
        name: values if len(values) > 1 else values[0]
        for name, values in parser.sent.items()
        if name not in skipped and "__prefix__" not in name
    }


def editable(whole: WholeWorld, people: dict[str, User]) -> list[tuple[RecordAdmin, Any, str]]:
    """(screen, record, a text field to move) of every screen that edits, from the registry."""
    rows = {**whole.records, User: people["Vera"], Invoice: whole.draft}
    rate = TaxRate.objects.create(company=whole.company, code="R5", name="Reduced", country="GB")
    rows[TaxRate] = rate
    found = []
    for model, screen in admin.site._registry.items():
        if model in rows and (field := MOVED.get(model._meta.label)):
            found.append((screen, rows[model], field))
    return found


# What somebody else changes meanwhile, per screen.
MOVED = {
    "alerts.AlertRule": "chat_name",
    "triggers.Endpoint": "name",
    "billing.Company": "phone",
    "billing.NumberSeries": "width",
    "billing.Customer": "phone",
    "billing.Item": "description",
    "billing.PaymentTerm": "name",
    "billing.PaymentMethod": "name",
    "billing.BankAccount": "name",
    "billing.Invoice": "message",
    "billing.CreditNote": "message",
    "billing.ActLimit": "amount",
    "billing.TaxAgency": "registration",
    "billing.TaxRate": "name",
    "billing.ExchangeRate": "source",
    "staff.User": "name",
}
OTHER = {"width": 7, "amount": Decimal(77)}


@pytest.fixture
def boss(people: dict[str, User], browse: Browse) -> Desk:
    give_every_permission(people["Fay"])
    return browse("Fay")


@pytest.mark.slow
def test_every_screen_that_edits_refuses_a_save_opened_before_a_change(
    whole: WholeWorld, people: dict[str, User], boss: Desk
) -> None:
    tried = set()
    whole.records[type(whole.note)] = actions.credit_invoice(
        make_invoice(customer=whole.draft.customer), reason="Sent back", on=date(2026, 11, 20)
    )
    for screen, record, field in editable(whole, people):
        label = record._meta.label
        form = filled(boss, page(record))
        moved = type(record)._base_manager.get(pk=record.pk)
        setattr(moved, field, OTHER.get(field, "Changed meanwhile"))
        with made_by(people["Cleo"].pk):
            moved.save()
        answer = boss.post(page(record), form)
        assert answer.status_code == REFUSED, label
        stored = type(record)._base_manager.get(pk=record.pk)
        assert getattr(stored, field) == OTHER.get(field, "Changed meanwhile"), label
        told = answer.context["outdated"]
        assert [each.what for each in told.differences if each.moved], label
        if isinstance(record, Remembered):
            assert "Cleo" in told.who, label
        # Opened anew, the same is saved.
        again = boss.post(page(record), filled(boss, page(record)))
        assert again.status_code == 302, (label, again.context and again.context["errors"])
        tried.add(label)
        assert isinstance(screen, RecordAdmin)
    assert tried == set(MOVED)


def test_no_screen_that_edits_is_left_out_of_these_tests(
    whole: WholeWorld, people: dict[str, User], boss: Desk
) -> None:
    request = boss.get("/admin/").wsgi_request
    for model, screen in admin.site._registry.items():
        if screen.has_change_permission(request):
            assert model._meta.label in MOVED, f"{model._meta.label} edits: say what moves there"


def test_both_are_shown_what_stands_now_and_what_was_typed(
    whole: WholeWorld, people: dict[str, User], browse: Browse
) -> None:
    customer = whole.draft.customer
    fay = browse("Fay")
    form = filled(fay, page(customer))
    customer.refresh_from_db()
    customer.email = "new@example.com"
    with made_by(people["Cleo"].pk):
        customer.save()
    answer = fay.post(
        page(customer), {**form, "phone": "0117 496 0000", "email": "mine@example.com"}
    )
    assert answer.status_code == REFUSED
    rows = {each.what: (each.was, each.now, each.typed) for each in
            answer.context["outdated"].differences}  # fmt: skip
    assert rows == {
        "Email": ("bell@example.com", "new@example.com", "mine@example.com"),
        "Phone": ("empty", "empty", "0117 496 0000"),
    }
    assert 'value="new@example.com"' in answer.content.decode()
    assert "Cleo" in answer.context["outdated"].who
    customer.refresh_from_db()
    assert (customer.email, customer.phone) == ("new@example.com", "")


def test_a_change_that_a_run_took_over_is_not_undone(whole: WholeWorld, browse: Browse) -> None:
    customer = whole.draft.customer
    fay = browse("Fay")
    form = filled(fay, page(customer))
    customer.refresh_from_db()
    customer.city = "Bristol"
    with made_by(origin=f"connection:{whole.connection.pk}", reason="Changed in QuickBooks"):
        customer.save()
    answer = fay.post(page(customer), form)
    assert answer.status_code == REFUSED
    assert answer.context["outdated"].who.startswith("a run (Changed in QuickBooks)")
    assert Customer.objects.get(pk=customer.pk).city == "Bristol"


@pytest.mark.parametrize("how", ["changed", "added", "taken off"])
def test_lines_that_another_typed_are_not_undone(
    how: str, whole: WholeWorld, people: dict[str, User], browse: Browse
) -> None:
    draft = whole.draft
    fay = browse("Fay")
    form = filled(fay, page(draft))
    line = draft.lines.first()
    with made_by(people["Cleo"].pk):
        if how == "changed":
            line.quantity = Decimal(5)
            line.save()
        elif how == "added":
            draft.lines.create(description="Box", quantity=1, unit_price=3, position=9)
        else:
            line.delete()
        work_out(Invoice.objects.get(pk=draft.pk))
    before = list(draft.lines.values("description", "quantity"))
    answer = fay.post(page(draft), {**form, "lines-0-quantity": "7"})
    assert answer.status_code == REFUSED
    assert list(draft.lines.values("description", "quantity")) == before
    told = {each.what: each for each in answer.context["outdated"].differences}
    if how == "changed":
        quantity = told["Line 1: Quantity"]
        assert (quantity.was, quantity.now, quantity.typed) == ("4", "5", "7")


def test_a_draft_issued_meanwhile_is_not_edited_any_more(
    whole: WholeWorld, people: dict[str, User], browse: Browse
) -> None:
    fay = browse("Fay")
    form = filled(fay, page(whole.draft))
    with made_by(people["Cleo"].pk):
        actions.issue(whole.draft)
    answer = fay.post(page(whole.draft), {**form, "message": "Mine"}, follow=True)
    said = answer.content.decode()
    assert "was changed meanwhile by" in said
    assert "Cleo" in said
    assert Invoice.objects.get(pk=whole.draft.pk).message == ""


def open_fields(whole: WholeWorld) -> tuple[models.Model, str, dict[str, Any], Callable[[], Any]]:
    invoice = whole.open_invoice

    def move() -> None:
        actions.change_open_fields(invoice, message="Theirs")

    return invoice, "change-open-fields", {"message": "Mine"}, move


def closing_date(whole: WholeWorld) -> tuple[models.Model, str, dict[str, Any], Callable[[], Any]]:
    def move() -> None:
        actions.set_closing_date(whole.company, date(2026, 9, 30), reason="September done")

    return whole.company, "closing-date", {"to": "2026-08-31", "reason": "August done"}, move


def amend(whole: WholeWorld) -> tuple[models.Model, str, dict[str, Any], Callable[[], Any]]:
    whole.company.amend_allowed = True
    whole.company.save()
    actions.issue(whole.draft)
    invoice = whole.draft

    def move() -> None:
        kept = DraftLine(quantity=Decimal(3), unit_price=Decimal(10), description="Theirs")
        actions.amend_invoice(
            Invoice.objects.get(pk=invoice.pk), lines=[kept], reason="Three",
            issue_date=invoice.issue_date,
        )  # fmt: skip

    return invoice, "amend", {"lines-0-quantity": "9", "reason": "Nine"}, move


def mapping(whole: WholeWorld) -> tuple[models.Model, str, dict[str, Any], Callable[[], Any]]:
    _, bank = whole.codes

    def move() -> None:
        bank.roles = ["income"]
        bank.save()
        set_mapping(whole.connection, "income", code=bank)

    return whole.connection, "map", {"income-default": str(whole.codes[0].pk)}, move


EDITS = [open_fields, closing_date, amend, mapping]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_an_act_that_edits_refuses_what_was_opened_before_a_change(
    edit: Callable[[WholeWorld], Any], whole: WholeWorld, people: dict[str, User], boss: Desk
) -> None:
    record, name, typed, move = edit(whole)
    form = filled(boss, page(record, name))
    assert form["opened_at"]
    with made_by(people["Cleo"].pk):
        move()
    before = type(record)._base_manager.filter(pk=record.pk).values().get()
    answer = boss.post(page(record, name), {**form, **typed})
    assert answer.status_code == REFUSED
    assert type(record)._base_manager.filter(pk=record.pk).values().get() == before
    told = answer.context["outdated"]
    assert [each for each in told.differences if each.moved]
    assert "Cleo" in told.who


def test_what_a_form_says_it_was_opened_with_cannot_be_made_up(
    whole: WholeWorld, browse: Browse
) -> None:
    fay, customer = browse("Fay"), whole.draft.customer
    form = filled(fay, page(customer))
    of_another = filled(fay, page(whole.records[Item]))["opened_at"]
    for made_up in ("", "x", form["opened_at"][:-2] + "xx", of_another):
        sent = {**form, "phone": "1", "opened_at": made_up}
        said = fay.post(page(customer), sent, follow=True).content.decode()
        assert "Nothing was saved" in said
    assert Customer.objects.get(pk=customer.pk).phone == ""


@pytest.mark.django_db
def test_another_record_of_the_same_name_is_a_change() -> None:
    """Two customers may bear one name: what is told apart is the record, not its words."""
    record = make_customer()
    then = Opened(at=timezone.now(), state={"customer": ("Customer", "Bell", "7")})

    assert outdated(record, then, {"customer": ("Customer", "Bell", "8")}, lambda _: None)
    assert outdated(record, then, then.state, lambda _: None) is None

"""The same form posted twice books once, whatever it posts; a new form cannot lack its key."""

import contextlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.http import HttpResponse, HttpResponseRedirect
from django.test import RequestFactory
from django.urls import reverse

from apps.backoffice.frame import once
from apps.backoffice.frame.screens import RecordAdmin
from apps.billing.models import (
    Adjustment,
    Allocation,
    CreditNote,
    Customer,
    Deposit,
    Invoice,
    OneTimeKey,
    Payment,
    Refund,
)
from apps.staff.models import User
from tests.all_rights import give_every_permission
from tests.backoffice.desk import Desk, hidden_fields
from tests.backoffice.documents.test_acts import lines, page
from tests.backoffice.world import WholeWorld
from tests.factories import make_invoice

Browse = Callable[[str], Desk]
Posted = tuple[str, dict[str, Any]]
COUNTED = (Invoice, CreditNote, Payment, Allocation, Adjustment, Refund, Deposit)


def receive(whole: WholeWorld) -> Posted:
    address = page(whole.open_invoice.customer, "receive-payment")
    form = {"amount": "40", "date": "2026-11-20", "how": "oldest"}
    return address, {**form, "method": str(whole.payment.method_id)}


def add_invoice(whole: WholeWorld) -> Posted:
    return reverse("admin:billing_invoice_add"), lines(whole, ("Box", "1", "5"))


def credit(whole: WholeWorld) -> Posted:
    form = {"on": "2026-11-20", "reason": "Sent back", "how": "whole"}
    return page(make_invoice(customer=whole.draft.customer), "credit"), form


def issue(whole: WholeWorld) -> Posted:
    return page(whole.draft, "issue"), {}


def deduct(whole: WholeWorld) -> Posted:
    form = {"role": "bank_charge", "amount": "1", "on": "2026-11-20", "reason": "Their bank"}
    return page(whole.open_invoice, "deduct"), form


def write_off(whole: WholeWorld) -> Posted:
    form = {"amount": "2", "on": "2026-11-20", "reason": "Gone away"}
    return page(whole.open_invoice, "write-off"), form


def apply(whole: WholeWorld) -> Posted:
    form = {"on": "2026-11-21", f"part_{whole.open_invoice.pk}": "3"}
    return page(whole.note, "apply"), form


def refund(whole: WholeWorld) -> Posted:
    form = {"amount": "5", "on": "2026-11-20", "method": whole.card.pk, "reason": "Too much"}
    return page(whole.waiting, "refund"), form


def hold_retainer(whole: WholeWorld) -> Posted:
    return page(whole.waiting, "hold-retainer"), {"amount": "5", "on": "2026-11-20"}


def make_deposit(whole: WholeWorld) -> Posted:
    form = {
        "date": "2026-11-20",
        "payments": [str(whole.waiting.pk)],
        "fees-TOTAL_FORMS": "0",
        "fees-INITIAL_FORMS": "0",
    }
    return reverse("admin:billing_deposit_make"), form


POSTS = [receive, add_invoice, credit, issue, deduct, write_off, apply, refund, hold_retainer,
         make_deposit]  # fmt: skip


def booked() -> list[int]:
    return [model.objects.count() for model in COUNTED]


@pytest.mark.variants(keep=3)
@pytest.mark.parametrize("post", POSTS, ids=lambda post: post.__name__)
def test_a_form_posted_twice_books_once_and_shows_what_the_first_made(
    post: Callable[[WholeWorld], Posted], whole: WholeWorld, browse: Browse
) -> None:
    address, form = post(whole)
    fay = browse("Fay")
    form |= fay.opened(address)
    before = booked()
    first = fay.post(address, form)
    assert first.status_code == 302, first.context and first.context["form"].errors
    once_booked = booked()
    if post is not issue:
        assert once_booked != before
    second = fay.post(address, form, follow=True)
    assert booked() == once_booked
    assert first.headers["Location"] in (second.redirect_chain[-1][0], second.request["PATH_INFO"])
    assert "was sent already" in second.content.decode()
    # Opened anew, it is another form.
    assert fay.opened(address) == {} or fay.opened(address)[once.FIELD] != form[once.FIELD]


def test_a_form_without_a_key_books_nothing(whole: WholeWorld, browse: Browse) -> None:
    for post in POSTS:
        address, form = post(whole)
        before = booked()
        browse("Fay").post(address, {**form, once.FIELD: ""})
        assert booked() == before, post.__name__


def test_what_was_refused_leaves_its_key_unused(whole: WholeWorld, browse: Browse) -> None:
    address, form = receive(whole)
    fay = browse("Fay")
    form |= fay.opened(address)
    assert fay.post(address, {**form, "amount": "0"}).status_code == 200
    assert not OneTimeKey.objects.exists()
    assert fay.post(address, form).status_code == 302
    used = OneTimeKey.objects.get()
    assert (used.key, used.user_id) == (form[once.FIELD], User.objects.get(name="Fay").pk)
    assert used.made == page(Payment.objects.latest("pk"))


def test_two_people_may_send_the_same_page_each_with_its_own_key(
    whole: WholeWorld, browse: Browse
) -> None:
    address, form = receive(whole)
    browse("Fay").post(address, form)
    browse("Fay").post(address, {**form, "amount": "41"})
    assert Payment.objects.filter(amount__in=[40, 41]).count() == 2


def is_page(answer: Any) -> bool:
    return str(answer.headers["Content-Type"]).startswith("text/html")


def all_acts(whole: WholeWorld, people: dict[str, User]) -> list[tuple[RecordAdmin, Any, str]]:
    rows = {**whole.records, User: people["Vera"]}
    return [
        (screen, act, screen.page(act.name, rows[model].pk))
        for model, screen in admin.site._registry.items()
        for act in screen.acts
    ]


@pytest.mark.slow
def test_every_act_refuses_a_post_without_a_key(
    whole: WholeWorld, people: dict[str, User], browse: Browse
) -> None:
    """Walks the registry: the door stands in one place, and no act goes around it."""
    give_every_permission(people["Fay"])
    fay, found = browse("Fay"), all_acts(whole, people)
    assert len(found) > 30
    for _, act, address in found:
        before = booked()
        answer = fay.post(address, {once.FIELD: ""}, follow=True)
        assert booked() == before, act
        if not is_page(answer):  # it led back to a file, and the next page tells
            answer = fay.get("/admin/")
        assert "lacks its one-time key" in answer.content.decode(), act


@pytest.mark.slow
def test_every_page_that_posts_hides_a_key_of_its_own_in_each_form(
    whole: WholeWorld, people: dict[str, User], browse: Browse
) -> None:
    give_every_permission(people["Fay"])
    fay = browse("Fay")
    rows = {**whole.records, User: people["Vera"]}
    addresses = [address for _, _, address in all_acts(whole, people)]
    for model, screen in admin.site._registry.items():
        if model in rows:
            addresses.append(screen.page("change", rows[model].pk))
        addresses.append(screen.page("add"))
    keys: list[str] = []
    for address in addresses:
        answer = fay.get(address)
        if answer.status_code != 200 or not is_page(answer):
            continue
        for action, fields in hidden_fields(answer.content.decode()):
            if "logout" in action or "_form" in action:
                continue
            assert once.SHAPE.fullmatch(fields.get(once.FIELD, "")), (address, action)
            keys.append(fields[once.FIELD])
    assert len(keys) > 40
    assert len(set(keys)) == len(keys)


def test_no_template_has_a_form_that_posts_without_a_key() -> None:
    for each in (Path(settings.BASE_DIR) / "templates/backoffice").rglob("*.html"):
        for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", each.read_text(), re.S):
            assert "{% one_time_key %}" in form, each


def test_a_refused_addition_leaves_no_customer_and_no_key(
    whole: WholeWorld, browse: Browse
) -> None:
    address = reverse("admin:billing_customer_add")
    form = {"company": whole.company.pk, "name": "Twice Ltd", "currency": "GBP", "active": "on"}
    fay = browse("Fay")
    form |= fay.opened(address)
    assert fay.post(address, {**form, "name": ""}).status_code == 200
    for _ in range(2):
        assert fay.post(address, form).status_code == 302
    assert Customer.objects.filter(name="Twice Ltd").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("ends", ["in an error", "in words"])
def test_a_key_is_given_back_where_a_call_to_their_books_did_nothing(ends: str) -> None:
    """Pressed once more, the same form does what it asks for."""
    request = RequestFactory().post("/", {once.FIELD: once.new_key()})
    request.user = User.objects.create(email="fay@example.com", name="Fay")

    def fails() -> HttpResponse:
        if ends == "in an error":
            raise ConnectionError
        return once.nothing_done(HttpResponseRedirect("/"))

    with contextlib.suppress(ConnectionError):
        once.once(request, "connect", fails, back="/", calls_out=True)
    assert not OneTimeKey.objects.exists()

    made = once.once(
        request, "connect", lambda: HttpResponseRedirect("/made"), back="/", calls_out=True
    )
    assert made["Location"] == OneTimeKey.objects.get().made == "/made"

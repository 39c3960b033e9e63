"""Erasing a customer from its page: what is said first, who may, that two are needed, how far it is."""

from collections.abc import Callable
from datetime import timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.billing.models import Change, CompanyMember, Customer, Erasure
from apps.exchange.erasing import tasks
from apps.exchange.models import PrivateFile
from apps.staff.models import SecurityEvent, User
from apps.sync.models import State, SyncRecord
from tests.backoffice.world import World
from tests.exchange.erasing.erased import paid_invoice
from tests.factories import make_customer

Browse = Callable[[str], Client]


def pages(customer: Customer) -> dict[str, str]:
    names = ("ask-erasure", "erase", "refuse-erasure", "withdraw-erasure", "change")
    return {name: reverse(f"admin:billing_customer_{name}", args=[customer.pk]) for name in names}


def test_an_accountant_asks_and_an_administrator_reads_what_goes_and_agrees(
    world: World, people: dict[str, User], browse: Browse
) -> None:
    customer = make_customer(world.company, name="Quill Studio", email="anna@quill.example")
    paid_invoice(customer)
    SyncRecord.objects.create(
        connection=world.connection, kind="customer", customer=customer, wanted=1,
        state=State.IN_THE_BOOKS,
    )  # fmt: skip
    at, fay, ada = pages(customer), browse("Fay"), browse("Ada")
    assert ada.post(at["ask-erasure"], {"reason": "x"}).status_code == 403
    said = fay.get(at["ask-erasure"]).content.decode()
    for words in (
        "E-mail address, phone number and notes",
        "stay until 31 December 2036",
        "10 years after the end of the fiscal year",
        "cannot be taken back",
    ):
        assert words in said, words
    assert fay.post(at["ask-erasure"], {"reason": " "}).status_code == 200, "no reason"
    fay.post(at["ask-erasure"], {"reason": "They wrote to us"})
    assert fay.post(at["erase"]).status_code == 403
    assert f"Erasure of customer {customer.pk}" in ada.get(reverse("admin:index")).content.decode()

    changes = Change.objects.filter(kind="customer").count()
    assert "They wrote to us" in ada.get(at["erase"]).content.decode()
    PrivateFile.objects.create(
        company=world.company, name="receivables.xlsx", content_type="x", size=1, sha256="0" * 64,
        kept_until=timezone.now() + timedelta(days=400),
    )  # fmt: skip
    told = ada.post(at["erase"], follow=True).content.decode()
    assert "It is being erased" in told
    asked = Erasure.objects.get(customer=customer)
    assert tasks.go_on(asked.pk) == "Done."
    shown = fay.get(at["change"]).content.decode()
    for words in (
        "Kept until 31 December 2036:",
        "has a copy of its own",
        "receivables.xlsx",
        "Fay asked for it",
        "Ada agreed on",
        "Done on",
    ):
        assert words in shown, words
    assert "anna@quill.example" not in shown
    assert 'name="phone"' not in shown, "and nothing is typed into it again"
    customer.refresh_from_db()
    assert (customer.name, customer.email, customer.active) == ("Quill Studio", "", False)
    assert Change.objects.filter(kind="customer").count() == changes, "no books are told"
    persons = SecurityEvent.objects.filter(kind="erasure").values_list("person__name", flat=True)
    assert set(persons) == {"Fay", "Ada"}


def test_it_is_refused_and_withdrawn_with_a_reason_by_who_may(
    world: World, people: dict[str, User], browse: Browse
) -> None:
    customer = make_customer(world.company, name="Quill Studio")
    at, fay, ada, gus = pages(customer), browse("Fay"), browse("Ada"), browse("Vera")
    fay.post(at["ask-erasure"], {"reason": "They wrote to us"})
    assert gus.post(at["withdraw-erasure"], {"reason": "x"}).status_code == 403
    assert fay.post(at["refuse-erasure"], {"reason": "x"}).status_code == 403
    assert ada.post(at["refuse-erasure"], {"reason": ""}).status_code == 200
    ada.post(at["refuse-erasure"], {"reason": "A claim is open"})
    assert "A claim is open" in fay.get(at["change"]).content.decode()
    fay.post(at["ask-erasure"], {"reason": "It is settled"})
    fay.post(at["withdraw-erasure"], {"reason": "They called"})
    assert "They called" in ada.get(at["change"]).content.decode()
    states = list(Erasure.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["refused", "withdrawn"]
    # Whoever does not see the company is not asked, and finds no page.
    fay.post(at["ask-erasure"], {"reason": "Again"})
    CompanyMember.objects.filter(user=people["Ada"]).delete()
    User.objects.filter(pk=people["Ada"].pk).update(every_company=False)
    assert ada.post(at["erase"]).status_code == 404
    assert "Erasure of customer" not in ada.get(reverse("admin:index")).content.decode()

"""Asked while a person types: a customer, item or tax rate that may be here already."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.billing.models import Customer, Item, KeptBoth, TaxRate
from tests.backoffice.desk import Desk
from tests.backoffice.frame.test_asked_first import asked, confirmed
from tests.backoffice.world import World
from tests.factories import make_company, make_customer, make_item, make_tax_rate

Browse = Callable[[str], Desk]
ADD = {model: reverse(f"admin:billing_{model._meta.model_name}_add")
       for model in (Customer, Item, TaxRate)}  # fmt: skip

SURNAMES = ("Abernathy", "Bellweather", "Carmichael", "Dunsmore", "Eastwick")
TRADES = ("Bakery", "Catering", "Joinery", "Logistics", "Textiles")


def spelled(name: str) -> list[str]:
    """The same name, typed otherwise by somebody else."""
    return [name.upper(), f"The {name}, Ltd.", name.replace("and", "&"), f"{name[:4]}{name[5:]}",
            f"{name[:3]}{name[4]}{name[3]}{name[5:]}", name.replace("e", "é"),
            f"  {name.replace(' ', '  ')} GmbH", name.replace(" ", "-"), f"{name}s",
            " ".join(reversed(name.split()))]  # fmt: skip


def new(company: Any, name: str, **fields: Any) -> dict[str, Any]:
    return {"company": company.pk, "name": name, "currency": "GBP", "active": "on", **fields}


@pytest.mark.slow
def test_fifty_planted_customers_are_all_asked_about(world: World, browse: Browse) -> None:
    company = make_company()
    names = [f"{one} and {two}" for one in SURNAMES for two in TRADES[:1]]
    for name in names:
        make_customer(company, name=name)
    planted = [other for name in names for other in spelled(name)]
    assert len(planted) == 50
    fay, count = browse("Fay"), Customer.objects.count()
    missed = []
    for other in planted:
        if other.casefold().strip() in {each.casefold() for each in names}:
            continue  # refused: one name, but for its case
        answer = fay.post(ADD[Customer], new(company, other))
        if not any(name in words for name in names for words in asked(answer)):
            missed.append(other)
    assert missed == []
    assert Customer.objects.count() == count


def test_both_are_kept_with_a_reason_and_never_asked_about_again(
    world: World, browse: Browse
) -> None:
    company = make_company()
    here = make_customer(company, name="Bell & Daughters")
    fay = browse("Fay")
    form = new(company, "Bell and Daughters Ltd")
    answer = fay.post(ADD[Customer], form)
    (words,) = asked(answer)
    assert words == (
        "“Bell & Daughters”, GBP, is here already, maybe the same customer: it has the same name "
        "but for its writing. Yes, keep both."
    )
    shown = answer.content.decode()
    assert "Use Bell &amp; Daughters" in shown
    assert reverse("admin:billing_customer_change", args=[here.pk]) in shown
    ticked = {**form, "sure": confirmed(answer)}
    assert "Say why both are kept" in fay.post(ADD[Customer], ticked).content.decode()
    assert fay.post(ADD[Customer], {**ticked, "why_both": "A branch"}).status_code == 302
    kept = KeptBoth.objects.get()
    assert (kept.customer, kept.reason, str(kept.decided_by)) == (here, "A branch", "Fay")
    made = Customer.objects.get(name="Bell and Daughters Ltd")
    page = reverse("admin:billing_customer_change", args=[made.pk])
    assert fay.post(page, {**new(company, "Bell and Daughters Limited")}).status_code == 302


def test_a_tax_number_weighs_more_and_an_email_is_a_hint(world: World, browse: Browse) -> None:
    company = make_company()
    make_customer(company, name="Quayle", tax_number="GB 123 4567 89", email="a@example.com")
    fay = browse("Fay")
    answer = fay.post(ADD[Customer], new(company, "Other name", tax_number="123456789"))
    (words,) = asked(answer)
    assert "most likely the same customer: it has the same tax number." in words
    told = fay.post(ADD[Customer], new(company, "Zed", email="A@example.com"), follow=True)
    assert "Quayle has the same e-mail." in told.content.decode()
    assert not KeptBoth.objects.exists()


@pytest.mark.slow
def test_twenty_planted_items_are_all_asked_about(world: World, browse: Browse) -> None:
    company = make_company()
    for number in range(5):
        make_item(company, code=f"LMP-{number}A", name=f"{SURNAMES[number]} lantern")
    fay, missed = browse("Fay"), []
    for number in range(5):
        name = f"{SURNAMES[number]} lantern"
        planted = [(f"lmp {number}a", "Something else"), (f"LMP{number}A", "Another thing"),
                   (f"ZZ{number}", name.upper()), (f"YY{number}", f"{name[:3]}{name[4:]}")]  # fmt: skip
        for code, called in planted:
            answer = fay.post(ADD[Item], {"company": company.pk, "code": code, "name": called,
                                          "active": "on"})  # fmt: skip
            missed += [] if asked(answer) else [(code, called)]
    assert missed == []


def test_a_rate_that_taxes_as_one_does_already_is_asked_about(world: World, browse: Browse) -> None:
    company = make_company()
    rate = make_tax_rate(company, 20, code="S20", name="Standard")
    agency = rate.components.get().agency
    form = {"company": company.pk, "code": "VAT20", "name": "VAT", "treatment": "standard",
            "country": "GB", "active": "on", "components-TOTAL_FORMS": "1",
            "components-INITIAL_FORMS": "0", "components-0-name": "VAT",
            "components-0-agency": agency.pk, "components-0-percent": "20"}  # fmt: skip
    fay = browse("Fay")
    answer = fay.post(ADD[TaxRate], form)
    (words,) = asked(answer)
    assert "the same percentage (20 %) and treatment" in words
    assert fay.post(ADD[TaxRate], {**form, "components-0-percent": "5"}).status_code == 302
    assert (
        fay.post(ADD[TaxRate], {**form, "code": "V2", "sure": confirmed(answer)}).status_code == 302
    )


@pytest.mark.parametrize("name", ["Bell: North", "🔔 Bells 🔔", "شركة الأمل", "👩‍👧", "x" * 200])
def test_odd_names_are_stored_as_typed(name: str, world: World, browse: Browse) -> None:
    company = make_company()
    assert browse("Fay").post(ADD[Customer], new(company, f"  {name} ")).status_code == 302
    assert Customer.objects.get(company=company).name == name


@pytest.mark.parametrize(
    ("name", "words"),
    [("x" * 255, "at most 200 characters"), ("   ", "This field is required"),
     ("\u200b\u200b", "of this one nothing is seen")],
)  # fmt: skip
def test_what_cannot_be_a_name_is_refused_in_words(
    name: str, words: str, world: World, browse: Browse
) -> None:
    answer = browse("Fay").post(ADD[Customer], new(make_company(), name))
    assert words in answer.content.decode()


def test_a_near_spelling_finds_in_pickers_with_as_many_questions_as_ever(
    world: World, browse: Browse
) -> None:
    company = make_company()
    bell = make_customer(company, name="Quill & Dauphins")
    fay, counts = browse("Fay"), []
    for turn in range(2):
        with CaptureQueriesContext(connection) as queries:
            answer = fay.get(reverse("admin:autocomplete"), {
                "term": "qill dauhpins", "app_label": "billing", "model_name": "invoice",
                "field_name": "customer"})  # fmt: skip
        counts.append(len(queries))
        assert [each["id"] for each in answer.json()["results"]] == [str(bell.pk)]
        for number in range(30):
            make_customer(company, name=f"Zz {turn} {number} Ltd")
    assert counts[0] == counts[1] <= 12

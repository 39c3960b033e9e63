"""A layout is built from a file, used by the next one, changed, retired; tax codes are given a meaning."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from apps.billing.models import Invoice
from apps.exchange.imports.background import go_on
from apps.exchange.imports.own.saving import make
from apps.exchange.models import FileImport, ImportProfile
from apps.exchange.profiles import PROFILES
from tests.backoffice.documents.test_acts import page
from tests.backoffice.world import World, a_layout
from tests.exchange.imports.layouts import HEADINGS
from tests.factories import make_company, make_tax_rate

Browse = Callable[[str], Client]
ADD = "admin:exchange_fileimport_add"
TILL = "Beleg;Art;Tag;Kunde;Text;Menge;Preis;Steuer"
ROWS = [
    "R1;RE;05.03.2026;Bell & Söhne;Lampe;2;1.010,00;V19",
    "R1;RE;05.03.2026;Bell & Söhne;Kabel;4;2,50;V0",
    "G2;GS;17.03.2026;Bell & Söhne;Lampe;1;10,00;V19",
]
MEANS = [
    "number",
    "kind",
    "date",
    "customer_name",
    "description",
    "quantity",
    "unit_price",
    "tax_code",
]


@pytest.fixture(autouse=True)
def private_folder(settings: Any, tmp_path: Any) -> None:
    settings.PRIVATE_FILES_DIR = str(tmp_path)


def bring(client: Client, world: World, *lines: str, profile: str = "") -> Any:
    file = SimpleUploadedFile("till.csv", "\n".join([*lines, ""]).encode())
    given = {"company": world.company.pk, "file": file, "profile": profile}
    return client.post(reverse(ADD), given, follow=True)


def said(**more: str) -> dict[str, str]:
    """As a browser sends the page, with columns, kinds and rules said."""
    columns = {f"heading-{n}": each for n, each in enumerate(TILL.split(";"))}
    columns |= {f"tells-{n}": each for n, each in enumerate(MEANS)}
    kinds = {
        "said-kind-0": "RE",
        "means-kind-0": "invoice",
        "said-kind-1": "GS",
        "means-kind-1": "credit_note",
    }
    return {
        **columns, **kinds, "subject": "documents", "start": "",
        "constant-0": "currency", "constant-value-0": "GBP", "constant-1": "", "constant-value-1": "",
        "prices": "exclusive", "kind": "invoice", "credits": "positive", "name": "Till", "whose": "company",
        **more,
    }  # fmt: skip


def taxes(client_said: dict[str, str]) -> dict[str, str]:
    return {
        **client_said,
        "said-tax_code-0": "V19", "means-tax_code-0": "S20",
        "said-tax_code-1": "V0", "means-tax_code-1": "(no tax)",
    }  # fmt: skip


@pytest.fixture
def rate(world: World) -> Any:
    return make_tax_rate(world.company, 20, code="S20", name="Standard")


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


def test_a_file_that_fits_no_layout_leads_to_the_page_and_the_next_is_read_by_itself(
    world: World, rate: Any, browse: Browse
) -> None:
    fay = browse("Fay")
    shown = text_of(bring(fay, world, TILL, *ROWS))
    assert "Its headings fit no layout, or more than one." in shown
    assert "Bell &amp; Söhne" in shown
    brought = FileImport.objects.get()
    place = page(brought, "layout")

    # Tried before it is saved: what is missing, then how it reads.
    lacking = text_of(fay.post(place, said(**{"tells-6": "", "show": "yes"})))
    assert "Nothing tells “Unit price”." in lacking
    tried = text_of(fay.post(place, said(show="yes")))
    assert "there is no tax rate V19 here" in tried
    assert "What “V19” means" in tried
    tried = text_of(fay.post(place, taxes(said(show="yes"))))
    assert "Of its first rows 2 would be new or changed, and 0 would be refused." in tried
    assert '<option value="dmy" selected>' in tried, "as the file proves, for those that do not"
    assert '<option value="," selected>' in tried
    assert not ImportProfile.objects.exists()

    shown = text_of(fay.post(place, taxes(said(save="yes", day_order="dmy")), follow=True))
    brought.refresh_from_db()
    layout = ImportProfile.objects.get()
    assert (brought.profile, brought.stage) == (layout.code, "checked"), shown
    assert (layout.name, layout.company) == ("Till", world.company)
    assert layout.made_by is not None
    assert layout.made_by.email == "fay@example.com"

    cleo = browse("Cleo")
    shown = text_of(bring(cleo, world, TILL, "R3;RE;05.04.2026;Vale;Lampe;2;10,00;V19"))
    assert "Read as “Till”, which its headings fit." in shown
    second = FileImport.objects.latest("pk")
    text_of(cleo.post(page(second, "write"), follow=True))
    go_on(second.pk)
    invoice = Invoice.objects.get(number="R3")
    assert (invoice.total, invoice.is_draft) == (Decimal("24.00"), True)


def test_without_the_right_the_page_is_refused_and_says_whom_to_ask(
    world: World, browse: Browse
) -> None:
    cleo = browse("Cleo")
    shown = text_of(bring(cleo, world, TILL, *ROWS))
    assert "ask an Accountant to say what its columns mean" in shown
    brought = FileImport.objects.get()
    assert cleo.get(page(brought, "layout")).status_code == 403
    assert cleo.post(page(brought, "layout"), said(save="yes")).status_code == 403
    layout = a_layout(world.company)
    shown = text_of(cleo.post(page(brought, "read-by"), {"profile": layout.code}, follow=True))
    brought.refresh_from_db()
    assert (brought.profile, brought.stage) == (layout.code, "unreadable")
    assert "has no column" in brought.sentence


@pytest.mark.slow
def test_a_shipped_layout_is_changed_as_a_copy(world: World, browse: Browse) -> None:
    """Its headings are found again, and what is not asked is carried over."""
    fay = browse("Fay")
    headings = HEADINGS["xero-invoices"][0]
    bring(fay, world, headings, profile="xero-invoices")
    brought = FileImport.objects.get()
    form = fay.get(page(brought, "layout")).context
    assert form["start"] == "xero-invoices"
    told = {each.heading: each.said.tells for each in form["columns"]}
    assert told["*InvoiceNumber"] == "number"
    posted = {"start": "xero-invoices", "name": "Xero, ours", "save": "yes", "credits": "negative"}
    for each in form["columns"]:
        posted |= {f"heading-{each.place}": each.heading, f"tells-{each.place}": each.said.tells}
    text_of(fay.post(page(brought, "layout"), posted, follow=True))
    own = ImportProfile.objects.get()
    assert own.content["system"] == PROFILES["xero-invoices"].system
    assert own.content["columns"]["number"] == ["*InvoiceNumber"]


@pytest.mark.slow
def test_it_is_changed_and_what_was_checked_by_it_is_not_written(
    world: World, rate: Any, browse: Browse
) -> None:
    fay = browse("Fay")
    layout = a_layout(world.company)
    rows = ["Beleg;Datum;Kunde;Text;Menge;Preis;MwSt", "R1;25.03.2026;Bell;Lampe;2;10,00;S20"]
    bring(fay, world, *rows)
    brought = FileImport.objects.get()
    assert (brought.profile, brought.stage) == (layout.code, "checked"), brought.sentence

    form = fay.get(page(layout, "change-layout")).context
    posted = {f"heading-{each.place}": each.heading for each in form["columns"]}
    posted |= {f"tells-{each.place}": each.said.tells for each in form["columns"]}
    posted |= {
        "how": "over",
        "name": "Till of the shop",
        "as_of": form["as_of"],
        "save": "yes",
    }
    again = {**posted, "begins-0": "R", "credits": "negative"}
    shown = text_of(fay.post(page(layout, "change-layout"), again, follow=True))
    assert "“Till of the shop” is saved. 1 import" in shown
    assert "without “R” before it" in shown
    history = text_of(fay.get(reverse("admin:exchange_importprofile_history", args=[layout.pk])))
    assert "Number: column “Beleg” (without “R” before it)" in history
    assert "{&#x27;" not in history

    overtaken = text_of(fay.post(page(layout, "change-layout"), {**again, "begins-0": "X"}))
    assert "changed by somebody else meanwhile" in overtaken

    shown = text_of(fay.get(page(brought)))
    assert "Its layout was changed" in shown
    assert page(brought, "write") not in shown
    refused = text_of(fay.post(page(brought, "write"), follow=True))
    assert "not possible for till.csv as it stands now" in refused
    text_of(fay.post(page(brought, "check-again"), follow=True))
    assert page(brought, "write") in text_of(fay.get(page(brought)))


def test_tax_codes_that_are_none_of_ours_are_given_a_meaning_from_the_refusal(
    world: World, rate: Any, browse: Browse
) -> None:
    fay = browse("Fay")
    rows = [
        "Number,Date,Customer,Net,Tax rate",
        "1,2026-03-31,Bell,10,VAT20",
        "2,2026-03-31,Bell,10,Z0",
    ]
    bring(fay, world, *rows)
    brought = FileImport.objects.get()
    assert "Say what its tax rates mean" in text_of(fay.get(page(brought)))
    assert "Say what its tax rates mean" not in text_of(browse("Cleo").get(page(brought)))
    place = page(brought, "tax-codes")
    asked = fay.get(place).context["each"]
    assert [each.said for each in asked.values] == ["VAT20", "Z0"]
    assert [words for code, words in asked.choices] == ["S20: Standard, 20 %", "no tax"]
    nothing = text_of(fay.post(place, {"said-tax_code-0": "VAT20", "means-tax_code-0": "S99"}))
    assert "Choose for at least one of them" in nothing

    answers = {"said-tax_code-0": "VAT20", "means-tax_code-0": "S20", "said-tax_code-1": "Z0",
               "means-tax_code-1": "", "name": "Net rows of ours"}  # fmt: skip
    text_of(fay.post(place, answers, follow=True))
    brought.refresh_from_db()
    own = ImportProfile.objects.get()
    assert (brought.profile, own.content["values"]["tax_code"]) == (own.code, {"VAT20": "S20"})
    assert brought.tally["rows"] == {"new": 1, "refused": 1}
    # The second time the same layout learns more.
    answers = {"said-tax_code-0": "Z0", "means-tax_code-0": "(no tax)"}
    text_of(fay.post(place, answers, follow=True))
    brought.refresh_from_db()
    assert ImportProfile.objects.count() == 1
    assert brought.tally["rows"] == {"new": 2}
    assert "tax-codes" not in text_of(fay.get(page(brought)))


def test_a_layout_is_retired_and_used_again(world: World, browse: Browse) -> None:
    fay = browse("Fay")
    layout = a_layout(world.company)
    assert "retired: no file is read by it any more" in text_of(
        fay.post(page(layout, "retire"), {"_confirmed": "yes"}, follow=True)
    )
    layout.refresh_from_db()
    assert layout.retired_at is not None
    text_of(fay.post(page(layout, "use-again"), follow=True))
    layout.refresh_from_db()
    assert layout.retired_at is None


def test_a_layout_of_another_company_is_not_offered(world: World, browse: Browse) -> None:
    other = a_layout(make_company(legal_name="Another Ltd"))
    cleo = browse("Cleo")
    shown = text_of(bring(cleo, world, TILL, *ROWS, profile=other.code))
    assert "This layout is not one of Thornfield Trading Ltd." in shown
    assert not FileImport.objects.exists()


def test_a_layout_begins_with_a_file(world: World, browse: Browse) -> None:
    fay = browse("Fay")
    listed = text_of(fay.get(reverse("admin:exchange_importprofile_changelist")))
    assert "Files of many products are known by themselves" in listed
    asked = fay.get(reverse("admin:exchange_importprofile_add"), follow=True)
    assert 'value="-" selected' in text_of(asked)
    answer = bring(fay, world, "Number,Date,Customer,Net", "77,2026-03-31,Bell,10", profile="-")
    assert answer.redirect_chain[-1][0].endswith("/layout/")
    assert FileImport.objects.get().stage == "asking"
    assert browse("Cleo").get(reverse("admin:exchange_importprofile_add")).status_code == 403


@pytest.mark.slow
def test_a_shared_layout_is_for_all_companies(world: World, browse: Browse) -> None:
    fay = browse("Fay")
    bring(fay, world, TILL, *ROWS)
    brought = FileImport.objects.get()
    text_of(fay.post(page(brought, "layout"), said(save="yes", whose="all"), follow=True))
    layout = ImportProfile.objects.get()
    assert layout.company is None
    again = said(save="yes", name="till")
    assert "already" in text_of(fay.post(page(brought, "layout"), again))
    assert make(PROFILES["one-row-net"], name="Other", company=None, headings=[]).pk


@pytest.mark.slow
def test_payments_are_taught_in_the_same_way(world: World, browse: Browse) -> None:
    """Whatever the rows of a file are: its fields come from what they bring."""
    fay = browse("Fay")
    lines = ["Eingang;Debitor;Betrag;Zweck", "25.03.2026;Bell & Daughters;40,00;Abschlag März"]
    bring(fay, world, *lines)
    brought = FileImport.objects.get()
    place = page(brought, "layout")
    asked = fay.get(f"{place}?start=&subject=payments").context
    assert asked["draft"].subject == "payments"
    assert not asked["documents"]
    told = ["date", "customer_name", "amount", "memo"]
    posted = {"subject": "payments", "start": "", "name": "Bank", "whose": "company"}
    posted |= {f"heading-{n}": each for n, each in enumerate(lines[0].split(";"))}
    posted |= {f"tells-{n}": each for n, each in enumerate(told)}
    posted |= {"constant-0": "method", "constant-value-0": "Bank transfer"}
    tried = text_of(fay.post(place, {**posted, "show": "yes"}))
    assert "Of its first rows 1 would be new or changed, and 0 would be refused." in tried
    text_of(fay.post(place, {**posted, "save": "yes"}, follow=True))
    brought.refresh_from_db()
    assert (brought.stage, brought.tally["documents"]) == ("checked", {"new": 1}), brought.sentence
    assert ImportProfile.objects.get().subject == "payments"


@pytest.mark.slow
def test_a_layout_of_another_release_keeps_no_file_from_being_read(
    world: World, browse: Browse
) -> None:
    fay = browse("Fay")
    old = a_layout(world.company)
    old.content = {"subject": "documents", "columns": {"colour": ["Farbe"]}}
    old.save()
    bring(fay, world, "Number,Date,Customer,Net", "77,2026-03-31,Bell,10")
    assert FileImport.objects.get().profile == "one-row-net"
    assert "It cannot be read" in text_of(fay.get(page(old)))
    told = text_of(fay.get(page(old, "change-layout"), follow=True))
    assert "of the layout cannot be read" in told
    brought = FileImport.objects.get()
    text_of(fay.post(page(brought, "read-by"), {"profile": old.code}, follow=True))
    brought.refresh_from_db()
    assert brought.stage == "unreadable"
    assert "Its layout cannot be read" in brought.sentence
    assert page(brought, "layout") in text_of(fay.get(page(brought)))
    assert fay.get(page(brought, "layout")).status_code == 200


def test_what_nobody_offers_is_dropped(world: World, browse: Browse) -> None:
    fay = browse("Fay")
    bring(fay, world, TILL, *ROWS)
    place = page(FileImport.objects.get(), "layout")
    odd = said(show="yes", **{"tells-0": "password", "heading-1": "Another", "credits": "x", "kind": "x",
                              "start": "own-999", "decimal_mark": "x", "constant-0": "x"})  # fmt: skip
    draft = fay.post(place, odd).context["draft"]
    assert [each.tells for each in draft.columns[:3]] == ["", "", "date"]
    assert (draft.constants, draft.rules.credits, draft.rules.kind) == ([], "negative", "invoice")
    assert draft.start is None


def test_a_file_that_is_no_table_is_not_kept(world: World, browse: Browse) -> None:
    shown = text_of(bring(browse("Fay"), world, "%PDF-1.7", profile="-"))
    assert "a PDF" in shown
    assert not FileImport.objects.exists()

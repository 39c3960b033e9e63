"""Tax, discounts and currencies on the screens: what is typed, what is frozen, what follows."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from apps.billing import actions
from apps.billing.models import ExchangeRate, Invoice, TaxAgency, TaxComponent, TaxRate
from apps.connections.models import Connection
from apps.mappings.models import Mapping, RemoteCode
from tests.backoffice.documents.test_acts import amended, lines, page
from tests.backoffice.world import WholeWorld
from tests.factories import make_customer

Browse = Callable[[str], Client]


def test_a_line_takes_the_items_rate_unless_the_customer_has_its_own(
    whole: WholeWorld, browse: Browse
) -> None:
    item, customer = whole.draft.lines.first().item, whole.draft.customer
    zero = TaxRate.objects.create(
        company=whole.company, code="E0", name="Export", treatment="export"
    )
    item.tax_rate = whole.rate
    item.save()
    add = reverse("admin:billing_invoice_add")
    # 2 × 12.50 = 25.00, less 10 % = 22.50, less 10 % on the whole = 20.25; VAT 4.05
    form = lines(whole, ("", "2", "")) | {
        "customer": str(customer.pk),
        "lines-0-item": str(item.pk),
        "lines-0-discount_percent": "10",
        "discount_percent": "10",
    }
    answer = browse("Cleo").post(add, form)
    assert answer.status_code == 302, answer.context["errors"]
    draft = Invoice.objects.latest("pk")
    assert draft.lines.get().tax_rate == whole.rate
    assert (draft.net, draft.tax, draft.total) == (
        Decimal("20.25"), Decimal("4.05"), Decimal("24.30"))  # fmt: skip
    customer.tax_rate = zero
    customer.save()
    browse("Cleo").post(add, form)
    draft = Invoice.objects.latest("pk")
    assert (draft.lines.get().tax_rate, draft.tax) == (zero, 0)


def test_an_issued_invoice_shows_for_ever_what_it_was_taxed_at(
    whole: WholeWorld, browse: Browse
) -> None:
    line = whole.draft.lines.first()
    line.tax_rate, line.discount_percent = whole.rate, Decimal(10)
    line.save()
    actions.issue(whole.draft)
    whole.rate.refresh_from_db()
    whole.rate.name = "Called otherwise"
    whole.rate.save()
    shown = browse("Vera").get(page(whole.draft)).content.decode()
    # 4 × 12.50 less 10 % = 45.00, taxed at 20 % = 9.00; the engraving of 42.00 is not taxed
    assert "S20 20 %" in shown
    assert "on 45.00" in shown
    whole.draft.refresh_from_db()
    assert (whole.draft.net, whole.draft.tax, whole.draft.total) == (87, 9, 96)


def test_a_deduction_from_a_taxed_invoice_says_that_it_lowers_no_tax(
    whole: WholeWorld, browse: Browse
) -> None:
    line = whole.draft.lines.first()
    line.tax_rate = whole.rate
    line.save()
    actions.issue(whole.draft)
    said = "A discount that lowers the tax too is a credit note"
    fay = browse("Fay")
    assert said in fay.get(page(whole.draft, "deduct")).content.decode()
    assert said not in fay.get(page(whole.open_invoice, "deduct")).content.decode()


def test_a_discount_is_a_percentage_or_an_amount(whole: WholeWorld, browse: Browse) -> None:
    form = lines(whole, ("A box", "1", "5")) | {
        "customer": str(whole.draft.customer_id),
        "lines-0-item": "",
        "discount_percent": "10",
        "discount_amount": "1",
    }
    answer = browse("Cleo").post(reverse("admin:billing_invoice_add"), form)
    assert "Type a percentage or an amount, not both." in answer.content.decode()


def test_a_foreign_draft_takes_the_latest_rate_and_says_where_there_is_none(
    whole: WholeWorld, browse: Browse
) -> None:
    customer = make_customer(whole.company, name="Carver", currency="USD")
    form = lines(whole, ("A box", "1", "100")) | {"customer": str(customer.pk), "lines-0-item": ""}
    add, cleo = reverse("admin:billing_invoice_add"), browse("Cleo")
    cleo.post(add, form)
    draft = Invoice.objects.latest("pk")
    assert (draft.exchange_rate, draft.exchange_rate_source) == (Decimal("0.79"), "ECB")
    assert draft.home_total == 79
    early = cleo.post(add, form | {"issue_date": "01/10/2026"}, follow=True)
    assert "There is no exchange rate of USD on or before this date" in early.content.decode()


def test_amending_keeps_the_tax_and_the_discount_of_a_line(
    whole: WholeWorld, browse: Browse
) -> None:
    whole.company.amend_allowed = True
    whole.company.save()
    line = whole.draft.lines.first()
    line.tax_rate, line.discount_percent = whole.rate, Decimal(10)
    line.save()
    actions.issue(whole.draft)
    shown = browse("Fay").get(page(whole.draft, "amend"))
    initial = shown.context["lines"].initial[0]
    assert (initial["tax_rate"], initial["discount_percent"]) == (str(whole.rate.pk), "10")
    form = amended(whole, ("lan-1", "", "2", "")) | {
        "lines-0-tax_rate": str(whole.rate.pk),
        "lines-0-discount_percent": "10",
    }
    answer = browse("Fay").post(page(whole.draft, "amend"), form)
    assert answer.status_code == 302, answer.context["form"].errors
    whole.draft.refresh_from_db()
    # 2 × 12.50 less 10 % = 22.50, and VAT 4.50
    assert (whole.draft.net, whole.draft.tax) == (Decimal("22.50"), Decimal("4.50"))


# --- rates ---------------------------------------------------------------------------------------


def rate_form(whole: WholeWorld, *components: tuple[str, str], **more: str) -> dict[str, str]:
    agency = TaxAgency.objects.get()
    form = {
        "company": str(whole.company.pk),
        "code": "GST",
        "name": "GST and QST",
        "treatment": "standard",
        "active": "on",
        "components-TOTAL_FORMS": str(len(components)),
        "components-INITIAL_FORMS": "0",
        **more,
    }
    for place, (name, percent) in enumerate(components):
        form |= {
            f"components-{place}-name": name,
            f"components-{place}-agency": str(agency.pk),
            f"components-{place}-percent": percent,
        }
    return form


def test_a_rate_is_made_of_its_components(whole: WholeWorld, browse: Browse) -> None:
    add = reverse("admin:billing_taxrate_add")
    form = rate_form(whole, ("GST", "5"), ("QST", "9.975"))
    assert browse("Cleo").post(add, form).status_code == 403
    assert browse("Fay").post(add, form).status_code == 302
    rate = TaxRate.objects.get(code="GST")
    assert rate.percent == Decimal("14.975")
    assert [each.position for each in rate.components.all()] == [1, 2]


def test_no_percentage_is_typed_where_no_tax_is_due(whole: WholeWorld, browse: Browse) -> None:
    form = rate_form(whole, ("VAT", "20"), treatment="exempt")
    answer = browse("Fay").post(reverse("admin:billing_taxrate_add"), form)
    assert "No tax is due where a sale is exempt: type 0." in answer.content.decode()
    assert not TaxRate.objects.filter(code="GST").exists()


def test_a_used_rate_is_read_and_another_one_follows_it(whole: WholeWorld, browse: Browse) -> None:
    line = whole.draft.lines.first()
    line.tax_rate = whole.rate
    line.save()
    actions.issue(whole.draft)
    fay = browse("Fay")
    shown = fay.get(page(whole.rate)).content.decode()
    assert 'name="code"' not in shown
    assert 'name="name"' in shown
    component: TaxComponent = whole.rate.components.get()
    form = {"code": "S22", "name": "Standard", "starts": "2027-01-01",
            f"percent_{component.pk}": "22"}  # fmt: skip
    fay.post(page(whole.rate, "follow"), form)
    new = TaxRate.objects.get(code="S22")
    whole.rate.refresh_from_db()
    assert (new.percent, new.follows, new.valid_from) == (22, whole.rate, date(2027, 1, 1))
    assert (whole.rate.valid_to, whole.rate.percent) == (date(2026, 12, 31), 20)
    assert page(new) in fay.get(page(whole.rate)).content.decode()


def test_a_rate_of_a_currency_is_entered_and_kept(whole: WholeWorld, browse: Browse) -> None:
    form = {"company": str(whole.company.pk), "currency": "eur", "date": "02/11/2026",
            "rate": "0.86", "source": "ECB"}  # fmt: skip
    add = reverse("admin:billing_exchangerate_add")
    browse("Fay").post(add, form | {"currency": "EUR"})
    assert ExchangeRate.objects.get(currency="EUR").rate == Decimal("0.86")
    home = browse("Fay").post(add, form | {"currency": "GBP"})
    assert "is the home currency" in home.content.decode()


# --- mapping -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_tax_codes_are_offered_with_their_percentages_and_changed_with_a_reason(
    whole: WholeWorld, browse: Browse
) -> None:
    connection = whole.connection
    Connection.objects.filter(pk=connection.pk).update(
        tax_regime="global", tax_code_on_every_line=True, stage="paused"
    )
    connection.refresh_from_db()

    def code(remote_id: str, name: str, percent: str) -> RemoteCode:
        part = {"remote_id": remote_id, "name": name, "percent": percent, "agency": "HMRC"}
        return RemoteCode.objects.create(
            connection=connection, kind="tax_code", remote_id=remote_id, name=name,
            roles=["sales_tax"], parts=[part], read_at=whole.codes[0].read_at,
        )  # fmt: skip

    standard, other, reduced = code("2", "20.0% S", "20"), code("9", "20.0% ECG", "20"), code(
        "3", "5.0% R", "5"
    )  # fmt: skip
    fay = browse("Fay")
    shown = fay.get(page(connection, "map")).content.decode()
    assert "20.0% S (20 %)" in shown
    assert f'value="{reduced.pk}"' not in shown  # another percentage is not offered
    field = f"tax-{whole.rate.pk}"
    fay.post(page(connection, "map"), {field: str(standard.pk)})
    chosen = Mapping.objects.get(subject="tax")
    assert chosen.code == standard  # a first choice needs no reason
    asked = fay.post(page(connection, "map"), {field: str(other.pk)}).content.decode()
    assert "Nothing is saved yet" in asked
    again = {field: str(other.pk), "seen": "1"}
    assert "Give a reason to change" in fay.post(page(connection, "map"), again).content.decode()
    fay.post(page(connection, "map"), {**again, "reason": "The accountant said so"})
    chosen.refresh_from_db()
    assert chosen.code == other
    assert "The accountant said so" in chosen.history.latest().history_change_reason

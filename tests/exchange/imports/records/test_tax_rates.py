"""Tax rates come in with their components, and one that documents bear stays as it is."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from apps.billing.models import Company, TaxAgency, TaxRate
from apps.exchange.models import FileImport
from tests.exchange.imports.records.bringing import brought, noted, outcomes, refused, taken
from tests.factories import make_company, make_invoice, make_tax_rate

pytestmark = pytest.mark.django_db
Bring = Callable[..., FileImport]
HEADINGS = "Code,Name,Treatment,Country,Percent,Components,Valid from,Valid to,Follows,In use"
BOTH = "GST: 5 % to Canada Revenue Agency; QST: 9.975 % to Revenu Québec"


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def bring(company: Company, tmp_path: Path) -> Bring:
    def of(*rows: str, headings: str = HEADINGS) -> FileImport:
        return brought(tmp_path, company, "native-tax-rates", headings, *rows)

    return of


def parts(code: str) -> list[tuple[str, Decimal, str]]:
    rows = TaxRate.objects.get(code=code).components.select_related("agency")
    return [(each.name, each.percent, each.agency.name) for each in rows]


def test_a_rate_comes_with_its_components_and_whom_they_are_owed_to(
    company: Company, bring: Bring
) -> None:
    rows = (
        f"QC,Quebec,Standard,CA,14.975,{BOTH},2026-01-01,,,yes",
        "QC2,Later,Standard,CA,15,GST: 15 % to canada revenue agency,2027-01-01,,QC,yes",
    )
    done = taken(bring(*rows))
    assert outcomes(done.counts) == {"new": 2}
    assert parts("QC") == [
        ("GST", Decimal(5), "Canada Revenue Agency"),
        ("QST", Decimal("9.975"), "Revenu Québec"),
    ]
    assert TaxAgency.objects.filter(company=company).count() == 2
    later = TaxRate.objects.get(code="QC2")
    assert later.follows is not None
    assert (later.follows.code, later.valid_from) == ("QC", date(2027, 1, 1))
    before = TaxRate.history.count()  # type: ignore[attr-defined] # simple-history adds it
    assert outcomes(taken(bring(*rows)).counts) == {"unchanged": 2}
    assert TaxRate.history.count() == before  # type: ignore[attr-defined]


def test_what_is_not_borne_yet_may_change_with_its_components(
    company: Company, bring: Bring
) -> None:
    make_tax_rate(company, 5, "9.975", code="QC", name="Quebec")
    agency = TaxRate.objects.get().components.first().agency.name  # type: ignore[union-attr]
    found = bring(f"QC,Quebec,Reduced,,5,Only: 5 % to {agency},,,,yes")
    assert "treatment from “standard” to “reduced”" in noted(found)[2]
    assert outcomes(taken(found).counts) == {"changed": 1}
    assert parts("QC") == [("Only", Decimal(5), agency)]
    taken(bring("QC,6", headings="Code,Percent"))
    assert parts("QC") == [("Only", Decimal(6), agency)]


def test_one_that_documents_bear_is_not_changed(company: Company, bring: Bring) -> None:
    rate = make_tax_rate(company, 20, code="S20", name="Standard")
    make_invoice(company=company, lines=[("Lamp", 1, 10, rate)])
    found = bring("S20,Usual,25", headings="Code,Name,Percent")
    assert refused(found) == {
        2: "documents bear S20 Standard, so only its name, its last day and whether it is in use can "
        "change. Make a new rate that follows it"
    }
    done = taken(bring("S20,Usual,20,no", headings="Code,Name,Percent,In use"))
    assert outcomes(done.counts) == {"changed": 1}
    rate.refresh_from_db()
    assert (rate.name, rate.active) == ("Usual", False)


def test_what_cannot_be_a_rate_says_what_to_do(company: Company, bring: Bring) -> None:
    found = bring(
        "A,One,Normal,,5,X: 5 % to Y",
        "B,Two,Zero rated,,5,X: 5 % to Y",
        "C,Three,,,6,X: 5 % to Y",
        "D,Four,,,5,five percent",
        "E,Five,,,5",
        "F,Six,,,5,X: 5 % to Y,2026-02-01,2026-01-01",
        "G,Seven,,,5,X: 5 % to Y,,,NONE",
        "H,Eight,,,",
    )
    said = refused(found)
    assert "there is no treatment Normal. Write one of: Standard, Reduced" in said[2]
    assert said[3] == "Percent: No tax is due where a sale is Zero rated"
    assert said[4] == "its percentage is 6 in the file, and its components come to 5"
    assert "names no components. Write each as “GST: 5 % to Canada Revenue Agency”" in said[5]
    assert said[6] == "it does not say whom the tax is owed to. Write that under Agency"
    assert said[7] == "Valid to: Its last day lies before its first"
    assert "there is no tax rate NONE here that it could follow" in said[8]
    assert said[9] == "it says no percentage. Write it under Percent"


def test_one_that_taxes_alike_is_noted(company: Company, bring: Bring) -> None:
    make_tax_rate(company, 20, code="S20", name="Standard")
    found = bring("S-20,Usual,20", headings="Code,Name,Percent")
    assert "looks like S20 Standard, which is here" in noted(found)[2]
    assert outcomes(taken(found).counts) == {"new": 1}

"""Items come in from a file."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from apps.billing.models import Company, Item
from apps.exchange.models import FileImport
from tests.exchange.imports.records.bringing import brought, noted, outcomes, refused, taken
from tests.factories import make_company, make_item, make_tax_rate

pytestmark = pytest.mark.django_db
Bring = Callable[..., FileImport]


@pytest.fixture
def company() -> Company:
    return make_company(home_currency="GBP")


@pytest.fixture
def bring(company: Company, tmp_path: Path) -> Bring:
    def of(
        *rows: str,
        headings: str = "Code,Name,Description,Unit price,Tax rate,In use",
        profile: str = "native-items",
    ) -> FileImport:
        return brought(tmp_path, company, profile, headings, *rows)

    return of


def test_items_are_found_by_their_code_in_any_case(company: Company, bring: Bring) -> None:
    make_tax_rate(company, 20, code="S20")
    make_item(company, code="Lamp-1é", name="Lamp", unit_price=Decimal("12.50"))
    rows = ("LAMP-1é,Lamp,Brass,12.5,S20,yes", "MUG,Mug,,0.123456,,no")
    found = bring(*rows)
    assert noted(found) == {
        2: "Changes code from “Lamp-1é” to “LAMP-1é”; description from nothing to “Brass”; tax rate "
        "from nothing to “S20”."
    }
    assert outcomes(taken(found).counts) == {"changed": 1, "new": 1}
    lamp, mug = Item.objects.get(name="Lamp"), Item.objects.get(name="Mug")
    assert (lamp.code, lamp.description, lamp.unit_price) == ("LAMP-1é", "Brass", Decimal("12.5"))
    assert (mug.unit_price, mug.active, mug.normal_code) == (Decimal("0.123456"), False, "mug")
    assert outcomes(taken(bring(*rows)).counts) == {"unchanged": 2}


def test_an_item_without_a_code_is_that_of_its_name(company: Company, bring: Bring) -> None:
    make_item(company, code="L1", name="Lamp")
    make_item(company, code="M1", name="Mug")
    make_item(company, code="M2", name="Mug")
    headings = "Product/Service Name,Sales Description,SKU,Type,Sales Price / Rate"
    rows = (
        "lamp,Of brass,,Service,5.00",
        "Mug,,,Service,2",
        "Tools,,,Category,",
        "Wick,,,Service,1",
    )
    found = bring(*rows, headings=headings, profile="qbo-items")
    assert refused(found) == {
        3: "more than one item here is called Mug (M1, M2). Write the code of the one that is meant into "
        "the file"
    }
    assert noted(found)[4] == "Left out: it is a category, and nothing that is sold"
    taken(found, good_rows_only=True)
    assert Item.objects.get(code="L1").description == "Of brass"
    assert Item.objects.get(code="L1").name == "Lamp"
    assert Item.objects.get(name="Wick").code == "Wick"


def test_what_is_unfit_is_named_with_its_column(company: Company, bring: Bring) -> None:
    found = bring(
        f"{'C' * 41},Long,,1", "P1,Fine,,0.1234567", "P2,Odd,,one", "P3,,,1", "P4,Gone,,,S99"
    )
    assert refused(found) == {
        2: "Code: Ensure this value has at most 40 characters (it has 41)",
        3: "Unit price: Ensure that there are no more than 6 decimal places",
        4: "Unit price “one” is not a number",
        5: "there is no item P3 here, and the row gives no name to make one",
        6: "there is no tax rate S99 here. Add it under Tax rates, or give one of ours this name",
    }


def test_a_price_in_another_currency_is_no_price_of_ours(company: Company, bring: Bring) -> None:
    found = bring(
        "Lamp,L1,GBP 12.00", "Mug,M1,£ 3.50", "Wick,W1,USD 120.00", "Post,P1,€ 5",
        headings="Item Name,SKU,Rate", profile="zoho-items",
    )  # fmt: skip
    assert outcomes(found.tally) == {"new": 2, "refused": 2}
    assert refused(found)[4] == (
        "its price is in USD, and prices of items here are in GBP. Write the price in GBP, or leave it "
        "empty"
    )


def test_a_code_like_another_is_noted(company: Company, bring: Bring) -> None:
    make_item(company, code="SKU-001", name="Lamp")
    assert "the same code but for case, spaces or hyphens" in noted(bring("SKU 001,Cup,,1"))[2]

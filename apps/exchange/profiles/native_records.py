"""Our own files of customers, items and tax rates, as `exports/layouts/native.py` writes them: nothing
that they hold is lost, and what comes back unchanged changes nothing."""

from typing import Any

from apps.connectors.countries import ISO_OF
from apps.connectors.profiles import RecordProfile, Subject

_OURS: dict[str, Any] = {"as_written": True, "usual": {"decimal_mark": ".", "day_order": "ymd"}}

NATIVE_CUSTOMERS = RecordProfile(
    code="native-customers",
    name="Tieout: customers",
    subject=Subject.CUSTOMERS,
    columns={
        "name": ("Name",),
        "code": ("Code",),
        "email": ("Email", "E-mail"),
        "phone": ("Phone",),
        "tax_number": ("Tax number",),
        "currency": ("Currency",),
        "address_lines": ("Address",),
        "city": ("City",),
        "region": ("Region",),
        "postal_code": ("Postal code",),
        "country": ("Country",),
        "terms": ("Terms",),
        "tax_rate": ("Tax rate",),
        "parent": ("Parent",),
        "active": ("In use",),
        "notes": ("Notes",),
    },
    # Who is found by her code needs no name: a file may tell of codes and cities alone.
    known_by=("name", "code", "email", "currency"),
    values={"country": ISO_OF},
    blank_tells=frozenset(
        {"email", "phone", "tax_number", "address_lines", "city", "region", "postal_code"}
        | {"country", "terms", "tax_rate", "parent", "notes"}
    ),
    **_OURS,
)
NATIVE_ITEMS = RecordProfile(
    code="native-items",
    name="Tieout: items",
    subject=Subject.ITEMS,
    columns={
        "code": ("Code",),
        "name": ("Name",),
        "description": ("Description",),
        "unit_price": ("Unit price",),
        "tax_rate": ("Tax rate",),
        "active": ("In use",),
    },
    required=("code",),
    known_by=("name", "unit_price"),
    blank_tells=frozenset({"description", "unit_price", "tax_rate"}),
    **_OURS,
)
NATIVE_TAX_RATES = RecordProfile(
    code="native-tax-rates",
    name="Tieout: tax rates",
    subject=Subject.TAX_RATES,
    columns={
        "code": ("Code",),
        "name": ("Name",),
        "treatment": ("Treatment",),
        "country": ("Country",),
        "percent": ("Percent",),
        "components": ("Components",),
        "agency": ("Agency",),
        "valid_from": ("Valid from",),
        "valid_to": ("Valid to",),
        "follows": ("Follows",),
        "active": ("In use",),
    },
    required=("code",),
    known_by=("name", "percent"),
    values={"country": ISO_OF},
    blank_tells=frozenset({"country", "valid_from", "valid_to", "follows"}),
    **_OURS,
)
PROFILES = (NATIVE_CUSTOMERS, NATIVE_ITEMS, NATIVE_TAX_RATES)

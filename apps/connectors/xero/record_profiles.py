"""How contacts and items of Xero are read: it takes in and exports the same columns."""

from apps.connectors.countries import ISO_OF
from apps.connectors.profiles import RecordProfile, Subject
from apps.connectors.xero.layouts import PRODUCT, SYSTEM

PROFILES = (
    RecordProfile(
        code="xero-contacts",
        name=f"{PRODUCT}: contacts",
        subject=Subject.CUSTOMERS,
        columns={
            "name": ("ContactName",),
            "code": ("AccountNumber",),
            "email": ("EmailAddress",),
            "address_lines": ("POAddressLine1",),
            "city": ("POCity",),
            "region": ("PORegion",),
            "postal_code": ("POPostalCode",),
            "country": ("POCountry",),
            "phone": ("PhoneNumber",),
            "tax_number": ("TaxNumber", "TaxNumberName"),
            "tax_rate": ("AccountsReceivableTaxCodeName",),
        },
        further={"address_lines": ("POAddressLine2", "POAddressLine3", "POAddressLine4")},
        required=("name",),
        known_by=("code", "phone"),
        values={"country": ISO_OF},
        closed=frozenset({"country"}),
        system=SYSTEM,
    ),
    RecordProfile(
        code="xero-items",
        name=f"{PRODUCT}: items",
        subject=Subject.ITEMS,
        columns={
            "code": ("ItemCode",),
            "name": ("ItemName",),
            "description": ("SalesDescription",),
            "unit_price": ("SalesUnitPrice",),
            "tax_rate": ("SalesTaxRate",),
        },
        required=("code",),
        known_by=("name",),
        system=SYSTEM,
    ),
)

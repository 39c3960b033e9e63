"""How clients and items of FreshBooks are read. A client without a company is known by a person's name."""

from apps.connectors.countries import ISO_OF
from apps.connectors.profiles import RecordProfile, Subject

PROFILES = (
    RecordProfile(
        code="freshbooks-clients",
        name="FreshBooks: clients",
        subject=Subject.CUSTOMERS,
        columns={
            "name": ("Organization", "Company Name"),
            "person": ("First Name",),
            "email": ("Email", "Email Address"),
            "phone": ("Phone", "Phone Number"),
            "address_lines": ("Street", "Address Line 1"),
            "city": ("City",),
            "region": ("Province/State", "State"),
            "country": ("Country",),
            "postal_code": ("Postal Code", "Zip Code"),
            "notes": ("Notes",),
        },
        further={"person": ("Last Name",), "address_lines": ("Address Line 2",)},
        known_by=("name", "email", "address_lines", "postal_code"),
        values={"country": ISO_OF},
        closed=frozenset({"country"}),
        system="freshbooks",
    ),
    RecordProfile(
        code="freshbooks-items",
        name="FreshBooks: items and services",
        subject=Subject.ITEMS,
        columns={
            "name": ("Name", "Item Name", "Service Name"),
            "description": ("Description", "Item Description"),
            "unit_price": ("Rate", "Unit Cost", "Price"),
        },
        required=("name", "unit_price"),
        # Its columns are named in a dialog there: nothing in a file tells that it is of FreshBooks.
        proposed=False,
        system="freshbooks",
    ),
)

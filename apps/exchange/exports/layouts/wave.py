"""Files that Wave takes in: customers. It takes invoices through a spreadsheet of its own."""

from apps.connectors.layouts import Column, Holds, Layout, columns

LAYOUTS = (
    Layout(
        code="wave-customers",
        product="Wave",
        words="Customers",
        holds=Holds.CUSTOMERS,
        columns=columns(
            Column(heading="customer_name", source="name", required=True),
            Column(heading="email", source="email"),
            "contact_first_name",
            "contact_last_name",
            Column(heading="customer_currency", source="currency"),
            Column(heading="account_number", source="code"),
            Column(heading="phone", source="phone"),
            "fax",
            "mobile",
            "toll_free",
            "website",
            Column(heading="country", source="country_name"),
            Column(heading="province/state", source="region"),
            Column(heading="address_line_1", source="address_1"),
            Column(heading="address_line_2", source="address_rest"),
            Column(heading="city", source="city"),
            Column(heading="postal_code/zip_code", source="postal_code"),
            Column(heading="shipping_address", constant="False"),
            "ship-to_contact",
            "ship-to_country",
            "ship-to_province/state",
            "ship-to_address_line_1",
            "ship-to_address_line_2",
            "ship-to_city",
            "ship-to_postal_code/zip_code",
            "ship-to_phone",
            "delivery_instructions",
        ),
    ),
)

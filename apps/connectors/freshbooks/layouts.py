"""Files that FreshBooks takes in: clients. It has no import of invoices."""

from apps.connectors.layouts import Column, Holds, Layout, TooLong

LAYOUTS = (
    Layout(
        code="freshbooks-clients",
        product="FreshBooks",
        words="Clients",
        holds=Holds.CUSTOMERS,
        system="freshbooks",
        columns=(
            Column(heading="Company Name", source="name", required=True),
            Column(heading="Email Address", source="email", too_long=TooLong.REFUSE),
            Column(heading="Phone Number", source="phone"),
            Column(heading="Address Line 1", source="address_1"),
            Column(heading="Address Line 2", source="address_rest"),
            Column(heading="City", source="city"),
            Column(heading="State", source="region"),
            Column(heading="Zip Code", source="postal_code"),
            Column(heading="Country", source="country_name"),
        ),
        notes=("Clients that are there already are brought in a second time: import once.",),
    ),
)

"""Files that Sage Accounting (quick entries) and Sage 50 (audit trail) take in, by download and as
files that are handed over.

Both know a customer by a short reference, which is her code here, and take sums by ledger account
and tax code in place of lines. Amounts are above nil; a type says which way they go.
"""

from apps.connectors.layouts import Column, Credits, Holds, Layout, TooLong, columns

REFUSE = TooLong.REFUSE
_ACCOUNT = "Say on which ledger account sales are booked."
_TAX = "Say what this tax rate is called there."
_CODE = "Give the customer the reference that it has there as its code here."

LAYOUTS = (
    Layout(
        code="sage-quick-entries",
        product="Sage Accounting",
        words="Sales quick entries: invoices and credit notes",
        holds=Holds.DOCUMENTS,
        columns=columns(
            Column(heading="Type", source="entry_type", required=True),
            Column(
                heading="Customer Reference",
                source="customer_code",
                required=True,
                longest=10,
                too_long=REFUSE,
                hint=_CODE,
            ),
            Column(heading="Date", source="date", required=True),
            Column(heading="Customer name", source="customer", longest=50),
            Column(
                heading="Reference", source="number", required=True, longest=25, too_long=REFUSE
            ),
            Column(
                heading="Ledger Account",
                source="account",
                required=True,
                only=r"[0-9]{1,8}",
                hint=_ACCOUNT,
            ),
            Column(heading="Details", source="description_or_item"),
            Column(heading="Net amount", source="net", required=True),
            Column(heading="VAT rate", source="tax_code", required=True, hint=_TAX),
            Column(heading="VAT amount", source="tax", required=True),
        ),
        date_format="%d-%m-%Y",
        credits=Credits.BY_TYPE,
        most_bytes=500_000,
        home_currency_only=True,
        negative_lines=False,
        sums_per_account=True,
        needs_account=True,
        needs_tax_code=True,
        notes=("Compare the headings with your own template there: Sage adds columns at times.",),
    ),
    Layout(
        code="sage50-audit-trail",
        product="Sage 50",
        words="Audit trail: invoices and credit notes",
        holds=Holds.DOCUMENTS,
        columns=columns(
            Column(heading="Type", source="posting_type", required=True),
            Column(
                heading="Account Reference",
                source="customer_code",
                required=True,
                only=r"[A-Z0-9]{1,8}",
                hint=_CODE,
            ),
            Column(
                heading="Nominal A/C Ref",
                source="account",
                required=True,
                only=r"[0-9A-Z]{1,8}",
                hint=_ACCOUNT,
            ),
            "Department Code",
            Column(heading="Date", source="date", required=True),
            Column(
                heading="Reference", source="number", required=True, longest=30, too_long=REFUSE
            ),
            Column(heading="Details", source="description_or_item", longest=60),
            Column(heading="Net Amount", source="net", required=True),
            Column(
                heading="Tax Code",
                source="tax_code",
                required=True,
                only=r"T[0-9]{1,2}",
                hint=f"{_TAX} Codes there are T0 to T99.",
            ),
            Column(heading="Tax Amount", source="tax", required=True),
            Column(heading="Exchange Rate", constant="1"),
            Column(heading="Extra Reference", source="reference", longest=30),
            "User Name",
        ),
        date_format="%d/%m/%Y",
        credits=Credits.BY_TYPE,
        home_currency_only=True,
        negative_lines=False,
        sums_per_account=True,
        needs_account=True,
        needs_tax_code=True,
        notes=("Older versions hold 8 characters of a reference: look whether yours holds more.",),
    ),
)

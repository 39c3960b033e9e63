"""The way in: a mailbox of ours. Nobody over there can be asked, so staff say whose books they are."""

from apps.connectors.access import Environment, Field, Mailbox
from apps.connectors.csv_ledger.written import BY_ACCOUNT, BY_LINE, SHARED

NAME, COUNTRY, CURRENCY, LAYOUT = "name", "country", "home_currency", "layout"

ACCESS = Mailbox(
    fields=(
        Field(
            name=NAME,
            label="What the books are called",
            help="As you would know them again, and as no other books are called here.",
            secret=False,
        ),
        Field(
            name=CURRENCY,
            label="Their home currency",
            help="Its code of three letters, such as GBP. It must be the company's.",
            secret=False,
        ),
        Field(
            name=COUNTRY,
            label="Their country",
            help="Its code of two letters, such as GB. It may stay empty.",
            secret=False,
            required=False,
        ),
        Field(
            name=LAYOUT,
            label="Invoices and credit notes are written",
            help="Choose what your software's import takes in.",
            secret=False,
            choices=(
                (BY_LINE, "with a row for each line"),
                (BY_ACCOUNT, "with a row for each account and tax code"),
                *(
                    (
                        each.code,
                        f"as {each.product} takes them in ({each.words.partition(':')[0].lower()})",
                    )
                    for each in SHARED
                ),
            ),
        ),
    ),
    company_field=NAME,
)
ENVIRONMENTS = {"production": Environment()}

"""How a record stands in each set of books of one company, in a cell of a list."""

import pytest

from apps.backoffice.ledgers.status import in_ledgers
from apps.billing.models import Company
from apps.connections.models import Connection
from apps.sync.models import State, SyncRecord
from tests.factories import make_company, make_invoice

pytestmark = pytest.mark.django_db


def books_of(company: Company, system: str, name: str) -> Connection:
    return Connection.objects.create(
        company=company,
        system=system,
        environment="simulated",
        remote_company_id=f"{system} {name}",
        name=name,
        home_currency="GBP",
    )


@pytest.mark.parametrize(
    ("sets", "said"),
    [
        ([("quickbooks", "Thornfield")], ["In the books"]),
        (
            [("quickbooks", "Thornfield"), ("xero", "Thornfield")],
            ["QuickBooks: In the books", "Xero: In the books"],
        ),
        (
            [("quickbooks", "Thornfield"), ("quickbooks", "Thornfield UK")],
            ["Thornfield (QuickBooks): In the books", "Thornfield UK (QuickBooks): In the books"],
        ),
    ],
)
def test_each_set_is_named_where_there_are_several(
    sets: list[tuple[str, str]], said: list[str]
) -> None:
    company = make_company()
    invoice = make_invoice(company=company)
    for system, name in sets:
        SyncRecord.objects.create(
            connection=books_of(company, system, name),
            kind="invoice",
            invoice=invoice,
            wanted=1,
            state=State.IN_THE_BOOKS,
        )

    cell = in_ledgers(invoice)

    for each in said:
        assert f">{each}<" in cell

"""Mappings as rows of a file: what each wrong one is told."""

from collections.abc import Callable, Sequence

import pytest

from apps.billing.models import Item, PaymentMethod, PaymentTerm
from apps.connections.models import Connection
from apps.mappings.choices import set_mapping
from apps.mappings.files import HEAD, LONGEST, Chosen, Wrong, read, table
from apps.mappings.models import RemoteCode
from tests.factories import make_tax_rate

pytestmark = pytest.mark.django_db
Named = Callable[[str], RemoteCode]


def read_rows(
    books: Connection, *rows: tuple[str, ...], head: Sequence[str] = HEAD
) -> tuple[list[Chosen], list[Wrong]]:
    return read(books, head, list(enumerate(rows, start=2)))


def test_what_is_taken_out_says_nothing_new_when_it_comes_in_again(
    books: Connection, code: Named, mug: Item, card: PaymentMethod, net_30: PaymentTerm
) -> None:
    set_mapping(books, "income", code=code("Sales"))
    set_mapping(books, "item_account", code=code("Consulting"), item=mug)
    set_mapping(books, "method_account", code=code("Undeposited"), payment_method=card)
    set_mapping(books, "term", code=code("Net 30"), payment_term=net_30)
    rows = list(table(books))
    assert (
        "Sales account of an item",
        "MUG",
        "410",
        "Consulting",
        code("Consulting").remote_id,
    ) in rows
    for head in (HEAD, [f" {each.upper()}" for each in HEAD]):
        assert read_rows(books, *rows, head=head) == ([], [])


@pytest.mark.parametrize(
    ("row", "field", "remedy"),
    [
        (("Sales of an item", "MUG", "", "Sales", ""), "What", "Write one of: Sales account"),
        (("Sales account of an item", "CUP", "", "Sales", ""), "Ours", "Nothing of ours"),
        (("Sales account of an item", "MUG", "", "Sails", ""), "Their name", "has no account"),
        (("Sales account of an item", "MUG", "", "Undeposited", ""), "Their name", "choose an inc"),
        (("Sales account by default", "MUG", "", "Sales", ""), "Ours", "Nothing of ours"),
        (("Payment terms", "30 days", "", "Sales", ""), "Their name", "has no term"),
    ],
)
def test_a_wrong_row_is_named_with_its_field_and_what_to_do(
    books: Connection, mug: Item, net_30: PaymentTerm, row: tuple[str, ...], field: str, remedy: str
) -> None:
    chosen, [wrong] = read_rows(books, row)
    assert chosen == []
    assert (wrong.row, wrong.field) == (2, field)
    assert remedy in wrong.remedy


def test_an_inactive_account_and_a_second_row_about_the_same_are_refused(
    books: Connection, code: Named, mug: Item
) -> None:
    gone = code("Consulting")
    gone.active = False
    gone.save()
    row = ("item_account", "mug", "", "Consulting", "")
    _, [wrong] = read_rows(books, row)
    assert "is inactive over there. Choose an active one." in wrong.remedy
    good = ("item_account", "mug", "", "Sales", "")
    chosen, [double] = read_rows(books, good, good)
    assert [each.code for each in chosen] == [code("Sales")]
    assert (double.row, double.remedy) == (3, "Row 2 is about the same. Leave one of them out.")


def test_tax_codes_are_held_against_the_rate_and_against_purchases(
    books: Connection, mug: Item
) -> None:
    rate = make_tax_rate(books.company, 20, code="S20")
    part = {"remote_id": "1", "name": "VAT", "percent": "5", "agency": "HMRC"}
    common = {"connection": books, "kind": "tax_code", "read_at": mug.created_at}
    RemoteCode.objects.create(
        remote_id="71", name="5.0% R", roles=["sales_tax"], parts=[part], **common
    )
    full = {**part, "percent": "20"}
    RemoteCode.objects.create(remote_id="72", name="20.0% P", roles=[], parts=[full], **common)
    _, wrong = read_rows(books, ("Tax rate", "S20", "", "5.0% R", ""))
    said = f"{rate} is 20 %, and 5.0% R is 5 % over there. Choose a code of the same rate."
    assert wrong[0].remedy == said
    _, wrong = read_rows(books, ("Tax rate", "S20", "", "20.0% P", ""))
    assert wrong[0].remedy == "20.0% P cannot stand on a sale: choose a tax code for sales."


def test_a_file_without_its_columns_or_with_too_many_rows_is_told_so(books: Connection) -> None:
    chosen, [wrong] = read_rows(books, ("1", "2"), head=("a", "b"))
    assert (chosen, wrong.row, wrong.field) == ([], 1, "What")
    assert "The file must name the columns: What, Ours" in wrong.remedy
    chosen, [wrong] = read_rows(books, *[("", "", "", "", "")] * (LONGEST + 1))
    assert wrong.remedy == "It has over 5000 rows. Send it in parts."

"""The files that go over, as data: what each column is called and where its cell comes from.

`source` names a function of `cells.SOURCES`. A file holds records of one kind that are new there;
whatever is to be changed there is told in the one file that is for a person, `BY_HAND`.
"""

from apps.connectors import layouts_sage
from apps.connectors.layouts import Column, Credits, Formulas, Holds, Layout
from apps.connectors.snapshots import Kind

BY_LINE, BY_ACCOUNT = "lines", "accounts"
# Of other products, what carries invoices and credit notes alike. Their columns are of `cells.SHARED`.
SHARED = layouts_sage.LAYOUTS


def _layout(
    code: str, words: str, holds: Holds, *pairs: tuple[str, str], sums: bool = False
) -> Layout:
    """`pairs` are heading and source of each column."""
    return Layout(
        code=code,
        product="CSV ledger",
        words=words,
        holds=holds,
        formulas=Formulas.ESCAPE,
        credits=Credits.BY_TYPE,
        sums_per_account=sums,
        columns=tuple(Column(heading=heading, source=source) for heading, source in pairs),
    )


_HEAD = (
    ("Document", "document"),
    ("Number", "id"),
    ("Date", "date"),
    ("Due date", "due_date"),
    ("Customer", "customer"),
    ("Currency", "currency"),
    ("Exchange rate", "rate"),
    ("Purchase order", "purchase_order"),
    ("Message", "message"),
)
_ENDS = (
    ("Account", "account"),
    ("Tax code", "tax_code"),
    ("Net", "net"),
    ("Tax", "tax"),
    ("Document net", "document_net"),
    ("Document tax", "document_tax"),
    ("Document total", "document_total"),
    ("Tieout reference", "reference"),
)
_LINES = _layout(
    "csv-ledger-lines",
    "A row for each line",
    Holds.DOCUMENTS,
    *_HEAD,
    ("Line", "line"),
    ("Item", "item"),
    ("Description", "description"),
    ("Quantity", "quantity"),
    ("Unit price", "unit_price"),
    *_ENDS,
)
_ACCOUNTS = _layout(
    "csv-ledger-accounts",
    "A row for each account and tax code",
    Holds.DOCUMENTS,
    *_HEAD,
    *_ENDS,
    sums=True,
)
_MASTERS = {
    Kind.CUSTOMER: _layout(
        "csv-ledger-customers",
        "Customers",
        Holds.CUSTOMERS,
        ("Customer", "id"),
        ("Name", "name"),
        ("Email", "email"),
        ("Phone", "phone"),
        ("Address", "street"),
        ("City", "city"),
        ("Region", "region"),
        ("Postal code", "postal_code"),
        ("Country", "country"),
        ("Currency", "currency"),
        ("Belongs to", "parent"),
        ("Tieout reference", "reference"),
    ),
    Kind.ITEM: _layout(
        "csv-ledger-items",
        "Items",
        Holds.ITEMS,
        ("Item", "id"),
        ("Code", "code"),
        ("Name", "name"),
        ("Description", "description"),
        ("Unit price", "unit_price"),
        ("Account", "account"),
        ("Tieout reference", "reference"),
    ),
}
_MONEY = {
    Kind.PAYMENT: _layout(
        "csv-ledger-payments",
        "Payments",
        Holds.PAYMENTS,
        ("Payment", "id"),
        ("Date", "date"),
        ("Customer", "customer"),
        ("Currency", "currency"),
        ("Exchange rate", "rate"),
        ("Amount", "amount"),
        ("Account", "account"),
        ("Method", "method"),
        ("Reference", "payment_reference"),
        ("Memo", "memo"),
        ("Tieout reference", "reference"),
    ),
    Kind.ALLOCATION: _layout(
        "csv-ledger-allocations",
        "What payments and credit notes are set against",
        Holds.PAYMENTS,
        ("Allocation", "id"),
        ("Date", "date"),
        ("Customer", "customer"),
        ("From", "source"),
        ("Payment or credit note", "source_id"),
        ("To", "target"),
        ("Document", "target_id"),
        ("Currency", "currency"),
        ("Amount", "amount"),
        ("Tieout reference", "reference"),
    ),
}
# What is to be done there by a person, one row for each thing.
BY_HAND = (
    "What to do",
    "Act",
    "Record",
    "Number",
    "Field",
    "Before",
    "Now",
    "Currency",
    "Amount",
    "Tieout reference",
)


def layout_of(kind: Kind, documents: str) -> Layout:
    """Of the file that records of a kind go over in; `documents` names the layout of documents."""
    if kind in (Kind.INVOICE, Kind.CREDIT_NOTE):
        if (shared := shared_of(documents)) is not None:
            return shared
        return _ACCOUNTS if documents == BY_ACCOUNT else _LINES
    return (_MASTERS | _MONEY)[kind]


def shared_of(documents: str) -> Layout | None:
    """The layout of another product that was chosen for documents; None: one of our own."""
    return next((each for each in SHARED if each.code == documents), None)

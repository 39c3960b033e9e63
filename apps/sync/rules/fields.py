"""The closed list of the fields in which staff may choose who wins, and why all others are fixed.

A field is one of a snapshot, and holds for all that lies in it. What is not chosen is asked, as
`sync/apply` does: of a customer or an item a change on one side is followed; of a document it stays
there and is shown; where both sides changed it a person decides.
"""

from types import MappingProxyType

from apps.connectors.snapshots import Kind

CHOICES = MappingProxyType(
    {
        Kind.CUSTOMER: ("name", "email", "phone", "address"),
        Kind.ITEM: ("name", "description", "unit_price"),
        Kind.INVOICE: ("message", "purchase_order_number"),
        Kind.CREDIT_NOTE: ("message",),
    }
)
# Kinds whose single change on either side is followed on the other.
FOLLOWED = frozenset({Kind.CUSTOMER, Kind.ITEM})

_FROZEN = "It is frozen once issued: a change there is always asked."
_THEIRS = "It is theirs to decide: read, kept on every write, and never changed by Tieout."
_DOCUMENT = MappingProxyType(
    {
        **dict.fromkeys(("net", "tax", "total", "taxes", "lines", "home_total"), _FROZEN),
        **dict.fromkeys(("customer_id", "issue_date", "number", "currency"), _FROZEN),
        "exchange_rate": _FROZEN,
        "void": "What counts no more on one side is always asked.",
        **dict.fromkeys(("address", "memo"), _THEIRS),
    }
)
_MONEY = "Of money the side that made it wins; what Tieout made is asked."
_ENTRY = "It is posted: a change there is always asked."
_REFERENCE = "It does not change here once it is posted: moved there, it stays there and is shown."
FIXED = MappingProxyType(
    {
        Kind.CUSTOMER: MappingProxyType(
            {
                "parent_id": "Who may pay for whom moves money: one change is followed, two are asked.",
                "currency": "A customer has one currency, given when it is made.",
                "active": "One that is not used any more takes no document: one change is followed, "
                "two are asked.",
            }
        ),
        Kind.ITEM: MappingProxyType(
            {
                "code": "Lines name an item by its code: one change is followed, two are asked.",
                "account_id": _THEIRS,
                "active": "One that is not used any more takes no line: one change is followed, two "
                "are asked.",
            }
        ),
        Kind.INVOICE: MappingProxyType(
            {
                **_DOCUMENT,
                "due_date": "A due date is moved here by a person, with a reason: moved there it is "
                "shown, moved on both sides it is asked.",
                "terms_id": "Terms are copied when it is issued: changed there, they stay there and "
                "are shown.",
            }
        ),
        Kind.CREDIT_NOTE: _DOCUMENT,
        Kind.PAYMENT: MappingProxyType(
            {
                **dict.fromkeys(("customer_id", "paid_on", "currency", "amount"), _MONEY),
                **dict.fromkeys(("exchange_rate", "allocations", "cancelled"), _MONEY),
                **dict.fromkeys(("account_id", "method_id", "memo"), _THEIRS),
                "reference": _REFERENCE,
            }
        ),
        Kind.ALLOCATION: MappingProxyType(
            {
                **dict.fromkeys(("target_id", "amount", "cancelled"), _MONEY),
                "applied_on": _THEIRS,
            }
        ),
        Kind.ADJUSTMENT: MappingProxyType(
            {
                **dict.fromkeys(("customer_id", "dated", "currency", "amount", "debits"), _ENTRY),
                **dict.fromkeys(("exchange_rate", "cancelled"), _ENTRY),
                **dict.fromkeys(("account_id", "receivable_id", "memo"), _THEIRS),
            }
        ),
        Kind.REFUND: MappingProxyType(
            {
                **dict.fromkeys(("customer_id", "paid_on", "currency", "amount"), _ENTRY),
                **dict.fromkeys(("fee", "fee_tax", "exchange_rate", "cancelled"), _ENTRY),
                **dict.fromkeys(("account_id", "method_id", "receivable_id"), _THEIRS),
                **dict.fromkeys(("fee_account_id", "fee_tax_account_id", "memo"), _THEIRS),
                "reference": _REFERENCE,
            }
        ),
        Kind.DEPOSIT: MappingProxyType(
            {
                **dict.fromkeys(("account_id", "dated", "currency", "lines", "total"), _MONEY),
                **dict.fromkeys(("exchange_rate", "cancelled"), _MONEY),
                "memo": _THEIRS,
            }
        ),
    }
)


def may_be_chosen(kind: Kind, field: str) -> bool:
    return field in CHOICES.get(kind, ())


def why_fixed(kind: Kind, field: str) -> str:
    """Why nobody chooses who wins in it."""
    return FIXED[kind].get(field, "It is no field that both sides hold.")

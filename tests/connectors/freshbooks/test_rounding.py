"""How they round tax is learnt from the invoices that stand there, newest first.

By hand, three lines of 0.33 at 5 %: 0.0165 each, 0.02 by line and 0.06 in all; 0.0495 in one, 0.05.
One line of 0.10 at 5 %: half a cent, 0.01 up and nil to even.
"""

import dataclasses
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.freshbooks.connector import FreshBooks
from apps.connectors.freshbooks.rounding import ANY, WAYS, learnt, ways_of
from apps.connectors.snapshots import InvoiceSnapshot
from tests.connectors.freshbooks.answers import (
    Script,
    gbp,
    invoice,
    invoice_raw,
    line,
    line_raw,
    listed,
    settings,
)
from tests.connectors.freshbooks.test_access import ME, me, membership
from tests.connectors.freshbooks.test_reports import trial_balance

LOW = "Low@5"


def taxed(tax: str, *nets: str, code: str = LOW) -> InvoiceSnapshot:
    lines = [line(each, "0", tax_code_id=code) for each in nets]
    net = sum(map(Decimal, nets), Decimal(0))
    whole = {"net": net, "tax": Decimal(tax), "total": net + Decimal(tax), "taxes": ()}
    return dataclasses.replace(invoice(*lines), **whole)


THRICE = ("0.33",) * 3
BY_LINE, BY_RATE, TO_EVEN = taxed("0.06", *THRICE), taxed("0.05", *THRICE), taxed("0.00", "0.10")
SAYS_NOTHING = taxed("5.00", "100.00")
CASES: dict[str, tuple[list[InvoiceSnapshot], set[str]]] = {
    "nothing stands there": ([], set(WAYS)),
    "none that tells": ([SAYS_NOTHING], set(WAYS)),
    "by line": ([SAYS_NOTHING, BY_LINE], {"line", "line-even"}),
    "once for each rate": ([BY_RATE], {"rate", "rate-even"}),
    "half a cent to even": ([TO_EVEN], {"rate-even", "line-even"}),
    "one way is left": ([BY_LINE, TO_EVEN], {"line-even"}),
    "older ones were rounded otherwise": ([BY_LINE, BY_RATE, TO_EVEN], {"line", "line-even"}),
    "what no way explains": ([taxed("0.40", *THRICE), BY_LINE], {"line", "line-even"}),
    "a tax upon another": ([taxed("0.05", *THRICE, code="A@2>B@3")], set(WAYS)),
}


@pytest.mark.parametrize("case", CASES)
def test_what_stands_there_leaves_the_ways_that_explain_it(case: str) -> None:
    newest_first, left = CASES[case]
    assert set(learnt(newest_first)) == left


def test_what_was_learnt_is_what_it_goes_by() -> None:
    """What it does not know is as good as nothing."""
    assert ways_of({"tax_rounding": "line line-even"}) == (WAYS["line"], WAYS["line-even"])
    assert ways_of({}) == ways_of({"tax_rounding": "upwards"}) == ANY


def knowing(ways: str) -> FreshBooks:
    return FreshBooks(dataclasses.replace(settings(), there={"tax_rounding": ways}))


@pytest.mark.parametrize(
    ("ways", "document", "most", "told"),
    [
        ("rate line", BY_LINE, "0.01", ""),
        ("line line-even", BY_LINE, "0", ""),
        ("line line-even", BY_RATE, "0.01", "would make it 0.06, not 0.05: give its prices without"),
        ("line line-even", BY_RATE, "0.01", "round tax per line, as FreshBooks does."),
        ("rate", BY_LINE, "0.01", "would make it 0.05, not 0.06"),
        ("rate", BY_LINE, "0.01", "round tax per tax rate, as FreshBooks does."),
        ("rate line", taxed("0.04", *THRICE), "0.02", "make it 0.05 or 0.06, not 0.04"),
        ("rate line", taxed("0.04", *THRICE), "0.02", "round tax as FreshBooks does."),
        ("rate rate-even", taxed("0.01", "0.10"), "0.01", ""),
    ],
)  # fmt: skip
def test_what_is_left_open_is_told_and_what_is_not_left_is_objected_to(
    ways: str, document: InvoiceSnapshot, most: str, told: str
) -> None:
    ledger = knowing(ways)
    assert ledger.left_open(document) == Decimal(most)
    found = ledger.objections(document)
    assert bool(found) == bool(told)
    assert told in " ".join(found)


def stands(remote_id: int, day: str, tax: str, **more: Any) -> dict[str, Any]:
    total = gbp(str(Decimal("0.99") + Decimal(tax)))
    lines = [line_raw("0.33", "5", lineid=place) for place in range(3)]
    told = {"lines": lines, "amount": total, "outstanding": total, "create_date": day}
    return invoice_raw(id=remote_id, invoiceid=remote_id, **told | more)


def test_the_company_tells_what_its_newest_invoices_show() -> None:
    """Also where the sort is not honoured. A discount is spread in a way of theirs, a draft is in no
    books, and one that was deleted is gone: none of them says anything."""
    off = {"discount_value": "10", "discount_total": gbp("-0.10"), "amount": gbp("0.95")}
    rows = [
        stands(1, "2026-11-01", "0.05"),
        stands(9, "2026-11-03", "0.06"),
        stands(2, "2026-11-04", "0.05", vis_state=1),
        stands(3, "2026-11-04", "0.05", notes="", v3_status="draft", display_status="draft", status=1),
        stands(4, "2026-11-04", "0.05", **off),
    ]  # fmt: skip
    script = Script(
        {
            ME: me(membership()),
            "GET reports/accounting/trial_balance": trial_balance([]),
            "GET invoices/invoices": listed("invoices", *rows),
        }
    )
    assert FreshBooks(settings()).company(script).settings == {"tax_rounding": "line line-even"}

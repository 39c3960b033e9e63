"""Taxed documents of a company, and what its agencies are owed."""

import dataclasses
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from apps.connectors.port import Code, CodeKind, Role
from apps.connectors.snapshots import (
    CreditNoteSnapshot,
    InvoiceSnapshot,
    Kind,
    Line,
    Snapshot,
    TaxAmount,
)
from tests.contract.stage import Stage
from tests.contract.test_what_arrives import compared

Books = Callable[..., Stage]
# Worked by hand: net, code, tax of each part.
SOLD: dict[str, tuple[tuple[str, str, str], ...]] = {
    # 133.33 at 20 % are 26.666; by line 20.00 + 6.67.
    "uk": (
        ("100.00", "20.0% S", "20.00"),
        ("33.33", "20.0% S", "6.67"),
        ("40.00", "5.0% R", "2.00"),
        ("50.00", "0.0% Z", "0"),
        ("10.00", "No VAT", "0"),
    ),
    # 100 at 5 % and 9.975 %, less 10.00 of the same.
    "ca": (
        ("100.00", "GST/QST QC", "5.00+9.98"),
        ("-10.00", "GST/QST QC", "-0.50+-1.00"),
        ("20.00", "HST ON", "2.60"),
        ("7.00", "OOS", "0"),
    ),
    "au": (("99.99", "GST", "10.00"), ("1.00", "GST free", "0")),
    # 100.07 at 7.1 % are 7.10497, at 2 % 2.0014.
    "us_manual_tax": (("100.07", "Tucson", "7.10+2.00"), ("5.00", "", ""), ("3.00", "NON", "")),
    # Theirs would be worked out from an address; ours is taken.
    "us_sales_tax": (("100.00", "TAX", "8.88"), ("20.00", "NON", ""), ("4.00", "", "")),
    "us_no_tax": (("100.00", "", ""), ("0.55", "", "")),
}
ODD: dict[str, tuple[str, str, str]] = {
    # A cent more than any rounding of theirs.
    "uk": ("10.00", "20.0% S", "2.02"),
    "ca": ("10.00", "GST/QST QC", "0.52+1.01"),
    "au": ("10.00", "GST", "1.02"),
    "us_manual_tax": ("10.00", "Tucson", "0.73+0.21"),
    "us_sales_tax": ("10.00", "TAX", "0.77"),
}


def codes(stage: Stage) -> dict[str, Code]:
    """Their tax codes by name."""
    listed = stage.connector.codes(stage.courier)
    return {each.name: each for each in listed if each.kind is CodeKind.TAX_CODE}


def for_sales(stage: Stage) -> dict[str, list[tuple[str, Decimal]]]:
    """What may stand on a sale: name → name and percentage of its parts."""
    return {
        name: [(part.name, part.percent) for part in each.parts]
        for name, each in codes(stage).items()
        if Role.SALES_TAX in each.roles
    }


def document(
    stage: Stage, kind: Kind, number: str, *sold: tuple[str, str, str], **more: Any
) -> Any:
    """Lines as (net, name of a code or "", tax by part "5.00+9.98"); tax as the parts add up."""
    customer, item = stage.masters()
    named = codes(stage)
    lines: list[Line] = []
    taxes: dict[str, TaxAmount] = {}
    for place, (net, name, by_part) in enumerate(sold, 1):
        (line,) = stage.lines(item, net)
        parts = [Decimal(each) for each in by_part.split("+") if each]
        code = named[name] if name else None
        lines.append(
            dataclasses.replace(
                line,
                key=str(place),
                tax_code_id=code.remote_id if code else "",
                tax=sum(parts, Decimal(0)),
            )
        )
        for part, amount in zip(code.parts if code else (), parts, strict=False):
            before = taxes.get(part.remote_id, TaxAmount(rate_id=part.remote_id))
            taxes[part.remote_id] = TaxAmount(
                rate_id=part.remote_id,
                net=before.net + Decimal(net),
                tax=before.tax + amount,
            )
    net = sum((line.net for line in lines), Decimal(0))
    tax = sum((line.tax for line in lines), Decimal(0))
    make = stage.invoice if kind is Kind.INVOICE else stage.credit_note
    told = {"tax": tax, "total": net + tax, "taxes": tuple(taxes.values()), **more}
    return make(number, customer, tuple(lines), **told)


def invoice(stage: Stage, *sold: tuple[str, str, str], **more: Any) -> InvoiceSnapshot:
    made: InvoiceSnapshot = document(stage, Kind.INVOICE, f"INV-{next(stage.refs)}", *sold, **more)
    return made


def credit_note(stage: Stage, *sold: tuple[str, str, str]) -> CreditNoteSnapshot:
    made: CreditNoteSnapshot = document(stage, Kind.CREDIT_NOTE, f"CN-{next(stage.refs)}", *sold)
    return made


def unlike(stage: Stage, ours: Snapshot, theirs: Snapshot | None) -> list[str]:
    assert stage.connector.objections(ours) == ()
    return compared(stage.connector, ours, theirs)


def owed(stage: Stage, agency: str) -> Decimal:
    """Tax that the books owe to an agency: below nil on its account is a debt."""
    accounts = stage.connector.codes(stage.courier)
    account = next(each for each in accounts if each.name == f"{agency} Payable")
    return -stage.balance(account.remote_id)


def at_nil(stage: Stage) -> None:
    assert {account: each for account, each in balances(stage).items() if each} == {}


def balances(stage: Stage) -> dict[str, Decimal]:
    return dict(stage.connector.balances(stage.courier))

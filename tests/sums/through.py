"""A document through the connector: what it sends, what the ledger's functions make of that, and
what the connector reads out of the answer."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from apps.billing.sums.totals import Sums
from apps.connectors.port import Connector, Settings
from apps.connectors.quickbooks.documents import credit_note_of, document_json, invoice_of
from apps.connectors.quickbooks.taxes import AUTOMATED, MANUAL, TAX_CODES
from apps.connectors.registry import system
from apps.connectors.snapshots import (
    CreditNoteSnapshot,
    InvoiceSnapshot,
    Line,
    TaxAmount,
    differences,
)
from apps.sandbox.quickbooks import taxes
from apps.sandbox.quickbooks.taxing import tax_lines, taxed_with
from tests.sums.drawing import RATES, ZERO, Drawn
from tests.sums.theirs import INCOMES, RECEIVABLE, TAX_PAYABLE, booked, code_of, terms_of

REGIMES = {"code a line": TAX_CODES, "code a document": MANUAL, "automated": AUTOMATED}
UNTAXED = "99"  # the code mapped as "lines without tax", where every line needs one
CODES = {str(rate.id): code_of(rate) for rate in RATES}
CENT = Decimal("0.01")


@cache
def connector(regime: str, home: str) -> Connector:
    return system("quickbooks").connect(
        Settings(
            remote_company_id="1",
            home_currency=home,
            today=lambda: date(2026, 11, 21),
            now=lambda: datetime(2026, 11, 21, tzinfo=UTC),
            tax_regime=REGIMES[regime],
            multi_currency=True,
        )
    )


def snapshot_of(document: Drawn, sums: Sums, of: type[Any] = InvoiceSnapshot) -> Any:
    """As the engine would make it: nets, their codes, our tax by rate of theirs."""
    taxed = document.terms.mode != "none"
    untaxed = UNTAXED if document.regime == "code a line" else ""
    lines = []
    for place, (drawn, line) in enumerate(zip(document.lines, sums.lines, strict=True)):
        code = str(drawn.rate.id) if drawn.rate is not None and taxed else untaxed
        lines.append(
            Line(
                key=str(place + 1),
                net=line.net,
                tax=line.tax,
                quantity=drawn.quantity,
                unit_price=drawn.unit_price,
                item_id="1",
                account_id=str(INCOMES[place % 3]),
                tax_code_id=code,
            )
        )
    return of(
        marker="5f0c9e0e-1111-4f5e-9b7a-000000000001",
        number="INV-1",
        customer_id="1",
        issue_date=date(2026, 3, 2),
        currency=document.terms.currency,
        exchange_rate=document.terms.exchange_rate,
        lines=tuple(lines),
        net=sums.net,
        tax=sums.tax,
        total=sums.total,
        home_total=sums.home_total,
        taxes=tuple(
            TaxAmount(rate_id=str(one.component_id), net=one.base, tax=one.tax)
            for one in sums.shares
        ),
    )


def objections(document: Drawn, sums: Sums) -> tuple[str, ...]:
    found = connector(document.regime, document.terms.home_currency)
    return found.objections(snapshot_of(document, sums))


def answered(document: Drawn, body: Mapping[str, Any]) -> dict[str, Any]:
    """What the ledger makes of the body that the connector sends, by its own functions."""
    rows = []
    sent: Mapping[str, Any] = body.get("TxnTaxDetail", {})
    on_document = CODES.get(sent.get("TxnTaxCodeRef", {}).get("value", ""))
    for line in body["Line"]:
        detail = line["SalesItemLineDetail"]
        product = Decimal(detail["Qty"]) * Decimal(detail["UnitPrice"])
        assert product.quantize(CENT, ROUND_HALF_UP) == line["Amount"], "6070 there"
        word = detail.get("TaxCodeRef", {}).get("value", "")
        if document.regime == "code a line":
            code = CODES.get(word, taxes.NO_TAX)
        elif document.regime == "code a document":
            code = on_document if word == "TAX" and on_document else taxes.NO_TAX
        else:
            code = automated_code(document) if word == "TAX" else taxes.NO_TAX
        rows.append(taxes.Line(line["Amount"], code))
    terms = terms_of(document)
    if document.regime == "automated":
        taxed = taxes.tax_document(rows, terms)
        if "TotalTax" in sent and sent["TotalTax"] != taxed.tax:
            taxed = taxes.totalled(taxed, sent["TotalTax"], terms.unit)
    else:
        taxed = taxed_with(rows, terms, sent)
    lines = [
        {
            **line,
            "SalesItemLineDetail": {
                **line["SalesItemLineDetail"],
                "ItemAccountRef": {"value": str(INCOMES[at % 3])},
            },
        }
        for at, line in enumerate(body["Line"])
    ]
    return {
        **body,
        "Line": lines,
        "TxnTaxDetail": {**sent, "TotalTax": taxed.tax, "TaxLine": tax_lines(taxed.taxes)},
        "TotalAmt": taxed.total,
    }


def automated_code(document: Drawn) -> taxes.Code:
    """The address is in the state whose rate the document bears."""
    rates = [line.rate for line in document.lines if line.rate is not None]
    return code_of(rates[0]) if rates else taxes.NO_TAX


def goes_over(document: Drawn, sums: Sums) -> None:
    """Sent, worked out there and read back, it is what it was; and it is booked as foretold."""
    regime, home = REGIMES[document.regime], document.terms.home_currency
    ledger = connector(document.regime, home)
    for of, read, kind in (
        (InvoiceSnapshot, invoice_of, "Invoice"),
        (CreditNoteSnapshot, credit_note_of, "CreditMemo"),
    ):
        ours = snapshot_of(document, sums, of)
        content = answered(document, document_json(ours, home, regime))
        content["HomeTotalAmt"] = abs(booked(kind, content).get(RECEIVABLE, ZERO))
        theirs = read(content, home)
        told = differences(ledger.project(ours), ledger.project(theirs))
        assert [each for each in told if each.whose != "kept"] == []
        foretold: dict[str, Decimal] = {}
        for posting in ledger.effect(ours):
            account = _account(posting.account_id)
            foretold[account] = foretold.get(account, ZERO) + posting.debit - posting.credit
        found: dict[str, Decimal] = {}
        for number, amount in booked(kind, content).items():
            account = "receivable" if number == RECEIVABLE else _account(str(number))
            found[account] = found.get(account, ZERO) + amount
        _same_accounts(document, foretold, found)


def _account(identity: str) -> str:
    if identity.startswith("tax") or identity in {str(each) for each in TAX_PAYABLE.values()}:
        return "tax"
    return identity


def _same_accounts(
    document: Drawn, foretold: Mapping[str, Decimal], found: Mapping[str, Decimal]
) -> None:
    """Equal in home currency; of another one the receivable is, and each other account to the
    cents that rounding moves between accounts."""
    for account in foretold.keys() | found.keys():
        off = abs(foretold.get(account, ZERO) - found.get(account, ZERO))
        exact = account == "receivable" or document.terms.exchange_rate == 1
        assert off <= (0 if exact else CENT * (len(document.lines) + 6)), (account, off)

"""How QuickBooks keeps sales tax, in each of its regimes: the tax of a document both ways. Pure.

- "tax codes" (outside the US): a code on every line; the tax by rate in `TxnTaxDetail`.
- "manual" (older US companies): lines are `TAX` or `NON`, and one code stands on the document.
- "automated" (US): lines are `TAX` or `NON`, and QuickBooks works the tax out from addresses; a
  `TotalTax` beside at least one `TAX` line is taken instead (a live run; not documented).
- "none": sales tax is off, and every tax that is sent is dropped there.

An amount of ours by rate is said as a tax line with `PercentBased: false`: "false if expressed as
a number amount" (schema). Whether a company of the manual regime takes it is not proved by any
recorded run, so what comes back is compared.
"""

import copy
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from apps.connectors.quickbooks.wire import (
    NIL,
    Json,
    figure,
    mapping,
    members,
    ref,
    ref_of,
    text,
)
from apps.connectors.snapshots import DocumentSnapshot, Line, TaxAmount

NONE = "none"
TAX_CODES = "tax codes"
MANUAL = "manual"
AUTOMATED = "automated"

# The words of a US line, which are ids of codes there.
TAXED = "TAX"
NOT_TAXED = "NON"

TAX_LINE = "TaxLineDetail"
_DETAIL = "TxnTaxDetail"


# --- What a regime can hold -------------------------------------------------------------------


def projected_code(code: str, regime: str) -> str:
    """The tax code of a line. `NON` and none are the same; QuickBooks' own working out of US tax
    knows only that a line is taxed, whatever code stood on it."""
    if regime == NONE or code == NOT_TAXED:
        return ""
    return TAXED if code and regime == AUTOMATED else code


def projected_taxes(taxes: Iterable[TaxAmount], regime: str) -> tuple[TaxAmount, ...]:
    """One amount a rate, in the order of the rates' numbers. Where QuickBooks works the tax out,
    it chooses the rates: only their sum is held.

    A nil is said as well: rounding may have made it, where theirs would make a cent.
    """
    if regime in (NONE, AUTOMATED):
        return ()
    by_rate: dict[str, TaxAmount] = {}
    for each in taxes:
        before = by_rate.get(each.rate_id, TaxAmount(rate_id=each.rate_id))
        by_rate[each.rate_id] = TaxAmount(
            rate_id=each.rate_id,
            net=before.net + each.net,
            tax=before.tax + each.tax,
        )
    held = (each for each in by_rate.values() if each.tax or each.net)
    return tuple(sorted(held, key=lambda each: (len(each.rate_id), each.rate_id)))


def codes_of(lines: Iterable[Line]) -> list[str]:
    """The tax codes that the lines bear, each once, in their order."""
    return list(dict.fromkeys(line.tax_code_id for line in lines if line.tax_code_id))


# --- Ours as JSON -----------------------------------------------------------------------------


def line_code(code: str, regime: str) -> str:
    """What a line says there; empty where it says nothing."""
    if regime in (MANUAL, AUTOMATED):
        return TAXED if code else NOT_TAXED
    return code


def tax_json(held: DocumentSnapshot, regime: str, there: Mapping[str, Any] | None = None) -> Json:
    """The fields of a held document that say its tax: ours, in place of what they work out, over
    the document that stands `there`."""
    if regime == NONE:
        return {}
    detail: Json = {"TotalTax": held.tax}
    if regime != AUTOMATED and held.taxes:
        detail["TaxLine"] = [_tax_line(each) for each in held.taxes]
    if regime == TAX_CODES:
        return {"GlobalTaxCalculation": "TaxExcluded", _DETAIL: detail}
    codes = codes_of(held.lines)
    if not codes:
        # A total without a taxed line is no statement there.
        return {_DETAIL: {}}
    # Where they work it out, the code that they chose stays beside our total.
    code = codes[0] if regime == MANUAL else ref_of(mapping(there or {}, _DETAIL), "TxnTaxCodeRef")
    if code:
        detail = {"TxnTaxCodeRef": ref(code), **detail}
    return {_DETAIL: detail}


def _tax_line(amount: TaxAmount) -> Json:
    return {
        "Amount": amount.tax,
        "DetailType": TAX_LINE,
        TAX_LINE: {
            "TaxRateRef": ref(amount.rate_id),
            "PercentBased": False,
            "NetAmountTaxable": amount.net,
        },
    }


# --- Theirs -----------------------------------------------------------------------------------


def tax_of(source: Mapping[str, Any]) -> Decimal:
    return figure(mapping(source, _DETAIL).get("TotalTax"))


def taxes_of(source: Mapping[str, Any]) -> tuple[TaxAmount, ...]:
    """Their tax by rate. It is trusted, never worked out from the lines: the taxable amount of
    theirs has been seen to include a line that is not taxed."""
    lines = members(mapping(source, _DETAIL), "TaxLine")
    found = [
        TaxAmount(
            rate_id=ref_of(mapping(line, TAX_LINE), "TaxRateRef"),
            net=figure(mapping(line, TAX_LINE).get("NetAmountTaxable")),
            tax=figure(line.get("Amount")),
        )
        for line in lines
    ]
    return projected_taxes((each for each in found if each.rate_id), TAX_CODES)


def code_there(detail: Mapping[str, Any], source: Mapping[str, Any]) -> str:
    """The tax code of one of their lines: for `TAX` the one that stands on the document."""
    code = ref_of(detail, "TaxCodeRef")
    if code == TAXED:
        return ref_of(mapping(source, _DETAIL), "TxnTaxCodeRef") or TAXED
    return "" if code == NOT_TAXED else code


# --- Over what stands there -------------------------------------------------------------------


def kept_terms(source: Mapping[str, Any]) -> Json:
    """Tax and currency as they stand, to go back beside the lines: a sale that is written without
    them is taxed and valued anew."""
    kept: Json = {}
    detail = copy.deepcopy(dict(mapping(source, _DETAIL)))
    if detail:
        if "TaxLine" in detail:
            detail["TaxLine"] = [_as_it_was_said(each) for each in members(detail, "TaxLine")]
        kept[_DETAIL] = detail
    if text(source, "GlobalTaxCalculation"):
        kept["GlobalTaxCalculation"] = text(source, "GlobalTaxCalculation")
    if ref_of(source, "CurrencyRef"):
        kept["CurrencyRef"] = ref(ref_of(source, "CurrencyRef"))
    if source.get("ExchangeRate") is not None:
        kept["ExchangeRate"] = figure(source.get("ExchangeRate"))
    return kept


def _as_it_was_said(line: Mapping[str, Any]) -> Json:
    """A tax line to go back. An amount that somebody set in place of theirs is answered with its
    difference from theirs; it goes back as the amount that it is, however it was answered."""
    detail = dict(mapping(line, TAX_LINE))
    if not detail.pop("OverrideDeltaAmount", None):
        return dict(line)
    return {**line, TAX_LINE: {**detail, "PercentBased": False}}


def without_tax(source: Mapping[str, Any]) -> Json:
    """The tax of a document whose lines are set to nil, under its code."""
    detail = mapping(source, _DETAIL)
    if not detail:
        return {}
    code = ref_of(detail, "TxnTaxCodeRef")
    nil: Json = {"TxnTaxCodeRef": ref(code)} if code else {}
    return {_DETAIL: {**nil, "TotalTax": NIL}}

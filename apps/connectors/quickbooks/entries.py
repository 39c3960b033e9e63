"""What journals, expenses and bank deposits have in common on the wire. Pure."""

import copy
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from apps.connectors.quickbooks.taxes import TAX_CODES
from apps.connectors.quickbooks.wire import (
    NIL,
    Json,
    figure,
    members,
    ref,
    ref_of,
    says_voided,
    text,
    voided_note,
)

ONE = Decimal(1)


def currency_json(currency: str, rate: Decimal, home: str) -> Json:
    """Of money in another currency than the company's: a rate that is left out may be booked at 1
    (reported by users)."""
    if not currency or currency == home:
        return {}
    return {"CurrencyRef": ref(currency), "ExchangeRate": rate}


def kept_rate(source: Mapping[str, Any]) -> Json:
    """Currency and rate as they stand, for every update of money in another currency."""
    if source.get("ExchangeRate") is None:
        return {}
    return {
        "CurrencyRef": ref(ref_of(source, "CurrencyRef")),
        "ExchangeRate": figure(source["ExchangeRate"]),
    }


def rate_of(source: Mapping[str, Any]) -> Decimal:
    """Home units per unit."""
    return figure(source.get("ExchangeRate")) or ONE


def out_of_tax(regime: str) -> Json:
    """No entry of ours bears tax. Outside the US a line without a tax code is refused unless the
    whole is out of tax; US companies know no such field."""
    return {"GlobalTaxCalculation": "NotApplicable"} if regime == TAX_CODES else {}


def kept_lines(source: Mapping[str, Any]) -> list[Json]:
    """Their lines as they may be sent back: a list that is sent replaces theirs whole."""
    return [
        {name: copy.deepcopy(value) for name, value in each.items() if name not in _NEVER_BACK}
        for each in members(source, "Line")
    ]


_NEVER_BACK = frozenset({"LineEx", "CustomExtensions"})


def is_nil(source: Mapping[str, Any]) -> bool:
    """Whether it stands for a void: "Voided" before the memo, and nothing left on any line."""
    return (
        says_voided(text(source, "PrivateNote"))
        and not figure(source.get("TotalAmt"))
        and not any(figure(each.get("Amount")) for each in members(source, "Line"))
    )


def made_nil(source: Mapping[str, Any]) -> Json:
    """The fields that stand for the void of a journal or an expense, for which QuickBooks has
    none (a journal's is answered with 200 and nothing done, an expense's with code 500): the same
    lines at nil, under its number, with "Voided" before the memo."""
    lines = [{**each, "Amount": NIL} for each in kept_lines(source)]
    return {"Line": lines, "PrivateNote": voided_note(text(source, "PrivateNote"))}


def is_linked(source: Mapping[str, Any]) -> bool:
    """Whether a payment settles it or uses it up."""
    return any(text(each, "TxnType") == "Payment" for each in members(source, "LinkedTxn"))

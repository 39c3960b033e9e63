"""Profiles: how a known kind of file is read, as data."""

from collections.abc import Mapping
from dataclasses import dataclass

from apps.exchange.countries import ISO_OF

COLUMNS = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class OnlineRetailProfile:
    """The line-per-row layout of the public data set *Online Retail*.

    Numbers that begin with `credit_prefix` are credit notes (quantities negative), those that
    begin with `bad_debt_prefix` are no sale. `fee_codes` mark documents that are charges of a
    marketplace or a bank. A sale that names no customer belongs to the walk-in customer.
    """

    name: str
    currency: str
    credit_prefix: str
    bad_debt_prefix: str
    fee_codes: frozenset[str]  # upper case
    walk_in_code: str
    walk_in_name: str
    countries: Mapping[str, str]
    columns: tuple[str, ...] = COLUMNS


ONLINE_RETAIL = OnlineRetailProfile(
    name="online-retail",
    currency="GBP",
    credit_prefix="C",
    bad_debt_prefix="A",
    fee_codes=frozenset({"AMAZONFEE", "BANK CHARGES"}),
    walk_in_code="WALK-IN",
    walk_in_name="Walk-in customer",
    countries=ISO_OF,
)

PROFILES: dict[str, OnlineRetailProfile] = {ONLINE_RETAIL.name: ONLINE_RETAIL}

"""Their chart of accounts and lists, typed or exported there: what mappings can point to."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apps.connectors.port import CodeKind, Role
from apps.core.money import is_currency
from apps.exchange.coming_back.fates import Fate, State, known, refused
from apps.exchange.coming_back.table import Columns, Read
from apps.exchange.tables.port import CellRefused

COLUMNS = Columns(
    headings={
        "code": ("Code", "Account code", "Number", "Nominal code", "Account"),
        "name": ("Name", "Account name", "Description"),
        "kind": ("Kind", "List"),
        "type": ("Type", "Account type", "Category"),
        "percent": ("Percent", "Rate", "Tax rate", "%"),
        "currency": ("Currency",),
    },
    required=("code", "name"),
    numbers=("percent",),
)
KINDS: Mapping[str, CodeKind] = {
    "": CodeKind.ACCOUNT,
    "account": CodeKind.ACCOUNT,
    "tax code": CodeKind.TAX_CODE,
    "tax": CodeKind.TAX_CODE,
    "vat": CodeKind.TAX_CODE,
    "payment method": CodeKind.PAYMENT_METHOD,
    "payment terms": CodeKind.TERM,
    "term": CodeKind.TERM,
}
ROLES: Mapping[str, Role] = {
    "income": Role.INCOME,
    "sales": Role.INCOME,
    "revenue": Role.INCOME,
    "receivable": Role.RECEIVABLE,
    "debtors": Role.RECEIVABLE,
    "accounts receivable": Role.RECEIVABLE,
    "bank": Role.BANK,
    "clearing": Role.CLEARING,
    "current asset": Role.CURRENT_ASSET,
    "asset": Role.CURRENT_ASSET,
    "liability": Role.LIABILITY,
    "expense": Role.EXPENSE,
    "overhead": Role.EXPENSE,
    "tax": Role.TAX,
    "exchange": Role.EXCHANGE,
    "rounding": Role.ROUNDING,
}
LONGEST = 40  # characters of a code


def judged(rows: Sequence[Read]) -> Iterator[tuple[int, Fate]]:
    seen: set[str] = set()
    for row in rows:
        try:
            yield row.number, _fate(row, seen)
        except CellRefused as problem:
            yield row.number, refused(row.text("code"), str(problem), "Write it as a number.")


def _fate(row: Read, seen: set[str]) -> Fate:
    code, name, kind = row.text("code"), row.text("name"), KINDS.get(row.text("kind").casefold())
    if not code or not name:
        return refused(code or name, "It has no code or no name.", "Give both.")
    if len(code) > LONGEST:
        return refused(code[:LONGEST], f"A code has at most {LONGEST} characters.", "Shorten it.")
    if kind is None:
        words = ", ".join(f"“{each}”" for each in KINDS if each)
        return refused(code, f"“{row.text('kind')}” is no kind of code.", f"Write one of {words}.")
    key = f"{kind.value}:{code}"
    if key in seen:
        return known(code, "It stands in the file before.")
    seen.add(key)
    said: dict[str, Any] = {"kind": kind.value, "id": code, "name": name}
    if kind is CodeKind.TAX_CODE:
        percent = row.figure("percent")
        if percent is None:
            return refused(code, "It says no percentage.", "Give it in a column “Percent”.")
        said |= {"percent": f"{percent:f}", "roles": [Role.SALES_TAX.value]}
    elif kind is CodeKind.ACCOUNT:
        role = ROLES.get(row.text("type").casefold())
        if role is None:
            words = ", ".join(sorted(ROLES))
            return refused(
                code,
                f"“{row.text('type')}” is no type of account that Tieout knows.",
                f"Write one of these in a column “Type”: {words}.",
            )
        currency = row.text("currency").upper()
        if currency and not is_currency(currency):
            return refused(code, f"“{currency}” is no currency.", "Write its code, such as GBP.")
        said |= {"roles": [role.value], "currency": currency}
    return Fate(called=code, state=State.TAKEN, sentence=name, said=said, key=key)

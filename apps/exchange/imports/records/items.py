"""Brings items."""

from collections.abc import Collection, Sequence
from typing import Any

from babel.numbers import get_currency_symbol
from django.db.models import F
from django.db.models.functions import Lower

from apps.billing.models import Item
from apps.core.lookups import Among
from apps.exchange.imports.masters import code_of
from apps.exchange.imports.records.bringing import MastersBrought, Stored, Values, lowered
from apps.exchange.imports.records.reading import ReadRecord
from apps.exchange.imports.records.references import Unfit
from apps.exchange.models import FileImport

COLUMNS = ("code", "name", "description", "unit_price", "tax_rate_id", "active")
CODE, NAME = COLUMNS.index("code") + 2, COLUMNS.index("name") + 2


class ItemsBrought(MastersBrought[Item]):
    """An item that a file knows by its name alone is that of this name; a new one takes it for its code,
    as documents do."""

    MODEL = Item
    COLUMNS = COLUMNS
    REFERENCES = {"tax_rate": "code"}

    def __init__(self, file_import: FileImport) -> None:
        super().__init__(file_import)
        self._by_code: dict[str, Stored] = {}
        self._by_name: dict[str, list[Stored]] = {}

    def keys(self, record: ReadRecord) -> list[tuple[str, tuple[str, str]]]:
        return [("code", ("code", code_told(record).lower()))]

    def find(self, records: Sequence[ReadRecord], *, writing: bool) -> None:
        codes = {code_told(each) for each in records}
        names = {each.text("name") for each in records if not each.told.get("code")}
        self._by_code = {each[CODE].lower(): each for each in self._that_have("code", codes)}
        self._by_name = {}
        for each in self._that_have("name", names, merged_into=None):
            self._by_name.setdefault(each[NAME].lower(), []).append(each)

    def _that_have(self, field: str, texts: Collection[str], **only: Any) -> Any:
        if not texts:
            return ()
        rows = Item.objects.filter(company=self.company, **only).alias(lowered=Lower(field))
        found = rows.filter(Among(F("lowered"), lowered(texts)))
        return found.order_by().values_list("pk", "merged_into_id", *COLUMNS)

    def known(self, record: ReadRecord) -> Stored | None:
        code, name = record.text("code"), record.text("name")
        if not (code or name):
            raise Unfit("it names no item")
        if code:
            known = self._by_code.get(code.lower())
            if known is None and not name:
                raise Unfit(f"there is no item {code} here, and the row gives no name to make one")
            return known
        named = self._by_name.get(name.lower(), [])
        if len(named) > 1:
            codes = ", ".join(sorted(each[CODE] for each in named))
            raise Unfit(
                f"more than one item here is called {name} ({codes}). Write the code of the one that is "
                "meant into the file"
            )
        return named[0] if named else self._by_code.get(code_told(record).lower())

    def values(self, record: ReadRecord, known: Stored | None) -> Values:
        told = record.told
        values: Values = {}
        code, name = record.text("code"), record.text("name")
        if code or known is None:
            values["code"] = code or code_of(name)
        if name and (code or known is None):  # what is found by its name is not renamed
            values["name"] = name
        if "description" in told:
            values["description"] = told["description"]
        if "unit_price" in told:
            self._refuse_foreign(record)
            values["unit_price"] = told["unit_price"]
        if (active := record.flag("active")) is not None:
            values["active"] = active
        if "tax_rate" in told:
            name = record.text("tax_rate")
            values["tax_rate_id"] = self.references.tax_rate(name) if name else None
        return values

    def _refuse_foreign(self, record: ReadRecord) -> None:
        beside, home = record.text("currency"), self.company.home_currency
        if beside and beside.upper() != home and beside != get_currency_symbol(home, "en"):
            raise Unfit(
                f"its price is in {beside}, and prices of items here are in {home}. Write the price in "
                f"{home}, or leave it empty"
            )

    def cleaned(self, record: Item, changed: Collection[str] | None) -> None:
        if changed is None:
            record.clean()
        else:
            record.clean_alone()
        record.clean_fields(exclude=self.all_but(COLUMNS if changed is None else changed))


def code_told(record: ReadRecord) -> str:
    return record.text("code") or code_of(record.text("name"))

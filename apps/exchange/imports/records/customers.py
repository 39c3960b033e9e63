"""Brings customers."""

from collections.abc import Collection, Sequence
from typing import Any

from django.db.models import F
from django.db.models.functions import Lower

from apps.billing.models import Customer
from apps.core.lookups import Among
from apps.core.money import is_currency
from apps.exchange.imports.records.bringing import MastersBrought, Stored, Values, lowered
from apps.exchange.imports.records.reading import ReadRecord
from apps.exchange.imports.records.references import Parents, Unfit
from apps.exchange.models import FileImport

COLUMNS = (
    *("code", "name", "email", "phone", "tax_number", "currency", "address_lines", "city"),
    *(
        "region",
        "postal_code",
        "country",
        "terms_id",
        "tax_rate_id",
        "parent_id",
        "active",
        "notes",
    ),
)
TEXTS = (
    *("code", "email", "phone", "tax_number", "address_lines", "city"),
    *("region", "postal_code", "notes"),
)
# On these hang other customers and what is in the books: the model asks them when one changes.
FAR_REACHING = frozenset({"currency", "parent_id"})
CODE, NAME = COLUMNS.index("code") + 2, COLUMNS.index("name") + 2


class CustomersBrought(MastersBrought[Customer]):
    MODEL = Customer
    COLUMNS = COLUMNS
    REFERENCES = {"terms": "name", "tax_rate": "code", "parent": "name"}

    def __init__(self, file_import: FileImport) -> None:
        super().__init__(file_import)
        self.parents = Parents(self.company)
        self.tells_parents = "parent" in self.profile.columns
        self._by_code: dict[str, Stored] = {}
        self._by_name: dict[str, Stored] = {}

    def keys(self, record: ReadRecord) -> list[tuple[str, tuple[str, str]]]:
        found = [("name", ("name", name_of(record).lower()))]
        if code := record.text("code"):
            found.append(("code", ("code", code)))
        return found

    def find(self, records: Sequence[ReadRecord], *, writing: bool) -> None:
        codes = {code for each in records if (code := each.text("code"))}
        rows = Customer.objects.filter(company=self.company).exclude(code="")
        self._by_code = {
            each[CODE]: each for each in self._columns(rows.filter(Among(F("code"), codes)))
        }
        names = {
            name
            for each in records
            if (name := name_of(each)) and not self._is_called(each.text("code"), name)
        }
        named = Customer.objects.filter(company=self.company).alias(lowered=Lower("name"))
        self._by_name = {
            each[NAME].lower(): each
            for each in self._columns(named.filter(Among(F("lowered"), lowered(names))))
        }
        if self.tells_parents:
            above = {name for each in records if (name := each.text("parent"))}
            self.parents.begin(above, writing=writing)

    def _columns(self, rows: Any) -> Any:
        return rows.order_by().values_list("pk", "merged_into_id", *COLUMNS)

    def _is_called(self, code: str, name: str) -> bool:
        known = self._by_code.get(code)
        return known is not None and known[NAME] == name

    def known(self, record: ReadRecord) -> Stored | None:
        code, name = record.text("code"), name_of(record)
        if not (code or name):
            raise Unfit("it names no customer")
        known, named = self._by_code.get(code), self._by_name.get(name.lower())
        if known is not None:
            if named is not None and named[0] != known[0]:
                raise Unfit(
                    f"{name}: There is a customer of this name already"
                    f"{f', with the code {named[CODE]}' if named[CODE] else ''}. Give one of the two "
                    "another name"
                )
            return known
        if named is not None and code and named[CODE]:
            raise Unfit(
                f"there is a customer {named[NAME]} with the code {named[CODE]} here, and the file calls "
                f"{code} so. Write that code, or give the new one a name of its own"
            )
        if named is None and not name:
            raise Unfit(f"there is no customer {code} here, and the row gives no name to make one")
        return named

    def values(self, record: ReadRecord, known: Stored | None) -> Values:
        told = record.told
        values: Values = {each: told[each] for each in TEXTS if each in told}
        code = record.text("code")
        by_name = known is not None and not (code and code == known[CODE])
        if (name := name_of(record)) and not by_name:  # who is found by her name is not renamed
            values["name"] = name
        if country := record.text("country"):
            values["country"] = country.upper()
        elif "country" in told:
            values["country"] = ""
        if currency := record.text("currency").upper():
            if not is_currency(currency):
                raise Unfit(f"{currency} is no currency. Write its three letters, such as GBP")
            values["currency"] = currency
        elif known is None:
            values["currency"] = self.company.home_currency
        if (active := record.flag("active")) is not None:
            values["active"] = active
        if "terms" in told:
            name = record.text("terms")
            values["terms_id"] = self.references.terms(name) if name else None
        if "tax_rate" in told:
            name = record.text("tax_rate")
            values["tax_rate_id"] = self.references.tax_rate(name) if name else None
        if "parent" in told:
            name = record.text("parent")
            values["parent_id"] = self.parents.key(name) if name else None
        return values

    def cleaned(self, record: Customer, changed: Collection[str] | None) -> None:
        if record.parent_id is not None and (
            changed is None or not FAR_REACHING.isdisjoint(changed)
        ):
            record.parent = self.parents.customer(record.parent_id)
        if changed is None:
            record.clean()
            record.clean_fields(exclude=self.all_but(COLUMNS))
            return
        if FAR_REACHING.isdisjoint(changed):
            record.clean_alone()
        else:
            record.clean()
            self._keep_currency(record, changed)
        record.clean_fields(exclude=self.all_but(changed))

    def _keep_currency(self, record: Customer, changed: Collection[str]) -> None:
        if "currency" in changed:
            stored = Customer._base_manager.get(pk=record.pk)
            stored.refuse_another_currency(stored.currency)

    def came(self, row: int, record: Customer) -> None:
        if self.tells_parents:
            self.parents.came(row, record)

    def moved(self, record: Customer, changed: Collection[str]) -> None:
        if self.tells_parents:
            self.parents.moved(record)

    def _waits(self, record: Customer) -> bool:
        return (record.parent_id or 0) < 0 and (
            record.parent is None or (record.parent.pk or 0) < 0
        )

    def _settle(self, record: Customer) -> None:
        if record.pk is not None and record.pk < 0:
            record.pk = None
        if (record.parent_id or 0) < 0:
            record.parent = record.parent  # which has its own key by now


def name_of(record: ReadRecord) -> str:
    return record.text("name") or record.text("person")

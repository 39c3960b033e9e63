"""Documents of a file held against those that stand here under their numbers."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from apps.billing.acts.bulk.documents import LINES
from apps.billing.models import Company, CreditNote, Invoice
from apps.connectors.profiles import Field, Profile, Tells
from apps.core.money import ZERO, rounded
from apps.exchange.documents import DocumentKind, ReadDocument, ReadLine
from apps.exchange.imports.controls import LineWorth, Worth
from apps.exchange.imports.controls import difference as control_difference
from apps.exchange.imports.taxes import TaxRates

MODELS: dict[DocumentKind, type[Invoice] | type[CreditNote]] = {
    DocumentKind.INVOICE: Invoice,
    DocumentKind.CREDIT_NOTE: CreditNote,
}
Key = tuple[DocumentKind, str]

# Of every document that stands here.
HEAD = ("pk", "number", "status", "issue_date", "currency", "customer__code", "customer__name")
MONEY = ("net", "tax", "total", "tax_mode", "discount_percent", "discount_amount")
# What a file may tell of a document: how staff call it, and where it stands.
TOLD: dict[Field, tuple[str, str]] = {
    Field.SUPPLY_DATE: ("date of supply", "supply_date"),
    Field.EXCHANGE_RATE: ("exchange rate", "exchange_rate"),
    Field.RATE_DATE: ("date of the exchange rate", "exchange_rate_date"),
    Field.RATE_SOURCE: ("source of the exchange rate", "exchange_rate_source"),
    Field.PURCHASE_ORDER: ("purchase order", "purchase_order_number"),
    Field.MESSAGE: ("message", "message"),
    Field.PRICES: ("reading of prices", "tax_mode"),
    Field.DOCUMENT_DISCOUNT_PERCENT: ("discount in percent", "discount_percent"),
    Field.DOCUMENT_DISCOUNT: ("discount", "discount_amount"),
}
OF_INVOICES = {
    Field.DUE_DATE: ("due date", "due_date"),
    Field.TERMS: ("payment term", "terms_text"),
    Field.BAD_DEBT: ("bad debt", "recovers__number"),
}
OF_CREDITS = {
    Field.ORIGIN: ("invoice", "invoice__number"),
    Field.REASON: ("reason", "reason"),
    Field.BAD_DEBT: ("bad debt", "relieves__number"),
}
OF_KIND = {
    DocumentKind.INVOICE: TOLD | OF_INVOICES,
    DocumentKind.CREDIT_NOTE: TOLD | OF_CREDITS,
}
OPEN = frozenset({Field.MESSAGE, Field.PURCHASE_ORDER, Field.DUE_DATE})  # change once issued
# By these an export says otherwise what such a layout has no column for.
REWRITTEN = frozenset({Field.PRICES, Field.DOCUMENT_DISCOUNT, Field.DOCUMENT_DISCOUNT_PERCENT})
PRICE_STEP = Decimal("0.0001")  # what other products hold of a price


class StoredLine(NamedTuple):
    item: str | None
    description: str
    quantity: Decimal
    unit_price: Decimal
    discount_percent: Decimal | None
    tax_code: str | None
    discount_amount: Decimal | None
    frozen_code: str  # of the item, when it was issued
    item_name: str | None = None
    tax_percent: Decimal | None = None
    net: Decimal = ZERO
    tax: Decimal = ZERO
    origin_line: int | None = None


LINE = (
    *("document", "item__code", "description", "quantity", "unit_price"),
    *("discount_percent", "tax_rate__code", "discount_amount", "item_code"),
)
LINE_MORE = ("item__name", "tax_percent", "net", "tax")


class Standing:
    """What stands here under some numbers, asked for once; as far as the file can tell of it."""

    def __init__(
        self,
        documents: Sequence[ReadDocument],
        company: Company,
        profile: Profile,
        rates: TaxRates,
    ) -> None:
        self.profile, self.rates = profile, rates
        self._heads: dict[Key, dict[str, Any]] = {}
        self._lines: dict[Key, list[StoredLine]] = {}
        by_kind: dict[DocumentKind, list[str]] = {}
        told: set[Field] = set()
        for each in documents:
            by_kind.setdefault(each.kind, []).append(each.number)
            told |= each.told.keys()
        self._tells_more = profile.tells is not Tells.LINES or any(
            each.tells_more for each in documents
        )
        for kind, numbers in by_kind.items():
            self._read(kind, numbers, company, told)

    def _read(
        self, kind: DocumentKind, numbers: Sequence[str], company: Company, told: set[Field]
    ) -> None:
        columns = OF_KIND[kind]
        more = {columns[each][1] for each in told & columns.keys()}
        if self._tells_more:
            more |= {*MONEY, *(("terms__name",) if kind is DocumentKind.INVOICE else ())}
        heads = MODELS[kind].objects.filter(company=company, number__in=numbers)
        numbered: dict[int, Key] = {}
        for head in heads.values(*HEAD, *sorted(more - {*HEAD})):
            numbered[head["pk"]] = key = kind, head["number"]
            self._heads[key], self._lines[key] = head, []
        if not numbered:
            return
        rows = (
            LINES[MODELS[kind]]
            .objects.filter(document__in=numbered)
            .order_by("document", "position", "id")
        )
        wanted = (*LINE, *LINE_MORE) if self._tells_more else LINE
        if self._tells_more and kind is DocumentKind.CREDIT_NOTE:
            wanted = (*wanted, "invoice_line__position")
        for document, *line in rows.values_list(*wanted):
            self._lines[numbered[document]].append(StoredLine(*line))

    def __contains__(self, document: ReadDocument) -> bool:
        return (document.kind, document.number) in self._heads

    def difference(self, document: ReadDocument) -> str:
        """In what a document of the file differs from the one that stands here, and what to do; ""
        where in nothing.

        What the file does not tell (a tax code, a due date) is no difference.
        """
        key = document.kind, document.number
        head, lines = self._heads[key], self._lines[key]
        if sentence := _status_difference(document, head["status"]):
            return sentence
        for field, sentence in self._differences(document, head, lines):
            if field in OPEN:
                return f"{sentence}. Change it on its page instead"
            return f"{sentence}. Credit it instead"
        return ""

    def _differences(
        self, document: ReadDocument, head: dict[str, Any], lines: list[StoredLine]
    ) -> Iterator[tuple[Field | None, str]]:
        """Each with the field of the document that it is in, if it is in one."""
        sums = self.profile.tells is Tells.SUMS
        of_head: tuple[tuple[str, object, object], ...] = (
            ("date", document.dated, head["issue_date"]),
            ("currency", document.currency, head["currency"]),
            ("number of lines", 0 if sums else len(document.lines), 0 if sums else len(lines)),
        )
        for name, theirs, ours in of_head:
            if theirs != ours:
                yield None, _differs(f"its {name}", theirs, ours)
                return
        code, called = head["customer__code"], head["customer__name"]
        if document.customer_code.lower() not in (code.lower(), called.lower()):
            yield None, _differs("its customer", document.customer_code, code or called)
        if document.told:
            yield from self._of_head(document, head)
        if not sums:
            for place, (line, stored) in enumerate(
                zip(document.lines, lines, strict=True), start=1
            ):
                for what, told, here in self._of_line(document, line, stored, head):
                    yield (
                        None,
                        f"line {place} differs in its {what}: {told} in the file, {here} here",
                    )
        if self._tells_more and (sentence := self._of_amounts(document, head, lines)):
            yield None, sentence

    def _of_head(self, document: ReadDocument, head: dict[str, Any]) -> Iterator[tuple[Field, str]]:
        columns = OF_KIND[document.kind]
        for field in document.told.keys() & columns.keys():
            if field in REWRITTEN and self.profile.tells is not Tells.LINES:
                continue
            name, column = columns[field]
            theirs, ours = document.told[field], head[column]
            if field is Field.DUE_DATE:
                ours = ours or head["issue_date"]
            elif field is Field.TERMS:
                ours = ours or head["terms__name"]
            if not _is_same(theirs, ours):
                yield field, _differs(f"its {name}", theirs, ours)

    def _of_line(
        self, document: ReadDocument, line: ReadLine, stored: StoredLine, head: dict[str, Any]
    ) -> Iterator[tuple[str, object, object]]:
        if self._tells_items and not _is_item(line, stored):
            yield "item", line.item_key, (stored.item or "").lower()
        if line.description != stored.description and not _is_same(
            line.description, stored.description
        ):
            yield "description", line.description, stored.description
        typed: tuple[tuple[str, Any, Any], ...] = (
            ("quantity", line.quantity, stored.quantity),
            ("price", line.unit_price, stored.unit_price),
            ("discount", line.discount_percent or 0, stored.discount_percent or 0),
            ("discount", line.discount_amount or 0, stored.discount_amount or 0),
        )
        if any(theirs != ours for _, theirs, ours in typed):
            if self.profile.tells is Tells.AMOUNTS and _is_rewritten(head, stored):
                percent = line.discount_percent or ZERO
                exact = line.exact * (100 - percent) / 100
                typed = (("amount", rounded(exact, document.currency), stored.net),)
            yield from (each for each in typed if each[1] != each[2])
        yield from self._of_tax(line, stored)
        if Field.ORIGIN_LINE in line.told and line.told[Field.ORIGIN_LINE] != stored.origin_line:
            yield "line of the invoice", line.told[Field.ORIGIN_LINE], stored.origin_line

    def _of_tax(self, line: ReadLine, stored: StoredLine) -> Iterator[tuple[str, object, object]]:
        percent = line.told.get(Field.TAX_PERCENT, stored.tax_percent) or ZERO
        if line.tax_code and line.tax_code != stored.tax_code:
            named = {each.code if each else None for each in self.rates.named(line.tax_code)}
            if stored.tax_code not in named:
                yield "tax code", line.tax_code, stored.tax_code or "none"
        elif line.tax_code == "" and not percent and stored.tax_code:
            yield "tax code", "none", stored.tax_code
        if percent != (stored.tax_percent or ZERO):
            yield "tax in percent", percent, stored.tax_percent or 0

    @property
    def _tells_items(self) -> bool:
        columns = self.profile.columns
        nested = self.profile.nested.columns if self.profile.nested else {}
        return bool({Field.ITEM_CODE, Field.ITEM_NAME} & {*columns, *nested})

    def _of_amounts(
        self, document: ReadDocument, head: dict[str, Any], lines: Iterable[StoredLine]
    ) -> str:
        if self.profile.tells is Tells.SUMS:
            net = sum((line.booked(document.currency) for line in document.lines), ZERO)
            if net != head["net"]:
                return _differs("its net", net, head["net"])
            lines = ()
        return control_difference(
            document,
            Worth(head["net"], head["tax"], head["total"]),
            [LineWorth(each.net, each.tax, each.tax_code or "") for each in lines],
        )


def _status_difference(document: ReadDocument, status: str) -> str:
    is_void = document.text(Field.STATUS) == "void"
    if status == "void" and not is_void:
        return "it is void here. Give it another number"
    if is_void and status != "void":
        return "it is void in the file and stands here. Void it on its page"
    return ""


def _differs(what: str, theirs: object, ours: object) -> str:
    return f"{what} is {_plain(theirs)} in the file and {_plain(ours)} here"


def _plain(value: object) -> object:
    return "empty" if value is None or value == "" else value


def _is_same(theirs: object, ours: object) -> bool:
    if theirs == ours or (theirs or None) == (ours or None):
        return True
    return isinstance(theirs, str) and isinstance(ours, str) and _text(theirs) == _text(ours)


def _text(text: str) -> list[str]:
    """What is read of it, whatever ends its lines."""
    return text.strip().splitlines()


def _is_item(line: ReadLine, stored: StoredLine) -> bool:
    names = {(stored.item or "").lower(), stored.frozen_code.lower()}
    if not line.item_code:
        names.add((stored.item_name or "").lower())
    return line.item_key in names


def _is_rewritten(head: dict[str, Any], stored: StoredLine) -> bool:
    """Whether it has what an export says by other prices: tax within them, a discount, fine ones."""
    return (
        head["tax_mode"] == "inclusive"
        or head["discount_percent"] is not None
        or head["discount_amount"] is not None
        or stored.discount_amount is not None
        or stored.discount_percent is not None
        or stored.unit_price != stored.unit_price.quantize(PRICE_STEP)
    )

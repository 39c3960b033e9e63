"""Documents of a file held against those that stand here under their numbers."""

from collections.abc import Iterable, Sequence
from typing import Any

from apps.billing.acts.bulk.documents import LINES
from apps.billing.models import Company, CreditNote, Invoice
from apps.exchange.documents import DocumentKind, ReadDocument

MODELS: dict[DocumentKind, type[Invoice] | type[CreditNote]] = {
    DocumentKind.INVOICE: Invoice,
    DocumentKind.CREDIT_NOTE: CreditNote,
}
Key = tuple[DocumentKind, str]


class Standing:
    """What stands here under some numbers, asked for once."""

    def __init__(self, documents: Iterable[ReadDocument], company: Company) -> None:
        self._heads: dict[Key, dict[str, Any]] = {}
        self._lines: dict[Key, list[tuple[Any, ...]]] = {}
        by_kind: dict[DocumentKind, list[str]] = {}
        for each in documents:
            by_kind.setdefault(each.kind, []).append(each.number)
        for kind, numbers in by_kind.items():
            self._read(kind, numbers, company)

    def _read(self, kind: DocumentKind, numbers: Sequence[str], company: Company) -> None:
        heads = MODELS[kind].objects.filter(company=company, number__in=numbers)
        numbered: dict[int, Key] = {}
        for head in heads.values(
            *("pk", "number", "status", "issue_date", "currency"),
            *("customer__code", "customer__name", "purchase_order_number", "message"),
        ):
            numbered[head["pk"]] = key = kind, head["number"]
            self._heads[key], self._lines[key] = head, []
        if not numbered:
            return
        rows = (
            LINES[MODELS[kind]]
            .objects.filter(document__in=numbered)
            .order_by("document", "position", "id")
        )
        for document, *line in rows.values_list(
            *("document", "item__code", "description", "quantity", "unit_price"),
            *("discount_percent", "tax_rate__code"),
        ):
            self._lines[numbered[document]].append(tuple(line))

    def __contains__(self, document: ReadDocument) -> bool:
        return (document.kind, document.number) in self._heads

    def difference(self, document: ReadDocument) -> str:
        """In what a document of the file differs from the one that stands here; "" where in nothing.

        What the file does not tell (a tax code, a due date) is no difference.
        """
        key = document.kind, document.number
        head, lines = self._heads[key], self._lines[key]
        if head["status"] == "void":
            return "it is void here"
        of_head: tuple[tuple[str, object, object], ...] = (
            ("date", document.dated, head["issue_date"]),
            ("currency", document.currency, head["currency"]),
            ("number of lines", len(document.lines), len(lines)),
        )
        for name, theirs, ours in of_head:
            if theirs != ours:
                return f"its {name} is {theirs} in the file and {ours} here"
        code, called = head["customer__code"], head["customer__name"]
        if document.customer_code.lower() not in (code.lower(), called.lower()):
            return f"its customer is {document.customer_code} in the file and {code or called} here"
        for place, (line, stored) in enumerate(zip(document.lines, lines, strict=True), start=1):
            item, words, quantity, price, discount, tax = stored
            of_line: tuple[tuple[str, object, object], ...] = (
                ("item", line.item_code.lower(), (item or "").lower()),
                ("description", line.description, words),
                ("quantity", line.quantity, quantity),
                ("price", line.unit_price, price),
                ("discount", line.discount_percent or 0, discount or 0),
                ("tax code", line.tax_code or tax, tax),
            )
            for what, theirs, ours in of_line:
                if theirs != ours:
                    return f"line {place} differs in its {what}: {theirs} in the file, {ours} here"
        return ""

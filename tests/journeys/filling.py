"""Their company before Tieout comes: customers, items and invoices that somebody entered there, written
by HTTP as an app of theirs would, many in a call where the ledger takes many."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Protocol

from tests.sync.match.town import One, Town, customers, items


@dataclass(frozen=True, kw_only=True)
class Size:
    """How many stand where. `same` and `alike` are planted on both sides: of customers, of items."""

    same: tuple[int, int]
    alike: tuple[int, int]
    there: tuple[int, int]
    invoices: int  # over there; each of the same customers has one that is ours
    typed_since: int  # of these, dated since the cut-off
    only_here: int

    def town(self, items_to_begin_with: int) -> tuple[Town, Town]:
        """Their company begins with some items of its own, which count."""
        people, goods = (
            there - same - alike
            for there, same, alike in zip(self.there, self.same, self.alike, strict=True)
        )
        folk = customers(self.same[0], self.alike[0], people)
        folk.only_here = folk.only_here[: self.only_here]
        return folk, items(self.same[1], self.alike[1], goods - items_to_begin_with)


WHOLE = Size(
    same=(110, 30), alike=(40, 10), there=(300, 80), invoices=500, typed_since=40, only_here=70
)
# The same way with fewer, of all sorts too: what is particular to a ledger shows with these.
FEWER = Size(same=(20, 8), alike=(8, 4), there=(50, 20), invoices=60, typed_since=6, only_here=14)


@dataclass(frozen=True, kw_only=True)
class Sale:
    """An invoice without tax that stands there. `customer` is its place in the list of theirs."""

    number: str
    customer: int
    total: Decimal
    dated: date

    @property
    def due(self) -> date:
        return self.dated + timedelta(days=30)


class Filling(Protocol):
    """`kinds`: what the ledger calls customers, items and invoices."""

    kinds: tuple[str, str, str]

    def fill(
        self, customers: Sequence[One], items: Sequence[One], sales: Sequence[Sale]
    ) -> None: ...


def some(rows: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))


class QuickBooksFilling:
    kinds = ("Customer", "Item", "Invoice")
    at_once = 30

    def __init__(self, books: Any) -> None:
        self.call = books.server.connect(books.realm)
        account = "SELECT * FROM Account WHERE Name = 'Sales of Product Income'"
        self.account = self.call.query(account)["Account"][0]["Id"]
        code = "SELECT * FROM TaxCode WHERE Name = 'No VAT'"
        self.no_tax = self.call.query(code)["TaxCode"][0]["Id"]

    def fill(self, customers: Sequence[One], items: Sequence[One], sales: Sequence[Sale]) -> None:
        ids = self.made("Customer", [self.customer(each) for each in customers])
        [item, *_] = self.made("Item", [self.item(each) for each in items])
        self.made("Invoice", [self.sale(each, ids[each.customer], item) for each in sales])

    def made(self, kind: str, bodies: Sequence[dict[str, Any]]) -> list[str]:
        found = []
        for batch in some(bodies, self.at_once):
            asked = [
                {"bId": str(number), "operation": "create", kind: body}
                for number, body in enumerate(batch)
            ]
            answers = self.call.post("batch", {"BatchItemRequest": asked})["BatchItemResponse"]
            found += [each[kind]["Id"] for each in answers]
        return found

    def customer(self, one: One) -> dict[str, Any]:
        body: dict[str, Any] = {"DisplayName": one.name}
        if one.email:
            body["PrimaryEmailAddr"] = {"Address": one.email}
        if one.tax_number:
            body["PrimaryTaxIdentifier"] = one.tax_number
        if one.country:
            body["BillAddr"] = {"Country": one.country}
        return body

    def item(self, one: One) -> dict[str, Any]:
        body = {"Name": one.name, "Type": "Service", "UnitPrice": float(one.price)}
        body["IncomeAccountRef"] = {"value": self.account}
        return {**body, **({"Sku": one.code} if one.code else {})}

    def sale(self, sale: Sale, customer: str, item: str) -> dict[str, Any]:
        detail = {"ItemRef": {"value": item}, "TaxCodeRef": {"value": self.no_tax}}
        line = {"DetailType": "SalesItemLineDetail", "Amount": float(sale.total)}
        return {
            "DocNumber": sale.number,
            "CustomerRef": {"value": customer},
            "TxnDate": sale.dated.isoformat(),
            "DueDate": sale.due.isoformat(),
            "Line": [{**line, "SalesItemLineDetail": detail}],
        }


class XeroFilling:
    kinds = ("Contacts", "Items", "Invoices")
    at_once = 50

    def __init__(self, books: Any) -> None:
        self.call = books.server.connect(books.realm)

    def fill(self, customers: Sequence[One], items: Sequence[One], sales: Sequence[Sale]) -> None:
        ids = [
            each["ContactID"]
            for each in self.made("Contacts", [self.customer(each) for each in customers])
        ]
        self.made("Items", [self.item(each) for each in items])
        self.made("Invoices", [self.sale(each, ids[each.customer]) for each in sales])

    def made(self, kind: str, bodies: Sequence[dict[str, Any]]) -> list[Any]:
        return [
            each
            for batch in some(bodies, self.at_once)
            for each in self.call.done("PUT", kind, {kind: list(batch)}, unitdp="4")[kind]
        ]

    def customer(self, one: One) -> dict[str, Any]:
        body: dict[str, Any] = {"Name": one.name}
        if one.email:
            body["EmailAddress"] = one.email
        if one.tax_number:
            body["TaxNumber"] = one.tax_number
        if one.country:
            body["Addresses"] = [{"AddressType": "POBOX", "Country": one.country}]
        return body

    def item(self, one: One) -> dict[str, Any]:
        body = {"Code": (one.code or one.name)[:30], "Name": one.name, "IsSold": True}
        return {**body, "SalesDetails": {"UnitPrice": float(one.price)}}

    def sale(self, sale: Sale, contact: str) -> dict[str, Any]:
        line = {"Description": "Goods", "Quantity": 1, "UnitAmount": float(sale.total)}
        return {
            "Type": "ACCREC",
            "Status": "AUTHORISED",
            "InvoiceNumber": sale.number,
            "Contact": {"ContactID": contact},
            "Date": sale.dated.isoformat(),
            "DueDate": sale.due.isoformat(),
            "LineAmountTypes": "Exclusive",
            "LineItems": [{**line, "AccountCode": "200", "TaxType": "NONE"}],
        }


class FreshBooksFilling:
    """One call for each: this ledger takes no more."""

    kinds = ("clients", "items", "invoices")

    def __init__(self, books: Any) -> None:
        self.call, self.code = books.server.connect(books.there), books.company.home_currency

    def fill(self, customers: Sequence[One], items: Sequence[One], sales: Sequence[Sale]) -> None:
        self.call.make("taxes", {"name": "VAT", "amount": "20"})  # a new business has none
        ids = [self.customer(each) for each in customers]
        for one in items:
            body = {"name": one.name, "unit_cost": {"amount": one.price, "code": self.code}}
            self.call.make("items", {**body, **({"sku": one.code} if one.code else {})})
        for sale in sales:
            self.sale(sale, ids[sale.customer])

    def customer(self, one: One) -> int:
        more: dict[str, Any] = {"email": one.email} if one.email else {}
        if one.tax_number:
            more["vat_number"] = one.tax_number
        if one.country:
            more["p_country"] = {"GB": "United Kingdom", "DE": "Germany"}[one.country]
        return int(self.call.client(one.name, currency_code=self.code, **more))

    def sale(self, sale: Sale, client: int) -> None:
        cost = {"amount": str(sale.total), "code": self.code}
        line = {"name": "Goods", "qty": "1", "unit_cost": cost}
        body = {
            "invoice_number": sale.number,
            "customerid": client,
            "create_date": sale.dated.isoformat(),
            "due_offset_days": 30,
            "status": 2,
            "currency_code": self.code,
            "lines": [line],
        }
        self.call.make("invoices", body)


FILLINGS: dict[str, Any] = {
    "quickbooks": QuickBooksFilling,
    "xero": XeroFilling,
    "freshbooks": FreshBooksFilling,
}

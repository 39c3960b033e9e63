"""Company currencies and the company's own list of exchange rates."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ...models import StoredObject
from .. import faults, fields
from ..book import Book
from ..currencies import NAMES, first_rate
from ..filing import Content
from ..kinds import Kind, Options, register
from ..ledger import open_currency
from .common import merged

CURRENCY: fields.Spec = {"Code": fields.text(3), "Active": fields.flag}
RATE: fields.Spec = {
    "SourceCurrencyCode": fields.text(3),
    "TargetCurrencyCode": fields.text(3),
    "Rate": fields.decimal,
    "AsOfDate": fields.day,
}


def company_currency(
    book: Book, sent: Mapping[str, Any], current: StoredObject | None, options: Options
) -> Content:
    """A currency this company works in besides its own."""
    need_many(book)
    content = merged(CURRENCY, sent, current)
    if "Code" not in content:
        raise faults.missing("Code")
    known_currency(content["Code"])
    if owner := book.name_owner(
        "CompanyCurrency", content["Code"].lower(), current.object_id if current else None
    ):
        raise faults.Refused("6240", f"{owner.content['Code']} is already used.", "Code")
    open_currency(book, content["Code"])
    return {"Active": True, **content, "Name": NAMES[content["Code"]]}


def need_many(book: Book) -> None:
    if not book.multicurrency:
        raise faults.Refused("5020", "Multicurrency is not turned on in this company.")


def known_currency(code: str) -> None:
    if code not in NAMES:
        raise faults.Refused("2500", f"Currencies element id {code} not found", "Currencies")


def use_currency(book: Book, code: str) -> None:
    """Bring a currency into the company with its first customer, vendor or account."""
    known_currency(code)
    if code == book.company.home_currency:
        return
    open_currency(book, code)
    if book.name_owner("CompanyCurrency", code.lower(), None) is None:
        book.add(COMPANY_CURRENCY, {"Code": code, "Name": NAMES[code], "Active": True})


def rate_on(book: Book, code: str, day: str) -> Decimal:
    """Home units per unit on a day: the newest rate set up to then, else the built-in one."""
    if code == book.company.home_currency:
        return Decimal(1)
    dated = [
        (one.content["AsOfDate"], Decimal(one.content["Rate"]))
        for one in book.everything("ExchangeRate")
        if one.content["SourceCurrencyCode"] == code and one.content["AsOfDate"] <= day
    ]
    return max(dated)[1] if dated else first_rate(code, book.company.home_currency)


def exchange_rate(
    book: Book, sent: Mapping[str, Any], current: StoredObject | None, options: Options
) -> Content:
    need_many(book)
    content = merged(RATE, sent, current)
    for needed in ("SourceCurrencyCode", "Rate"):
        if needed not in content:
            raise faults.missing(needed)
    known_currency(content["SourceCurrencyCode"])
    if content["Rate"] <= 0:
        raise faults.Refused("2090", "An exchange rate is above zero.", "Rate")
    return {
        "AsOfDate": book.today.isoformat(),
        **content,
        "TargetCurrencyCode": book.company.home_currency,
    }


def set_rate(book: Book, sent: Any) -> Content:
    """`POST exchangerate`: the rate of a currency from a day on; a second one that day replaces it."""
    if not isinstance(sent, dict):
        raise faults.Refused("2010", "The request body must be an object.")
    with book.item():
        content = exchange_rate(book, sent, None, Options())
        key = rate_key(content)
        owner = book.name_owner("ExchangeRate", key, None)
        if owner is not None:
            return book.rewrite(owner, EXCHANGE_RATE, content).content
        return book.add(EXCHANGE_RATE, content).content


def read_rate(book: Book, code: str, day: str) -> Content:
    """`GET exchangerate?sourcecurrencycode=&asofdate=`; today's without a date."""
    need_many(book)
    if not code:
        raise faults.missing("sourcecurrencycode")
    known_currency(code)
    wanted = fields.day(day or book.today, "asofdate")
    return {
        "SourceCurrencyCode": code,
        "TargetCurrencyCode": book.company.home_currency,
        "Rate": rate_on(book, code, wanted),
        "AsOfDate": wanted,
        "MetaData": {"LastUpdatedTime": book.stamp},
    }


def rate_key(content: Content) -> str:
    return f"{content['SourceCurrencyCode']} {content['AsOfDate']}".lower()


def document_currency(
    book: Book, content: Content, sent: Mapping[str, Any], code: str, day: str
) -> Content:
    """CurrencyRef and, where the company has several, ExchangeRate of a document in `code`.

    A rate that was not sent books the document at 1, or at the company's rate: a switch.
    """
    asked = fields.reference(sent.get("CurrencyRef"), "CurrencyRef")
    if asked and asked != code:
        raise faults.business(
            f"The currency of the transaction must be {code}, that of its customer or account.",
            "CurrencyRef",
        )
    out: Content = {"CurrencyRef": book.currency(code)}
    rate = content.pop("ExchangeRate", None)
    if not book.multicurrency:
        return out
    if code == book.company.home_currency:
        rate = Decimal(1)
    elif rate is None:
        table = book.settings["exchange_rate_omitted"] == "table"
        rate = rate_on(book, code, day) if table else Decimal(1)
    if rate <= 0:
        raise faults.Refused("2090", "An exchange rate is above zero.", "ExchangeRate")
    return {**out, "ExchangeRate": rate}


COMPANY_CURRENCY = register(
    Kind(
        "CompanyCurrency",
        company_currency,
        list_name="Currencies",
        columns=("Name", "Code"),
        naming=lambda content: content["Code"].lower(),
        tracked=False,
    )
)
EXCHANGE_RATE = register(
    Kind(
        "ExchangeRate",
        exchange_rate,
        list_name="ExchangeRates",
        columns=("SourceCurrencyCode", "AsOfDate"),
        naming=rate_key,
        tracked=False,
    )
)

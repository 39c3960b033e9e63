"""Customer statements and the ageing of a company's receivables."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from apps.billing.models import (
    Adjustment,
    Company,
    CreditNote,
    Customer,
    Document,
    Invoice,
    Payment,
    Refund,
)
from apps.core.money import ZERO
from apps.core.numbers import whole
from apps.exchange.printing.figures import Writer
from apps.exchange.printing.open_items import (
    Bucket,
    OpenItem,
    aged,
    balance,
    by_currency,
    kind_of_refund,
    open_items,
)
from apps.exchange.printing.paper import fact, paper, party, plain, typeset, writer_for
from apps.exchange.printing.script import Said, said, shown
from apps.exchange.printing.words import captions


@dataclass(frozen=True, kw_only=True, slots=True)
class Movement:
    """What an entry did to what a customer owes: `amount` is below nil where it lowers it.

    `key` is the caption of its kind, `number` what it is called, if anything.
    """

    dated: date
    key: str
    number: str
    amount: Decimal


def print_open_items(customer: Customer, day: date, language: str) -> bytes:
    """The statement of what is open at the end of a day, a section for each currency."""
    return typeset("statement", open_item_data(customer, day, language), dated=_at(day))


def print_brought_forward(customer: Customer, start: date, end: date, language: str) -> bytes:
    """The statement of what moved from one day to another, both included, with the balance before."""
    data = brought_forward_data(customer, start, end, language)
    return typeset("statement", data, dated=_at(end))


def print_ageing(company: Company, day: date, language: str) -> bytes:
    """The aged receivables of a company, by customer and currency."""
    return typeset("ageing", ageing_data(company, day, language), dated=_at(day))


# --- statements ----------------------------------------------------------------------------------


def open_item_data(customer: Customer, day: date, language: str) -> dict[str, Any]:
    """What `templates/statement.typ` takes."""
    write = writer_for(customer.company, language)
    found = by_currency(open_items(customer.company, day, customer))
    data = _statement(customer, day, language, "statement_of_open_items")
    data["facts"] = [fact(data["captions"]["as_of"], write.day(day))]
    data["sections"] = [
        {
            "currency": code,
            "items": [_open_row(item, write, data["captions"]) for item in items],
            "movements": [],
            "ages": _ages(items, code, write, data["captions"]),
            "sums": _sums(items, code, write, data["captions"]),
        }
        for code, items in found.items()
    ]
    return data


def brought_forward_data(
    customer: Customer, start: date, end: date, language: str
) -> dict[str, Any]:
    """What `templates/statement.typ` takes."""
    write, company = writer_for(customer.company, language), customer.company
    before = by_currency(open_items(company, start - timedelta(days=1), customer))
    after = by_currency(open_items(company, end, customer))
    moved = movements(customer, start, end)
    data = _statement(customer, end, language, "statement")
    period = data["captions"]["period"].format(start=write.day(start), end=write.day(end))
    data["facts"] = [fact(data["captions"]["period_label"], period)]
    data["sections"] = [
        {
            "currency": code,
            "items": [],
            "movements": _running(
                balance(before.get(code, [])),
                moved.get(code, []),
                balance(after.get(code, [])),
                start,
                end,
                lambda amount, code=code: write.amount(amount, code),
                write,
                data["captions"],
            ),
            "ages": _ages(after.get(code, []), code, write, data["captions"]),
            "sums": [_due(data["captions"]["closing"], balance(after.get(code, [])), code, write)],
        }
        for code in sorted({*before, *after, *moved})
    ]
    return data


def _sums(
    items: Sequence[OpenItem], currency: str, write: Writer, caption: dict[str, str]
) -> list[dict[str, str]]:
    """What is owed, less what the customer holds, and the balance; this alone where nothing is held."""
    owed, left = balance([each for each in items if each.open > 0]), balance(items)
    due = caption["balance_due" if left >= 0 else "credit_balance"]
    found = [_due(due, abs(left), currency, write)]
    if owed != left:
        held = {"label": caption["less_unapplied"], "value": write.amount(left - owed, currency)}
        open_first = {"label": caption["open"], "value": write.amount(owed, currency)}
        found = [open_first | {"weight": ""}, held | {"weight": ""}, *found]
    return found


def _due(label: str, amount: Decimal, currency: str, write: Writer) -> dict[str, str]:
    return {
        "label": f"{label} ({currency})",
        "value": write.amount(amount, currency),
        "weight": "due",
    }


def _statement(customer: Customer, day: date, language: str, kind: str) -> dict[str, Any]:
    company, caption = customer.company, captions(language)
    write = writer_for(company, language)
    title = f"{caption[kind]} {shown(customer.name)}, {write.day(day)}"
    return paper(company, language, title=title) | {
        "kind": caption[kind],
        "party": party(customer, caption["account_of"], language),
    }


def _open_row(item: OpenItem, write: Writer, caption: dict[str, str]) -> dict[str, Any]:
    return {
        "what": _named(caption[item.kind], item.number),
        "date": write.short_day(item.dated),
        "due": write.short_day(item.due) if item.due else "",
        "overdue": str(item.days_overdue) if item.days_overdue > 0 and item.open > 0 else "",
        "total": write.amount(item.total if item.open > 0 else -item.total, item.currency),
        "open": write.amount(item.open, item.currency),
    }


def _named(kind: str, number: str) -> Said:
    """“Invoice INV-7”."""
    return plain(f"{kind} {shown(number)}".strip())


def _ages(
    items: Sequence[OpenItem], currency: str, write: Writer, caption: dict[str, str]
) -> list[dict[str, str]]:
    return [
        {"label": caption[bucket], "amount": write.amount(amount, currency)}
        for bucket, amount in aged(items).items()
    ]


# --- what moved ----------------------------------------------------------------------------------


def movements(customer: Customer, start: date, end: date) -> dict[str, list[Movement]]:
    """By currency, every entry of the days from `start` to `end` that changed what is owed.

    What was void or cancelled is on no day, as in the ledgers.
    """
    found: dict[str, list[Movement]] = {}
    for currency, movement in _moved(customer, start, end):
        found.setdefault(currency, []).append(movement)
    for rows in found.values():
        rows.sort(key=lambda each: (each.dated, each.amount < 0, each.number))
    return found


def _moved(customer: Customer, start: date, end: date) -> Iterable[tuple[str, Movement]]:
    span = (start, end)
    issued = {"customer": customer, "status": Document.Status.ISSUED, "issue_date__range": span}
    for invoice in Invoice.objects.filter(**issued):
        yield (
            invoice.currency,
            _movement(invoice.issue_date, "invoice", invoice.number, invoice.total),
        )
    for note in CreditNote.objects.filter(**issued):
        key = "credit_note" if note.relieves_id is None else "bad_debt"
        yield note.currency, _movement(note.issue_date, key, note.number, -note.total)
    made = {"customer": customer, "date__range": span}
    for payment in Payment.objects.filter(**made, status=Payment.Status.RECEIVED):
        yield (
            payment.currency,
            _movement(payment.date, "payment", payment.reference, -payment.amount),
        )
    for refund in Refund.objects.filter(**made, status=Refund.Status.MADE):
        key = kind_of_refund(refund.why)
        yield refund.currency, _movement(refund.date, key, refund.reference, refund.amount)
    for each in Adjustment.objects.filter(**made, status=Adjustment.Status.MADE):
        if each.side == Adjustment.Side.DEBIT:
            yield each.currency, _movement(each.date, "debited", "", each.amount)
        else:
            yield each.currency, _movement(each.date, "deduction", "", -each.amount)


def _movement(dated: date, key: str, number: str | None, amount: Decimal) -> Movement:
    return Movement(dated=dated, key=key, number=number or "", amount=amount)


def _running(
    opening: Decimal,
    moved: Sequence[Movement],
    closing: Decimal,
    start: date,
    end: date,
    amount: Any,
    write: Writer,
    caption: dict[str, str],
) -> list[dict[str, Any]]:
    """Each movement with the balance after it, from the opening one to the closing one.

    Both are worked out apart from the movements; what these do not tell of their difference (money
    of a parent, entries that other books hold) is a row of its own.
    """
    rows = [_row(caption["opening"], start, ZERO, amount(opening), amount, write)]
    now = opening
    for each in moved:
        now += each.amount
        what = _named(caption[each.key], each.number)["lines"][0]
        rows.append(_row(what, each.dated, each.amount, amount(now), amount, write))
    if now != closing:
        rows.append(_row(caption["elsewhere"], end, closing - now, amount(closing), amount, write))
    return rows


def _row(
    what: str, dated: date, moved: Decimal, after: str, amount: Any, write: Writer
) -> dict[str, Any]:
    return {
        "what": plain(what),
        "date": write.short_day(dated),
        "debit": amount(moved) if moved > 0 else "",
        "credit": amount(-moved) if moved < 0 else "",
        "balance": after,
    }


# --- ageing --------------------------------------------------------------------------------------


def ageing_data(company: Company, day: date, language: str) -> dict[str, Any]:
    """What `templates/ageing.typ` takes."""
    caption, write = captions(language), writer_for(company, language)
    found = by_currency(open_items(company, day))
    names = dict(Customer.objects.filter(company=company).values_list("pk", "name"))
    data = paper(company, language, title=f"{caption['ageing']}, {write.day(day)}")
    data |= {
        "kind": caption["ageing"],
        "facts": [fact(caption["as_of"], write.day(day))],
        "buckets": [caption[bucket] for bucket in Bucket],
        "sections": [
            {
                "currency": code,
                "rows": [
                    _aged_row(said(names[key]), own, code, write)
                    for key, own in by_customer(items, names)
                ],
                "sum": _aged_row(plain(caption["total"]), items, code, write),
            }
            for code, items in found.items()
        ],
    }
    return data


def by_customer(
    items: Sequence[OpenItem], names: dict[int, str]
) -> list[tuple[int, list[OpenItem]]]:
    """By the key of a customer, in the order of their names as people read them."""
    found: dict[int, list[OpenItem]] = {}
    for item in items:
        found.setdefault(item.customer_id, []).append(item)
    return sorted(found.items(), key=lambda each: _naturally(names[each[0]]))


def _naturally(name: str) -> list[tuple[int, str]]:
    """The order of names as people read them: “Customer 2” before “Customer 10”."""
    parts = re.split(r"(\d+)", name.casefold())
    numbers = ((whole(part), part) for part in parts)
    return [(-1 if number is None else number, part) for number, part in numbers]


def _aged_row(
    name: Said, items: Sequence[OpenItem], currency: str, write: Writer
) -> dict[str, Any]:
    ages = aged(items)
    return {
        "name": name,
        "ages": [write.amount(ages[bucket], currency) if ages[bucket] else "" for bucket in Bucket],
        "balance": write.amount(balance(items), currency),
    }


def _at(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)

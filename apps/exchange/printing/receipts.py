"""The receipt of a payment: what came, from whom, how, and what it settles."""

from collections.abc import Iterable
from datetime import UTC, datetime, time
from typing import Any

from apps.billing.models import Allocation, Payment
from apps.exchange.printing.figures import Writer
from apps.exchange.printing.open_items import ItemKind, kind_of_refund
from apps.exchange.printing.paper import fact, paper, party, plain, typeset, writer_for
from apps.exchange.printing.script import Said, said
from apps.exchange.printing.words import captions

TARGETS = ("invoice", "refund", "charge")


def print_receipt(payment: Payment, language: str) -> bytes:
    """As it stands now. Raises `CannotPrint` where it cannot be typeset."""
    dated = datetime.combine(payment.date, time(), tzinfo=UTC)
    return typeset("receipt", receipt_data(payment, language), dated=dated)


def receipt_data(payment: Payment, language: str) -> dict[str, Any]:
    """What `templates/receipt.typ` takes."""
    company, caption = payment.company, captions(language)
    write = writer_for(company, language)
    rows = payment.allocations.filter(reversed_on=None).select_related(*TARGETS)
    settled = list(rows.order_by("date", "pk"))
    data = paper(company, language, title=f"{caption['receipt']} {payment.pk}")
    data |= {
        "kind": caption["receipt"],
        "number": plain(str(payment.pk)),
        "party": party(payment.customer, caption["received_from"], language),
        "facts": list(_facts(payment, write, caption)),
        "amount": f"{write.amount(payment.amount, payment.currency)} {payment.currency}",
        "settles": [_row(each, write, caption) for each in settled],
        "on_account": write.amount(payment.on_account, payment.currency)
        if payment.on_account
        else "",
        "currency": payment.currency,
        "mark": _mark(payment, settled, caption),
    }
    return data


def _facts(payment: Payment, write: Writer, caption: dict[str, str]) -> Iterable[dict[str, Any]]:
    yield fact(caption["receipt_number"], str(payment.pk))
    yield fact(caption["date"], write.day(payment.date))
    if payment.cancelled_on is not None:
        yield fact(caption["cancelled_on"], write.day(payment.cancelled_on))
    if payment.method is not None:
        yield fact(caption["method"], said(payment.method.name))
    if payment.reference:
        yield fact(caption["reference"], said(payment.reference))
    if payment.bank_amount is not None and payment.bank_currency != payment.currency:
        amount = write.amount(payment.bank_amount, payment.bank_currency)
        yield fact(caption["at_the_bank"], f"{amount} {payment.bank_currency}")


def _row(allocation: Allocation, write: Writer, caption: dict[str, str]) -> dict[str, Any]:
    currency = allocation.currency
    invoice = allocation.invoice
    return {
        "what": _target(allocation, caption),
        "date": write.short_day(invoice.issue_date if invoice else allocation.date),
        "total": write.amount(invoice.total, currency) if invoice else "",
        "amount": write.amount(allocation.amount, currency),
    }


def _target(allocation: Allocation, caption: dict[str, str]) -> Said:
    if allocation.invoice is not None:
        return said(allocation.invoice.number or "")
    if allocation.outside_label:
        return said(allocation.outside_label)
    if allocation.refund is not None:
        return plain(caption[kind_of_refund(allocation.refund.why)])
    return plain(caption["charge"])


def _mark(
    payment: Payment, settled: list[Allocation], caption: dict[str, str]
) -> dict[str, str] | None:
    if payment.status == Payment.Status.CANCELLED:
        return {"words": caption["mark_cancelled"], "tone": "bad"}
    paid_out = (each.refund for each in settled if each.refund is not None)
    if any(kind_of_refund(each.why) == ItemKind.RETURNED for each in paid_out):
        return {"words": caption["mark_returned"], "tone": "bad"}
    return None

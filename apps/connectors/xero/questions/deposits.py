"""Open questions about a bank deposit as one line of the bank (decision 0031)."""

from decimal import Decimal
from typing import Any

from apps.connectors.questions import CannotAsk, Finding, Question, Scene, Step, Write, told
from apps.connectors.xero.questions.asking import (
    ACCOUNTS,
    CUSTOMER,
    TEN,
    Body,
    bank,
    element,
    line,
    number,
    read,
    rows,
    write,
)
from apps.connectors.xero.wire import Json

LINE = "a deleted line of the bank"
RATE = Decimal("1.2345")  # of theirs for one of the other currency, which no day's rate is


def bank_line(name: str, body: Body) -> Step:
    return write(name, "PUT", "BankTransactions", body, Write("a line of the bank", LINE))


def received(scene: Scene, *lines: Json, **more: Any) -> Json:
    """Ten, of the contact of this run by its name alone, on a bank account at home."""
    customer = element(scene, "customer", "Contacts")
    return {
        "Type": "RECEIVE",
        "Contact": {"Name": customer["Name"]},
        "BankAccount": bank(scene),
        "Date": scene.day.isoformat(),
        "Reference": scene.numbered("line"),
        "LineAmountTypes": "NoTax",
        "LineItems": list(lines) or [line(scene, TEN)],
        "Status": "AUTHORISED",
        **more,
    }


def _abroad(scene: Scene) -> Json:
    for each in rows(scene, "accounts", "Accounts"):
        abroad = each.get("CurrencyCode", scene.home_currency) != scene.home_currency
        if each.get("Type") == "BANK" and each.get("Status") == "ACTIVE" and abroad:
            return {"AccountID": each["AccountID"]}
    raise CannotAsk("this organisation has no bank account in another currency")


def _same_contact(scene: Scene) -> Finding:
    ours = element(scene, "customer", "Contacts")["ContactID"]
    theirs = element(scene, "line", "BankTransactions")["Contact"]["ContactID"]
    return told(ours == theirs, "it is of the same contact" if ours == theirs else "it is another")


def _below_nil(scene: Scene) -> Finding:
    there = element(scene, "read", "BankTransactions")
    amounts = [number(each["LineAmount"]) for each in there["LineItems"]]
    kept = sorted(amounts) == [-TEN, 2 * TEN]
    seen = " and ".join(str(each) for each in amounts)
    return told(kept, f"its lines are {seen}, its total {there['Total']}")


def _rate_kept(scene: Scene) -> Finding:
    rate = number(element(scene, "read", "BankTransactions").get("CurrencyRate", 1))
    return told(rate == RATE, f"sent at {RATE}, it stands there at {rate}")


DEPOSITS = (
    Question(
        id="contact_by_name",
        asks="Does the name alone of a contact match the one that is called so?",
        behind="0031 [U]",
        assumed="it does",
        steps=(CUSTOMER, ACCOUNTS, bank_line("line", received)),
        read=_same_contact,
    ),
    Question(
        id="bank_line_below_nil",
        asks="May a receive-money transaction have lines below nil while its total is above?",
        behind="0031 [N]",
        assumed="it may",
        steps=(
            CUSTOMER,
            ACCOUNTS,
            bank_line(
                "line",
                lambda scene: received(scene, line(scene, 2 * TEN), line(scene, -TEN)),
            ),
            read("read", "line", "BankTransactions"),
        ),
        read=_below_nil,
    ),
    Question(
        id="bank_line_rate",
        asks="Is the exchange rate of a line of the bank kept as it is sent?",
        behind="0031 [N]",
        assumed="it is",
        steps=(
            CUSTOMER,
            ACCOUNTS,
            bank_line(
                "line",
                lambda scene: received(scene, BankAccount=_abroad(scene), CurrencyRate=RATE),
            ),
            read("read", "line", "BankTransactions"),
        ),
        read=_rate_kept,
    ),
)

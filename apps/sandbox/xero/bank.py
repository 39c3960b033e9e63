"""Money spent and received, with the over- and prepayments it makes; transfers between banks."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

from . import answers, attachments, contacts, ledger, taxing, wire
from .applying import check_open_day, money, note
from .documents import AMOUNTS, check_currency, places, read_rate
from .refusals import Refused
from .store import Content, Organisation, moment
from .taxing import Use

TYPES = ("RECEIVE", "SPEND")
WITH_CREDIT = {
    "RECEIVE-OVERPAYMENT": "Overpayments",
    "SPEND-OVERPAYMENT": "Overpayments",
    "RECEIVE-PREPAYMENT": "Prepayments",
    "SPEND-PREPAYMENT": "Prepayments",
}
NOT_BY_API = "Overpayments and prepayments cannot be updated or deleted via the API."
RECONCILED = (
    "This Bank Transaction cannot be edited as it has been reconciled with a Bank Statement."
)


def write(org: Organisation, sent: Content, *, create: bool, unitdp: int) -> Content:
    identity = None if create else sent.get("BankTransactionID")
    if not identity:
        return make(org, sent, unitdp)
    known = org.find("BankTransactions", identity)
    if known is None:
        raise Refused("The document with the supplied id was not found.")
    if known["type"] not in TYPES:
        raise Refused(NOT_BY_API)
    if known["status"] != "AUTHORISED":
        raise Refused("Bank transaction not of valid status for modification")
    if known["matched"]:
        raise Refused(RECONCILED)
    check_open_day(org, known["date"])
    money_row = org.edit("BankTransactions", known["id"])
    if sent.get("Status") in ("DELETED", "VOIDED"):
        money_row |= {"status": sent["Status"], "reconciled": False}
    else:
        take(org, money_row, sent, unitdp)
        if "IsReconciled" in sent:
            money_row["reconciled"] = bool(sent["IsReconciled"])
    ledger.post(org, "BankTransactions", money_row)
    return money_row


def make(org: Organisation, sent: Content, unitdp: int) -> Content:
    kind = sent.get("Type")
    if kind not in (*TYPES, *WITH_CREDIT):
        raise Refused(f"Requested value '{kind}' was not found.")
    row: Content = {
        "type": kind,
        "status": "AUTHORISED",
        "date": org.today.isoformat(),
        "reference": "",
        "amounts": "Inclusive",
        "lines": [],
        "reconciled": bool(sent.get("IsReconciled")),
        "matched": False,
    }
    if sent.get("Status") not in (None, "", "AUTHORISED"):
        raise Refused("A new bank transaction must be AUTHORISED.")
    row["bank"] = bank_of(org, sent.get("BankAccount"))["id"]
    if not sent.get("Contact"):
        raise Refused("A Contact must be specified for this type of transaction.")
    take(org, row, sent, unitdp)
    if kind in WITH_CREDIT:
        row["credit"] = make_credit(org, row)["id"]
    made = org.add("BankTransactions", row)
    note(org, made, "Created")
    ledger.post(org, "BankTransactions", made)
    return made


def bank_of(org: Organisation, sent: Any) -> Content:
    told = sent if isinstance(sent, dict) else {}
    found = org.account(code=told.get("Code"), identity=told.get("AccountID"))
    if found is None or found["status"] != "ACTIVE" or found["type"] != "BANK":
        raise Refused("Bank account must be valid and of type BANK.")
    return found


def take(org: Organisation, row: Content, sent: Content, unitdp: int) -> None:
    """Head and lines; which fields there are depends on the type."""
    plain = row["type"] in TYPES
    inwards = row["type"].startswith("RECEIVE")
    if sent.get("Contact"):
        row["contact"] = contacts.for_document(org, sent["Contact"], sale=inwards)["id"]
    if sent.get("Date"):
        row["date"] = wire.read_date(sent["Date"])
    check_open_day(org, row["date"])
    if "Reference" in sent and plain:
        row["reference"] = str(sent["Reference"] or "")
    if sent.get("LineAmountTypes"):
        if sent["LineAmountTypes"] not in AMOUNTS:
            raise Refused(f"Requested value '{sent['LineAmountTypes']}' was not found.")
        row["amounts"] = sent["LineAmountTypes"]
    take_currency(org, row, sent)
    if "LineItems" in sent or not row["lines"]:
        take_lines(org, row, sent.get("LineItems") or [], unitdp)
    if row["total"] <= 0:
        raise Refused("The total of a bank transaction must be positive.")


def take_currency(org: Organisation, row: Content, sent: Content) -> None:
    """The bank account's; only an overpayment may say another one."""
    account = org.objects["Accounts"][row["bank"]]
    code = account.get("currency") or org.base
    if row["type"].endswith("-OVERPAYMENT") and sent.get("CurrencyCode"):
        code = sent["CurrencyCode"]
        check_currency(org, code)
    if row["type"].endswith("-PREPAYMENT") and code != org.base:
        raise Refused("Prepayments are only possible in the base currency.")
    row["currency"] = code
    if "rate" not in row or sent.get("CurrencyRate") or "LineItems" in sent:
        row["rate"] = read_rate(org, code, sent.get("CurrencyRate"))


def take_lines(org: Organisation, row: Content, sent: Any, unitdp: int) -> None:
    plain = row["type"] in TYPES
    over = row["type"].endswith("-OVERPAYMENT")
    use = Use(sale=row["type"].startswith("RECEIVE"), discounts=False, own_tax=False)
    if not sent:
        raise Refused("One or more line items must be specified.")
    if over and len(sent) != 1:
        raise Refused("An overpayment has exactly one line item.")
    before = {one["id"]: one for one in row["lines"]}
    row["lines"] = []
    for one in sent:
        old = before.get(str(one.get("LineItemID") or ""))
        told = one if plain else {k: v for k, v in one.items() if k != "ItemCode"}
        if over:
            told = {k: v for k, v in told.items() if k not in ("AccountCode", "AccountID")}
        line = taxing.read_line(org, told, old, use, places(unitdp))
        line["id"] = old["id"] if old else str(uuid4())
        if line.get("quantity") is not None and line["quantity"] <= 0:
            raise Refused("Quantity must be greater than zero.")
        if not line.get("unit") and line.get("amount_sent") is None:
            raise Refused("Unit amount must not be zero.")
        if over:
            line["account"] = ledger.control(org, row)
        elif not line.get("account"):
            raise Refused("Account code must be specified for each line item.")
        if not line.get("description"):
            raise Refused("Description is required for each line item.")
        contact = org.objects["Contacts"][row["contact"]]
        taxing.work_out(org, line, "NoTax" if over else row["amounts"], use, contact)
        row["lines"].append(line)
    if over:
        row["amounts"] = "NoTax"
    taxing.total_up(row)


def make_credit(org: Organisation, row: Content) -> Content:
    """The overpayment or prepayment that a person or an app allocates afterwards."""
    number = ""
    if row["type"] == "RECEIVE-PREPAYMENT":
        # A prepayment received takes a number of the sales invoices.
        number = f"INV-{org.next_of('Invoices'):04d}"
    copied = (
        "type",
        "date",
        "contact",
        "amounts",
        "lines",
        "currency",
        "rate",
        "sub",
        "tax",
        "total",
        "off",
    )
    return org.add(
        WITH_CREDIT[row["type"]],
        {
            **{name: row[name] for name in copied},
            "status": "AUTHORISED",
            "reference": number or row["reference"],
            "number": number,
            "applied": [],
        },
    )


def answer(org: Organisation, row: Content, form: str, places_: int = 2) -> Content:
    account = org.objects["Accounts"][row["bank"]]
    bank: Content = {"AccountID": account["id"], "Name": account["name"]}
    if account.get("code"):
        bank["Code"] = account["code"]
    out: Content = {"BankTransactionID": row["id"], "BankAccount": bank, "Type": row["type"]}
    if row["reference"]:
        out["Reference"] = row["reference"]
    out["IsReconciled"] = row["reconciled"]
    if row.get("credit"):
        name = "OverpaymentID" if row["type"].endswith("-OVERPAYMENT") else "PrepaymentID"
        out[name] = row["credit"]
    if form != "write":
        out["HasAttachments"] = attachments.has(org, row)
    if row["currency"] != org.base or form == "write":
        out["CurrencyRate"] = row["rate"]
    if row.get("contact"):
        out["Contact"] = answers.whole_contact(org, row["contact"], form)
    out |= answers.dated(row, "Date", "date")
    out |= {"Status": row["status"], "LineAmountTypes": row["amounts"]}
    shown = [] if form == "light" else row["lines"]
    out["LineItems"] = [answers.line(org, one, places_, written=form == "write") for one in shown]
    out |= {"SubTotal": row["sub"], "TotalTax": row["tax"], "Total": row["total"]}
    return out | {"UpdatedDateUTC": moment(row), "CurrencyCode": row["currency"]}


def refused(org: Organisation, sent: Content, messages: list[str]) -> Content:
    """What was asked over what stands: a refused deletion says DELETED."""
    known = org.find("BankTransactions", sent.get("BankTransactionID"))
    out = answer(org, known, "list") if known is not None else {}
    out.setdefault("BankTransactionID", wire.NO_GUID)
    if isinstance(sent.get("Type"), str):
        out["Type"] = sent["Type"]
    if isinstance(sent.get("Status"), str):
        out["Status"] = sent["Status"]
    out.setdefault("LineItems", [])
    return out | {"ValidationErrors": [{"Message": one} for one in messages]}


# --- transfers ------------------------------------------------------------------------------------
def transfer(org: Organisation, sent: Content) -> Content:
    """From one bank account to another of the same currency; made, never changed."""
    first = bank_of(org, sent.get("FromBankAccount"))
    second = bank_of(org, sent.get("ToBankAccount"))
    if first["id"] == second["id"]:
        raise Refused("A transfer needs two bank accounts.")
    code = first.get("currency") or org.base
    if code != (second.get("currency") or org.base):
        raise Refused("Transfers between accounts of different currencies are not simulated.")
    day = wire.read_date(sent["Date"]) if sent.get("Date") else org.today.isoformat()
    check_open_day(org, day, "transfer")
    amount = money(sent.get("Amount"), "Amount")
    row: Content = {
        "status": "AUTHORISED",
        "from": first["id"],
        "to": second["id"],
        "date": day,
        "amount": amount,
        "rate": org.rate(code),
        "reference": str(sent.get("Reference") or ""),
    }
    made = org.add("BankTransfers", row)
    for side, kind, bank in (("out", "SPEND-TRANSFER", first), ("in", "RECEIVE-TRANSFER", second)):
        made[side] = transfer_leg(org, made, kind, bank, amount, code)["id"]
    ledger.post(org, "BankTransfers", made)
    return made


def transfer_leg(
    org: Organisation, made: Content, kind: str, bank: Content, amount: Decimal, code: str
) -> Content:
    """Each side of a transfer is listed among the bank transactions; it posts nothing itself."""
    return org.add(
        "BankTransactions",
        {
            "type": kind,
            "status": "AUTHORISED",
            "date": made["date"],
            "reference": made["reference"],
            "amounts": "NoTax",
            "lines": [],
            "reconciled": False,
            "matched": False,
            "bank": bank["id"],
            "currency": code,
            "rate": made["rate"],
            "sub": amount,
            "tax": wire.ZERO,
            "total": amount,
            "off": wire.ZERO,
        },
    )


def transfer_answer(org: Organisation, row: Content) -> Content:
    def bank(identity: str) -> Content:
        account = org.objects["Accounts"][identity]
        return wire.plain(
            {"AccountID": identity, "Code": account.get("code"), "Name": account["name"]}
        )

    return {
        "BankTransferID": row["id"],
        "DateString": wire.text_date(row["date"]),
        "Date": wire.day_of(row["date"]),
        "Status": row["status"],
        "FromBankAccount": bank(row["from"]),
        "ToBankAccount": bank(row["to"]),
        "Amount": row["amount"],
        "FromBankTransactionID": row["out"],
        "ToBankTransactionID": row["in"],
        "FromIsReconciled": False,
        "ToIsReconciled": False,
        "Reference": row["reference"],
        "CurrencyRate": row["rate"],
        "HasAttachments": attachments.has(org, row),
        "CreatedDateUTC": moment(row),
    }

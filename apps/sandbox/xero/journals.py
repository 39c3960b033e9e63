"""Manual journals, as far as a person there needs them."""

from . import attachments, wire
from .applying import check_open_day
from .ledger import post
from .refusals import Refused
from .store import Content, Organisation, moment
from .taxing import account_of, number
from .wire import ZERO, cents

STATUSES = ("DRAFT", "POSTED")


def write(org: Organisation, sent: Content) -> Content:
    known = org.find("ManualJournals", sent.get("ManualJournalID"))
    if known is not None:
        return change(org, known, sent)
    if not sent.get("Narration"):
        raise Refused("Narration must be supplied.")
    status = sent.get("Status") or "DRAFT"
    if status not in STATUSES:
        raise Refused(f"A new journal cannot be {status}.")
    row: Content = {
        "narration": str(sent["Narration"]),
        "status": status,
        "date": wire.read_date(sent["Date"]) if sent.get("Date") else org.today.isoformat(),
        "lines": [read_line(org, one) for one in sent.get("JournalLines") or ()],
    }
    check_open_day(org, row["date"], "journal")
    debits = sum((one["amount"] for one in row["lines"] if one["amount"] > 0), ZERO)
    credits = sum((one["amount"] for one in row["lines"] if one["amount"] < 0), ZERO)
    if debits + credits or not row["lines"]:
        raise Refused(f"The total debits ({debits:.2f}) must equal total credits ({credits:.2f})")
    made = org.add("ManualJournals", row)
    post(org, "ManualJournals", made)
    return made


def read_line(org: Organisation, sent: Content) -> Content:
    """Debits are above nought. Tax on journals is not simulated."""
    account = account_of(org, sent)
    if account is None:
        raise Refused("Account code must be specified for each journal line.")
    found = org.objects["Accounts"][account]
    if found["type"] == "BANK":
        raise Refused("Bank accounts cannot be used in manual journals.")
    control = found.get("system") in ("DEBTORS", "CREDITORS")
    if control and org.switch("journal_on_receivable") == "refuse":
        raise Refused("System accounts cannot be used in manual journals.")
    return {
        "account": account,
        "amount": cents(number(sent.get("LineAmount"), "LineAmount")),
        "description": str(sent.get("Description") or ""),
    }


def change(org: Organisation, known: Content, sent: Content) -> Content:
    """Only its status: voided when posted, deleted as a draft, posted from a draft."""
    allowed = {"DRAFT": ("POSTED", "DELETED"), "POSTED": ("VOIDED",)}
    if sent.get("Status") not in allowed.get(known["status"], ()):
        raise Refused("Journal not of valid status for modification")
    check_open_day(org, known["date"], "journal")
    row = org.edit("ManualJournals", known["id"])
    row["status"] = sent["Status"]
    post(org, "ManualJournals", row)
    return row


def answer(org: Organisation, row: Content, form: str) -> Content:
    return {
        "Date": wire.day_of(row["date"]),
        "Status": row["status"],
        "LineAmountTypes": "NoTax",
        "UpdatedDateUTC": moment(row),
        "ManualJournalID": row["id"],
        "Narration": row["narration"],
        "JournalLines": [line_answer(org, one) for one in row["lines"]],
        "ShowOnCashBasisReports": True,
        "HasAttachments": attachments.has(org, row),
    }


def line_answer(org: Organisation, one: Content) -> Content:
    account = org.objects["Accounts"][one["account"]]
    out: Content = {"Description": one["description"]} if one["description"] else {}
    out |= {"TaxType": "NONE", "LineAmount": one["amount"]}
    if account.get("code"):
        out["AccountCode"] = account["code"]
    return out | {"Tracking": [], "AccountID": account["id"], "IsBlank": False}

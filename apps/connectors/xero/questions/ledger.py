"""Open questions about Xero's ledger: journals on the receivable, and the day of a balance sheet."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from apps.connectors.questions import (
    CannotAsk,
    Finding,
    Question,
    Scene,
    Step,
    Write,
    as_assumed,
    otherwise,
    told,
)
from apps.connectors.xero.questions.asking import (
    ACCOUNTS,
    TEN,
    VOIDED,
    Raw,
    account,
    get,
    identity,
    income,
    number,
    refused,
    sale,
    words_of,
    write,
)
from apps.connectors.xero.questions.documents import CUSTOMERS
from apps.connectors.xero.wire import Json


def _journal(scene: Scene) -> Json:
    receivable = account(scene, "receivable", SystemAccount="DEBTORS")
    return {
        "Narration": scene.numbered("journal"),
        "Date": scene.day.isoformat(),
        "Status": "POSTED",
        "JournalLines": [
            {"LineAmount": TEN, "AccountCode": receivable["Code"], "TaxType": "NONE"},
            {"LineAmount": -TEN, **income(scene), "TaxType": "NONE"},
        ],
    }


def _on_receivable(scene: Scene) -> Finding:
    answer = scene["journal"]
    if answer.status in (401, 403):
        raise CannotAsk(
            "the consent does not hold *accounting.manualjournals*, which Tieout does not ask for"
        )
    if refused(scene, "journal"):
        return otherwise(f"refused: {words_of(answer)}")
    return as_assumed("accepted")


def _sheet_day(scene: Scene) -> Finding:
    identity(scene, "invoice", "Invoices")
    before, after = (_receivable(scene, step) for step in ("before", "after"))
    moved = after - before
    seen = f"an invoice of the day after moved its receivable by {moved}"
    if moved not in (0, TEN):
        raise CannotAsk(f"somebody else booked meanwhile: {seen}")
    return told(moved == TEN, seen)


def _receivable(scene: Scene, step: str) -> Decimal:
    """What the account of the receivable holds in a balance sheet; nil where it has no row."""
    if not scene[step].good:
        raise CannotAsk(f"the balance sheet was not shown: {words_of(scene[step])}")
    own = account(scene, "receivable", SystemAccount="DEBTORS")["AccountID"]
    for cells in _cells(scene[step].said):
        names = [each.get("Value") for each in cells[0].get("Attributes") or ()]
        if own in names:
            return number(cells[1].get("Value") or 0)
    return Decimal(0)


def _cells(said: Any) -> list[list[Raw]]:
    if isinstance(said, list):
        return [row for each in said for row in _cells(each)]
    if not isinstance(said, dict):
        return []
    own = [said["Cells"]] if len(said.get("Cells") or ()) > 1 else []
    return own + [row for each in said.values() for row in _cells(each)]


def _dated(scene: Scene) -> date:
    """Today, or tomorrow on the first of a month: the day before it is of the same month."""
    return scene.day + timedelta(days=scene.day.day == 1)


def _day_before(scene: Scene) -> str:
    return (_dated(scene) - timedelta(days=1)).isoformat()


def _of_that_day(scene: Scene) -> Json:
    day = _dated(scene).isoformat()
    return sale(scene, "invoice", status="AUTHORISED", Date=day, DueDate=day)


def _sheet(name: str) -> Step:
    return get(name, "Reports/BalanceSheet", exact=False, date=_day_before)


LEDGER = (
    Question(
        id="journal_on_receivable",
        asks="May a journal use the receivable?",
        behind="0001, journals on the receivable [N]",
        assumed="it may: one is read as an entry from outside",
        switch="journal_on_receivable",
        steps=(
            ACCOUNTS,
            write(
                "journal", "PUT", "ManualJournals", _journal, Write("a journal", "a voided journal")
            ),
        ),
        read=_on_receivable,
    ),
    Question(
        id="balance_sheet_day",
        asks="Is a balance sheet as of the day asked, or of the end of its month?",
        behind="xero.md: its example [S]; tools' notes",
        assumed="of the end of its month",
        switch="balance_sheet_day",
        steps=(
            *CUSTOMERS,
            _sheet("before"),
            write(
                "invoice",
                "PUT",
                "Invoices",
                _of_that_day,
                Write("an invoice of today, or of tomorrow on a first", VOIDED, dated=False),
            ),
            _sheet("after"),
        ),
        read=_sheet_day,
    ),
)

"""A comparison whose figures were added up by hand, with what differs and what was asked.

invoices, total, GBP     370.00 here   368.00 there    −2.00: INV-7 −1.00, INV-8 −1.00
invoices, total, EUR      90.00 here    85.00 there    −5.00, of which nothing says why
receivable, GBP          370.00 here   388.00 there    18.00: INV-7 −1.00, INV-8 −1.00, theirs 20.00
receivable, EUR           90.00 here    85.00 there    −5.00, unexplained
Sales (credits)         −308.33 here  −326.67 there   −18.34: theirs −20.00 explained, 1.66 is not
"""

from datetime import UTC, date, datetime
from decimal import Decimal

from apps.connections.models import Connection
from apps.reconciliation.journal import Journal
from apps.reconciliation.models import Cause, Difference, KeptComparison, Question, Why
from apps.staff.models import User
from tests.backoffice.world import make_connection
from tests.factories import make_company

BEGUN = datetime(2026, 4, 2, 8, 0, 5, tzinfo=UTC)
FOUND = datetime(2026, 4, 2, 8, 0, 30, tzinfo=UTC)
ENDED = datetime(2026, 4, 2, 8, 0, 31, tzinfo=UTC)
SEVEN = "Invoice INV-7: total is 120.00 GBP here and 119.00 GBP in QuickBooks."
EIGHT = "Invoice INV-8: total is 250.00 GBP here and 249.00 GBP in QuickBooks."
THEIRS = "Invoice 1099 of 20 March 2026, 20.00 GBP, is only in QuickBooks."
ASKED = "The rate VAT 20% is owed to HMRC here and to the French treasury there."
BANKED = "A receipt of 60.00 GBP is banked there and in clearing here."


def compared(connection: Connection | None = None, *, by: User | None = None) -> KeptComparison:
    """The comparison, done; `by` None: by the timetable, so without its postings."""
    connection = connection or make_connection(make_company())
    journal = Journal(date(2026, 3, 31))
    journal.begin(None, "Invoice INV-7")
    journal.post("84", Decimal("-308.33"))
    kept = KeptComparison.objects.create(
        connection=connection,
        on=date(2026, 3, 31),
        state=KeptComparison.State.DONE,
        agrees=False,
        open_count=3,
        sentence="2 differences and 1 question.",
        asked_by=by,
        begun_at=BEGUN,
        ended_at=ENDED,
        journal=None if by is None else journal.packed(),
        found=_found(),
    )
    KeptComparison.objects.filter(pk=kept.pk).update(asked_at=BEGUN)
    kept.refresh_from_db()
    for key, sentence in enumerate((SEVEN, EIGHT), start=7):
        amount = sentence.split(" here and ")[0].rsplit("is ", 1)[1], sentence[-26:-15].strip()
        Difference.objects.create(
            connection=connection, why=Why.AMOUNT, ours=[["invoice", key]], figure="total",
            here=amount[0], there=amount[1], amount=Decimal(-1), currency="GBP",
            fingerprint=str(key), sentence=sentence, found_at=FOUND, seen_at=FOUND,
        )  # fmt: skip
    _ask(connection, BANKED, Cause.MONEY_ELSEWHERE)
    answered = _ask(connection, ASKED, Cause.TAX_ELSEWHERE)
    answered.answer, answered.reason = Question.Answer.RIGHT, "Registered in both"
    cleo = User.objects.filter(email="cleo@example.com").first()
    answered.answered_by = cleo or User.objects.create_user(email="cleo@example.com", name="Cleo")
    answered.answered_at = datetime(2026, 4, 1, 9, 30, tzinfo=UTC)
    answered.save()
    Question.objects.update(found_at=BEGUN)
    return kept


def _ask(connection: Connection, sentence: str, cause: Cause) -> Question:
    return Question.objects.create(
        connection=connection, cause=cause, sentence=sentence, fingerprint=sentence[:40],
        amount=Decimal(60) if sentence == BANKED else None,
        currency="GBP" if sentence == BANKED else "",
    )  # fmt: skip


def _found() -> dict[str, object]:
    def because(sentence: str, amount: str) -> dict[str, object]:
        return {
            "why": "amount", "amount": amount, "sentence": sentence, "ours": [["invoice", 7]],
            "theirs": [],
        }  # fmt: skip

    def owed(currency: str, ours: str, theirs: str, apart: str, rest: str) -> dict[str, object]:
        return {
            "total": "receivable", "currency": currency, "on": "2026-03-31", "ours": ours,
            "theirs": theirs, "difference": apart, "unexplained": rest, "explanations": [],
        }  # fmt: skip

    pounds = owed("GBP", "370.00", "388.00", "18.00", "0.00") | {
        "explanations": [because(SEVEN, "-1.00"), because(EIGHT, "-1.00"), because(THEIRS, "20.00")]
    }
    return {
        "documents": 3,
        "payments": 1,
        "at": FOUND.isoformat(),
        "sums": {
            "invoices: total": {"ours": "370.00", "theirs": "368.00"},
            "invoices: total (EUR)": {"ours": "90.00", "theirs": "85.00"},
            "invoices: tax at Standard (VAT)": {"ours": "61.67", "theirs": "61.67"},
            "invoices of before: balance due": {"ours": "40.00", "theirs": "45.00"},
        },
        "totals": [pounds, owed("EUR", "90.00", "85.00", "-5.00", "-5.00")],
        "accounts": [
            {
                "account_id": "84", "name": "Sales", "role": "income", "ours": "-308.33",
                "explained": "-20.00", "theirs": "-326.67", "difference": "1.66",
            }
        ],
        "differences": [SEVEN, EIGHT],
        "only_there": [THEIRS],
        "questions": [f"Money that lies elsewhere: {BANKED}"],
        "answered": [
            f"Tax at another agency or country: {ASKED} It is right as it stands: Registered in both"
        ],
        "not_held_against": "",
    }  # fmt: skip

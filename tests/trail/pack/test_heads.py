"""Which heads of the trail a pack holds, and what it tells of a verification that found something."""

from datetime import UTC, date, datetime

import pytest

from apps.staff.security import Kind, note
from apps.trail import sealing
from apps.trail.links import head
from apps.trail.pack.period import Period
from apps.trail.pack.trail import heads, verification
from apps.trail.sealing import seal
from apps.trail.verifying import Found, Report
from apps.trail.verifying.findings import Findings
from tests.factories import make_company

pytestmark = pytest.mark.django_db
MADE = datetime(2026, 4, 1, 8, tzinfo=UTC)


def march() -> Period:
    company = make_company(legal_name="Wren & Sons Ltd")
    return Period(company=company, first_day=date(2026, 3, 1), last_day=date(2026, 3, 31))


def test_the_last_of_each_day_the_one_before_and_the_one_that_was_verified(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    period, told = march(), []
    for month, day, hour in ((2, 26, 9), (2, 27, 9), (3, 2, 9), (3, 2, 17), (3, 5, 9), (4, 1, 9)):
        moment = datetime(2026, month, day, hour, tzinfo=UTC)
        monkeypatch.setattr(sealing, "now", lambda moment=moment: moment)
        note(Kind.SIGNED_OUT, "Signed out.")
        assert seal().ended
        told.append((moment, head()))
    *_, (_, last), _ = told  # what is sealed after the verification is none of the pack
    report = Report(head=(last[0], last[1].hex()))
    assert list(heads(report, period)) == [
        (moment.date(), moment, number, link.hex(), words)
        for (moment, (number, link)), words in (
            (told[1], "Last before the period"),
            (told[3], "Last of its day"),
            (told[4], "Head when this pack was made"),
        )
    ]


def test_what_was_found_is_told_and_of_other_companies_counted() -> None:
    period = march()
    findings = Findings()
    own = "The invoice (INV-1) of Wren & Sons Ltd was rewritten."
    findings.add(Found.REWRITTEN, own, period.company.pk)
    findings.add(Found.CUT_OUT, "The payment of Quokka Ltd is gone.", period.company.pk + 1)
    findings.add(Found.PUT_IN, "The event (Quokka) was put in.", called="Quokka")
    lines = list(verification(Report(findings=findings, head=(7, "ab")), period, MADE))
    assert lines[lines.index("3 things are not as sealed.") :] == [
        "3 things are not as sealed.",
        "",
        f"rewritten: {own}",
        "put in later: The event was put in.",
        "1 more: of other companies, or beyond what is told one by one.",
    ]

"""What the daily report tells: per currency, by age, each record on one day."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db.models.query import ModelIterable, QuerySet

from apps.billing import actions
from apps.billing.models import Company, CreditNote, Invoice, Refund
from apps.exchange.models import ScheduledExport
from apps.exchange.printing.words import LANGUAGES
from apps.exchange.schedules.daily import HEADINGS, letter, why
from apps.exchange.schedules.daily_figures import (
    AGES,
    OLDEST,
    WORDS,
    Part,
    Report,
    Told,
    _failed,
    _kind_of,
    by_age,
    report,
    totals,
)
from apps.exchange.schedules.report_words import ReportWords
from apps.sync.models import Reason, RemoteRecord, State, SyncRecord
from tests.backoffice.world import make_connection
from tests.factories import (
    make_company,
    make_credit_note,
    make_customer,
    make_exchange_rate,
    make_invoice,
    make_method,
    make_payment,
)

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 10)
NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as found:
        yield found


def in_english(told: Told) -> str:
    return why(told, ReportWords.of(Company(country="GB")))


def records(found: Report, part: Part) -> list[str]:
    return [each.record for each in found.parts[part]]


def test_a_day_of_everything(clock: Any) -> None:
    company = make_company(legal_name="Thornfield & Sons", time_zone="America/New_York")
    make_exchange_rate(company, "EUR", "0.85")
    bell = make_customer(company, name="Bell <b>")
    euro = make_customer(company, name="Łódź", currency="EUR")
    card = make_method(company, name="Card")
    sold = [make_invoice(customer=each, issue_date=DAY) for each in (bell, bell, euro)]
    old = make_invoice(customer=bell, issue_date=date(2026, 7, 1), due_date=date(2026, 8, 1))
    make_payment(customer=bell, amount="30.00", date=DAY - timedelta(days=40), method=card)
    note = make_credit_note(invoice=sold[0], issue_date=DAY)
    actions.void(sold[1], on=DAY, reason="Typed twice")
    SyncRecord.objects.create(
        connection=make_connection(company), wanted=1, kind="invoice", invoice=sold[2],
        state=State.NEEDS_PERSON, reason=Reason.REFUSED, sentence="No code.", remedy="Map it.",
    )  # fmt: skip
    found = report(company, DAY, DAY)

    assert records(found, Part.INVOICES) == [each.number for each in sold]
    assert totals(found.parts[Part.INVOICES]) == {"EUR": Decimal(100), "GBP": Decimal(200)}
    assert totals(found.parts[Part.CREDIT_NOTES]) == {"GBP": -note.total}
    assert records(found, Part.TAKEN_BACK) == [sold[1].number]
    assert in_english(found.parts[Part.TAKEN_BACK][0]) == "Voided: Typed twice"
    # Both are of an earlier day, and were entered today.
    assert records(found, Part.LATER) == [old.number, "Payment"]
    assert [each.why for each in found.parts[Part.FAILED]] == ["No code. Map it."]
    assert by_age(found.parts[Part.OVERDUE]) == {"GBP": {"over 90 days": old.total}}
    assert by_age(found.parts[Part.UNAPPLIED])["GBP"]["31–60 days"] == Decimal(30)
    assert by_age(found.parts[Part.CLEARING]) == {"GBP": {"31–60 days": Decimal(30)}}

    told = letter(found, ScheduledExport(pk=1, company=company))
    assert told.subject == "Thornfield & Sons: Tuesday, 10 November 2026"
    assert "Bell &lt;b&gt;" in told.html
    assert "Bell <b>" in told.text
    assert "100.00 EUR" in told.html
    assert f"/admin/billing/invoice/{sold[0].pk}/change/" in told.html


def test_the_day_is_that_of_the_companys_zone_and_each_record_is_told_once(clock: Any) -> None:
    company = make_company(time_zone="America/New_York")
    bell = make_customer(company)
    clock.move_to(datetime(2026, 11, 11, 4, 59, tzinfo=UTC))  # a minute before midnight there
    before = make_invoice(customer=bell, issue_date=DAY)
    ahead = make_invoice(customer=bell, issue_date=DAY + timedelta(days=1))
    clock.move_to(datetime(2026, 11, 11, 5, 0, tzinfo=UTC))
    after = make_invoice(customer=bell, issue_date=DAY)
    first, second = (report(company, each, each) for each in (DAY, DAY + timedelta(days=1)))

    assert records(first, Part.INVOICES) == [before.number]
    assert records(first, Part.LATER) == []
    assert records(second, Part.INVOICES) == [ahead.number]
    assert records(second, Part.LATER) == [after.number]
    both = report(company, DAY, DAY + timedelta(days=1))
    assert sorted(records(both, Part.INVOICES)) == sorted(
        [before.number, ahead.number, after.number]
    )


def test_a_day_without_anything_says_so_in_one_line(clock: Any) -> None:
    company = make_company()
    found = report(company, DAY, DAY)
    told = letter(found, ScheduledExport(pk=1, company=company))
    assert found.is_empty
    assert "Nothing was issued, received, taken back or refused on this day." in told.text
    assert "Invoices issued" not in told.html


def test_what_was_taken_back_for_an_earlier_day_is_told_when_it_was_entered(clock: Any) -> None:
    """An act that waited for a second person bears the day on which it was asked for."""
    company = make_company()
    sold, paid = make_invoice(company=company), make_payment(company=company)
    clock.shift(timedelta(days=2))
    actions.void(sold, on=DAY, reason="Typed twice")
    actions.cancel_payment(paid, on=DAY, reason="Typed twice")
    days = [DAY + timedelta(days=each) for each in range(4)]

    told = [records(report(company, each, each), Part.TAKEN_BACK) for each in days]
    assert told == [[], [], [sold.number, "Payment"], []]
    assert records(report(company, DAY, days[-1]), Part.TAKEN_BACK) == [sold.number, "Payment"]


def test_an_invoice_and_its_payment_are_never_added_up(clock: Any) -> None:
    company = make_company()
    earlier = DAY - timedelta(days=1)
    sold = make_invoice(company=company, issue_date=earlier)
    make_payment(invoice=sold, amount=40, date=earlier, reference="BACS 1199")
    told = letter(report(company, DAY, DAY), ScheduledExport(pk=1, company=company))

    assert "Invoice: 100.00 GBP\nPayment: 40.00 GBP\n" in told.text
    assert "140.00" not in told.text
    assert "- BACS 1199, 40.00 GBP (Payment · " in told.text


def test_what_arrived_and_could_not_be_applied_failed_to_sync_too(
    clock: Any, django_assert_num_queries: Any
) -> None:
    company = make_company()
    connection = make_connection(company)
    for _ in range(3):
        sold = make_invoice(company=company, issue_date=DAY)
        (part,) = make_payment(invoice=sold, date=DAY).allocations.all()
        SyncRecord.objects.create(
            connection=connection, wanted=1, kind="allocation", allocation=part,
            state=State.NEEDS_PERSON, reason=Reason.REFUSED, sentence="No.",
        )  # fmt: skip
    RemoteRecord.objects.create(
        connection=connection, kind="Payment", remote_id="7", packed_raw=b"", read_at=NOON,
        arrival=RemoteRecord.Arrival.NEEDS_PERSON, sentence="Its date is closed.", remedy="Open it.",
    )  # fmt: skip
    with django_assert_num_queries(2):
        failed = list(_failed(company))

    assert [each.kind for each in failed] == ["Not sent"] * 3 + ["Arrived, not applied"]
    assert failed[-1].why == "Its date is closed. Open it."


def test_a_bad_debt_is_called_no_credit_and_what_is_booked_again_no_sale() -> None:
    assert [_kind_of(each) for each in (CreditNote(), CreditNote(relieves_id=1))] == [
        "Credit note", "Bad debt written off",
    ]  # fmt: skip
    assert [_kind_of(each) for each in (Invoice(), Invoice(recovers_id=1))] == [
        "Invoice", "Bad debt booked again",
    ]  # fmt: skip


def test_a_day_of_a_large_import_is_read_as_it_comes(
    clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No set of whole records is held: half a million of them are more than a worker has."""
    held: set[str] = set()
    fetch = QuerySet._fetch_all

    def noted(rows: Any) -> None:
        if rows._iterable_class is ModelIterable:
            held.add(rows.model.__name__)
        fetch(rows)

    company = make_company()
    SyncRecord.objects.create(
        connection=make_connection(company), wanted=1, kind="invoice", state=State.NEEDS_PERSON,
        invoice=make_invoice(company=company, issue_date=DAY), sentence="No.",
    )  # fmt: skip
    make_payment(company=company, date=DAY)
    make_credit_note(company=company, issue_date=DAY)
    monkeypatch.setattr(QuerySet, "_fetch_all", noted)
    found = report(company, DAY, DAY)

    assert not found.is_empty
    assert held.isdisjoint({"Invoice", "CreditNote", "SyncRecord", "RemoteRecord"})


def test_an_amendment_is_told_once_by_what_it_changed(clock: Any) -> None:
    """Told over 100.00 on the 10th; of the 12th and over 80.00 since: not issued a second time, and
    all reports together say 80.00."""
    company = make_company(amend_allowed=True)
    sold = make_invoice(company=company, issue_date=DAY)
    same_day = make_invoice(company=company, issue_date=DAY)
    actions.amend_invoice(same_day, lines=LINES, reason="Typo", issue_date=DAY + timedelta(days=2))
    clock.shift(timedelta(days=1))
    actions.amend_invoice(sold, lines=LINES, reason="Typo", issue_date=DAY + timedelta(days=2))
    make_payment(invoice=sold, amount=10, date=DAY + timedelta(days=2))
    first, second, third = (
        report(company, DAY + timedelta(each), DAY + timedelta(each)) for each in range(3)
    )

    # As it stood at the end of the 10th, the one was of the 10th and the other of the 12th.
    assert records(third, Part.INVOICES) == [same_day.number]
    assert records(second, Part.INVOICES) == []
    (told,) = second.parts[Part.AMENDED]
    assert (told.record, told.amount) == (sold.number, Decimal(-20))
    assert in_english(told) == "Now 80.00 in place of 100.00 GBP. Dated 10 Nov 2026 before."
    assert first.parts[Part.AMENDED] == third.parts[Part.AMENDED] == []
    assert (
        "AMENDED SINCE IT WAS TOLD (1)\n−20.00 GBP"
        in letter(second, ScheduledExport(pk=1, company=company)).text
    )


LINES = [actions.DraftLine(quantity=Decimal(8), unit_price=Decimal(10), description="Oil")]


def test_money_that_went_back_is_told_by_what_it_was(clock: Any) -> None:
    """A payment that the bank returned stands among those received, and was told as if it stayed."""
    company = make_company()
    card = make_method(company, name="Card")
    paid, again = (
        make_payment(company=company, date=each, method=card) for each in (DAY, DAY - timedelta(1))
    )
    actions.return_payment(paid, on=DAY, reason="No funds")
    late = actions.return_payment(again, on=DAY - timedelta(days=1), reason="No funds")
    found = report(company, DAY, DAY)

    (told,) = found.parts[Part.PAID_OUT]
    assert (told.kind, told.amount) == (late.get_why_display(), Decimal(-100))
    assert [each.amount for each in found.parts[Part.LATER]] == [Decimal(100), Decimal(-100)]
    clock.shift(timedelta(days=1))
    actions.cancel_refund(late, reason="Typed twice")
    after = report(company, DAY + timedelta(days=1), DAY + timedelta(days=1))
    assert [(each.kind, in_english(each)) for each in after.parts[Part.TAKEN_BACK]] == [
        (late.get_why_display(), "Cancelled")
    ]


def test_it_is_in_the_language_of_the_companys_papers_or_of_the_schedule(clock: Any) -> None:
    company = make_company(legal_name="Hofmann GmbH", country="DE", home_currency="EUR")
    kunde = make_customer(company, name="Café Ödön", currency="EUR")
    lines = [("Laternen", 1, "1234.50")]
    sold, gone = (make_invoice(customer=kunde, issue_date=DAY, lines=lines) for _ in range(2))
    make_payment(invoice=sold, amount="200.00", date=DAY - timedelta(days=40))
    actions.void(gone, on=DAY, reason="Doppelt")
    german = letter(report(company, DAY, DAY), ScheduledExport(pk=1, company=company))

    assert german.subject == "Hofmann GmbH: Dienstag, 10. November 2026"
    assert '<html lang="de">' in german.html
    assert "AUSGESTELLTE RECHNUNGEN (2)\n2.469,00 EUR\n" in german.text
    assert "Storniert: Doppelt" in german.text
    assert "NACHTRÄGLICH FÜR EINEN FRÜHEREN TAG ERFASST (1)\n200,00 EUR\n" in german.text
    assert "- Zahlung, 200,00 EUR (Café Ödön · 01.10.2026" in german.text.replace("\u00a0", " ")
    assert "Diesen Bericht ändern oder anhalten: " in german.text
    for english in ("Invoice", "Payment", "days", "Change", "None", "Voided", "November 2026 to"):
        assert english not in german.text
        assert english not in german.html

    both = report(company, DAY, DAY + timedelta(days=1))
    french = letter(both, ScheduledExport(pk=1, company=company, language="fr"))
    assert french.subject == "Hofmann GmbH: du 10 novembre 2026 au 11 novembre 2026"
    assert "2\u202f469,00 EUR" in french.text
    assert "Ce rapport couvre 2 jours" in french.html


def test_every_word_of_a_report_is_known_in_each_language() -> None:
    kinds = {"Not sent", "Arrived, not applied", "Bad debt written off", "Bad debt booked again"}
    kinds |= {*WORDS.values(), *(each.label for each in Refund.Why)}
    ages = {words for _, words in AGES} | {OLDEST}
    for language in LANGUAGES:
        words = ReportWords.of(Company(country="GB"), language)
        for each in {*map(str, Part), *HEADINGS, *kinds, *ages}:
            assert bool(words.term(each)), each
    assert (
        len({ReportWords.of(Company(country="GB"), each).term("Overdue") for each in LANGUAGES})
        == 4
    )

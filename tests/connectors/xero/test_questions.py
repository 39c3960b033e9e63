"""What is open about Xero, asked of the simulated one: told as it is, in each of its readings."""

import dataclasses
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from apps.billing.models import Company
from apps.connectors import registry
from apps.connectors.questions import Verdict
from apps.connectors.xero.questions import PROOF
from apps.sandbox.xero.switches import SWITCHES
from tests.books import point_at
from tests.connectors.asked import Told, proved
from tests.connectors.xero.live import XeroBooks
from tests.contract.live import in_haste
from tests.kept_books import live_on
from tests.readings import some_of
from tests.sandbox_server import SandboxServer
from tests.xero_twin import XeroTwin

pytestmark = pytest.mark.django_db(transaction=True)

UNASKABLE = {each.id for each in PROOF.questions if each.unaskable}
OF_THE_APP = {"renews_when_closed", "reconsent_event"}  # switches over all organisations
READINGS = [
    (name, value)
    for name, values in SWITCHES.items()
    if name not in UNASKABLE
    for value in values[1:]
]


class Asked(XeroBooks):
    """Connected, with a second currency; not set up any further."""

    def go_live(self) -> None:  # type: ignore[override] # nothing is sent
        caller = self.server.connect(self.realm)
        caller.done("PUT", "Currencies", {"Code": "USD"})
        dollars = {"Code": "095", "Name": "Dollar account", "Type": "BANK", "CurrencyCode": "USD"}
        caller.done("PUT", "Accounts", {**dollars, "BankAccountNumber": "0123456"})


class WithJournals(Asked):
    """Its consent holds the scope of journals, too."""


@pytest.fixture
def twin(request: pytest.FixtureRequest, sandbox_server: SandboxServer, settings: Any) -> XeroTwin:
    in_haste(request)
    point_at(sandbox_server, settings)
    return XeroTwin(sandbox_server)


@pytest.fixture
def books(twin: XeroTwin, db: None, monkeypatch: pytest.MonkeyPatch) -> Asked:
    known = registry.systems()["xero"]
    scopes = (*known.access.scopes, "accounting.manualjournals")
    wider = dataclasses.replace(known, access=dataclasses.replace(known.access, scopes=scopes))
    monkeypatch.setitem(registry.systems(), "xero", wider)
    found, _ = live_on(WithJournals, twin)
    return found


def test_each_switch_of_the_simulated_one_has_its_question() -> None:
    asked = {each.switch for each in PROOF.questions if each.switch}

    assert asked == {*SWITCHES, *OF_THE_APP}
    assert len({each.id for each in PROOF.questions}) == len(PROOF.questions)


@pytest.mark.slow
def test_everything_is_as_assumed(books: Asked, twin: XeroTwin, tmp_path: Path) -> None:
    told = proved(books, tmp_path)

    assert told.of(Verdict.COULD_NOT) == UNASKABLE, told.out
    assert told.of(Verdict.AS_ASSUMED) == {each.id for each in PROOF.questions} - UNASKABLE, (
        told.out
    )
    assert (told.code, "STANDING" in told.out) == (0, False), told.out
    assert books.company.legal_name not in told.raw
    assert_nothing_is_left(twin, books.realm)


@pytest.mark.slow
@pytest.mark.parametrize(("switch", "value"), some_of(READINGS, 4))
def test_another_reading_is_told_of_that_question_alone(
    books: Asked, twin: XeroTwin, tmp_path: Path, switch: str, value: str
) -> None:
    question = next(each for each in PROOF.questions if each.switch == switch)
    twin.set_up(books.realm, **{switch: value})

    told = proved(books, tmp_path)

    assert told.of(Verdict.NOT) == {question.id}, told.out
    assert told.of(Verdict.COULD_NOT) == UNASKABLE, told.out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reading", "verdict"), [("month_end", Verdict.AS_ASSUMED), ("asked", Verdict.NOT)]
)
def test_a_balance_sheet_is_asked_about_on_the_first_of_a_month_too(
    books: Asked, twin: XeroTwin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    reading: str, verdict: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(Company, "today", lambda _: date(2027, 3, 1))
    twin.set_up(books.realm, balance_sheet_day=reading)

    told = proved(books, tmp_path, "balance_sheet_day")

    assert told.verdicts == {"balance_sheet_day": verdict}, told.out
    assert_nothing_is_left(twin, books.realm)


@pytest.mark.slow
def test_a_year_from_the_last_of_february_is_a_day_too(
    books: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Company, "today", lambda _: date(2028, 2, 29))

    told = proved(books, tmp_path, "nothing_modified")

    assert told.verdicts == {"nothing_modified": Verdict.AS_ASSUMED}, told.out


def test_what_the_consent_does_not_hold_could_not_be_asked(
    twin: XeroTwin, db: None, tmp_path: Path
) -> None:
    books, _ = live_on(Asked, twin)

    told = proved(books, tmp_path, "journal_on_receivable")

    assert told.verdicts == {"journal_on_receivable": Verdict.COULD_NOT}
    assert "accounting.manualjournals" in told.out


def assert_nothing_is_left(twin: XeroTwin, tenant: str) -> None:
    """No draft, no open document, no payment, no name in use, nothing in the ledger."""
    for kind in ("Invoices", "CreditNotes", "Payments", "BatchPayments", "BankTransactions",
                 "ManualJournals"):  # fmt: skip
        states = {each["Status"] for each in twin.objects(tenant, kind)}
        assert states <= {"VOIDED", "DELETED"}, kind
    assert {each["ContactStatus"] for each in twin.objects(tenant, "Contacts")} == {"ARCHIVED"}
    assert not any(twin.trial_balance(tenant).values())


def told_of(told: Told, question: str) -> list[Any]:
    return [each for each in told.recording if each["question"] == question]

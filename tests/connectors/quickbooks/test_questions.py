"""What is open about QuickBooks, asked of the simulated one: told as it is, in each of its readings."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from apps.billing.models import Company
from apps.connectors.questions import Answer, Scene, TheirBooks, Verdict
from apps.connectors.quickbooks.questions import PROOF
from apps.sandbox.quickbooks.switches import CHOICES
from tests.books import Books, point_at
from tests.connectors.asked import proved
from tests.contract.live import in_haste
from tests.kept_books import live_on
from tests.sandbox_server import SandboxServer

pytestmark = pytest.mark.django_db(transaction=True)

UNASKABLE = {each.id for each in PROOF.questions if each.unaskable}
AUTOMATED = {"tax_override"}  # asked of a company in the United States alone
BY_SWITCH = {each.switch: each.id for each in PROOF.questions if each.switch}
NO_QUESTION = {"fiscal_year_starts"}  # a company's own choice, which it tells
READINGS: list[tuple[str, Any]] = [
    *((name, each) for name, all_ in CHOICES.items() if name in BY_SWITCH for each in all_[1:]),
    ("fiscal_closing", False),
    ("attachable_raises_token", True),
]
READINGS = [(name, value) for name, value in READINGS if BY_SWITCH[name] not in UNASKABLE]


class Asked(Books):
    """Connected, with customers in two other currencies; not set up any further."""

    def go_live(self) -> None:  # type: ignore[override] # nothing is sent
        if self.connection.country == "US":
            return
        caller = self.server.connect(self.realm)
        for code, rate in (("EUR", 0.85), ("JPY", 0.0052)):
            caller.customer(f"Theirs in {code}", CurrencyRef={"value": code})
            told = {"SourceCurrencyCode": code, "Rate": rate, "AsOfDate": "2026-01-01"}
            caller.post("exchangerate", told)


@pytest.fixture
def ready(
    request: pytest.FixtureRequest, sandbox_server: SandboxServer, settings: Any, db: None
) -> SandboxServer:
    in_haste(request)
    point_at(sandbox_server, settings)
    return sandbox_server


@pytest.fixture
def books(ready: SandboxServer) -> Asked:
    found, _ = live_on(Asked, ready, profile="uk", multicurrency=True)
    return found


@pytest.fixture
def automated(ready: SandboxServer) -> Asked:
    from tests.factories import make_company

    return Asked(ready, company=make_company(home_currency="USD"), profile="us_sales_tax")


def test_each_switch_of_the_simulated_one_has_its_question() -> None:
    assert BY_SWITCH.keys() == (CHOICES.keys() - NO_QUESTION) | {
        "fiscal_closing",
        "attachable_raises_token",
    }
    assert len({each.id for each in PROOF.questions}) == len(PROOF.questions)


@pytest.mark.slow
def test_everything_is_as_assumed(books: Asked, ready: SandboxServer, tmp_path: Path) -> None:
    stood = {
        kind: len(ready.objects(books.realm, kind))
        for kind in ("Invoice", "Payment", "JournalEntry")
    }

    told = proved(books, tmp_path)

    assert told.of(Verdict.COULD_NOT) == UNASKABLE | AUTOMATED, told.out
    wanted = {each.id for each in PROOF.questions} - UNASKABLE - AUTOMATED
    assert told.of(Verdict.AS_ASSUMED) == wanted, told.out
    assert (told.code, "STANDING" in told.out) == (0, False), told.out
    assert books.company.legal_name not in told.raw
    for kind, many in stood.items():
        assert len(ready.objects(books.realm, kind)) == many, kind
    active = [each for each in ready.objects(books.realm, "Customer") if each["Active"]]
    assert {each["DisplayName"] for each in active} == {"Theirs in EUR", "Theirs in JPY"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("switch", "value"), [each for each in READINGS if BY_SWITCH[each[0]] not in AUTOMATED]
)
def test_another_reading_is_told_of_that_question_alone(
    books: Asked, ready: SandboxServer, tmp_path: Path, switch: str, value: Any
) -> None:
    ready.set_up(books.realm, **{switch: value})

    told = proved(books, tmp_path)

    assert told.of(Verdict.NOT) == {BY_SWITCH[switch]}, told.out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reading", "verdict"), [("range", Verdict.AS_ASSUMED), ("year", Verdict.NOT)]
)
def test_income_is_asked_about_on_the_last_day_of_a_fiscal_year_too(
    books: Asked, ready: SandboxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    reading: str, verdict: Verdict,
) -> None:  # fmt: skip
    monkeypatch.setattr(Company, "today", lambda _: date(2026, 12, 31))
    ready.set_up(books.realm, trial_balance_profit=reading)

    told = proved(books, tmp_path, "trial_balance_profit")

    assert told.verdicts == {"trial_balance_profit": verdict}, told.out


@pytest.mark.parametrize(
    ("value", "verdict"), [("accept", Verdict.AS_ASSUMED), ("ignore", Verdict.NOT)]
)
def test_automated_tax_is_asked_of_a_company_that_has_it(
    automated: Asked, ready: SandboxServer, tmp_path: Path, value: str, verdict: Verdict
) -> None:
    ready.set_up(automated.realm, tax_override=value)

    told = proved(automated, tmp_path, "tax_override")

    assert told.verdicts == {"tax_override": verdict}, told.out


@pytest.mark.parametrize(
    ("environment", "demo"), [("production", False), ("sandbox", True), ("simulated", True)]
)
def test_only_companies_of_the_sandbox_are_demo_companies(environment: str, demo: bool) -> None:
    said = {"CompanyInfo": {"CompanyName": "Craig's"}}
    answer = Answer(status=200, said=said, at=datetime.now(UTC))
    scene = Scene(
        company="1",
        home_currency="USD",
        day=date(2026, 11, 29),
        tag="T",
        answers={"company": answer},
    )

    assert PROOF.books(scene, environment) == TheirBooks("Craig's", demo)

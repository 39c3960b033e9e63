"""`manage.py prove`: nothing unseen, nothing of theirs, nothing left behind without a word, and nothing
personal in what it records."""

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.connections.models import Connection
from apps.connections.proving import runner
from apps.connections.proving.scrubbing import Scrubber
from apps.connectors import registry
from apps.connectors.port import Request
from apps.connectors.questions import Question, Step, Write, as_assumed
from tests.books import Books, point_at
from tests.connectors.asked import proved, typed
from tests.connectors.xero.live import XeroBooks
from tests.contract.live import in_haste
from tests.kept_books import live_on
from tests.sandbox_server import SandboxServer
from tests.xero_twin import XeroTwin

pytestmark = pytest.mark.django_db(transaction=True)

ONE = "submitted_to_draft"
PAID = "part_paid_edits"
# What no recording may hold: of people over there, and of what lets us in.
PLANTED = {
    "name": "Wilhelmina Oakenshaw",
    "first": "Wilhelmina",
    "mail": "wilhelmina@oakenshaw.example",
    "telephone": "555-0199 883",
    "street": "17 Harrowgate Lane",
    "city": "Penzance",
    "code": "TR18 4QQ",
    "tax": "GB123456789",
    "bank": "20-12-33 44556677",
}


class Asked(XeroBooks):
    """Connected, with somebody's contact in it; not set up any further."""

    def go_live(self) -> None:  # type: ignore[override]
        self.server.connect(self.realm).contact(
            PLANTED["name"],
            FirstName=PLANTED["first"],
            LastName="Oakenshaw",
            EmailAddress=PLANTED["mail"],
            TaxNumber=PLANTED["tax"],
            BankAccountDetails=PLANTED["bank"],
            Addresses=[
                {
                    "AddressType": "STREET",
                    "AddressLine1": PLANTED["street"],
                    "City": PLANTED["city"],
                    "PostalCode": PLANTED["code"],
                }
            ],
            Phones=[{"PhoneType": "DEFAULT", "PhoneNumber": PLANTED["telephone"]}],
        )


@pytest.fixture
def twin(request: pytest.FixtureRequest, sandbox_server: SandboxServer, settings: Any) -> XeroTwin:
    in_haste(request)
    point_at(sandbox_server, settings)
    return XeroTwin(sandbox_server)


@pytest.fixture
def books(twin: XeroTwin, db: None) -> Asked:
    found, _ = live_on(Asked, twin)
    return found


def counts(twin: XeroTwin, books: Books) -> dict[str, int]:
    kinds = ("Contacts", "Invoices", "CreditNotes", "Payments", "BatchPayments")
    return {kind: len(twin.objects(books.realm, kind)) for kind in kinds}


def asked_instead(patch: pytest.MonkeyPatch, *questions: Question) -> None:
    """These questions in the place of those there are."""
    from apps.connectors.xero.questions import PROOF

    patch.setattr(PROOF, "questions", questions)


# --- Before anything is written -----------------------------------------------------------------


def test_every_write_is_listed_before_any_and_nothing_happens_without_a_yes(
    books: Asked, twin: XeroTwin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = counts(twin, books)
    typed(monkeypatch, "no")

    told = proved(books, tmp_path, PAID, yes=False)

    assert "Nothing was written" in told.error
    assert counts(twin, books) == before
    listed = told.out.split("These are written")[1]
    day = books.company.today()
    for what in (f"an invoice (authorised) dated {day}", f"a payment dated {day}", "a contact"):
        assert f"1 × {what}" in listed
    assert "a voided document" in listed.split("What is left standing there:")[1]


def test_a_yes_lets_it_go_on(books: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "yes")

    assert proved(books, tmp_path, ONE, yes=False).verdicts == {ONE: "as assumed"}


@pytest.mark.parametrize("said", ["", "yes", "y", "somebody else's"])
def test_books_that_are_no_demo_company_are_refused(
    books: Asked, twin: XeroTwin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    twin.set_up(books.realm, demo=False)
    before = counts(twin, books)
    typed(monkeypatch, said)

    told = proved(books, tmp_path, ONE)

    assert "not a demo company" in told.out
    assert "Nothing was written" in told.error
    assert counts(twin, books) == before


def test_their_name_typed_in_full_allows_it(
    books: Asked, twin: XeroTwin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin.set_up(books.realm, demo=False)
    typed(monkeypatch, books.connection.name)

    assert proved(books, tmp_path, ONE).verdicts == {ONE: "as assumed"}


def test_an_unknown_question_and_books_that_are_not_connected_are_told(
    books: Asked, tmp_path: Path
) -> None:
    assert "No such question: nonsense" in proved(books, tmp_path, "nonsense").error
    Connection.objects.update(stage=Connection.Stage.DISCONNECTED)
    with pytest.raises(CommandError, match="No such books are connected"):
        call_command("prove", "xero")


# --- Nothing of theirs --------------------------------------------------------------------------


def test_a_record_that_it_did_not_make_is_never_written_to(
    books: Asked, twin: XeroTwin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (theirs,) = twin.objects(books.realm, "Contacts")

    def request(scene: Any) -> Request:
        from apps.connectors.xero.questions.asking import written

        body = {"ContactID": theirs["ContactID"], "Name": "Taken"}
        return written(scene, "POST", f"Contacts/{theirs['ContactID']}", body)

    step = Step(name="taken", request=request, write=Write("a contact", ""))
    question = Question(
        id="bad", asks="", behind="", assumed="", steps=(step,), read=lambda _: as_assumed("")
    )
    asked_instead(monkeypatch, question)

    told = proved(books, tmp_path)

    assert told.verdicts == {"bad": "could not be asked"}
    assert "did not make" in told.out
    assert twin.objects(books.realm, "Contacts") == [theirs]


def test_a_write_that_was_not_listed_never_leaves(
    books: Asked, twin: XeroTwin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.connectors.xero.questions import PROOF

    whole = next(each for each in PROOF.questions if each.id == "tax_numbers")
    silent = dataclasses.replace(
        whole, steps=tuple(dataclasses.replace(each, write=None) for each in whole.steps)
    )
    asked_instead(monkeypatch, silent)
    before = counts(twin, books)

    told = proved(books, tmp_path)

    assert told.verdicts == {"tax_numbers": "could not be asked"}
    assert counts(twin, books) == before


# --- Half-way -----------------------------------------------------------------------------------


def test_a_stop_half_way_takes_back_what_was_made_and_says_what_was_not_asked(
    books: Asked, twin: XeroTwin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried = runner.ProvingCourier.carry
    calls: list[str] = []

    def interrupted(self: Any, request: Request) -> Any:
        calls.append(request.path)
        if request.path.endswith("/Payments") and request.method == "PUT":
            raise KeyboardInterrupt
        return carried(self, request)

    monkeypatch.setattr(runner.ProvingCourier, "carry", interrupted)

    told = proved(books, tmp_path, ONE, PAID, "past_the_end")

    assert told.code == 3
    assert "Not asked: part_paid_edits, past_the_end" in told.error
    assert "PERHAPS STANDING" in told.out
    assert {each["Status"] for each in twin.objects(books.realm, "Invoices")} == {
        "VOIDED",
        "DELETED",
    }


def test_what_cannot_be_taken_back_is_named(books: Asked, twin: XeroTwin, tmp_path: Path) -> None:
    twin.set_up(books.realm, flagged_delete="refuse")

    told = proved(books, tmp_path, "flagged_delete")

    (stuck,) = (each for each in twin.objects(books.realm, "Payments"))
    assert f"LEFT STANDING: Payments {stuck['PaymentID']}: it is still authorised" in told.out
    assert "LEFT STANDING: Invoices" in told.out


@pytest.mark.parametrize("fault", ["lose_before_commit", "lose_after_commit"])
def test_a_lost_answer_is_no_verdict_and_says_what_to_look_for(
    books: Asked, twin: XeroTwin, tmp_path: Path, fault: str
) -> None:
    twin.arm(books.realm, fault, match={"method": "PUT", "endpoint": "invoices"})

    told = proved(books, tmp_path, ONE)

    assert told.verdicts == {ONE: "could not be asked"}
    tag = re.search(r"PERHAPS STANDING, .*: an invoice \(submitted\): look for (\w+)", told.out)
    assert tag, told.out
    numbers = [each["InvoiceNumber"] for each in twin.objects(books.realm, "Invoices")]
    assert any(each.startswith(tag[1]) for each in numbers) is (fault == "lose_after_commit")


def test_a_drifted_answer_is_caught(books: Asked, twin: XeroTwin, tmp_path: Path) -> None:
    """A 200 that says that all was done, and nothing was: what stands is read."""
    twin.arm(books.realm, "echo", match={"method": "POST", "endpoint": "invoices"}, times=1)

    told = proved(books, tmp_path, ONE)

    assert told.verdicts == {ONE: "not"}
    assert "it is SUBMITTED" in told.out


# --- The recording ------------------------------------------------------------------------------


def test_nothing_secret_and_nothing_personal_is_recorded(
    books: Asked, twin: XeroTwin, tmp_path: Path
) -> None:
    (theirs,) = twin.objects(books.realm, "Contacts")
    person = {"ContactID": theirs["ContactID"], "AccountNumber": "A-77"}
    twin.act(books.realm, "update", kind="Contacts", body=person)

    told = proved(books, tmp_path, "modified_since", "duplicate_contact_names", PAID)

    assert set(told.verdicts.values()) == {"as assumed"}
    assert PLANTED["name"] not in told.out
    grant = books.connection.grant
    assert grant is not None
    secrets = [books.realm, theirs["ContactID"], grant.access_token, grant.refresh_token]
    for value in (*PLANTED.values(), "Oakenshaw", "A-77", *filter(None, secrets)):
        assert value not in told.raw, value
    assert "Bearer" not in told.raw
    paid = next(each for each in told.recording if each["step"] == "payment")
    assert (paid["method"], paid["status"], paid["body"]["Payments"][0]["Amount"]) == (
        "PUT",
        200,
        4.0,
    )
    kept = paid["answer"]["Payments"][0]
    assert (kept["Status"], kept["PaymentType"], kept["Amount"]) == (
        "AUTHORISED",
        "ACCRECPAYMENT",
        4.0,
    )
    assert kept["Date"].startswith("/Date(")
    (file,) = tmp_path.glob("*.jsonl")
    assert file.stat().st_mode & 0o077 == 0


def test_the_rule_leaves_out_whatever_it_does_not_know() -> None:
    scrub = Scrubber(
        words=frozenset({"Message", "Status"}),
        figures=frozenset({"Value"}),
        tag="TIEOUT1",
        company="9341",
    )
    said = scrub.value(
        {
            "Status": "PAID",
            "Amount": 12.5,
            "Dated": "2026-11-29",
            "Phone": 5550199,
            "Anything": PLANTED["name"],
            "Again": PLANTED["name"],
            "Number": "TIEOUT1 4 invoice",
            "Value": "-12.50",
            "Other": "12.50",
            "Message": f"The mail {PLANTED['mail']} of {PLANTED['name']} and Bert, call +44 20 7946 0991",
        }
    )

    text = json.dumps(said)
    for value in (PLANTED["mail"], "Oakenshaw", "Bert", "7946", "5550199"):
        assert value not in text
    assert said["Anything"] == said["Again"]
    kept = {name: said[name] for name in ("Status", "Amount", "Dated", "Number", "Value")}
    assert kept == {
        "Status": "PAID",
        "Amount": 12.5,
        "Dated": "2026-11-29",
        "Number": "TIEOUT1 4 invoice",
        "Value": "-12.50",
    }
    assert said["Other"] != "12.50"
    assert scrub.path("/v3/company/9341/invoice/145") == "/v3/company/company/invoice/id-3"


def test_systems_without_questions_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    none = [name for name in registry.systems() if registry.proof(name) is None]

    assert set(registry.systems()) - set(none) >= {"quickbooks", "xero"}
    for name in none:
        with pytest.raises(CommandError, match="no open questions"):
            call_command("prove", name)

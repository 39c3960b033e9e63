"""From nothing to live books without an interface: said, mapped by a file, tried, answered for."""

import re
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.billing.models import Company
from apps.connections.books import Asked
from apps.connections.consent import ConsentRefused
from apps.connections.endpoints import app_of, offered
from apps.connections.entering import enter, shown_of
from apps.connections.forms import EntryForm
from apps.connections.models import Connection
from apps.connectors.csv_ledger import ACCESS
from apps.mappings.fingerprint import fingerprint
from apps.staff.models import User
from apps.sync.decide.acts import go_live
from apps.sync.models import State
from apps.sync.trial.by_word import confirm_trial
from apps.sync.trial.running import run_trial
from tests.connectors.csv_ledger.live import FILLED_IN, CsvLive
from tests.factories import make_company, make_invoice

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def entered(company: Company, **more: str) -> Any:
    fay, _ = User.objects.get_or_create(
        email="fay@example.com", name="Fay", defaults={"every_company": True}
    )
    asked = Asked(company=company, system="csv_ledger", environment="production")
    fields = {**FILLED_IN, "home_currency": "GBP", **more}
    return enter(fay, asked, app_of("csv_ledger", "production"), fields)


def test_it_is_offered_at_once_and_says_whose_books_it_is(settings: Any) -> None:
    settings.LEDGER_FOLDERS = {}
    assert "csv_ledger" in {each.system for each in offered()}
    connection = entered(make_company(), layout="accounts")
    assert (connection.name, connection.home_currency) == (FILLED_IN["name"], "GBP")
    assert connection.settings_there == {"layout": "accounts"}
    assert shown_of(connection)["layout"] == "accounts"
    with pytest.raises(ConsentRefused, match="must have the same home currency"):
        entered(make_company(), name="Others", home_currency="USD")
    with pytest.raises(ConsentRefused, match="One set of books serves one company"):
        entered(make_company())


def test_the_form_asks_for_a_folder_only_where_there_is_one(settings: Any) -> None:
    settings.LEDGER_FOLDERS = {}
    assert "address" not in EntryForm(ACCESS).fields
    settings.LEDGER_FOLDERS = {"theirs": "/srv/theirs"}
    posted = {f"field_{name}": value for name, value in FILLED_IN.items()}
    form = EntryForm(ACCESS, {**posted, "field_home_currency": "GBP", "address": ""})
    assert form.is_valid(), form.errors
    assert form.address == ""
    assert form.filled_in["layout"] == "lines"
    assert not EntryForm(ACCESS, {**posted, "field_layout": "odd"}).is_valid()


def test_a_test_file_that_a_person_has_seen_there_lets_it_go_live() -> None:
    books = CsvLive()
    Connection.objects.update(
        stage=Connection.Stage.SETUP,
        trial_matched_at=None,
        trial_fingerprint="",
        confirmed_at=timezone.now(),
        confirmed_by=books.fay,
        settings_fingerprint=fingerprint(books.connection),
    )
    books.connection.refresh_from_db()
    invoice = make_invoice(company=books.company)

    first = run_trial(books.connection, invoice, user_id=books.fay.pk)
    assert first.sentence.endswith(", not confirmed yet.")
    assert [each.holds for each in books.files()] == ["customers", "items", "invoices"]
    assert run_trial(books.connection, invoice, user_id=books.fay.pk).is_handed_over
    assert len(books.files()) == 3
    with pytest.raises(ValidationError, match="has not confirmed"):
        confirm_trial(books.connection, invoice, user_id=books.fay.pk, words="Seen")

    books.confirm()
    asked = run_trial(books.connection, invoice, user_id=books.fay.pk)
    assert (asked.matched, asked.asks_word) == (False, True)
    confirm_trial(books.connection, invoice, user_id=books.fay.pk, words="Page 7")
    books.connection.refresh_from_db()
    go_live(books.connection)
    books.connection.refresh_from_db()
    assert books.connection.is_live
    assert books.record(invoice).state == State.IN_THE_BOOKS


def test_the_list_of_systems_shows_it_by_the_registry(admin_client: Client, settings: Any) -> None:
    shown = admin_client.get(reverse("admin:connections_connection_connect")).content.decode()
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", shown))
    assert "Files, which you download or find in a folder, and what comes back as a file." in text
    assert "cannot be read; Tieout knows what was confirmed" in text

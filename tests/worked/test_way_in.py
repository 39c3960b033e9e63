"""The worked ledger is entered by a key that opens sessions, under the real engine."""

from collections.abc import Iterator
from typing import Any

import pytest

from apps.connections.models import Grant
from apps.connections.sealed import opened, secrets_of
from apps.sync.models import Call, State, SyncRecord
from tests.factories import make_invoice
from tests.sync.books.test_no_secrets import stored_texts
from tests.worked.service import Service
from tests.worked.works import Works

pytestmark = pytest.mark.django_db


@pytest.fixture
def works(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Works]:
    settings.SYNC_CALL_DEADLINE = 5
    with Service() as service:
        yield Works(service, monkeypatch)


def test_a_session_that_ended_is_opened_anew_and_each_document_stands_once(works: Works) -> None:
    works.run()
    before = works.asked("POST /session")
    invoice = make_invoice(company=works.company)
    works.service.end_session(works.organisation)
    run = works.run()

    assert run.outcome == "done", run.sentence
    assert works.record(invoice).state == State.IN_THE_BOOKS
    assert [each["number"] for each in works.theirs("invoice")] == [invoice.number]
    assert works.asked("POST /session") == before + 1
    assert Grant.objects.get().token_version == 2


def test_calls_keep_the_organisation_and_no_row_keeps_key_or_session(works: Works) -> None:
    make_invoice(company=works.company)
    works.run()
    assert not SyncRecord.objects.exclude(state=State.IN_THE_BOOKS).exists()
    writes = Call.objects.exclude(members=[])
    assert writes.count() >= 3
    assert all(["X-Organisation", works.organisation] in each.headers for each in writes)
    grant = Grant.objects.get()
    key, session = secrets_of(grant)["key"], opened(grant, grant.access_token).split('"')[3]
    found = [where for where, text in stored_texts() if key in text or session in text]
    assert len(session) > 16
    assert found == []

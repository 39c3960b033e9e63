"""What FreshBooks' errors mean: every family of bodies, under any status."""

import json
from pathlib import Path
from typing import Any

import pytest

from apps.connectors.errors import (
    ConnectionLost,
    ConnectorError,
    NamesInactive,
    NameTaken,
    NumberTaken,
    OutcomeUnknown,
    RecordRefused,
    RemoteGone,
    TryLater,
)
from apps.connectors.freshbooks.client import Calls, read_answer
from apps.connectors.freshbooks.faults import faults_in
from apps.connectors.port import Purpose, Reply, Request
from tests.connectors.freshbooks.answers import ACCOUNT, LOST, UNSENT, error, said

CALLS = Calls(ACCOUNT)
READ = CALLS.get("invoice", "31")
MAKE = CALLS.write("invoice", "", {}, ref=1, purpose=Purpose.DOCUMENTS)
CHANGE = CALLS.write("invoice", "31", {}, ref=1, purpose=Purpose.DOCUMENTS)

NEW = {
    "code": 5,
    "message": "Request failed with status_code: 404",
    "details": [
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "1012",
            "domain": "accounting.api.freshbooks.com",
            "metadata": {"object": "client", "message": "Client not found.", "field": "userid"},
        }
    ],
}
BUSINESSES = {
    "errors": {
        "message": "Invalid",
        "status": 400,
        "details": [{"reason": "1001", "metadata": {"message": "Required.", "field": "name"}}],
    }
}
SIGN_IN = {"error": "unauthenticated", "error_description": "This action requires authentication."}


def meant(request: Request, reply: Reply) -> ConnectorError:
    with pytest.raises(ConnectorError) as told:
        read_answer(request, reply)
    assert told.value.sentence
    return told.value


@pytest.mark.parametrize(
    ("body", "errno", "word"),
    [
        (NEW, 1012, "Client not found."),
        (BUSINESSES, 1001, "Required."),
        (SIGN_IN, None, "requires authentication"),
        ({"errno": 422, "message": "Bad event", "details": ["event: unrecognized"]}, 422, "Bad"),
        ({"response": {"errors": [{"errno": 1012, "message": "No."}]}}, 1012, "No."),
        ({"response": {"errors": {"errno": "1001", "message": "Need it."}}}, 1001, "Need it."),
        ({"code": 16, "message": "Unauthenticated", "details": []}, None, "Unauthenticated"),
    ],
)
def test_each_family_of_errors_is_read(body: Any, errno: int | None, word: str) -> None:
    (fault,) = faults_in(body)
    assert fault.errno == errno
    assert word in fault.message


@pytest.mark.parametrize("status", [200, 422])
@pytest.mark.parametrize(
    ("errno", "field", "request_", "kind"),
    [
        (1001, "create_date", MAKE, RecordRefused),
        (1004, "customerid", MAKE, RecordRefused),
        (1011, "customerid", MAKE, NamesInactive),
        (1012, "customerid", MAKE, NamesInactive),
        (1012, "invoiceid", CHANGE, RemoteGone),
        (1012, "invoiceid", READ, RemoteGone),
        (1015, "status", CHANGE, RecordRefused),
        (1017, "notes", CHANGE, RecordRefused),
        (1026, "name", MAKE, NameTaken),
        (1029, "invoice_number", MAKE, NumberTaken),
        (1029, "email", MAKE, NameTaken),
        (1038, "due_date", MAKE, RecordRefused),
        (1042, "", MAKE, ConnectionLost),
        (1003, "", CHANGE, ConnectionLost),
        (409, "", CHANGE, TryLater),
        (409, "", MAKE, OutcomeUnknown),
        (429, "", MAKE, TryLater),
        (777, "", MAKE, OutcomeUnknown),
        (777, "", READ, TryLater),
    ],
)
def test_the_body_decides_and_not_the_status(
    errno: int, field: str, request_: Request, kind: type, status: int
) -> None:
    found = meant(request_, error(errno, "They say no.", field, "invoice", status))
    assert type(found) is kind
    if isinstance(found, RecordRefused):
        assert found.remedy


@pytest.mark.parametrize(
    ("reply", "of_read", "of_write"),
    [
        (LOST, TryLater, OutcomeUnknown),
        (UNSENT, TryLater, TryLater),
        (said(b""), TryLater, OutcomeUnknown),
        (said(b'{"response": {"resu'), TryLater, OutcomeUnknown),
        (said(b"<html>Bad gateway</html>", 502), TryLater, OutcomeUnknown),
        (said(b"<html>Forbidden</html>", 403), TryLater, OutcomeUnknown),
        (said({"response": {"errors": [{"errno": 1004, "message": "x"}]}}, 500), TryLater, OutcomeUnknown),
        (said({"hello": 1}), TryLater, OutcomeUnknown),
        (said(SIGN_IN, 401), ConnectionLost, ConnectionLost),
        (said(b"", 401), ConnectionLost, ConnectionLost),
        (said({"message": "Needs user:invoices:write", "code": 7}, 403), ConnectionLost, ConnectionLost),
        (said(b"slow down", 429), TryLater, TryLater),
        (said([1, 2]), TryLater, OutcomeUnknown),
    ],
)  # fmt: skip
def test_what_is_no_word_of_their_books_says_nothing_about_a_write(
    reply: Reply, of_read: type, of_write: type
) -> None:
    assert type(meant(READ, reply)) is of_read
    assert type(meant(MAKE, reply)) is of_write
    assert type(meant(CHANGE, reply)) is of_write


def test_a_limit_is_waited_for_as_long_as_they_say() -> None:
    throttled = meant(MAKE, said({}, 429, retry_after="59"))
    assert isinstance(throttled, TryLater)
    assert (throttled.retry_after, throttled.whole_connection) == (59.0, True)
    plain = meant(READ, said({}, 429))
    assert isinstance(plain, TryLater)
    assert plain.retry_after == 60.0


SHARED = Path(__file__).resolve().parents[4] / "shared/specs/freshbooks"


@pytest.mark.parametrize(
    "name",
    [
        "java-sdk/get_client_response__not_found_new.json",
        "java-sdk/get_client_response__not_found_old.json",
        "java-sdk/get_client_response__no_auth.json",
        "python-sdk/get_client_response__not_found.json",
        "python-sdk/auth_me_response__no_auth.json",
        "python-sdk/create_callback_response__validation_error.json",
        "python-sdk/get_ledger_account_response__not_found.json",
        "python-sdk/create_ledger_account_response__validation_errors.json",
    ],
)
def test_the_errors_that_their_sdks_keep_are_read(name: str) -> None:
    if not SHARED.exists():
        pytest.skip(f"FreshBooks' samples are not at {SHARED}")
    found = faults_in(json.loads((SHARED / name).read_text()))
    assert found
    assert all(each.words for each in found)

"""Faults in every spelling mean the same, keep all their words, and an unknown one is an unknown."""

from pathlib import Path

import pytest

from apps.connectors.errors import (
    ConnectionLost,
    NumberTaken,
    OutcomeUnknown,
    RecordRefused,
    RemoteIsNewer,
    TryLater,
)
from apps.connectors.port import Fate, Purpose, Reply, Request
from apps.connectors.quickbooks.client import Books, Item, read_answer
from apps.connectors.quickbooks.faults import MEANINGS, error_of, faults_in_body, faults_of
from apps.sandbox.quickbooks.faults import KINDS

SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "specs" / "quickbooks" / "samples"

BOOKS = Books("123")
WRITE = BOOKS.batch(
    [Item(ref=1, entity="Customer", operation="create", body={})], key="k", purpose=Purpose.MASTERS
)
READ = BOOKS.query("SELECT * FROM Customer", Purpose.READS)


def sample(name: str) -> bytes:
    if not SAMPLES.is_dir():
        pytest.skip("the reference data is not beside the repository (../shared)")
    return (SAMPLES / name).read_bytes()


def answered(status: int, body: bytes, **headers: str) -> Reply:
    return Reply(fate=Fate.ANSWERED, status=status, headers=headers, body=body)


def raised(request: Request, reply: Reply) -> Exception:
    with pytest.raises(Exception) as caught:
        read_answer(request, reply)
    return caught.value


@pytest.mark.parametrize(
    ("name", "status", "expected", "code"),
    [
        ("fault-5010.json", 400, RemoteIsNewer, "5010"),
        ("fault-6140.json", 400, NumberTaken, "6140"),
        ("fault-gateway-401.json", 401, ConnectionLost, "3200"),
        ("fault-throttle-429.xml", 429, TryLater, "3001"),
        ("fault-5010.json", 200, RemoteIsNewer, "5010"),
    ],
)
def test_recorded_faults_are_understood(
    name: str, status: int, expected: type[Exception], code: str
) -> None:
    error = raised(WRITE, answered(status, sample(name), intuit_tid="1-abc"))
    assert type(error) is expected
    assert (error.code, error.trace_id) == (code, "1-abc")
    assert error.sentence
    assert error.remedy


def test_a_taken_number_names_its_owner_in_any_language() -> None:
    error = error_of(faults_in_body(sample("fault-6140.json")), writes=True)
    assert isinstance(error, NumberTaken)
    assert (error.owner_kind, error.owner_id) == ("Invoice", "201")
    french = {"code": "6140", "Detail": "… affecté à TxnType=Facture, TxnId=77"}
    error = error_of(faults_of({"Fault": {"Error": [french]}}), writes=True)
    assert isinstance(error, NumberTaken)
    assert (error.owner_kind, error.owner_id) == ("", "77")


def test_codes_with_leading_noughts_and_lower_case_are_the_same() -> None:
    fault = {"fault": {"error": [{"message": "m", "detail": "d", "code": "003001"}]}}
    assert isinstance(error_of(faults_of(fault), writes=True), TryLater)


def test_every_error_of_a_fault_is_kept() -> None:
    xml = sample("xml/fault.xml")
    error = error_of(faults_in_body(xml), writes=True)
    assert isinstance(error, RecordRefused)
    assert error.code == "2050"
    assert "Length of the field exceeds 21 chars" in error.sentence
    assert "ZipCode should be a number" in error.sentence
    assert "postalcode" in error.sentence


def test_an_unknown_code_is_an_unknown_and_never_a_success() -> None:
    body = b'{"Fault":{"Error":[{"Message":"Odd","Detail":"","code":"98765"}],"type":"X"}}'
    assert isinstance(raised(WRITE, answered(200, body)), OutcomeUnknown)
    assert isinstance(raised(READ, answered(400, body)), TryLater)


def test_a_fault_without_words_still_says_something() -> None:
    for body in (b'{"Fault":{"Error":[{"code":"6000"}]}}', b'{"Fault":{"Error":[]}}'):
        assert raised(WRITE, answered(400, body)).sentence


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"null",
        b"[]",
        b'{"BatchItemResponse":[{"bId":"1","Cust',
        b"<html><body>Bad gateway</body></html>",
        b"\xff\xfe\x00",
    ],
)
def test_a_body_that_cannot_be_read_leaves_a_write_unknown(body: bytes) -> None:
    assert isinstance(raised(WRITE, answered(200, body)), OutcomeUnknown)
    assert isinstance(raised(READ, answered(200, body)), TryLater)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 302, 404, 418])
def test_a_status_that_proves_nothing_leaves_a_write_unknown(status: int) -> None:
    assert isinstance(raised(WRITE, answered(status, b"<html>")), OutcomeUnknown)


def test_a_server_that_fails_with_words_may_have_committed() -> None:
    body = b'{"Fault":{"Error":[{"Message":"Required","code":"2020"}]}}'
    assert isinstance(raised(WRITE, answered(500, body)), OutcomeUnknown)


def test_a_throttle_pauses_the_connection_for_as_long_as_they_say() -> None:
    error = raised(WRITE, answered(429, b"slow down", **{"retry-after": "17"}))
    assert isinstance(error, TryLater)
    assert (error.retry_after, error.whole_connection) == (17, True)
    error = raised(WRITE, answered(403, sample("fault-throttle-429.xml")))
    assert isinstance(error, TryLater)
    assert (error.retry_after, error.whole_connection) == (60, True)


def test_what_never_left_is_no_unknown_and_what_was_lost_is() -> None:
    assert isinstance(raised(WRITE, Reply(fate=Fate.UNSENT, problem="x")), TryLater)
    assert isinstance(raised(WRITE, Reply(fate=Fate.LOST, problem="x")), OutcomeUnknown)
    assert isinstance(raised(READ, Reply(fate=Fate.LOST, problem="x")), TryLater)


def test_every_meaning_has_a_next_step_in_words() -> None:
    assert [code for code, meaning in MEANINGS.items() if not meaning.remedy.endswith(".")] == []


@pytest.mark.parametrize("code", sorted(KINDS.keys() - {"600", "10000"}))
def test_no_refusal_that_is_known_leaves_a_write_unknown(code: str) -> None:
    """An unknown outcome is looked up and sent again: of a refusal that would never end."""
    fault = {"Fault": {"Error": [{"Message": "Non", "code": code, "element": ""}]}}
    assert not isinstance(error_of(faults_of(fault), writes=True), OutcomeUnknown)

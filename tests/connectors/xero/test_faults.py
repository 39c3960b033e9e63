"""What their errors mean: each shape, each reason, and never a refusal out of a gateway's page."""

import json
from typing import Any

import pytest

from apps.connectors.errors import (
    CallRefused,
    ConnectionLost,
    ConnectorError,
    NamesInactive,
    NameTaken,
    NumberTaken,
    OutcomeUnknown,
    PeriodClosed,
    RecordRefused,
    RemoteGone,
    TryLater,
)
from apps.connectors.port import Fate, Purpose, Reply, Request
from apps.connectors.xero.client import read_answer
from apps.connectors.xero.faults import is_refused, messages_in, refusal_of
from tests.connectors.xero import answers


def asked(*, writes: bool, members: int = 1) -> Request:
    return Request(
        method="PUT" if writes else "GET",
        path="/api.xro/2.0/Invoices",
        purpose=Purpose.READS,
        writes=writes,
        members=tuple(range(members)) if writes else (),
    )


def raised(reply: Reply, *, writes: bool = True, members: int = 1) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        read_answer(asked(writes=writes, members=members), reply)
    assert caught.value.sentence
    return caught.value


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("Invoice # must be unique.", NumberTaken),
        ("Credit note number must be unique", NumberTaken),
        ("The contact name Brass is already assigned to another contact.", NameTaken),
        ("The contact name must be unique across all active contacts.", NameTaken),
        ("Price List Item with Code 'A' already exists", NameTaken),
        ("The document date cannot be before the end of year lock date", PeriodClosed),
        ("The document date cannot be before the period lock date, 31 Oct", PeriodClosed),
        ("Account code '999' is not a valid code for this document.", NamesInactive),
        ("Account code '999' has been archived, or deleted.", NamesInactive),
        ("The TaxType code 'X' does not exist or cannot be used for this type", NamesInactive),
        ("Item code 'A' is not valid", NamesInactive),
        ("Unable to assign an archived contact to this document", NamesInactive),
        ("Archived contacts cannot currently be edited via the API", RecordRefused),
        (
            "This document cannot be edited as it has a payment or credit note allocated to it.",
            RecordRefused,
        ),
        ("Invoice not of valid status for modification", RecordRefused),
        ("Payment amount exceeds the amount outstanding on this document", RecordRefused),
        ("This transaction is reconciled and cannot be deleted", RecordRefused),
        ("Something nobody has seen yet", RecordRefused),
    ],
)
def test_a_validation_has_its_reason_and_a_way_out(words: str, error: type) -> None:
    told = refusal_of({"ValidationErrors": [{"Message": words}]}, "trace")
    assert type(told) is error
    assert told.sentence == words
    assert told.trace_id == "trace"
    assert isinstance(told, RecordRefused)
    assert told.remedy


def test_messages_are_found_however_deep_and_in_whatever_case_each_once() -> None:
    element: dict[str, Any] = {
        "HasErrors": True,
        "Contact": {"validationErrors": [{"message": "Email address must be valid."}]},
        "LineItems": [
            {"ValidationErrors": [{"Message": "Account code '9' is not a valid code."}]},
            {"ValidationErrors": [{"Message": "Account code '9' is not a valid code."}]},
        ],
        "Warnings": [{"ValidationErrors": [{"Message": "only a warning"}]}],
        "ValidationErrors": [],
    }
    assert messages_in(element) == [
        "Email address must be valid.",
        "Account code '9' is not a valid code.",
    ]


@pytest.mark.parametrize(
    ("element", "refused"),
    [
        (answers.invoice_raw(), False),
        (answers.invoice_raw(StatusAttributeString="OK"), False),
        (answers.invoice_raw(StatusAttributeString="WARNING", Warnings=[{"Message": "x"}]), False),
        (answers.invoice_raw(Status="DELETED", HasErrors=True), True),
        (answers.invoice_raw(StatusAttributeString="ERROR"), True),
        (answers.contact_raw(HasValidationErrors=True), True),
        (answers.invoice_raw(ValidationErrors=[{"Message": "no"}]), True),
        (answers.payment_raw(), False),
    ],
)
def test_an_element_is_refused_by_its_errors_and_never_by_its_status(
    element: dict[str, Any], refused: bool
) -> None:
    assert is_refused(element) is refused


def test_a_summarised_validation_is_the_answer_about_one_and_about_many_it_is_none() -> None:
    body = {
        "ErrorNumber": 10,
        "Type": "ValidationException",
        "Message": "A validation exception occurred",
        "Elements": [
            {
                "ContactID": "00000000-0000-0000-0000-000000000000",
                "ValidationErrors": [{"Message": "must be unique across all active contacts"}],
            }
        ],
    }
    assert type(raised(answers.said(body, 400))) is NameTaken
    many = raised(answers.said(body, 400), members=3)
    assert isinstance(many, OutcomeUnknown)  # the good ones may stand, and their ids are not told


@pytest.mark.parametrize("body", [b"", b"<html>Bad Gateway</html>", b'{"Invoices":[{'])
@pytest.mark.parametrize("status", [200, 500, 502, 503, 504])
def test_what_a_gateway_says_of_a_write_leaves_it_unknown(body: bytes, status: int) -> None:
    assert isinstance(raised(answers.said(body, status)), OutcomeUnknown)
    read = raised(answers.said(body, status), writes=False)
    assert isinstance(read, TryLater)
    assert read.whole_connection is (status >= 500)


def test_a_body_that_they_cannot_parse_was_executed_in_no_part() -> None:
    body = {"ErrorNumber": 14, "Type": "PostDataInvalidException", "Message": "Invalid JSON"}
    assert type(raised(answers.said(body, 400), members=30)) is CallRefused


@pytest.mark.parametrize("named", [str, str.lower])
@pytest.mark.parametrize("status", [401, 403])
def test_being_let_in_no_more_is_told_in_either_case_of_its_keys(status: int, named: Any) -> None:
    body = {named("Title"): "Unauthorized", named("Detail"): "AuthenticationUnsuccessful"}
    told = raised(answers.said(body, status))
    assert isinstance(told, ConnectionLost)
    assert "AuthenticationUnsuccessful" in told.sentence
    assert told.remedy


def test_a_gateway_that_refuses_is_no_loss_of_the_consent() -> None:
    assert isinstance(raised(answers.said(b"<html>no</html>", 403)), TryLater)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x_rate_limit_problem": "minute", "retry_after": "26"}, 26),
        ({"x_rate_limit_problem": "Day", "retry_after": "39000"}, 39000),
        ({"x_rate_limit_problem": "concurrent"}, 5),
        ({"x_rate_limit_problem": "day"}, 3600),
        ({}, 60),
    ],
)
def test_a_limit_holds_the_organisation_for_as_long_as_they_ask(
    headers: dict[str, str], seconds: float
) -> None:
    told = raised(answers.said(b"", 429, **headers))
    assert isinstance(told, TryLater)
    assert (told.retry_after, told.whole_connection) == (seconds, True)


def test_a_404_is_an_empty_page_and_says_only_that_it_is_not_there() -> None:
    assert isinstance(raised(answers.NOT_THERE, writes=False), RemoteGone)


def test_what_never_left_and_what_was_lost_are_told_apart() -> None:
    assert isinstance(raised(Reply(fate=Fate.UNSENT, problem="DNS")), TryLater)
    assert isinstance(raised(answers.LOST), OutcomeUnknown)


def test_not_modified_is_an_empty_list() -> None:
    reply = Reply(fate=Fate.ANSWERED, status=304, headers={"date": "Sun, 29 Nov 2026 04:00:00 GMT"})
    answer = read_answer(asked(writes=False), reply)
    assert answer.rows("Invoices") == []
    assert answer.at == answers.NOW


def test_an_answer_without_its_list_is_not_an_empty_one() -> None:
    answer = read_answer(asked(writes=False), answers.said({"Status": "OK"}))
    with pytest.raises(TryLater):
        answer.rows("Invoices")
    assert json.dumps(answer.said)

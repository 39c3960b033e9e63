"""What of a call of many is one record's: its own element, its own answer, or nothing."""

from typing import Any

import pytest

from apps.connectors import registry
from apps.connectors.quickbooks.client import batch_id


def taken(system: str, members: list[int], ref: int, sent: Any, answered: Any) -> tuple[Any, Any]:
    take = registry.part_of(system)
    assert take is not None
    found = take(members, ref, sent, answered)
    return found.sent, found.answered


def batch(*numbers: str, name: str = "BatchItemRequest", first: int = 41) -> dict[str, Any]:
    return {
        name: [
            {"bId": batch_id(first + place), "Invoice": {"DocNumber": number}}
            for place, number in enumerate(numbers)
        ]
    }


def quickbooks(answered: Any) -> tuple[Any, Any]:
    return taken("quickbooks", [41, 42, 43], 42, batch("A", "B", "C"), answered)


def test_of_a_batch_of_quickbooks_it_is_the_item_of_its_id_in_whatever_order() -> None:
    answer = batch("A", "B", "C", name="BatchItemResponse")
    answer["BatchItemResponse"].reverse()
    sent, told = quickbooks(answer)
    assert sent["Invoice"]["DocNumber"] == told["Invoice"]["DocNumber"] == "B"


def test_a_fault_of_quickbooks_is_of_the_item_that_it_names() -> None:
    fault = {"bId": batch_id(42), "Fault": {"Error": [{"code": "6140"}]}}
    others = batch("A", name="BatchItemResponse")["BatchItemResponse"]
    assert quickbooks({"BatchItemResponse": [*others, fault]})[1] == fault


@pytest.mark.parametrize(
    "answer",
    [
        batch("A", "X", "C", name="BatchItemResponse"),  # the object of another under its id
        {
            "BatchItemResponse": [*batch("A", "B", name="BatchItemResponse")["BatchItemResponse"]]
            * 2
        },
        {"BatchItemResponse": None},
        {},
        {"Fault": {"Error": []}},
    ],
    ids=["of another", "twice", "no list", "empty", "as a whole"],
)
def test_what_is_not_surely_its_own_is_nobodys_in_quickbooks(answer: Any) -> None:
    sent, told = quickbooks(answer)
    assert sent["Invoice"]["DocNumber"] == "B"
    assert told is None


def elements(*numbers: str, **more: Any) -> dict[str, Any]:
    return {"Invoices": [{"InvoiceNumber": number, **more} for number in numbers]}


def xero(answered: Any, ref: int = 8) -> tuple[Any, Any]:
    return taken("xero", [7, 8, 9], ref, elements("A", "B", "C"), answered)


def test_of_a_call_of_xero_it_is_the_element_in_its_place() -> None:
    sent, told = xero(elements("A", "B", "C", HasErrors=True))
    assert (sent["InvoiceNumber"], told) == ("B", {"InvoiceNumber": "B", "HasErrors": True})


def test_an_answer_of_xero_that_lacks_one_is_told_by_its_number() -> None:
    assert xero(elements("C", "B"))[1] == {"InvoiceNumber": "B"}
    assert xero({"ErrorNumber": 10, "Elements": [{"InvoiceNumber": "b"}]})[1] == {
        "InvoiceNumber": "b"
    }


@pytest.mark.parametrize(
    "answer",
    [elements("A", "X", "C"), elements("A", "C"), elements("B", "B"), {}, {"Invoices": "torn"}],
    ids=["of another", "left out", "twice", "empty", "torn"],
)
def test_what_is_not_surely_its_own_is_nobodys_in_xero(answer: Any) -> None:
    sent, told = xero(answer)
    assert sent["InvoiceNumber"] == "B"
    assert told is None


def test_a_member_that_the_call_of_xero_has_not_is_no_element() -> None:
    assert xero(elements("A", "B", "C"), ref=99) == (None, None)
    assert taken("xero", [7, 8], 8, elements("A"), elements("A")) == (None, None)


def test_freshbooks_carries_one_record_a_call_and_needs_none() -> None:
    assert registry.part_of("freshbooks") is None
    assert registry.system("freshbooks").capabilities.push_batch == 1

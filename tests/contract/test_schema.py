"""The reader of the published schemas sees what is wrong with a body."""

from typing import Any

import pytest

from tests.contract.xsd_names import Schema, schema


@pytest.fixture
def known() -> Schema:
    found = schema()
    if found is None:
        pytest.skip("the published schemas are not beside the repository (../shared)")
    return found


def test_a_right_body_is_known(known: Schema) -> None:
    body: dict[str, Any] = {
        "Id": "5",
        "sparse": True,
        "DocNumber": "INV-1",
        "TxnDate": "2026-01-01",
        "CustomerRef": {"value": "1", "name": "A"},
        "CustomerMemo": {"value": "Thank you"},
        "BillAddr": {"Line1": "1 Dock Street"},
        "Line": [
            {
                "Amount": 1.5,
                "DetailType": "SalesItemLineDetail",
                "SalesItemLineDetail": {"ItemRef": {"value": "1"}, "Qty": 1, "UnitPrice": 1.5},
            }
        ],
    }
    assert known.deviations("Invoice", body) == []


@pytest.mark.parametrize(
    ("entity", "body", "said"),
    [
        ("Invoice", {"Number": "1"}, "not in the schema"),
        ("Invoice", {"DocNumber": 5}, "where the schema has string"),
        ("Invoice", {"DocNumber": "x" * 22}, "21 are allowed"),
        ("Invoice", {"TxnDate": "1/2/2026"}, "no date"),
        ("Invoice", {"TotalAmt": "5.00"}, "where the schema has decimal"),
        ("Invoice", {"Line": {"Amount": 1}}, "a list"),
        ("Invoice", {"Line": [{"DetailType": "Sales"}]}, "none of LineDetailTypeEnum"),
        ("Invoice", {"Line": [{"SalesItemLineDetail": {"Quantity": 1}}]}, "not in the schema"),
        ("Invoice", {"CustomerRef": "1"}, "where the schema has ReferenceType"),
        ("Customer", {"PrimaryPhone": {"FreeFormNumber": "1" * 22}}, "21 are allowed"),
        ("Customer", {"Active": "true"}, "where the schema has boolean"),
        ("Item", {"Sku": "x" * 101}, "100 are allowed"),
    ],
)
def test_a_wrong_body_is_told(known: Schema, entity: str, body: Any, said: str) -> None:
    found = known.deviations(entity, body)
    assert any(said in each for each in found), found

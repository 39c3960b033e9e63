"""The look back at the suite catches what it should."""

import json

import pytest

from tests.conftest import deviations_of
from tests.contract.xsd_names import schema


@pytest.mark.skipif(schema() is None, reason="the schemas are not beside the repository")
def test_a_name_a_type_and_a_length_that_no_schema_knows_are_caught() -> None:
    wrong = {"DocNumber": "X" * 22, "TotalAmt": "12", "Colour": "red"}
    body = {"BatchItemRequest": [{"bId": "1", "operation": "create", "Invoice": wrong}]}
    assert len(deviations_of({json.dumps(body).encode()})) == 3

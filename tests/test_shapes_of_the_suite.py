"""Looking back at the whole suite: what was answered and what was sent, held against the schemas."""

import json

import pytest

from tests.conftest import BODIES_SENT
from tests.contract.xsd_names import schema
from tests.sandbox import shape_rules
from tests.sandbox_server import SandboxServer

pytestmark = [
    pytest.mark.last,
    pytest.mark.skipif(
        not shape_rules.SPECS.exists(), reason="the recorded shapes are not beside the repository"
    ),
]


def test_every_answer_of_the_sandbox_has_only_known_paths_and_types(
    sandbox_server: SandboxServer,
) -> None:
    answers = sandbox_server.control("GET", "shapes")["answers"]
    assert shape_rules.deviations(answers) == []


def test_every_body_sent_has_only_names_types_and_lengths_that_the_schemas_know() -> None:
    known = schema()
    assert known is not None
    deviations = set()
    for body in BODIES_SENT:
        for item in json.loads(body)["BatchItemRequest"]:
            entity = next(name for name in item if name not in ("bId", "operation", "optionsData"))
            deviations |= set(known.deviations(entity, item[entity]))
    assert deviations == set()

"""Every request and answer of a round through the simulated Xero, held to Xero's own description."""

from typing import Any

import pytest

from tests.xero_twin import XeroCaller, XeroTwin

from . import shape_rules
from .test_shapes import exercise

pytest.importorskip("openapi_core", reason="openapi-core is not installed")
pytestmark = pytest.mark.skipif(
    not shape_rules.OPENAPI.exists(), reason="Xero's description is not beside the repository"
)


@pytest.fixture(scope="module")
def described() -> Any:
    from openapi_core import Config, OpenAPI

    content = {**shape_rules.description(), "servers": [{"url": "/xero/api.xro/2.0"}]}
    content["paths"] = {
        path: {name: as_sent(each) for name, each in operations.items()}
        for path, operations in content["paths"].items()
    }
    # The document itself is not valid: texts as defaults of booleans.
    return OpenAPI.from_dict(content, config=Config(spec_validator_cls=None))


def as_sent(operation: Any) -> Any:
    """A file's bytes go as they are; the description's `byte` would be base64."""
    body = operation.get("requestBody", {}) if isinstance(operation, dict) else {}
    if "application/octet-stream" not in body.get("content", {}):
        return operation
    raw = {"schema": {"type": "string", "format": "binary"}}
    return {**operation, "requestBody": {**body, "content": {"application/octet-stream": raw}}}


# What the description has otherwise than the service: the path, and why.
EXEMPT = {
    # Its example breaks its own schema; the official client reads an object.
    "/Allocations": "an allocation needs an Amount, an Invoice and a Date there",
    # A transfer or a journal line is only read here.
    "/History": "notes are written by PUT alone there",
}


def test_nothing_violates_the_description(twin: XeroTwin, xero: XeroCaller, described: Any) -> None:
    from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse
    from openapi_core.exceptions import OpenAPIError

    problems: list[str] = []
    checked = 0

    def check(answer: Any, *_: Any, **__: Any) -> None:
        nonlocal checked
        request = RequestsOpenAPIRequest(answer.request)
        name = f"{answer.request.method} {answer.request.path_url}"
        if any(each in name for each in EXEMPT) or answer.status_code not in (200, 204, 400):
            return
        checked += 1
        try:
            described.validate_request(request)
            described.validate_response(request, RequestsOpenAPIResponse(answer))
        except OpenAPIError as wrong:
            cause = wrong.__cause__
            errors = getattr(cause, "schema_errors", None) or [cause or wrong]
            problems.extend(f"{name}: {str(each)[:300]}" for each in errors)

    xero.http.hooks["response"].append(check)
    exercise(twin, xero)
    problems = [one for one in problems if "SecurityNotFound" not in one]
    assert problems == []
    assert checked >= 30

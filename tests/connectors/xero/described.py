"""Requests and answers held against Xero's own description of its API (`XERO_OPENAPI`).

Checking one takes milliseconds, and most are alike: of each shape (method, path, names and types of
what is said) the first is checked, and all are counted.
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests
from requests.structures import CaseInsensitiveDict

from apps.connectors.port import Purpose, Reply, Request
from tests.architecture.source import ROOT

DESCRIPTION = Path(
    os.environ.get("XERO_OPENAPI") or ROOT.parent / "shared/specs/xero/xero_accounting.yaml"
)
API = "/api.xro/2.0"
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)
REFUSED = b'"ValidationErrors":[{'
SAID = (200, 204, 400)  # other answers are no part of the description
# What the description has otherwise than the service: the path, and why.
EXEMPT = {
    # Its example breaks its own schema; the official client reads an object.
    "/Allocations": "an allocation needs an Amount, an Invoice and a Date there",
    # Open [U]: the description takes a uuid there. An item is read by what lines call it.
    "/Items/": "an item is read by its code",
}


@cache
def description() -> Any:
    """The description as openapi-core has it. The document itself is no valid one (texts as
    defaults of booleans), so it is not checked; times stay texts."""
    import openapi_core
    import yaml

    class NoDates(yaml.CSafeLoader):
        pass

    NoDates.yaml_implicit_resolvers = {
        key: [(tag, rule) for tag, rule in rules if not tag.endswith(":timestamp")]
        for key, rules in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }
    content = yaml.load(DESCRIPTION.read_text(), Loader=NoDates)
    content["servers"] = [{"url": API}]
    config = openapi_core.Config(spec_validator_cls=None)
    return openapi_core.OpenAPI.from_dict(content, config=config)


@dataclass
class Seen:
    """What went over there and came back in a session."""

    requests: int = 0
    answers: int = 0
    first: dict[tuple[Any, ...], tuple[Request, Reply | None]] = field(default_factory=dict)

    def note(self, request: Request, reply: Reply | None) -> None:
        if not request.path.startswith(f"{API}/"):
            return
        if request.writes and request.purpose is Purpose.PROOF:
            return  # a proof asks on purpose for what the description forbids, or leaves open
        self.requests += 1
        told = reply is not None and reply.status in SAID
        self.answers += told
        shape = _shape(request, reply if told else None)
        self.first.setdefault(shape, (request, reply if told else None))

    def violations(self) -> list[str]:
        return [one for request, reply in self.first.values() for one in violations(request, reply)]


def _shape(request: Request, reply: Reply | None) -> tuple[Any, ...]:
    path = _ID.sub("{}", request.path)
    names = tuple(sorted(name for name, _ in request.query))
    sent = _paths(request.body)
    answered = (reply.status, _paths(reply.body)) if reply is not None else ()
    return request.method, path, names, sent, answered


def _paths(body: bytes) -> frozenset[str]:
    try:
        said = json.loads(body) if body else None
    except ValueError:
        return frozenset({"no JSON"})
    return frozenset(_within(said, ""))


def _within(said: Any, path: str) -> Iterator[str]:
    if isinstance(said, dict):
        for name, value in said.items():
            yield from _within(value, f"{path}.{name}")
    elif isinstance(said, list):
        yield f"{path}[]"
        for each in said:
            yield from _within(each, f"{path}[]")
    else:
        yield f"{path}:{type(said).__name__}"


def violations(request: Request, reply: Reply | None) -> Iterator[str]:
    from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse
    from openapi_core.exceptions import OpenAPIError

    name = f"{request.method} {request.path}"
    if any(each in request.path for each in EXEMPT):
        return
    asked = RequestsOpenAPIRequest(_prepared(request))
    checks = [lambda: description().validate_request(asked)]
    # A refused element gives back what was asked of it, which need not be whole.
    if reply is not None and REFUSED not in reply.body:
        answer = RequestsOpenAPIResponse(_answer(reply))
        checks.append(lambda: description().validate_response(asked, answer))
    for check in checks:
        try:
            check()
        except OpenAPIError as wrong:
            cause = wrong.__cause__
            for each in getattr(cause, "schema_errors", None) or [cause or wrong]:
                yield f"{name}: {str(each)[:300]}"


def _prepared(request: Request) -> requests.PreparedRequest:
    address = f"https://api.xero.com{request.path}"
    if request.query:
        address = f"{address}?{urlencode(request.query)}"
    headers = {**dict(request.headers), "Content-Type": request.content_type}
    return requests.Request(
        request.method,
        address,
        headers={**headers, "Authorization": "Bearer x"},
        data=request.body or None,
    ).prepare()


def _answer(reply: Reply) -> requests.Response:
    made = requests.Response()
    made.status_code, made._content = reply.status, reply.body
    made.headers = CaseInsensitiveDict(reply.headers)
    return made


SEEN = Seen()

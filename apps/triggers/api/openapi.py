"""The description of the API (OpenAPI 3.1), made of its declarations, and a page to read it."""

import json
import re
from functools import cache
from http import HTTPStatus
from itertools import groupby
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.triggers.api.app import api
from apps.triggers.api.once import HEADER
from apps.triggers.api.problems import (
    KINDS,
    MEDIA_TYPE,
    Kind,
    ProblemShape,
    address_of,
    answer_to,
    of_status,
)
from apps.triggers.api.routes import BEGIN, ROUTES, Header, Route
from apps.triggers.models import Scope

TAGS: Final = {each.value: str(each.label) for each in Scope}
SECURITY: Final = "key"


def not_there(request: HttpRequest) -> HttpResponse:
    return answer_to(of_status(404))


@require_GET
def openapi_json(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_text(), content_type="application/json")


@require_GET
def docs(request: HttpRequest) -> HttpResponse:
    """The description as a page without a script: nothing is loaded from elsewhere."""
    described = description()
    operations = [
        _for_the_page(path, method, operation, described)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]
    context = {
        "info": described["info"],
        "groups": [(tag, list(of)) for tag, of in groupby(operations, lambda each: each["tag"])],
        "kinds": KINDS.values(),
        "scopes": TAGS.items(),
    }
    return render(request, "triggers/api.html", context)


@cache
def description() -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(path_prefix=BEGIN)))
    made["components"]["schemas"]["Problem"] = _problem_schema()
    made["components"]["securitySchemes"] = {
        SECURITY: {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "tie_…",
            "description": "A key, made under “API keys”. Scopes: "
            + "; ".join(f"{name}: {words}" for name, words in TAGS.items())
            + ".",
        }
    }
    made["servers"] = [{"url": settings.SITE_URL.rstrip("/")}]
    for each in ROUTES:
        operation = made["paths"][re.sub(r"{\w+:", "{", each.path)][each.method.lower()]
        _complete(operation, each)
    return made


@cache
def _text() -> str:
    return json.dumps(description(), ensure_ascii=False)


def _problem_schema() -> dict[str, Any]:
    schema = ProblemShape.model_json_schema(mode="serialization")
    errors = schema.pop("$defs")["FieldError"]
    schema["properties"]["errors"]["items"] = errors
    return schema


def _complete(operation: dict[str, Any], of: Route) -> None:
    operation["security"] = [{SECURITY: [] if of.scope is None else [of.scope.value]}]
    if of.scope is not None:
        operation["description"] = (
            f"{operation.get('description', '')} Scope: `{of.scope.value}`.".strip()
        )
    for parameter in operation["parameters"]:
        parameter["schema"] = _without_null(parameter["schema"])
        parameter.pop("examples", None)  # ninja gives a list, and OpenAPI has a mapping there
    operation["parameters"] += list(_headers(of))
    given = operation["responses"][str(of.status)]
    given["headers"] = _headers_given(of)
    for status in sorted(_statuses(of)):
        kinds = [each for each in KINDS.values() if each.status == status]
        operation["responses"][str(status)] = _response(status, kinds)


def _statuses(of: Route) -> set[int]:
    """Of the refusals that this address may give."""
    found = {400, 401, 403, 406, 414, 422, 429, 500}
    if "{" in of.path:
        found.add(404)
    if of.reads:
        found |= {413, 415}
    if of.method != "GET":
        found.add(409)
    if of.version is not Header.NONE:
        found.add(412)
    if of.version is Header.NEEDED:
        found.add(428)
    return found


# What `routes` takes for If-Match (RFC 9110): a weak tag is read, too, and matches nothing.
ANY_VERSION: Final = r"\*"
TAG: Final = r'(W/)?"[!#-+\--~]*"'


def _headers(of: Route) -> Any:
    if of.repeat is not Header.NONE:
        yield {
            "in": "header",
            "name": HEADER,
            "required": of.repeat is Header.NEEDED,
            "description": "A new one for each thing to be done: the same request is done once.",
            "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
            "example": "0b1f7a52-6f5e-4b8e-9b43-2f6f0c1c2e11",
        }
    if of.version is not Header.NONE:
        yield {
            "in": "header",
            "name": "If-Match",
            "required": of.version is Header.NEEDED,
            "description": "The ETag that was read, or several; refused with 412 where it was changed "
            "since. `*` means whatever stands now.",
            "schema": {"type": "string", "pattern": f"^({ANY_VERSION}|{TAG}(, ?{TAG})*)$"},
            "example": '"3"',
        }


def _headers_given(of: Route) -> dict[str, Any]:
    text = {"schema": {"type": "string"}}
    given: dict[str, Any] = {}
    if of.versioned:
        given["ETag"] = {**text, "description": "The revision, for If-Match.", "required": True}
    if of.versioned and of.status == HTTPStatus.CREATED:
        given["Location"] = {**text, "required": True}
    if of.repeat is not Header.NONE:
        given["Idempotent-Replayed"] = {**text, "description": "`true`: it was done before."}
    return given


def _response(status: int, kinds: list[Kind]) -> dict[str, Any]:
    example = kinds[0]
    said = ProblemShape(
        type=address_of(example),
        title=example.title,
        status=status,
        detail=example.says,
        errors=[],
    )
    response: dict[str, Any] = {
        "description": " ".join(each.says for each in kinds),
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": said.model_dump(),
            }
        },
    }
    if status in (HTTPStatus.TOO_MANY_REQUESTS,):
        response["headers"] = {"Retry-After": {"schema": {"type": "string"}, "required": True}}
    if status == HTTPStatus.UNAUTHORIZED:
        response["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}, "required": True}}
    return response


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter is there or not; no text of it is null."""
    kinds = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    if len(kinds) != 1:
        return schema
    rest = {name: value for name, value in schema.items() if name not in ("anyOf", "default")}
    return {**kinds[0], **rest}


def _for_the_page(
    path: str, method: str, operation: dict[str, Any], described: dict[str, Any]
) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    statuses = operation["responses"]
    given = next(each for status, each in statuses.items() if status.startswith("2"))
    gives = given.get("content", {}).get("application/json", {})
    return {
        "tag": operation["tags"][0],
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "description": operation.get("description", ""),
        "parameters": operation["parameters"],
        "takes": _written(body.get("schema"), described),
        "gives": _written(gives.get("schema"), described),
        "refuses": ", ".join(status for status in statuses if not status.startswith("2")),
    }


def _written(schema: dict[str, Any] | None, described: dict[str, Any]) -> str:
    """Its fields, one a line, as a person reads them."""
    if schema is None:
        return ""
    return "\n".join(_lines(schema, described["components"]["schemas"], 0))


def _lines(schema: dict[str, Any], known: dict[str, Any], depth: int) -> Any:
    schema = _resolved(schema, known)
    if schema.get("type") == "array":
        yield from _lines(schema.get("items", {}), known, depth)
        return
    needed = set(schema.get("required", ()))
    for name, each in schema.get("properties", {}).items():
        each = _resolved(each, known)
        mark = " (required)" if name in needed else ""
        yield f"{'  ' * depth}{name}{mark}: {_kind(each, known)}"
        inner = _resolved(each.get("items", {}), known) if each.get("type") == "array" else each
        if inner.get("properties"):
            yield from _lines(inner, known, depth + 1)


def _resolved(schema: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return dict(known[schema["$ref"].rsplit("/", 1)[-1]])
    kinds = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    if len(kinds) == 1:
        return {**_resolved(kinds[0], known), "nullable": len(kinds) < len(schema["anyOf"])}
    return schema


def _kind(schema: dict[str, Any], known: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_kind(each, known) for each in schema["anyOf"])
    kind = str(schema.get("format") or schema.get("type") or "anything")
    if kind == "array":
        kind = f"list of {_kind(_resolved(schema.get('items', {}), known), known)}"
    if "enum" in schema:
        kind = ", ".join(map(str, schema["enum"]))
    return f"{kind} or null" if schema.get("nullable") else kind

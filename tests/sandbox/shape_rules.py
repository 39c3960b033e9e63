"""Which key paths and JSON types QuickBooks is known to answer, from recordings and schemas."""

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

SPECS = Path(__file__).resolve().parents[3] / "shared" / "specs" / "quickbooks"
XS = "{http://www.w3.org/2001/XMLSchema}"
NUMBERS = {"int", "float"}
# XSD types by the JSON types they are written as; all other simple types are texts.
SIMPLE = {
    "decimal": NUMBERS,
    "int": {"int"},
    "integer": {"int"},
    "long": {"int"},
    "positiveInteger": {"int"},
    "boolean": {"bool"},
}
# Attributes of the XSD become ordinary keys in JSON; so does the text of a reference.
ATTRIBUTES = {
    "domain": {"str"},
    "status": {"str"},
    "sparse": {"bool"},
    "startPosition": {"int"},
    "maxResults": {"int"},
    "totalCount": {"int"},
    "bId": {"str"},
    "type": {"str"},
    "code": {"str"},
    "element": {"str"},
    "time": {"str"},
    "operation": {"str"},
    "optionsData": {"str"},
    "group": {"str"},
}


@cache
def observed() -> dict[str, dict[str, set[str]]]:
    recorded = json.loads((SPECS / "observed-shapes.json").read_text())
    return {
        kind: {path: set(types) for path, types in shapes.items()}
        for kind, shapes in recorded.items()
    }


@cache
def complex_types() -> dict[str, Any]:
    found = {}
    for name in (
        "Finance",
        "IntuitBaseTypes",
        "IntuitNamesTypes",
        "IntuitRestServiceDef",
        "Report",
        "SalesTax",
    ):
        for node in ElementTree.parse(SPECS / "xsd" / f"{name}.xsd").getroot().iter():
            if node.tag == f"{XS}complexType" and node.get("name"):
                found[node.get("name")] = node
    return found


@cache
def members(type_name: str) -> dict[str, str]:
    """Element and attribute names of a complex type with their types, inherited ones too."""
    node = complex_types()[type_name]
    out: dict[str, str] = {}
    base = node.find(f".//{XS}extension")
    if base is not None and base.get("base", "") in complex_types():
        out |= members(base.get("base", ""))
    for element in node.iter(f"{XS}element"):
        reference = element.get("ref")
        out[element.get("name") or reference or ""] = element.get("type") or reference or ""
    for attribute in node.iter(f"{XS}attribute"):
        out[attribute.get("name") or ""] = attribute.get("type") or "xs:string"
    return out


def known_by_schema(kind: str, path: str, types: Iterable[str]) -> bool:
    """Whether the XSD has this path with a type that JSON writes so."""
    at, rest = kind, path.replace("[]", "").split(".")
    for position, step in enumerate(rest):
        if step in ATTRIBUTES and position == len(rest) - 1:
            return set(types) <= ATTRIBUTES[step]
        if at.endswith("ReferenceType") or at == "ReferenceType":
            return step in ("value", "name", "type") and set(types) <= {"str"}
        if at == "MemoRef" and step == "value":
            return set(types) <= {"str"}
        if at == "IntuitAnyType" or at.endswith("Ex"):
            return True
        if at not in complex_types() or step not in members(at):
            return False
        at = members(at)[step].removeprefix("xs:")
    wanted = SIMPLE.get(at, {"str"})
    if at in complex_types():
        return set(types) <= {"object", "array"}
    return set(types) <= wanted | {"array"}


def known(kind: str, path: str, types: Iterable[str]) -> bool:
    """Recorded from the real service, or in the schema."""
    seen = set(types)
    recorded = observed().get(kind, {})
    as_recorded = recorded.get(path, set())
    numbers = NUMBERS if as_recorded & NUMBERS else set()
    if path in recorded and seen <= as_recorded | numbers:
        return True
    # An empty list or object stands in the recordings as the beginning of a path.
    if seen <= {"array", "object"} and any(one.startswith(path) for one in recorded):
        return True
    return known_by_schema(kind, path, seen)


def split(endpoint: str, path: str) -> tuple[str, str] | None:
    """The kind a path of an answer belongs to and the path within; None for the envelope itself."""
    for wrapper in ("BatchItemResponse[].", "CDCResponse[]."):
        path = path.removeprefix(wrapper)
    for wrapper in ("QueryResponse[].", "QueryResponse."):
        path = path.removeprefix(wrapper)
    # These answers have no envelope, unless they are a fault.
    bare = {"reports": "Report", "taxservice": "TaxService"}.get(endpoint)
    if bare and not path.startswith(("Fault", "time")):
        return bare, path
    head, _, rest = path.partition(".")
    kind = head.removesuffix("[]")
    if not rest:
        return None
    return kind, rest


ENVELOPE = {
    # A text; the gateway's own answers carry milliseconds (samples/fault-gateway-401.json).
    "time": {"str", "int"},
    "bId": {"str"},
    "startPosition": {"int"},
    "maxResults": {"int"},
    "totalCount": {"int"},
    "QueryResponse": {"object"},
    "CDCResponse": {"array"},
    "BatchItemResponse": {"array"},
    "QueryResponse[]": {"object"},
}


def deviations(shapes: dict[str, dict[str, list[str]]]) -> list[str]:
    """Everything in `endpoint -> path -> types` that neither recordings nor schemas know."""
    out = []
    for endpoint, found in shapes.items():
        for path, types in found.items():
            if path.split(".")[0].split("[")[0] in GATEWAY:
                continue
            place = split(endpoint, path)
            if place is None:
                bare = path.removeprefix("QueryResponse.")
                for wrapper in ("BatchItemResponse[].", "CDCResponse[]."):
                    bare = bare.removeprefix(wrapper)
                bare = bare.removeprefix("QueryResponse[].").removeprefix("QueryResponse.")
                if bare in ENVELOPE and set(types) <= ENVELOPE[bare]:
                    continue
                if bare in complex_types() and set(types) <= {"object"}:
                    continue
                out.append(f"{endpoint}: {path} {types}")
            elif not known(*place, types):
                out.append(f"{endpoint}: {path} {types}")
    return sorted(out)


def request_deviations(shapes: dict[str, Any]) -> list[str]:
    """What callers sent that the schemas know neither by name and type nor by length.

    `shapes` is what the recorder gives: `requests` and `lengths`, endpoint -> path -> types or
    characters. Form posts and queries carry no JSON and are not in it.
    """
    out = []
    for endpoint, found in shapes["requests"].items():
        for path, types in found.items():
            kind, rest = sent_kind(endpoint, path)
            if rest and kind and not known_by_schema(kind, rest, types):
                out.append(f"{endpoint}: {path} {types}")
            longest = shapes["lengths"].get(endpoint, {}).get(path, 0)
            limit = longest_text(kind, rest) if kind and rest else None
            if limit is not None and longest > limit:
                out.append(f"{endpoint}: {path} has {longest} characters, {limit} are allowed")
    return sorted(out)


def sent_kind(endpoint: str, path: str) -> tuple[str, str]:
    """The kind a path of a request belongs to and the path within; empty for the batch's frame."""
    names = {name.lower(): name for name in complex_types()}
    if endpoint != "batch":
        return names.get(endpoint, ""), path
    kind, _, rest = path.removeprefix("BatchItemRequest[].").partition(".")
    return (kind, rest) if kind in complex_types() else ("", "")


@cache
def longest_text(kind: str, path: str) -> int | None:
    """The most characters the schema's own words allow for a text; None where they name no limit."""
    at, wanted = kind, path.replace("[]", "").split(".")
    for position, step in enumerate(wanted):
        if at not in complex_types() or step not in members(at):
            return None
        if position == len(wanted) - 1:
            words = documentation(at, step)
            limits = re.findall(r"max(?:imum|\.)?\s*length[^0-9]{0,40}(\d+)", words, re.IGNORECASE)
            return max(int(limit) for limit in limits) if limits else None
        at = members(at)[step].removeprefix("xs:")
    return None


def documentation(type_name: str, element_name: str) -> str:
    """All annotations of an element, looked for in the type and what it extends."""
    node = complex_types()[type_name]
    for element in node.iter(f"{XS}element"):
        if element.get("name") == element_name:
            return " ".join(
                " ".join((one.text or "").split()) for one in element.iter(f"{XS}documentation")
            )
    base = node.find(f".//{XS}extension")
    if base is not None and base.get("base", "") in complex_types():
        return documentation(base.get("base", ""), element_name)
    return ""


# The gateway's own answer: samples/fault-gateway-401.json.
GATEWAY = {
    "warnings",
    "intuitObject",
    "fault",
    "report",
    "queryResponse",
    "batchItemResponse",
    "attachableResponse",
    "syncErrorResponse",
    "requestId",
    "status",
    "cdcresponse",
}

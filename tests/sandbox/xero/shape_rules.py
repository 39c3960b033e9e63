"""Which key paths and kinds of values Xero is known to answer: recorded, or described."""

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

SPECS = Path(__file__).resolve().parents[4] / "shared" / "specs" / "xero"
RECORDED = SPECS / "observed-shapes.json"
OPENAPI = Path(os.environ.get("XERO_OPENAPI") or SPECS / "xero_accounting.yaml")

# An exchange of ours -> the recordings that show one like it. Single reads are held to the lists.
WRITTEN = {
    "Invoices": (
        "PUT Invoices (create, one, AUTHORISED)",
        "POST Invoices Status=VOIDED summarizeErrors=False",
        "POST Invoices refused element, summarizeErrors=False",
    ),
    "Contacts": ("POST Contacts archive", "POST Contacts on an archived one"),
    "Items": ("POST Items (create)",),
    "Payments": ("GET Payments page (AB)",),
    "CreditNotes": ("GET CreditNotes page",),
    "HistoryRecords": ("PUT Invoices/{id}/History",),
    "Attachments": ("PUT Invoices/{id}/Attachments/{name}",),
}
LISTED = {
    "Invoices": ("GET Invoices page,pageSize,where", "PUT Invoices (create, one, AUTHORISED)"),
    "Contacts": ('GET Contacts where=Name=="..." (no page)', "GET Contacts page (AB)"),
    "CreditNotes": ("GET CreditNotes page", "PUT Invoices (create, one, AUTHORISED)"),
    "Payments": ("GET Payments page (AB)",),
    "Items": ("GET Items (AB)",),
    "Accounts": ("GET Accounts",),
    "TaxRates": ("GET TaxRates (AB)",),
    "Organisations": ("GET Organisation",),
    "HistoryRecords": ("GET Invoices/{id}/History",),
}
REFUSED = ("PUT Contacts refused (duplicate name), errors summarised",)
ENVELOPE = ("Id", "Status", "ProviderName", "DateTimeUTC", "pagination")
# The gateway's own answers, and errors of a request as a whole: their shapes stand in the reference.
GATEWAY = {
    "Type": {"str", "null"},
    "Title": {"str"},
    "Status": {"int"},
    "Detail": {"str"},
    "Instance": {"str:guid"},
    "Extensions": {"object"},
    "ErrorNumber": {"int"},
    "Message": {"str"},
}
DATES = {"str:/Date(ms+0000)/", "str:/Date(ms)/", "str:iso-no-zone", "str:iso-Z"}


@cache
def recordings() -> dict[str, dict[str, set[str]]]:
    """Name of a recording -> path -> kinds; elements of lists that were kept alone, under their list."""
    found = {}
    for name, each in json.loads(RECORDED.read_text()).items():
        if name.startswith("_"):
            continue
        prefix = f"{name.split()[1]}[]." if each["what"] == "element" else ""
        found[name] = {
            prefix + path.replace("?", ""): set(kinds) for path, kinds in each["paths"].items()
        }
    return found


def as_recorded(path: str, kinds: set[str], names: tuple[str, ...]) -> bool:
    """Whether one of these recordings has this path with these kinds."""
    seen: set[str] = set()
    there = False
    for name in names:
        for known, of in recordings()[name].items():
            if known == path:
                there, seen = True, seen | of
            elif known.startswith((f"{path}[]", f"{path}.")) and kinds <= {"array", "object"}:
                return True
    if there and "str" in seen:
        # Airbyte's recordings had their dates turned into texts already.
        seen |= {"str:empty", "str:guid", *DATES}
    if "number" in seen:
        seen |= {"int"}
    return there and kinds <= seen


# --- the description ---------------------------------------------------------------------------------
@cache
def description() -> Any:
    """Xero's OpenAPI file, times left as texts; None where there is none, or nothing to read it."""
    if not OPENAPI.exists():
        return None
    import yaml

    class NoDates(yaml.CSafeLoader):
        pass

    NoDates.yaml_implicit_resolvers = {
        key: [(tag, pattern) for tag, pattern in found if not tag.endswith(":timestamp")]
        for key, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }
    with OPENAPI.open() as file:
        return yaml.load(file, Loader=NoDates)  # a safe loader


def resolved(schema: Any) -> Any:
    while "$ref" in schema:
        schema = description()["components"]["schemas"][schema["$ref"].split("/")[-1]]
    return schema


KINDS = {
    "string": {"str", "str:empty", "str:guid", *DATES},
    "number": {"number", "int"},
    "integer": {"int"},
    "boolean": {"bool"},
    "array": {"array"},
    "object": {"object"},
}


def described(schema: Any, path: str, kinds: set[str]) -> bool:
    """Whether the schema has this path with kinds that it allows."""
    at = resolved(schema)
    for step in path.split("."):
        name, lists = step.rstrip("[]"), step.count("[]")
        if name not in at.get("properties", {}):
            return False
        at = resolved(at["properties"][name])
        for _ in range(lists):
            at = resolved(at.get("items", {}))
    wanted = KINDS.get(at.get("type", "string" if "enum" in at else "object"), set())
    if at.get("format") == "uuid":
        wanted = {"str:guid"}
    return kinds <= wanted


def operation(exchange: str) -> Any:
    """The description's operation of an exchange; None where it has none."""
    method, path, _ = exchange.split(" ")
    pattern = re.compile(
        "^/" + re.escape(path).replace(r"\{\}", r"\{[^/]+\}").replace("{}", r"\{[^/]+\}") + "$",
        re.IGNORECASE,
    )
    for known, operations in description()["paths"].items():
        if method.lower() in operations and pattern.match(known):
            return operations[method.lower()]
    return None


@cache
def answer_of(exchange: str) -> tuple[Any, Any] | None:
    """Schema of what an exchange answers with 200, and path -> kinds of its example."""
    found = operation(exchange)
    if found is None:
        return None
    content = found["responses"].get("200", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    return content["schema"], kinds_in(content.get("example") or {})


def kinds_in(example: Any) -> dict[str, set[str]]:
    """Path -> the kinds that an example allows there: any text for a text."""
    names = {str: "string", bool: "boolean", int: "number", float: "number"}
    out: dict[str, set[str]] = {}

    def walk(value: Any, path: str) -> None:
        kind = {dict: "object", list: "array"}.get(type(value)) or names.get(type(value), "")
        out[path] = out.get(path, set()) | KINDS.get(kind, set())
        if isinstance(value, dict):
            for key, member in value.items():
                walk(member, f"{path}.{key}" if path else key)
        elif isinstance(value, list):
            for member in value:
                walk(member, f"{path}[]")

    walk(example, "")
    return out


def by_description(exchange: str, path: str, kinds: set[str]) -> bool:
    known = answer_of(exchange)
    if known is None:
        return False
    schema, example = known
    return described(schema, path, kinds) or kinds <= example.get(path, set())


def elsewhere(path: str, kinds: set[str]) -> bool:
    """The same part of an element inside another one: a contact in a document, an allocation's
    invoice."""
    tail = path.split("[].", 1)[-1]
    if "." not in tail:
        return False
    examples = any(kinds <= of for of in all_examples().get(tail, ()))
    recorded = any(
        known.split("[].", 1)[-1] == tail and (kinds <= of or kinds <= {"array"})
        for each in recordings().values()
        for known, of in ((one.removesuffix("[]"), of) for one, of in each.items())
    )
    return examples or recorded


@cache
def all_examples() -> dict[str, list[set[str]]]:
    """Every end of a path in any example -> kinds."""
    found: dict[str, list[set[str]]] = {}
    for path, operations in description()["paths"].items():
        for method in ("get", "put", "post"):
            if method in operations and "Reports" not in path:
                content = operations[method]["responses"].get("200", {}).get("content", {})
                example = content.get("application/json", {}).get("example") or {}
                for known, kinds in kinds_in(example).items():
                    steps = known.split(".")
                    for start in range(len(steps)):
                        found.setdefault(".".join(steps[start:]), []).append(kinds)
    return found


# --- verdicts ------------------------------------------------------------------------------------------
def source_of(exchange: str, path: str, kinds: set[str]) -> str:
    """`recorded`, `described` (from documentation alone), or an empty text: nobody answers that."""
    method, _, status = exchange.split(" ")
    head = re.split(r"[.\[]", path)[0]
    if status != "200":
        if head in GATEWAY and kinds <= GATEWAY[head]:
            return "recorded" if head in ("ErrorNumber", "Type", "Message") else "described"
        if head == "Elements" and as_recorded(path, kinds, REFUSED):
            return "recorded"
        return (
            "described"
            if status == "400" and head == "Elements" and element(exchange, path, kinds)
            else ""
        )
    if head in ENVELOPE:
        known = LISTED["Invoices"] if head == "pagination" else WRITTEN["Invoices"]
        return "recorded" if as_recorded(path, kinds, known) else ""
    if path.endswith("[].StatusAttributeString"):
        return "described"  # of every element, where errors are not summarised
    names = (LISTED if method == "GET" else WRITTEN).get(head, ())
    if names and as_recorded(path, kinds, names):
        return "recorded"
    if description() is None:
        return "described"
    return "described" if by_description(exchange, path, kinds) or elsewhere(path, kinds) else ""


def element(exchange: str, path: str, kinds: set[str]) -> bool:
    """An element of a 400: the whole entity as it was understood, errors in any part of it."""
    method, where, _ = exchange.split(" ")
    plural = where.split("/")[2] if where.count("/") > 1 else where.split("/")[0]
    inside = path.replace("Elements", {"History": "HistoryRecords"}.get(plural, plural), 1)
    if inside.endswith(("ValidationErrors[].Message", "ValidationErrors", "HasErrors")):
        return True
    return bool(source_of(f"{method} {where} 200", inside, kinds))


def verdicts(answers: dict[str, dict[str, list[str]]]) -> dict[str, list[str]]:
    """`recorded`, `described` and `deviations`, each `exchange: path kinds`."""
    out: dict[str, list[str]] = {"recorded": [], "described": [], "deviations": []}
    for exchange, paths in answers.items():
        for path, kinds in paths.items():
            source = source_of(exchange, path, set(kinds))
            out[source or "deviations"].append(f"{exchange}: {path} {kinds}")
    return out

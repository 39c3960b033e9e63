"""Which key paths and kinds of values FreshBooks is known to answer.

`recorded`: read from a live account. `described`: samples of the SDKs, the vendor's collection, the
community's description. `worded`: a sentence of the reference alone, listed here.
"""

import json
import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

SPECS = Path(__file__).resolve().parents[4] / "shared" / "specs" / "freshbooks"
RECORDED = SPECS / "observed-shapes.json"
OPENAPI = SPECS / "community-openapi.yaml"
Known = dict[str, dict[str, set[str]]]

TEXTS = {"str", "str:empty", "str:guid", "str:date", "str:time", "str:decimal"}
PLURALS = {
    "invoices": "invoice",
    "clients": "client",
    "items": "item",
    "taxes": "tax",
    "payments": "payment",
    "credit_notes": "credit_note",
    "expenses": "expense",
    "categories": "category",
    "callbacks": "callback",
    "journal_entries": "journal_entry",
    "journal_entry_accounts": "journal_entry_account",
    "journal_entry_details": "journal_entry_detail",
    "other_income": "other_income",
}
SCHEMAS = {
    "invoice": "Invoice",
    "client": "Client",
    "item": "Item",
    "tax": "Tax",
    "payment": "Payment",
    "credit_note": "CreditNote",
    "expense": "Expense",
    "category": "ExpenseCategory",
    "callback": "Callback",
    "journal_entry_account": "JournalEntryAccount",
    "journal_entry_detail": "JournalEntryDetail",
    "other_income": "OtherIncome",
    "taxsummary": "TaxSummaryReport",
    "share_link": "ShareLink",
}
ENVELOPE = ("page", "pages", "per_page", "total")
MONEY = {"amount": {"str:decimal", "str"}, "code": {"str"}}
# What a sentence of the reference names, and nothing shows.
WORDS: dict[str, dict[str, set[str]]] = {
    "list": {"sort": {"str"}},
    # The Python SDK is ready for one error alone, without a list.
    "errors": {
        "errors.errno": {"int"},
        **{f"errors.{name}": TEXTS for name in ("field", "message", "object", "value")},
    },
    # An invoice's whole tax summary row, an account's statement, the account's own settings.
    "taxsummary": {
        "company_name": {"str"},
        "taxes[].tax_name": {"str"},
        **{
            f"taxes[].{name}.{part}": kinds
            for name in (
                "tax_collected",
                "tax_paid",
                "net_tax",
                "taxable_amount_collected",
                "taxable_amount_paid",
                "net_taxable_amount",
            )
            for part, kinds in MONEY.items()
        },
    },
    "account_statement": {
        **{key: {"str"} for key in ("company_name", "currency_code", "download_token")},
        **{key: {"str:date"} for key in ("start_date", "end_date", "entries[].date")},
        **{key: {"int"} for key in ("clientid", "entries[].id")},
        "entries[].type": {"str"},
        "entries[].number": {"str", "null"},
        **{
            f"{name}.{part}": kinds
            for name in ("opening_balance", "closing_balance", "entries[].amount")
            for part, kinds in MONEY.items()
        },
    },
    "system": {
        **{key: {"int"} for key in ("id", "systemid")},
        **{key: {"str"} for key in ("accounting_systemid", "currency_code", "name", "country")},
    },
    # §2: an account may be missing; §4: a payment that is an overpayment, or spends a credit.
    "me": {
        "business_memberships[].business.account_id": {"null"},
        "business_memberships[].business.phone_number": {"null"},
    },
    "payment": {
        **{key: {"int"} for key in ("creditid", "overpaymentid")},
        "invoiceid": {"null"},
        "transactionid": TEXTS,
        "from_credit": {"bool"},
        "orderid": {"int"},
        "send_client_notification": {"bool"},
    },
    "invoice": {"deposit_percentage": {"null"}, "po_number": TEXTS, "terms": TEXTS},
    "client": {
        **{f"contacts[].{name}": TEXTS for name in ("email", "fname", "lname", "phone1")},
        "contacts": {"array"},
    },
    "journal_entry_detail": {
        name: {*TEXTS, "null", "int"}
        for name in "categoryid credit debit detailid id name user_entered_date".split()  # noqa: SIM905 # names
    },
}


def kind_of(value: Any) -> str:
    from apps.sandbox.freshbooks.shapes import kind_of as named

    return named(value)


@cache
def live() -> Known:
    """Entity -> path inside it -> kinds, as somebody read them; a text stands for any text."""
    found: Known = defaultdict(lambda: defaultdict(set))
    for name, each in json.loads(RECORDED.read_text()).items():
        if not name.startswith("_") and each["what"] == "LIVE":
            for path, kinds in each["paths"].items():
                entity, inside = placed(name, path.replace("?", ""))
                found[entity][inside] |= read_kinds(kinds)
    return found


def placed(name: str, path: str) -> tuple[str, str]:
    if name.startswith("client"):
        return "client", path
    if name.startswith(("401", "POST token")):
        return "plain", path
    if name == "accounting list envelope":
        return "list", path.removeprefix("response.result.")
    if name == "ledger_accounts list":
        return "data", path.removeprefix("data[]").removeprefix(".")
    return entity_of(path)


def read_kinds(kinds: list[str]) -> set[str]:
    out: set[str] = set()
    for each in kinds:
        for one in re.split(r"\|", each.split(" ")[0]):
            out |= {"str:guid"} if one == "guid" else TEXTS if one.startswith("str") else {one}
    return out


def entity_of(path: str) -> tuple[str, str]:
    """`response.result.invoices[].amount.code` -> (`invoice`, `amount.code`)."""
    rest = path
    for prefix in ("response.result.", "response."):
        if path.startswith(prefix):
            rest = path.removeprefix(prefix)
            break
    else:
        if path.startswith("data"):
            return "data", re.sub(r"^data(\[\])?\.?", "", path)
        return "plain", path
    head, _, inside = rest.partition(".")
    word = head.removesuffix("[]")
    if word in ENVELOPE or word == "sort":
        return "list", word
    if path.startswith("response.") and not path.startswith("response.result."):
        if word == "subscription_statuses":
            # By account: its name is a key.
            return "me", word
        return ("errors", rest) if word == "errors" else ("me", rest)
    if word in PLURALS and (head.endswith("[]") or not inside):
        return PLURALS[word], inside
    return word, inside


@cache
def described() -> Known:
    found: Known = defaultdict(lambda: defaultdict(set))
    for name, each in json.loads(RECORDED.read_text()).items():
        if not name.startswith("_") and each["what"] == "DOC":
            for path, kinds in each["paths"].items():
                entity, inside = entity_of(path)
                found[entity][inside] |= read_kinds(kinds)
    for file in SPECS.glob("*-sdk/*.json"):
        for path, kind in sample_leaves(json.loads(file.read_text())):
            entity, inside = entity_of(path)
            found[entity][inside] |= TEXTS if kind.startswith("str") else {kind}
    for entity, schema in SCHEMAS.items():
        for inside, kinds in schema_paths(schema).items():
            found[entity][inside] |= kinds
    return found


def sample_leaves(content: Any) -> list[tuple[str, str]]:
    from apps.sandbox.shapes import leaves

    return [(path, kind_of(value)) for path, value in leaves(content)]


@cache
def description() -> Any:
    if not OPENAPI.exists():
        return None
    try:
        import yaml
    except ImportError:
        return None
    return yaml.load(OPENAPI.read_text(), Loader=yaml.CSafeLoader)


KINDS = {
    "string": TEXTS,
    "number": {"number", "int"},
    "integer": {"int"},
    "boolean": {"bool"},
    "null": {"null"},
    "array": {"array"},
    "object": {"object"},
}


def schema_paths(name: str) -> dict[str, set[str]]:
    """Path -> kinds of a schema of the community's description; none where nothing reads it."""
    if description() is None:
        return {}
    schemas = description()["components"]["schemas"]
    out: dict[str, set[str]] = {}

    def walk(schema: Any, path: str) -> None:
        while "$ref" in schema:
            schema = schemas[schema["$ref"].split("/")[-1]]
        types = schema.get("type", "string" if "enum" in schema else "object")
        types = types if isinstance(types, list) else [types]
        if "properties" in schema:
            for key, member in schema["properties"].items():
                walk(member, f"{path}.{key}" if path else key)
        elif "array" in types and "items" in schema:
            walk(schema["items"], f"{path}[]")
        else:
            out[path] = set().union(*(KINDS[one] for one in types))

    walk(schemas[name], "")
    return out


def has(known: Known, entity: str, inside: str, kinds: set[str]) -> bool:
    of_entity = known.get(entity, {})
    if inside in of_entity and kinds <= (of_entity[inside] or TEXTS):
        return True
    nothing_in_it = kinds <= {"array", "object"}
    below = (f"{inside}[]", f"{inside}.") if inside else ("",)
    return nothing_in_it and any(one.startswith(below) for one in of_entity)


def source_of(exchange: str, path: str, kinds: set[str]) -> str:
    """`recorded`, `described`, `worded`, or an empty text: nobody answers that."""
    entity, inside = entity_of(path)
    if entity == "result":
        return "described"
    merged: set[str] = set()
    for name, known in (("recorded", live()), ("described", described()), ("worded", WORDS)):
        if has(known, entity, inside, kinds):
            return name
        merged |= known.get(entity, {}).get(inside, set())
    return "worded" if kinds <= merged else ""


def verdicts(answers: dict[str, dict[str, list[str]]]) -> dict[str, list[str]]:
    """`recorded`, `described`, `worded` and `deviations`, each `exchange: path kinds`."""
    out: dict[str, list[str]] = {"recorded": [], "described": [], "worded": [], "deviations": []}
    for exchange, paths in answers.items():
        for path, kinds in paths.items():
            if path == "response":
                out["described"].append(f"{exchange}: {path} {kinds}")
                continue
            source = source_of(exchange, path, set(kinds))
            if not source and description() is None:
                source = "described"
            out[source or "deviations"].append(f"{exchange}: {path} {kinds}")
    return out

"""The parts of the Make app that follow from the catalogue: a webhook and an instant trigger for each
kind of thing that events tell of, with what it gives and a sample.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from apps.triggers.models import EventType
from apps.triggers.shapes import CustomerShape, InvoiceShape, PaymentShape
from tests.automation import examples
from tests.automation.fields import MOMENT, Field, fields_of, words

FOLDER: Final = Path("docs/automation/make")
# A day stays a text: as a date of Make's it would have a time, and another day in other time zones.
TYPES: Final = {"integer": "integer", "boolean": "boolean", MOMENT: "date"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """An instant trigger. `name` ends the names of its module and of its webhook."""

    name: str
    label: str
    description: str
    types: tuple[EventType, ...]


WATCHED: Final = (
    Watched(
        name="Invoices",
        label="Watch Invoices",
        description="Triggers when an invoice is issued, paid, voided or overdue.",
        types=(
            EventType.INVOICE_ISSUED,
            EventType.INVOICE_PAID,
            EventType.INVOICE_VOIDED,
            EventType.INVOICE_OVERDUE,
        ),
    ),
    Watched(
        name="Payments",
        label="Watch Payments",
        description="Triggers when money of a customer is recorded.",
        types=(EventType.PAYMENT_RECEIVED,),
    ),
    Watched(
        name="Refunds",
        label="Watch Refunds and Returned Payments",
        description="Triggers when money is paid out to a customer, or a payment comes back.",
        types=(EventType.REFUND_PAID, EventType.PAYMENT_RETURNED),
    ),
    Watched(
        name="CreditNotes",
        label="Watch Credit Notes",
        description="Triggers when a credit note is issued.",
        types=(EventType.CREDIT_NOTE_ISSUED,),
    ),
    Watched(
        name="Deposits",
        label="Watch Bank Deposits",
        description="Triggers when payments are put together as one line of the bank statement.",
        types=(EventType.DEPOSIT_MADE,),
    ),
    Watched(
        name="Customers",
        label="Watch Customers",
        description="Triggers when a customer is added or changed.",
        types=(EventType.CUSTOMER_CREATED, EventType.CUSTOMER_UPDATED),
    ),
    Watched(
        name="Records",
        label="Watch Records in the Books",
        description="Triggers when the accounting books hold a record, or a record needs a person.",
        types=(EventType.RECORD_IN_BOOKS, EventType.SYNC_FAILED),
    ),
    Watched(
        name="Connections",
        label="Watch Connections",
        description="Triggers when a set of books has to be connected again.",
        types=(EventType.CONNECTION_LOST,),
    ),
    Watched(
        name="Comparisons",
        label="Watch Comparisons",
        description="Triggers when Tieout and the accounting books differ, where they agreed before.",
        types=(EventType.AGREEMENT_BROKEN,),
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Module:
    """One whose requests and parameters are written by hand. `name` is that of its folder, too."""

    name: str
    label: str
    description: str
    type: str
    group: str
    crud: str = ""


MODULES: Final = (
    Module(
        name="searchCustomers",
        label="Search Customers",
        description="Finds customers by code, email or name.",
        type="search",
        group="Customers",
    ),
    Module(
        name="createCustomer",
        label="Create a Customer",
        description="Creates a customer.",
        type="action",
        group="Customers",
        crud="create",
    ),
    Module(
        name="searchInvoices",
        label="Search Invoices",
        description="Finds invoices by number, status, customer or date.",
        type="search",
        group="Invoices",
    ),
    Module(
        name="createInvoice",
        label="Create an Invoice Draft",
        description="Creates the draft of an invoice. It is owed by nobody until it is issued.",
        type="action",
        group="Invoices",
        crud="create",
    ),
    Module(
        name="issueInvoice",
        label="Issue an Invoice",
        description="Issues a draft: it gets its number and goes to the accounting books.",
        type="action",
        group="Invoices",
        crud="update",
    ),
    Module(
        name="recordPayment",
        label="Record a Payment",
        description="Records money that a customer paid, and sets it against invoices.",
        type="action",
        group="Payments",
        crud="create",
    ),
    Module(
        name="makeApiCall",
        label="Make an API Call",
        description="Performs any call of the API of Tieout.",
        type="universal",
        group="Other",
    ),
)
CODES: Final = ("communication", "staticParams", "mappableParams", "interface", "samples")

# What a module gives that is written by hand: its shape and a sample.
GIVES: Final = {
    "search-customers": (CustomerShape, examples.CUSTOMER),
    "create-customer": (CustomerShape, examples.CUSTOMER),
    "search-invoices": (InvoiceShape, examples.INVOICE),
    "create-invoice": (InvoiceShape, examples.INVOICE),
    "issue-invoice": (InvoiceShape, examples.INVOICE),
    "record-payment": (PaymentShape, examples.PAYMENT),
}


def files() -> Iterator[tuple[Path, Any]]:
    for name, (shape, record) in GIVES.items():
        yield _path(f"modules/{name}", "interface"), interface(fields_of(shape))
        yield _path(f"modules/{name}", "samples"), record
    yield FOLDER / "makecomapp.json", manifest()
    yield FOLDER / "modules/groups.json", groups()
    for each in WATCHED:
        for name, content in _webhook(each).items():
            yield _path(f"webhooks/{_kebab(each.name)}", name), content
        for name, content in _module(each).items():
            yield _path(f"modules/watch/{_kebab(each.name)}", name), content


def manifest() -> dict[str, Any]:
    """makecomapp.json, by which Make's editor finds what to deploy. Where to, it asks the first time."""
    return {
        "fileVersion": 1,
        "generalCodeFiles": {
            "base": "general/base.iml.json",
            "common": None,
            "groups": "modules/groups.json",
            "readme": "README.md",
        },
        "components": {
            "connection": {
                "tieout": {
                    "label": "Tieout",
                    "connectionType": "basic",
                    "codeFiles": _named("connections/tieout", ("communication", "params")),
                }
            },
            "webhook": _webhooks(),
            "module": {**_triggers(), **_modules()},
            "rpc": {
                "listCompanies": {
                    "label": "List companies",
                    "connection": "tieout",
                    "codeFiles": _named("rpcs/list-companies", ("communication", "params")),
                }
            },
            "function": {},
        },
        "origins": [],
    }


def groups() -> list[dict[str, Any]]:
    by_label: dict[str, list[str]] = {"Events": list(_triggers())}
    for each in MODULES:
        by_label.setdefault(each.group, []).append(each.name)
    return [{"label": label, "modules": names} for label, names in by_label.items()]


def _webhooks() -> dict[str, Any]:
    return {
        f"events{each.name}": {
            "label": each.label.removeprefix("Watch "),
            "webhookType": "web",
            "connection": "tieout",
            "codeFiles": _named(f"webhooks/{_kebab(each.name)}", _webhook(each)),
        }
        for each in WATCHED
    }


def _modules() -> dict[str, Any]:
    made = {}
    for each in MODULES:
        described: dict[str, Any] = {
            "label": each.label,
            "description": each.description,
            "moduleType": each.type,
        }
        if each.crud:
            described["actionCrud"] = each.crud
        made[each.name] = {
            **described,
            "connection": "tieout",
            "codeFiles": _named(f"modules/{_kebab(each.name)}", CODES),
        }
    return made


def _triggers() -> dict[str, Any]:
    return {
        f"watch{each.name}": {
            "label": each.label,
            "description": each.description,
            "moduleType": "instant_trigger",
            "connection": None,
            "webhook": f"events{each.name}",
            "codeFiles": _named(f"modules/watch/{_kebab(each.name)}", _module(each)),
        }
        for each in WATCHED
    }


def interface(fields: tuple[Field, ...]) -> list[dict[str, Any]]:
    """What a module gives, as Make describes it."""
    made = []
    for each in fields:
        one: dict[str, Any] = {"name": each.name, "label": words(each.name)}
        if each.many:
            one["type"] = "array"
            one["spec"] = interface(each.fields) if each.fields else {"type": _type(each)}
        elif each.fields:
            one["type"], one["spec"] = "collection", interface(each.fields)
        else:
            one["type"] = _type(each)
        made.append(one)
    return made


def _webhook(watched: Watched) -> dict[str, Any]:
    event = {
        "name": "event",
        "label": "When",
        "type": "select",
        "required": True,
        "options": [{"label": each.label, "value": each.value} for each in watched.types],
        "default": watched.types[0].value,
    }
    company = {
        "name": "company",
        "label": "Company",
        "type": "select",
        "options": "rpc://listCompanies",
        "help": "Whose events. May be left empty where the key of the connection is for one company.",
    }
    return {
        "communication": {"output": "{{body}}", "respond": {"status": 200}},
        "params": [event, company],
        "attach": {
            "url": "/hooks",
            "method": "POST",
            "body": {
                "event": "{{parameters.event}}",
                "target_url": "{{webhook.url}}",
                "company": "{{parameters.company}}",
            },
            "response": {"data": {"externalHookId": "{{body.id}}"}},
        },
        "detach": {"url": "/hooks/{{webhook.externalHookId}}", "method": "DELETE"},
    }


def _module(watched: Watched) -> dict[str, Any]:
    first = watched.types[0].value
    return {
        "communication": {},
        "staticParams": [],
        "interface": interface(fields_of(examples.envelope_shape(first))),
        "samples": examples.example(first),
    }


def _named(folder: str, codes: Iterable[str]) -> dict[str, str]:
    return {name: str(_path(folder, name).relative_to(FOLDER)) for name in codes}


def _path(folder: str, code: str) -> Path:
    """Named as the editor of Make names it: `staticParams` is in `….static-params.iml.json`."""
    return FOLDER / folder / f"{folder.rsplit('/', 1)[1]}.{_kebab(code)}.iml.json"


def _kebab(name: str) -> str:
    return "".join(f"-{each.lower()}" if each.isupper() else each for each in name).lstrip("-")


def _type(field: Field) -> str:
    return TYPES.get(field.kind, "text")

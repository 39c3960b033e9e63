"""What the Zapier app shows of each event and of each record: a sample, and the names of its fields.

Names of fields inside others are written as Zapier writes them: `customer__name`, and `lines[]net` for a
field of each of many (docs.zapier.com, “Nested & children (line item) fields”).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from apps.triggers.events.catalogue import CATALOGUE
from apps.triggers.shapes import CustomerShape, InvoiceShape, PaymentShape
from tests.automation import examples
from tests.automation.fields import DAY, MOMENT, Field, fields_of

FOLDER: Final = Path("docs/automation/zapier/made")
RECORDS: Final = {
    "customer": (CustomerShape, examples.CUSTOMER),
    "invoice": (InvoiceShape, examples.INVOICE),
    "payment": (PaymentShape, examples.PAYMENT),
}
TYPES: Final = {"integer": "integer", "boolean": "boolean", DAY: "datetime", MOMENT: "datetime"}
LABELS: Final = {
    "id": "Event ID",
    "type": "Event Type",
    "version": "Event Version",
    "timestamp": "Happened At",
    "company__id": "Company ID",
    "company__name": "Company Name",
    "source": "Books It Came From",
    "test": "Is a Test",
}


def files() -> Iterator[tuple[Path, Any]]:
    for type in CATALOGUE:
        fields = list(_keys(fields_of(examples.envelope_shape(type))))
        content = {
            "sample": examples.example(type),
            "outputFields": [_output(key, field, _label_in_event(key)) for key, field in fields],
        }
        yield FOLDER / "events" / f"{type.replace('.', '_')}.json", content
    for name, (shape, record) in RECORDS.items():
        content = {
            "sample": record,
            "outputFields": [
                _output(key, field, _label(key)) for key, field in _keys(fields_of(shape))
            ],
        }
        yield FOLDER / "records" / f"{name}.json", content


def _keys(fields: tuple[Field, ...], before: str = "") -> Iterator[tuple[str, Field]]:
    for each in fields:
        key = f"{before}{each.name}"
        if each.fields:
            yield from _keys(each.fields, f"{key}[]" if each.many else f"{key}__")
        else:
            yield key, each


def _output(key: str, field: Field, label: str) -> dict[str, Any]:
    made: dict[str, Any] = {"key": key, "label": label, "type": TYPES.get(field.kind, "string")}
    if field.many:
        made["list"] = True
    return made


def _label_in_event(key: str) -> str:
    return LABELS.get(key) or _label(key.removeprefix("data__"))


def _label(key: str) -> str:
    words = key.replace("[]", "__").replace("__", "_").split("_")
    return " ".join("ID" if each == "id" else each[:1].upper() + each[1:] for each in words)

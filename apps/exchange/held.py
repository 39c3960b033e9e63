"""What is held of a person: a member of staff or a contact by an e-mail address, a customer by its record.

Rows that are about them are told whole. Of every other row in which their address stands (bodies of
calls and snapshots included, opened as they are kept) the place is told: it may hold others' data too.
"""

import json
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone

from apps.billing.models import Customer
from apps.staff.models import SecurityEvent, User

CHUNK: Final = 500  # rows read at a time
# Of a row: what lets in, and what only machines read.
NEVER_TOLD: Final = ("password", "token", "secret", "sealed", "digest")
# How long what stands there is kept, and why. The first that fits the row's table.
STAYS: Final = (
    ("billing.Item", "What is sold; it stays until somebody changes it."),
    ("billing.Historical", "History of records that books rest on: kept for the statutory period."),
    ("billing.", "Documents and money, and who they are of: kept for the statutory period."),
    ("sync.Call", ("What went to the books and what they answered: the body goes after 30 days, "
                  "after 400 where it was refused.")),
    ("sync.", "What stands in the books over there, and what was agreed on: kept with its record."),
    ("triggers.", "What was told to other programs: it goes after 90 days."),
    ("webhooks.", "What their systems told us: it goes after 30 days."),
    ("exchange.", "Files and letters: files go when their time is over, the row of a letter stays."),
    ("staff.SecurityEvent", "Who did what to access: it goes after 400 days."),
    ("staff.", "Who may sign in. Whoever signed or posted something stays named in the books."),
    ("account.", "How they sign in."),
    ("reconciliation.", "What was compared and signed: kept as proof."),
)  # fmt: skip
ELSE_STAYS: Final = "Kept as long as the record that it belongs to."


# By what a customer is known elsewhere; shorter words than this stand in others' rows too.
KNOWN_BY: Final = ("name", "email", "phone", "tax_number")
SHORTEST: Final = 5
ELSEWHERE: Final = (
    "Bodies of calls, snapshots and logs that name this customer are not listed here. Whoever runs "
    "Tieout lists them by “manage.py held --customer”."
)

STAFF_ELSEWHERE: Final = (
    "What they posted and signed names them in the books and is not listed here. Whoever runs Tieout "
    "lists where their address stands by “manage.py held”."
)


def told_of(email: str) -> dict[str, Any]:
    """Everything, as JSON values; `found` is false where nothing is held."""
    email = email.strip().lower()
    customers = [_customer(each) for each in Customer.objects.filter(email__iexact=email)]
    staff = [_staff(each) for each in User.objects.filter(email__iexact=email)]
    mentions = list(_mentions({email}))
    return {
        "asked_for": email,
        "made_at": timezone.now(),
        "found": bool(customers or staff or mentions),
        "customers": customers,
        "staff": staff,
        "stands_also_in": mentions,
    }


def told_of_customer(customer: Customer) -> dict[str, Any]:
    """What its record, the record's history and the rows that name the record say; likewise of
    those that were merged into it, which are the same customer.

    Its own company's rows alone are read, so whoever sees the customer may be given this.
    """
    return {
        "asked_for": str(customer.public_id),
        "made_at": timezone.now(),
        "found": True,
        "customers": [_customer(each) for each in (customer, *customer.aliases.all())],
        "staff": [],
        "elsewhere": ELSEWHERE,
    }


def told_of_staff(person: User) -> dict[str, Any]:
    """Their own row, their roles, and what was noted of them as who acted or who it was done to."""
    return {
        "asked_for": person.email,
        "made_at": timezone.now(),
        "found": True,
        "customers": [],
        "staff": [_staff(person)],
        "elsewhere": STAFF_ELSEWHERE,
    }


def told_everywhere(customer: Customer) -> dict[str, Any]:
    """The same, and each row of any table in which something stands that it has or had: a name, an
    e-mail address, a phone or tax number. Reads every table: for the host, not for a page."""
    told = told_of_customer(customer)
    del told["elsewhere"]
    return told | {"stands_also_in": list(_mentions(known_by(customer)))}


def known_by(customer: Customer) -> set[str]:
    """In small letters: each name, e-mail address, phone and tax number that it has or had, and
    those of the ones that were merged into it."""
    values: list[str] = []
    for each in (customer, *customer.aliases.all()):
        values.extend(getattr(each, name) for name in KNOWN_BY)
        for before in each.history.values_list(*KNOWN_BY):
            values.extend(before)
    return {value.strip().lower() for value in values if len(value.strip()) >= SHORTEST}


def as_text(told: dict[str, Any]) -> str:
    return json.dumps(told, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False) + "\n"


def _customer(customer: Customer) -> dict[str, Any]:
    """The customer, how it was before, and every row that names it, histories included."""
    about = {
        f"{model._meta.label} ({name})": [
            row_of(row) for row in model._base_manager.filter(**{name: customer})
        ]
        for model, name in _named_by()
    }
    history = [row_of(row) for row in customer.history.all()]
    return {
        "now": row_of(customer),
        "before": history,
        "about": {k: v for k, v in about.items() if v},
    }


def _named_by() -> Iterator[tuple[type[models.Model], str]]:
    """Each model that names a customer, and by which field; not one customer by another: what is
    below a head office is somebody else."""
    for each in Customer._meta.get_fields(include_hidden=True):
        if not isinstance(each, models.ManyToOneRel):
            continue
        model: Any = each.related_model
        if model not in (Customer, Customer.history.model):
            yield model, each.field.name


def _staff(person: User) -> dict[str, Any]:
    events = SecurityEvent.objects.filter(models.Q(person=person) | models.Q(subject=person))
    return {
        "now": row_of(person),
        "roles": [each.name for each in person.groups.all()],
        "events": [row_of(each) for each in events],
    }


def row_of(row: models.Model) -> dict[str, Any]:
    """Its fields by their names, without what lets in and what is kept packed."""
    return {
        field.name: field.value_from_object(row)
        for field in row._meta.concrete_fields
        if not isinstance(field, models.BinaryField)
        and not any(word in field.name for word in NEVER_TOLD)
    }


def _mentions(words: set[str]) -> Iterator[dict[str, Any]]:
    """Each row of each table in which one of the words stands; they are in small letters."""
    # JSON of other programs writes what is not ASCII as escapes.
    sought = words | {json.dumps(word)[1:-1] for word in words}
    for model in apps.get_models():
        columns = [field for field in model._meta.concrete_fields if _may_hold(field)]
        if not columns or model._meta.proxy or not model._meta.managed:
            continue
        names = [each.attname for each in columns]
        rows = model._base_manager.values_list("pk", *names)
        for key, *values in rows.iterator(chunk_size=CHUNK):
            where = [
                name
                for name, value in zip(names, values, strict=True)
                if value and _stands_in(_opened(value).lower(), sought)
            ]
            if where:
                label = model._meta.label
                yield {"table": label, "key": str(key), "in": where, "stays": stays_because(label)}


def _stands_in(text: str, sought: set[str]) -> bool:
    return any(word in text for word in sought)


def _may_hold(field: Any) -> bool:
    kinds = models.CharField | models.TextField | models.JSONField | models.BinaryField
    return isinstance(field, kinds) and not any(word in field.name for word in NEVER_TOLD)


def _opened(value: Any) -> str:
    """As text; what is compressed is opened."""
    if isinstance(value, bytes | memoryview):
        raw = bytes(value)
        with suppress(zlib.error):  # kept as it came
            raw = zlib.decompress(raw)
        return raw.decode("utf-8", "replace")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def stays_because(label: str) -> str:
    """How long what stands in a table is kept, and why."""
    return next((words for begins, words in STAYS if label.startswith(begins)), ELSE_STAYS)

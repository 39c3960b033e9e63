"""Every field of every row of the product's tables, and what differs between two looks at them.

Written apart from what it checks: which rows are a company's is not asked, all of them are looked at,
and what names a row by its key is found by the rules below.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import connection, models

from apps.core.lifting import lifted
from apps.exchange.archive.carried import kinds
from apps.exchange.archive.returning import RESTORED
from apps.staff.models import User

Photograph = dict[str, list[dict[str, Any]]]

PERSON_FIELDS = {
    "made_by_id",
    "issued_by_id",
    "brought_by_id",
    "released_by_id",
    "taken_back_by_id",
    "answered_by_id",
}
NAMED_IN_JSON = {"rate_id", "component_id", "item", "tax_rate", "payment", "refund"}
NAMED_IN_ANSWERS = {"method", "tax_rate", "fee_tax_rate", "note"}
# What a restored company is without, or knows anew: (model, field).
MEANT = {
    *((name, "grant_id") for name in ("connections.Connection", "connections.HistoricalConnection")),
    *(("connections.Connection", name) for name in (
        "lease_holder", "lease_until", "woken_at", "asked_to_get_at", "stage", "stage_reason",
        "found_older_at", "read_anew")),
    ("exchange.FileImport", "path"),
    ("connections.BatchFile", "sealed"),
    ("connections.BroughtFile", "sealed"),
}  # fmt: skip


def photograph() -> Photograph:
    people = dict(User.objects.values_list("pk", "email"))
    found: Photograph = {}
    for model in (kind.model for kind in kinds()):
        fields = model._meta.concrete_fields  # generated ones too
        rows = models.QuerySet(model).order_by("pk").values(*(each.attname for each in fields))
        if model._meta.label == "connections.HistoricalConnection":
            rows = rows.exclude(
                stage_reason=RESTORED
            )  # that it was disconnected here, by the restore
        found[model._meta.label] = [
            {name: _seen(model, name, value, people) for name, value in row.items()} for row in rows
        ]
    return found


def _seen(model: type[models.Model], name: str, value: Any, people: dict[int, str]) -> Any:
    field = model._meta.get_field(name)
    is_person = name in PERSON_FIELDS or (field.remote_field and field.remote_field.model is User)
    if is_person and value is not None:
        return people[value]
    if isinstance(value, memoryview):
        return bytes(value)
    return value


def differences(before: Photograph, after: Photograph, moved_by: int) -> list[str]:
    """In words, one for each row or field; [] where nothing differs but what is meant to."""
    meant = MEANT | ({("billing.Approval", "fingerprint")} if moved_by else set())
    found = []
    for label in {*before, *after}:
        then, now = before.get(label, []), after.get(label, [])
        if len(then) != len(now):
            found.append(f"{label}: {len(then)} rows, then {len(now)}")
            continue
        for one, other in zip(then, now, strict=True):
            found += [
                f"{label} {one.get('id')} {name}: {value!r}, then {other[name]!r}"
                for name, value in one.items()
                if (label, name) not in meant
                and not _same(_moved(label, name, value, moved_by), other[name])
            ]
    return found


def _same(one: Any, other: Any) -> bool:
    return bool(one == other) and (not isinstance(one, Decimal) or f"{one:f}" == f"{other:f}")


def _moved(label: str, name: str, value: Any, by: int) -> Any:
    if value is None or not by:
        return value
    model = apps.get_model(label)
    field = model._meta.get_field(name)
    is_key = field.remote_field is not None or field.primary_key or name in ("id", "history_id")
    if is_key and isinstance(value, int):
        return value + by
    if name in ("taxes", "lines_then"):
        return [
            {
                key: part + by if key in NAMED_IN_JSON and part else part
                for key, part in each.items()
            }
            for each in value
        ]
    if name == "answers":
        return {
            key: str(int(part) + by) if key in NAMED_IN_ANSWERS else part
            for key, part in value.items()
        }
    if (label, name) == ("billing.Erasure", "after"):
        return value + by
    if name == "plan":
        return _moved_plan(value, by)
    if name == "members":
        return [each + by for each in value]
    if name == "carried":
        return [[each[0] + by, *each[1:]] for each in value]
    if name == "ours" and label in ("reconciliation.Question", "reconciliation.Difference"):
        return [[kind, key + by] for kind, key in value]
    if (label, name) == ("reconciliation.KeptComparison", "found") and value:
        for total in value["totals"]:
            for each in total["explanations"]:
                each["ours"] = [[kind, key + by] for kind, key in each["ours"]]
        return value
    if (label, name) == ("reconciliation.ReviewItem", "key"):
        return ":".join(
            str(int(part) + by) if part.isdigit() else part for part in value.split(":")
        )
    if (label, name) == ("reconciliation.ClosedMonth", "found"):
        return [
            {**each, "comparison": each["comparison"] and each["comparison"] + by} for each in value
        ]
    if name == "waits_for":
        return re.sub(r"(?<=:)[1-9]\d*", lambda found: str(int(found[0]) + by), value)
    if name == "history_change_reason":
        return re.sub(
            r"^connection:\d+", lambda found: f"connection:{int(found[0][11:]) + by}", value
        )
    if (label, name) == ("exchange.FileImport", "profile"):
        return re.sub(r"(?<=^own-)\d+", lambda found: str(int(found[0]) + by), value)
    if name in ("made_in", "origin") or (label == "billing.OutsideDeposit" and name == "key"):
        return re.sub(
            r"^(connection:)(\d+)", lambda found: f"{found[1]}{int(found[2]) + by}", value
        )
    return value


def _moved_plan(plan: dict[str, Any], by: int) -> dict[str, Any]:
    """Money on hold names whose it is, through what it came, and what it settles."""
    single = ("customer", "method", "payment", "bank_account")
    moved = {name: told + by if name in single else told for name, told in plan.items()}
    for name in ("payments", "refunds"):
        if name in moved:
            moved[name] = [each + by for each in moved[name]]
    if "parts" in moved:
        moved["parts"] = [{**each, "invoice": each["invoice"] + by} for each in moved["parts"]]
    return moved


def cleared() -> None:
    """Empty every table of ours but the people's. The counters of keys go on."""
    ours = [
        each._meta.db_table
        for each in apps.get_models(include_auto_created=True)
        if each.__module__.startswith("apps.") and each._meta.app_label not in ("staff", "sandbox")
    ]
    with lifted(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            names = ", ".join(f'"{each}"' for each in ours)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            cursor.execute(f"TRUNCATE {names} CASCADE")
        else:
            for each in ours:
                cursor.execute(f'DELETE FROM "{each}"')


def keys_named(after: Photograph) -> Iterator[tuple[str, str, int]]:
    """Where it is named, and model and key of each row that a text or JSON names."""
    for label, rows in after.items():
        for row in rows:
            for each in row.get("taxes") or ():
                yield label, "billing.TaxRate", each["rate_id"]
                yield label, "billing.TaxComponent", each["component_id"]
            for each in row.get("lines_then") or ():
                yield from (
                    (label, LINES_NAME[key], each[key]) for key in LINES_NAME if each.get(key)
                )
            for each in row.get("members") or ():
                yield label, "sync.SyncRecord", each
            for each in row.get("carried") or ():
                yield label, "billing.Allocation", each[0]
            for name in ("made_in", "origin", "key", "history_change_reason"):
                if found := re.match(r"connection:(\d+)", str(row.get(name) or "")):
                    yield label, "connections.Connection", int(found[1])
            if found := re.fullmatch(r"own-(\d+)", str(row.get("profile") or "")):
                yield label, "exchange.ImportProfile", int(found[1])
            if str(row.get("waits_for") or "").startswith("record:customer:"):
                yield label, "billing.Customer", int(row["waits_for"].split(":")[2])


LINES_NAME = {
    "item": "billing.Item",
    "tax_rate": "billing.TaxRate",
    "payment": "billing.Payment",
    "refund": "billing.Refund",
}

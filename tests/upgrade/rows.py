"""All rows of a database as JSON, written and read back through the models of one state of the
migrations, so that it fits either database and stays as it was while the models change."""

import gzip
import json
from pathlib import Path
from typing import Any

from django.db import connection, models, transaction
from django.db.migrations.executor import MigrationExecutor

HERE = Path(__file__).parent
KEPT = HERE / "first_version.json.gz"
FIGURES = HERE / "first_version_figures.json"
OURS = ("staff", "billing", "connections", "mappings", "sync", "reconciliation")
FIRST = [(label, "0001_first") for label in OURS]


def models_of_the_first_version() -> list[type[models.Model]]:
    """Of the state after each app's first migration, in an order in which rows can be made."""
    state = MigrationExecutor(connection).loader.project_state(FIRST)
    ours = [each for each in state.apps.get_models(include_auto_created=True) if _ours(each)]
    return sorted(ours, key=lambda each: each._meta.label)


def _ours(model: type[models.Model]) -> bool:
    if model._meta.label == "auth.Group":  # the roles, which people are in
        return True
    return model._meta.app_label in OURS and model._meta.managed and not model._meta.proxy


def keep(file: Path) -> None:
    """Write all rows of ours of the database at hand."""
    kept: dict[str, Any] = {}
    for model in models_of_the_first_version():
        fields = model._meta.concrete_fields
        rows = [
            [None if f.value_from_object(row) is None else _text(f, row) for f in fields]
            for row in model._base_manager.order_by("pk")
        ]
        kept[model._meta.label] = {"fields": [f.attname for f in fields], "rows": rows}
    plain = json.dumps(kept, separators=(",", ":"), ensure_ascii=False).encode()
    file.write_bytes(gzip.compress(plain, mtime=0))


def _text(field: Any, row: models.Model) -> Any:
    if isinstance(field, models.JSONField):
        return field.value_from_object(row)
    return field.value_to_string(row)


def put_back(file: Path = KEPT) -> dict[str, int]:
    """Fill the tables of the first version, which must be empty; label → rows made."""
    kept = json.loads(gzip.decompress(file.read_bytes()))
    made: dict[str, int] = {}
    with connection.constraint_checks_disabled(), transaction.atomic():
        for model in models_of_the_first_version():
            by_name = {f.attname: f for f in model._meta.concrete_fields}
            told = kept[model._meta.label]
            fields = [by_name[each] for each in told["fields"]]
            rows = [
                model(**{f.attname: _value(f, text) for f, text in zip(fields, row, strict=True)})
                for row in told["rows"]
            ]
            model._base_manager.bulk_create(
                rows, batch_size=500, ignore_conflicts=model._meta.label == "auth.Group"
            )
            made[model._meta.label] = len(rows)
        connection.check_constraints()
    _count_on(models_of_the_first_version())
    return made


def _value(field: Any, text: Any) -> Any:
    if text is None or isinstance(field, models.JSONField):
        return text
    if isinstance(field, models.ForeignKey):
        return field.target_field.to_python(text)
    return field.to_python(text)


def _count_on(made: list[type[models.Model]]) -> None:
    """New rows get new keys: PostgreSQL counts beside the rows."""
    from django.core.management.color import no_style

    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), made):
            cursor.execute(statement)

"""docs/automation/events.md: every type of event with its sentence, its fields and a sample."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from apps.triggers.events.catalogue import CATALOGUE, Told
from tests.automation import examples
from tests.automation.fields import Field, fields_of

PAGE: Final = Path("docs/automation/events.md")
KINDS: Final = {
    "string": "text",
    "uuid": "UUID",
    "date": "day, `2026-03-31`",
    "date-time": "moment, UTC",
    "integer": "whole number",
    "boolean": "true or false",
}
HEAD: Final = """\
# Events

<!-- Made from the catalogue: uv run python -m tests.automation.made -->

An event tells that something happened to one record of one company. Zapier, Make, n8n and your own
programs are sent the same JSON; lists of samples (`GET /api/v1/hooks/sample`) hold the same.

| event | says |
|---|---|
{table}

## What is around each

```json
{envelope}
```

| field | is |
|---|---|
| `id` | stays the same however often the event is sent: whoever has seen it has done what it asks for. Of a sample it begins with `sample_` |
| `type` | one of the table |
| `version` | 1; another number only where a field was taken out |
| `timestamp` | when it happened, UTC |
| `company` | whose it is |
| `source` | the books that the change came from; empty where it was made in Tieout. What writes back tells its own echo by it |
| `test` | true where somebody pressed *Send a test event* |
| `data` | the record as it stood then, below |

Every field is always there: `null` or empty where there is nothing. Amounts are texts with all decimals of
their currency, so that no reader makes a binary fraction of them. `revision` in the data grows with each
change of a record: what comes late can be told by it. Fields may be added; none is taken out or changes
its meaning within a version.
"""


def files() -> Iterator[tuple[Path, str]]:
    table = "\n".join(
        f"| [`{type}`](#{_anchor(type)}) | {told.says} |" for type, told in CATALOGUE.items()
    )
    around = json.dumps({**examples.example("invoice.paid"), "data": {}}, indent=2)
    parts = [HEAD.format(table=table, envelope=around.replace("{}", "{ … }"))]
    shown: dict[Any, str] = {}
    for type, told in CATALOGUE.items():
        parts.append(_section(type, told, shown))
        shown.setdefault(told.shape, type)
    yield PAGE, "\n".join(parts)


def _section(type: str, told: Told, shown: dict[Any, str]) -> str:
    """Of a shape that was shown before only where its fields are."""
    before = shown.get(told.shape)
    fields = (
        f"The data is as of [`{before}`](#{_anchor(before)})."
        if before
        else _table(fields_of(told.shape))
    )
    sample = json.dumps(examples.example(type)["data"], indent=2, ensure_ascii=False)
    head = f"## {type}\n\n{told.says}\n"
    return f"{head}\n{fields}\n\n<details><summary>A sample of its data</summary>\n\n```json\n{sample}\n```\n\n</details>\n"


def _table(fields: tuple[Field, ...]) -> str:
    rows = [f"| `{path}` | {_kind(field)} |" for path, field in _paths(fields)]
    return "\n".join(["| field of `data` | is |", "|---|---|", *rows])


def _paths(fields: tuple[Field, ...], before: str = "") -> Iterator[tuple[str, Field]]:
    for each in fields:
        path = f"{before}{each.name}{'[]' if each.many else ''}"
        if each.fields:
            if each.nullable:
                yield path, each
            yield from _paths(each.fields, f"{path}.")
        else:
            yield path, each


def _kind(field: Field) -> str:
    name = "the following, together" if field.fields else KINDS[field.kind]
    return f"{name}, or null" if field.nullable else name


def _anchor(type: str) -> str:
    return type.replace(".", "")

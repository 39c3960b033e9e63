"""Lines inside a cell, by the fields of their own headings."""

from apps.connectors.profiles import Field, Nested
from apps.exchange.tables.headings import heading_key
from apps.exchange.tables.nested import NestedDialect, nested_records
from apps.exchange.tables.port import Cell


def nested_cells(cell: str, nested: Nested) -> list[dict[Field, Cell]]:
    """The lines in a cell, each by field as written; none of a blank cell. Raises `CellRefused`."""
    dialect = NestedDialect(
        row_mark=nested.row_mark, delimiter=nested.delimiter, quote=nested.quote
    )
    return [_by_field(record, nested) for record in nested_records(cell, dialect)]


def _by_field(record: dict[str, str], nested: Nested) -> dict[Field, Cell]:
    by_key = {heading_key(heading): text for heading, text in record.items()}
    found: dict[Field, Cell] = {}
    for each, headings in nested.columns.items():
        for heading in headings:
            if (key := heading_key(heading)) in by_key:
                found[each] = by_key[key]
                break
    return found

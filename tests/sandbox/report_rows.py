"""Read a report's rows as plain texts."""

from typing import Any


def rows_of(found: Any) -> list[list[str]]:
    """Every row as its texts: a section's header, what lies in it, its summary."""
    out: list[list[str]] = []

    def walk(rows: list[Any]) -> None:
        for row in rows:
            if "Header" in row:
                out.append([cell["value"] for cell in row["Header"]["ColData"]])
            if "ColData" in row:
                out.append([cell["value"] for cell in row["ColData"]])
            walk(row.get("Rows", {}).get("Row", []))
            if "Summary" in row:
                out.append([cell["value"] for cell in row["Summary"]["ColData"]])

    walk(found["Rows"]["Row"])
    return out

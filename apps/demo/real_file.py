"""A company made from a file of real invoices, by the exchange's reader."""

from dataclasses import dataclass
from pathlib import Path

from apps.billing.changes import brought_along
from apps.demo.studio import Sample, open_company
from apps.demo.taxes import lay_vat
from apps.exchange.documents import Harvest
from apps.exchange.imports.harvesting import read
from apps.exchange.imports.loading import load, load_masters
from apps.exchange.profiles import PROFILES, Field

COMPANY = "Online Retail Ltd"


@dataclass(frozen=True, slots=True)
class FromFile:
    """The company, and what the reader said of the file."""

    sample: Sample
    harvest: Harvest


def build_from_file(
    path: Path, profile: str, limit: int | None, *, by_line: bool = False
) -> FromFile:
    """Read and load the file's first `limit` documents, with VAT laid over them, since the file
    names none. Raises FileRefused."""
    chosen = PROFILES[profile]
    harvest = read(path, limit=limit, profile=chosen)
    company = open_company(COMPANY, chosen.constants[Field.CURRENCY], by_line=by_line)
    load_masters(harvest, company)
    lay_vat(company)
    with brought_along("Taken over from the file"):
        load(harvest, company)
    return FromFile(Sample(company, frozenset()), harvest)


def write_refusals(harvest: Harvest, folder: Path) -> Path:
    """Every refused row and every note, one line each, for a person to read."""
    target = folder / "refused-and-noted.txt"
    lines = [
        f"row {each.row}: {each.document} refused: {each.sentence}" for each in harvest.refusals
    ]
    lines += [f"row {each.row}: {each.document} noted: {each.sentence}" for each in harvest.notes]
    target.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return target

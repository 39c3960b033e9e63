"""A file read whole into memory: for the demo, which plays with its first documents."""

from pathlib import Path

from apps.exchange.documents import Harvest
from apps.exchange.imports.assembling import Assembler
from apps.exchange.imports.opening import open_file
from apps.exchange.profiles import ONLINE_RETAIL, Profile

ROWS_EACH = 30  # of a document, about, when the beginning of a file tells how it is written


def read(path: Path, *, limit: int | None = None, profile: Profile = ONLINE_RETAIL) -> Harvest:
    """Read the file (CSV, plain or `.gz`, or Excel), or its first `limit` documents.

    Raises `FileRefused` when the file has not the profile's columns or cannot be read.
    """
    harvest = Harvest()
    assembler = Assembler(profile)
    lines = open_file(path, profile, at_most=None if limit is None else limit * ROWS_EACH)
    for gathered in assembler.documents(lines, limit=limit):
        harvest.rows_seen += gathered.rows
        harvest.refusals += gathered.refusals
        harvest.notes += gathered.notes
        if gathered.document is not None:
            harvest.documents.append(gathered.document)
    harvest.customers, harvest.items = assembler.customers, assembler.items
    refused = {each.document for each in harvest.refusals}
    harvest.documents_seen = len(refused | {each.number for each in harvest.documents})
    return harvest

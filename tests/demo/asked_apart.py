"""Ask the books of a finished demo apart: `python-quickbooks` with `intuit-oauth`, nothing of ours.

`uv run python -m tests.demo.asked_apart FOLDER`, after `demo --once --folder FOLDER …`: lists every
invoice and credit memo over there and compares number, total and balance with the rows here.
"""

import os
import sqlite3
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.independent import client_of, connected_app
from tests.sandbox_server import SandboxServer

PAGE = 500
Row = tuple[Decimal, Decimal]


def theirs(client: Any, kind: str) -> Iterator[tuple[str, Row]]:
    """Number → total and open amount, read by pages in the order of their ids."""
    from quickbooks.objects import CreditMemo, Invoice

    model = {"Invoice": Invoice, "CreditMemo": CreditMemo}[kind]
    first = 1
    while True:
        listed = model.where("", order_by="Id", start_position=first, max_results=PAGE, qb=client)
        for each in listed:
            left = each.Balance if kind == "Invoice" else each.RemainingCredit
            yield each.DocNumber, (Decimal(str(each.TotalAmt)), Decimal(str(left)))
        if not listed:
            return
        first += len(listed)


def ours(file: Path, kind: str) -> dict[str, Row]:
    table, left = {
        "Invoice": ("billing_invoice", "balance_due"),
        "CreditMemo": ("billing_creditnote", "open_credit"),
    }[kind]
    with sqlite3.connect(file) as rows:
        found = rows.execute(f"SELECT number, total, {left} FROM {table} WHERE status = 'issued'")
        return {number: (_money(total), _money(rest)) for number, total, rest in found}


def _money(stored: Any) -> Decimal:
    return Decimal(str(stored)).quantize(Decimal("0.01"))


def main() -> int:
    folder = Path(sys.argv[1])
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
    server = SandboxServer(folder)
    server.file = folder / "ledgers.sqlite3"
    server.start()
    wrong = 0
    try:
        for realm in (each["realm_id"] for each in server.control("GET", "companies")):
            server.set_up(realm, limits={})
            client = client_of(server, connected_app(server, realm), realm)
            for kind in ("Invoice", "CreditMemo"):
                there, here = dict(theirs(client, kind)), ours(folder / "tieout.sqlite3", kind)
                differ = {n for n in there.keys() | here.keys() if there.get(n) != here.get(n)}
                wrong += len(differ)
                total = sum((row[0] for row in there.values()), Decimal(0))
                print(
                    f"{kind}: {len(there)} there, {len(here)} here, total {total}, {len(differ)} differ"
                )
                for number in sorted(differ)[:10]:
                    print(f"  {number}: {there.get(number)} there, {here.get(number)} here")
    finally:
        server.stop()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""How many documents of twenty lines the simulated QuickBooks takes a second and keeps.

Run by hand: `uv run python -m tests.benchmarks.bench_sandbox [documents]`.
"""

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.sandbox_server import SandboxServer

LINES = 20
ITEMS_A_BATCH = 30
GOAL = 300.0


def document(number: int, customers: list[str], items: list[str]) -> dict[str, Any]:
    lines = [
        {
            "DetailType": "SalesItemLineDetail",
            "Description": f"Line {line} of document {number}",
            "Amount": round(2.47 * (line + 1), 2),
            "SalesItemLineDetail": {
                "ItemRef": {"value": items[(number + line) % len(items)]},
                "Qty": line + 1,
                "UnitPrice": 2.47,
            },
        }
        for line in range(LINES)
    ]
    return {
        "CustomerRef": {"value": customers[number % len(customers)]},
        "DocNumber": f"BENCH-{number}",
        "TxnDate": "2026-03-02",
        "PrivateNote": f"marker {number}",
        "Line": lines,
    }


def main(documents: int = 3000) -> float:
    """Documents a second over `/batch`, thirty each, over one kept-alive connection."""
    with tempfile.TemporaryDirectory() as folder:
        server = SandboxServer(Path(folder)).start()
        try:
            realm = server.open_company("Benchmark")
            caller = server.connect(realm)
            customers = [caller.customer(f"Customer {number}")["Id"] for number in range(40)]
            items = [caller.item(f"Item {number}")["Id"] for number in range(60)]
            bodies = [document(number, customers, items) for number in range(documents)]
            started = time.perf_counter()
            for start in range(0, documents, ITEMS_A_BATCH):
                batch = [
                    {"bId": str(at), "operation": "create", "Invoice": body}
                    for at, body in enumerate(bodies[start : start + ITEMS_A_BATCH])
                ]
                key = f"bench-{start}"
                answer = caller.post("batch", {"BatchItemRequest": batch}, requestid=key)
                refused = [one for one in answer["BatchItemResponse"] if "Fault" in one]
                if refused:
                    raise RuntimeError(str(refused[0]))
            seconds = time.perf_counter() - started
            balance = server.trial_balance(realm)
            if server.state(realm)["objects"]["Invoice"] != documents:
                raise RuntimeError("documents are missing")
            if balance["debit"] != balance["credit"]:
                raise RuntimeError("the ledger does not balance")
        finally:
            server.stop()
    found = (
        f"{documents} documents of {LINES} lines in {seconds:.1f} s: {documents / seconds:.0f}/s"
    )
    sys.stdout.write(found + "\n")
    return documents / seconds


if __name__ == "__main__":
    speed = main(*(int(word) for word in sys.argv[1:2]))
    sys.exit(0 if speed >= GOAL else 1)

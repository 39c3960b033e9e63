"""The API as it is served, by several processes: asked the same at once, and asked everything."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from django.db import connection

from tests.triggers.api.fuzzing import ROOT, fuzz, served

pytestmark = [pytest.mark.processes, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
AT_ONCE = 12


@dataclass(frozen=True)
class Served:
    address: str
    key: str
    customer: str
    invoice: str

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        sent = {"Authorization": f"Bearer {self.key}", **headers}
        address = f"{self.address}/api/v1{path}"
        return requests.request(method, address, json=body, headers=sent, timeout=60)


@pytest.fixture
def office_served(tmp_path: Path) -> Iterator[Served]:
    """Two processes of the web server, on the tests' database or a file of its own."""
    url = f"sqlite:///{tmp_path / 'api.sqlite3'}"
    if connection.vendor == "postgresql":
        held = connection.settings_dict
        place = f"{held['HOST'] or 'localhost'}:{held['PORT'] or 5432}/{held['NAME']}"
        url = f"postgres://{held['USER']}:{held['PASSWORD']}@{place}"
    env = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    if connection.vendor != "postgresql":
        subprocess.run([sys.executable, "-m", "tests.template_database"], cwd=ROOT, env=env, check=True)  # fmt: skip
    made = subprocess.run(
        [sys.executable, "-m", "tests.triggers.api.prepared"],
        cwd=ROOT,
        env=env,
        check=True,
        capture_output=True,
        text=True,
    )
    with served(url) as address:
        yield Served(address=address, **json.loads(made.stdout))


def test_a_payment_posted_by_two_processes_at_once_is_one(office_served: Served) -> None:
    body = {
        "customer": office_served.customer,
        "amount": "120.00",
        "date": "2026-03-20",
        "allow_far_date": True,  # they ask by the clock of the machine
        "apply": [{"invoice": office_served.invoice, "amount": "120.00"}],
    }

    def post(_: int) -> requests.Response:
        return office_served.ask("POST", "/payments", body, **{"Idempotency-Key": "pay-1"})

    with ThreadPoolExecutor(AT_ONCE) as at_once:
        answers = list(at_once.map(post, range(AT_ONCE)))
    told = Counter(each.status_code for each in answers)
    assert told[201] >= 1
    assert told[201] + told[409] == AT_ONCE, told
    assert len({each.text for each in answers if each.status_code == 201}) == 1
    paid = office_served.ask("GET", f"/payments?customer={office_served.customer}").json()["data"]
    assert sorted(each["amount"] for each in paid) == ["120.00", "50.00"]
    assert office_served.ask("GET", f"/invoices/{office_served.invoice}").json()["paid"] == "120.00"


def test_schemathesis_finds_nothing(office_served: Served) -> None:
    outcome = fuzz(office_served.address, office_served.key, examples=15, seed=7)
    assert outcome.passed, outcome.text

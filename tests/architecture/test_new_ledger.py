"""Thirteen lines are a system: it is listed and offered, and nothing else hears of it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core import checks
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from apps.connections.endpoints import offered
from apps.connectors import registry
from apps.connectors.snapshots import Kind
from apps.demo.other_side import other_sides
from tests.architecture import stub
from tests.architecture.source import ROOT, committed
from tests.factories import make_company


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = sorted(registry.systems())
    stub.as_a_distribution(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    registry.systems.cache_clear()
    yield
    monkeypatch.undo()
    sys.modules.pop("stub_ledger", None)
    registry.systems.cache_clear()
    assert sorted(registry.systems()) == before


def test_it_is_found_and_offered_and_all_kinds_are_left_out(installed: None) -> None:
    assert ("stub", "Stub") in registry.choices()
    assert "stub" in {each.system for each in offered()}
    assert not registry.system("stub").capabilities.kinds & set(Kind)


@pytest.mark.django_db
def test_it_needs_no_setting_no_migration_and_no_check(installed: None, settings: Any) -> None:
    assert checks.run_checks() == []
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db
def test_the_pages_that_list_systems_list_it(installed: None, admin_client: Client) -> None:
    make_company()
    page = admin_client.get(reverse("admin:connections_connection_connect"))
    assert "Stub" in page.content.decode()
    assert admin_client.get(reverse("admin:connections_connection_changelist")).status_code == 200


def test_the_demo_goes_on_with_the_systems_that_it_knows(installed: None) -> None:
    assert next(iter(other_sides())) != "stub"


@pytest.mark.slow
def test_a_new_folder_breaks_no_guard_and_no_contract(tmp_path: Path) -> None:
    """In a copy of the repository: the guards, the import contracts, types of the folder, checks."""
    for path in committed():
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    stub.as_a_folder(tmp_path / "apps/connectors")
    ran: dict[str, Any] = {}
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "PYTHONPATH": str(tmp_path)}
    scripts = Path(sys.executable).parent
    for name, command in {
        "git": ["git", "init", "-q"],
        "guards": [
            sys.executable, "-m", "pytest", "-q", "-n", "0", "tests/architecture",
            "--deselect", "tests/architecture/test_new_ledger.py",
        ],
        "contracts": [str(scripts / "lint-imports")],
        "checks": [sys.executable, "manage.py", "check"],
        "migrations": [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
    }.items():  # fmt: skip
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            ran[name] = done.stdout[-3000:] + done.stderr[-3000:]
    assert ran == {}

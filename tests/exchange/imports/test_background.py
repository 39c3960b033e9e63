"""Uploaded files are kept sealed, and not for ever."""

import io
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from apps.exchange.imports.at_hand import at_hand
from apps.exchange.imports.background import AN_UPLOAD, FOLDER, KEPT, forget_the_old, receive
from apps.exchange.models import FileImport
from apps.exchange.storage import vault
from apps.exchange.tables.port import FileRefused
from tests.exchange.imports.test_online_retail import HEADING, row
from tests.factories import make_company

pytestmark = pytest.mark.django_db


def aged(name: str, age: timedelta) -> None:
    moment = (timezone.now() - age).timestamp()
    os.utime(vault.path_of(name), (moment, moment))


def test_a_file_is_deleted_a_quarter_after_anything_happened_to_its_import(
    settings: Any, tmp_path: Path
) -> None:
    settings.PRIVATE_FILES_DIR = str(tmp_path)
    text = "\n".join([HEADING, row("536365"), ""]).encode()
    company = make_company()
    old, fresh = (
        receive(io.BytesIO(text), name, "online-retail", company) for name in ("old.csv", "new.csv")
    )
    (tmp_path / FOLDER / f"torn{vault.PART}").write_bytes(b"half")
    for name in (old.path, fresh.path, f"{FOLDER}/torn{vault.PART}"):
        aged(name, AN_UPLOAD + timedelta(hours=1))
    before = timezone.now() - KEPT - timedelta(days=1)
    FileImport.objects.filter(pk=old.pk).update(moved_at=before)

    assert forget_the_old() == 2  # the old one, and what an upload left that broke off

    assert vault.names_in(FOLDER) == [fresh.path]
    old.refresh_from_db()
    assert old.stage == FileImport.Stage.CHECKED, "what was found in it stays"
    with pytest.raises(FileRefused, match="Bring it again"), at_hand(old):
        pass
    assert forget_the_old() == 0

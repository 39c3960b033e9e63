"""The planted faults fit today's files, and each says what it is and which test must catch it."""

import re
import shutil

import pytest

from tests.planted.catalogue import ROOT, patches, planted, rows, words_of
from tests.planted.copy_of_tree import applies

CHANGED = re.compile(r"^\+\+\+ b/(\S+)", re.MULTILINE)


def test_every_patch_applies_to_today_s_files() -> None:
    """A refactoring that moves what a fault was planted in plants it anew where it is now."""
    if shutil.which("git") is None:
        pytest.skip("there is no git here")
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git repository")
    refused = {name: why for name, patch in patches().items() if (why := applies(patch))}

    assert refused == {}


def test_every_patch_has_its_row_and_every_row_its_patch() -> None:
    assert rows().keys() == patches().keys()


def test_every_patch_says_what_it_is_and_touches_the_product_alone() -> None:
    for name, patch in patches().items():
        assert "Breaks: " in words_of(patch), name
        changed = CHANGED.findall(patch.read_text(encoding="utf-8"))
        assert changed, name
        assert all(each.startswith("apps/") for each in changed), name


def test_every_test_that_is_named_exists() -> None:
    missing = []
    for fault in planted():
        assert fault.tests, fault.name
        for test in fault.tests:
            file, _, function = test.partition("::")
            written = re.compile(rf"^def {re.escape(function.partition('[')[0])}\(", re.MULTILINE)
            path = ROOT / file
            if not (path.is_file() and written.search(path.read_text(encoding="utf-8"))):
                missing.append(f"{fault.name}: {test}")

    assert missing == []

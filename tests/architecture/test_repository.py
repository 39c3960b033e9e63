"""What a clone holds: no path of a machine, one public index, files of a readable size."""

import hashlib
import re
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.architecture.source import ROOT, committed, label, python_files

LONGEST = {"apps": 450, "config": 450, "tests": 600}  # lines; past them a file holds two things
# Put together here, so that this file does not hold what it looks for.
MACHINE = re.compile(r"(?<![\w.:/~-])/(?:{})/".format("|".join(["work", "root", "home", "Users"])))
# The public index and its file host, by digest: only the lock itself names a host.
PUBLIC = {
    "a4aa2ac280bb8d1a0ce7a1be5a7bfb10292b49fe9435ad5cff19f421f3c70e41",
    "c899567ee906851741bf7f3bde17a33777859ff9f53ff54d6f0ea54cf31ad636",
}


def readable(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def test_no_file_names_a_path_of_a_machine() -> None:
    found = [
        f"{label(path)}:{number}: {line.strip()[:100]}"
        for path in committed()
        for number, line in enumerate(readable(path).splitlines(), start=1)
        if MACHINE.search(line)
    ]

    assert found == []


@pytest.mark.parametrize("text", ["/{}/x".format("work"), '"/{}/me"'.format("home")])
def test_a_path_of_a_machine_would_be_found(text: str) -> None:
    assert MACHINE.search(text)
    assert not MACHINE.search(f"https://example.com{text.strip(chr(34))}")


def test_the_lock_names_the_public_index_alone() -> None:
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    hosts = set()
    for package in lock["package"]:
        source = package["source"]
        assert set(source) <= {"registry", "virtual"}, f"{package['name']}: {source}"
        hosts.add(urlsplit(source.get("registry", "")).hostname)
        files = [*package.get("wheels", []), package.get("sdist", {})]
        hosts |= {urlsplit(each.get("url", "")).hostname for each in files}

    digests = {hashlib.sha256(host.encode()).hexdigest() for host in hosts if host}
    assert digests == PUBLIC, sorted(host for host in hosts if host)


def test_a_file_holds_one_thing() -> None:
    too_long = {
        label(path): lines
        for folder, most in LONGEST.items()
        for path in python_files(folder)
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > most
    }

    assert too_long == {}


def test_the_root_holds_what_the_design_says() -> None:
    allowed = {"manage.py", "pyproject.toml", "README.md", "LICENSE", "uv.lock"}
    allowed |= {"apps", "config", "docs", "templates", "tests"}
    allowed |= {"CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"}
    found = {path.relative_to(ROOT).parts[0] for path in committed()}

    assert {name for name in found if not name.startswith(".")} <= allowed

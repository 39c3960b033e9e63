"""The bill of materials says what is locked, and would be found out where it does not."""

import copy
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.supply import bill

Wrong = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    if shutil.which("uv") is None:
        pytest.skip("uv, which writes it, is not on the path here.")
    path = tmp_path_factory.mktemp("bill") / "sbom.cdx.json"
    bill.write(path)
    return bill.read(path)


def test_every_locked_package_is_in_it_with_version_and_checksums(
    written: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    found, lock = written
    assert bill.faults(found, lock) == []
    assert {"django", "cryptography", "pytest"} <= {each["name"] for each in found["components"]}
    assert len(found["components"]) > 100


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda b: b["components"].pop(3), "is locked and not listed"),
        (lambda b: b["components"].append({**b["components"][0], "name": "leftpad"}), "is listed and not locked"),
        (lambda b: b["components"][2].update(version="0"), "is locked and not listed"),
        (lambda b: b["components"][2].update(purl="pkg:npm/x@1"), "bears pkg:npm/x@1"),
        (lambda b: b["components"][2]["externalReferences"].pop(), "lacks the checksum"),
        (lambda b: b["dependencies"].pop(), "is not told"),
        (lambda b: b.update(specVersion="0.9"), "no CycloneDX"),
    ],
)  # fmt: skip
def test_what_is_left_out_or_told_otherwise_is_found(
    written: tuple[dict[str, Any], dict[str, Any]], wrong: Wrong, said: str
) -> None:
    found, lock = copy.deepcopy(written)
    wrong(found)
    assert any(said in each for each in bill.faults(found, lock))


def test_a_file_without_a_checksum_is_found(
    written: tuple[dict[str, Any], dict[str, Any]], tmp_path: Path
) -> None:
    found, lock = copy.deepcopy(written)
    del next(each for each in lock["package"] if each.get("wheels"))["wheels"][0]["hash"]
    assert any("lacks the checksum none of" in each for each in bill.faults(found, lock))

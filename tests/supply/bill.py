"""The bill of materials of what is locked: CycloneDX as uv writes it, held against uv.lock."""

import json
import subprocess
import tomllib
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
LOCK: Final = ROOT / "uv.lock"
EXPORT: Final = ("uv", "export", "--frozen", "--quiet", "--all-groups", "--all-extras")


def write(path: Path) -> None:
    """Raises CalledProcessError, with what uv said."""
    asked = [*EXPORT, "--format", "cyclonedx1.5", "--preview-features", "sbom-export"]
    subprocess.run(
        [*asked, "--output-file", str(path)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
    )


def faults(bill: dict[str, Any], lock: dict[str, Any]) -> list[str]:
    """What of the lock the bill leaves out or tells otherwise, in sentences; empty where they agree."""
    if (bill.get("bomFormat"), bill.get("specVersion")) != ("CycloneDX", "1.5"):
        return ["It is no CycloneDX 1.5."]
    listed = {(each["name"], each["version"]): each for each in bill["components"]}
    locked = {
        (each["name"], each["version"]): each
        for each in lock["package"]
        if "registry" in each["source"]
    }
    told = [
        f"{name} {version} is locked and not listed."
        for name, version in sorted(locked.keys() - listed.keys())
    ]
    told += [
        f"{name} {version} is listed and not locked."
        for name, version in sorted(listed.keys() - locked.keys())
    ]
    for (name, version), package in sorted(locked.items()):
        if component := listed.get((name, version)):
            if component.get("purl") != f"pkg:pypi/{name}@{version}":
                told.append(f"{name} {version} bears {component.get('purl')}.")
            lacking = hashes_of_lock(package) - hashes_of(component)
            told += [f"{name} {version} lacks the checksum {each}." for each in sorted(lacking)]
    references = {each["bom-ref"] for each in bill["components"]} | {
        bill["metadata"]["component"]["bom-ref"]
    }
    explained = {each["ref"] for each in bill["dependencies"]}
    named = {each for one in bill["dependencies"] for each in one.get("dependsOn", [])}
    told += [f"What {each} needs is not told." for each in sorted(references - explained)]
    told += [
        f"{each} is needed and not listed." for each in sorted((named | explained) - references)
    ]
    return told


def hashes_of(component: dict[str, Any]) -> set[str]:
    files = component.get("externalReferences", [])
    return {
        each["content"]
        for file in files
        for each in file.get("hashes", [])
        if each["alg"] == "SHA-256"
    }


def hashes_of_lock(package: dict[str, Any]) -> set[str]:
    """Of every file of it. A file without one would be taken unseen: it counts as a checksum of its own."""
    files = [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]
    return {
        each.get("hash", f"sha256:none of {each.get('url')}").removeprefix("sha256:")
        for each in files
    }


def read(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    return json.loads(path.read_text("utf-8")), tomllib.loads(LOCK.read_text("utf-8"))

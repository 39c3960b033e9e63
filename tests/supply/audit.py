"""Known faults of what is locked: pip-audit asks the advisory services, and what it cannot ask is said.

Of a service that knows none of the packages (a mirror of the index has no advisories), pip-audit itself
says "No known vulnerabilities found" and ends well: so its answer is read, and never its exit status alone.
"""

import json
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final

from tests.supply.bill import EXPORT, ROOT

TOOL: Final = "pip-audit==2.10.1"
SERVICES: Final = ("osv", "pypi")
SECONDS: Final = 240


class Standing(Enum):
    CLEAN = "clean"
    FOUND = "found"
    LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True)
class Verdict:
    standing: Standing
    sentences: tuple[str, ...]


def judged(service: str, printed: str, said: str) -> Verdict:
    """Of one service, by what pip-audit printed as JSON and what it said beside it."""
    try:
        packages = json.loads(printed)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = said.strip().splitlines()[-1:] or ["nothing was said"]
        return Verdict(Standing.LEFT_OUT, (f"{service}: {last[0][:100]}",))
    looked_at = [each for each in packages if "skip_reason" not in each]
    if not looked_at:
        return Verdict(
            Standing.LEFT_OUT, (f"{service}: it knows none of the {len(packages)} packages",)
        )
    wrong = [
        *_found(looked_at),
        *(each["skip_reason"] for each in packages if "skip_reason" in each),
    ]
    if wrong:
        return Verdict(Standing.FOUND, tuple(wrong))
    return Verdict(
        Standing.CLEAN, (f"{service}: {len(looked_at)} packages, none with a known fault",)
    )


def _found(packages: list[dict[str, Any]]) -> Iterator[str]:
    for each in packages:
        for fault in each.get("vulns", []):
            mended = ", ".join(fault.get("fix_versions") or []) or "no version yet"
            yield f"{each['name']} {each['version']}: {fault['id']}, mended by {mended}"


def ask(service: str) -> Verdict:
    """Every locked package with its checksum, the tools of developers too."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "requirements.txt"
        export = [*EXPORT, "--format", "requirements.txt", "--no-emit-project"]
        subprocess.run(
            [*export, "--output-file", str(wanted)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
        )
        command = ["uvx", TOOL, "--requirement", str(wanted), "--disable-pip", "--require-hashes"]
        command += ["--format", "json", "--vulnerability-service", service, "--timeout", "10"]
        try:
            done = subprocess.run(
                [*command, "--progress-spinner", "off"],
                capture_output=True, text=True, timeout=SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return Verdict(Standing.LEFT_OUT, (f"{service}: no answer in {SECONDS} s",))
    return judged(service, done.stdout, done.stderr)


def audit() -> Verdict:
    """By the first service that can be asked; left out, with each reason, where none can."""
    reasons: tuple[str, ...] = ()
    for service in SERVICES:
        verdict = ask(service)
        if verdict.standing is not Standing.LEFT_OUT:
            return verdict
        reasons += verdict.sentences
    return Verdict(Standing.LEFT_OUT, reasons)

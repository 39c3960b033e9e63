"""`manage.py prove` on a company of the simulated ledgers, and what it says of each question."""

import json
import re
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.books import Books

VERDICT = re.compile(r"^(as assumed|not|could not be asked) +(\w+): ", re.M)


@dataclass
class Told:
    """What the command printed, how it ended, and what it recorded."""

    out: str
    error: str
    code: int
    verdicts: dict[str, str]
    recording: list[dict[str, Any]] = field(default_factory=list)
    raw: str = ""

    def of(self, verdict: str) -> set[str]:
        return {name for name, each in self.verdicts.items() if each == verdict}


def proved(books: Books, folder: Path, *only: str, yes: bool = True) -> Told:
    out = StringIO()
    error, code = "", 0
    told: dict[str, Any] = {"connection": str(books.connection.pk), "out": folder, "yes": yes}
    try:
        call_command("prove", books.system, stdout=out, only=list(only), **told)
    except CommandError as refusal:
        error, code = str(refusal), refusal.returncode
    said = out.getvalue()
    raw = "".join(each.read_text() for each in folder.glob("*.jsonl"))
    verdicts = {name: verdict for verdict, name in VERDICT.findall(said)}
    lines = [json.loads(each) for each in raw.splitlines()]
    return Told(said, error, code, verdicts, lines, raw)


def typed(patch: pytest.MonkeyPatch, *answers: str) -> None:
    """What somebody types, one after the other; then nothing more."""
    left = list(answers)

    def read(_: str) -> str:
        if not left:
            raise EOFError
        return left.pop(0)

    patch.setattr("builtins.input", read)

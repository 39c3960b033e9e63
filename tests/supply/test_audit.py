"""What pip-audit answers is read as what it is: a fault, nothing, or no answer at all."""

import json
from typing import Any

import pytest

from tests.supply import __main__ as command
from tests.supply.audit import Standing, Verdict, judged

FAULT = {"id": "PYSEC-2026-1", "fix_versions": ["2.0"], "aliases": [], "description": "x"}
GOOD: dict[str, Any] = {"name": "a", "version": "1.0", "vulns": []}
BAD: dict[str, Any] = {"name": "b", "version": "1.0", "vulns": [FAULT]}
UNKNOWN: dict[str, Any] = {"name": "c", "skip_reason": "Dependency not found on PyPI: c (1.0)"}


@pytest.mark.parametrize(
    ("packages", "standing", "said"),
    [
        ([GOOD], Standing.CLEAN, "osv: 1 packages, none with a known fault"),
        ([GOOD, BAD], Standing.FOUND, "b 1.0: PYSEC-2026-1, mended by 2.0"),
        # One that nobody looked at is no clean one.
        ([GOOD, UNKNOWN], Standing.FOUND, "Dependency not found on PyPI: c (1.0)"),
        # pip-audit ends well with "No known vulnerabilities found" here.
        ([UNKNOWN, UNKNOWN], Standing.LEFT_OUT, "osv: it knows none of the 2 packages"),
        ([], Standing.LEFT_OUT, "osv: it knows none of the 0 packages"),
    ],
)
def test_an_answer_is_judged_package_by_package(
    packages: list[dict[str, Any]], standing: Standing, said: str
) -> None:
    verdict = judged("osv", json.dumps({"dependencies": packages, "fixes": []}), "")
    assert verdict == Verdict(standing, (said,))


@pytest.mark.parametrize("printed", ["", "{}", "[]", "Traceback"])
def test_no_answer_is_left_out_with_its_reason(printed: str) -> None:
    verdict = judged("osv", printed, "Traceback\nConnectionError: no way out\n")
    assert verdict == Verdict(Standing.LEFT_OUT, ("osv: ConnectionError: no way out",))


@pytest.mark.parametrize(
    ("verdict", "status", "printed"),
    [
        (Verdict(Standing.FOUND, ("b 1.0: X",)), 1, "b 1.0: X\n"),
        (Verdict(Standing.CLEAN, ("osv: 9 packages",)), 0, "osv: 9 packages\n"),
        (
            Verdict(Standing.LEFT_OUT, ("osv: x", "pypi: y")), 0,
            "pip-audit was left out, no advisory service answers here: osv: x; pypi: y\n",
        ),
    ],
)  # fmt: skip
def test_a_finding_fails_the_run_and_what_was_left_out_is_one_line(
    verdict: Verdict, status: int, printed: str,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(command, "audit", lambda: verdict)
    assert command.main(["audit"]) == status
    assert capsys.readouterr().out == printed

"""The demo itself, as a stranger starts it: real processes, real pages, both sides agree."""

import json
import signal
import time
from pathlib import Path

import pytest

from apps.demo.other_side import other_sides
from tests.demo.running import processes_of, start_demo

pytestmark = [pytest.mark.processes, pytest.mark.slow]


@pytest.mark.skipif(not Path("/proc").exists(), reason="processes are looked for in /proc")
@pytest.mark.parametrize("system", list(other_sides())[:1])  # `.ci/run` shows them all
def test_both_sides_agree_and_nothing_is_left_running(tmp_path: Path, system: str) -> None:
    report = tmp_path / "report.json"

    told = ("--once", "--system", system, "--report", str(report))
    running = start_demo(tmp_path / "demo", *told)
    said, _ = running.communicate(timeout=240)

    assert running.returncode == 0, said
    found = json.loads(report.read_text())
    assert found["tied_out"] is True
    books = found["systems"][system]
    assert books["documents"] == 44
    assert (books["doubles"], books["differences"]) == (0, 0)
    assert "Both sides agree on" in said
    printed = list((tmp_path / "demo").glob("*.pdf"))
    assert [each.read_bytes()[:5] for each in printed] == [b"%PDF-"]
    assert processes_of(tmp_path / "demo") == []


@pytest.mark.skipif(not Path("/proc").exists(), reason="processes are looked for in /proc")
def test_told_to_stop_half_way_it_takes_its_processes_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    running = start_demo(folder)
    until = time.monotonic() + 120
    while not (folder / "worker.log").exists():
        assert time.monotonic() < until
        assert running.poll() is None
        time.sleep(0.2)
    assert processes_of(folder)

    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=60)

    assert running.returncode == 130
    assert processes_of(folder) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--limit", "5"), "--profile and --limit go with --file."),
        (("--system", "all"), "--system all goes with --once."),
        (("--file", "nowhere.csv"), "Say how the file is read"),
        (("--file", "nowhere.csv", "--profile", "online-retail"), "There is no file nowhere.csv."),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    running = start_demo(tmp_path / "demo", *arguments)
    output, _ = running.communicate(timeout=60)

    assert running.returncode == 1
    assert said in output
    assert "Traceback" not in output

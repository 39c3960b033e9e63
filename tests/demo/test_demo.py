"""The demo itself, as a stranger starts it: told to stop half way, and asked for what cannot be. What it
shows is looked at by `test_independent_clients`; `.ci/run` shows it with every system."""

import signal
import time
from pathlib import Path

import pytest

from tests.demo.running import processes_of, start_demo

pytestmark = [pytest.mark.processes, pytest.mark.slow]


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

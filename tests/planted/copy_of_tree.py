"""A copy of the working tree in a temporary folder, in which faults are planted and taken out.

It shares the virtual environment of whoever runs it and is a repository of its own, so that what
lists the files of the repository finds them there.
"""

import compileall
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode

from tests.planted.catalogue import ROOT

TESTS_FAILED = 1  # pytest's exit code


class DoesNotApply(Exception):
    """A patch that today's files do not take: git's words."""


@dataclass(frozen=True, slots=True)
class Result:
    """One run of pytest. `failed` are the node ids of tests that failed by themselves; what failed
    before a test began is in `broken`."""

    code: int | None  # None: it ran out of time
    failed: tuple[str, ...]
    broken: tuple[str, ...]
    seconds: float
    output: str


class Copy:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def apply(self, patch: Path, *, reverse: bool = False) -> None:
        """The patch as it was when the copy was made, or back. Raises `DoesNotApply`."""
        back = ["--reverse"] if reverse else []
        done = _git(self.folder, "apply", *back, str(patch.relative_to(ROOT)))
        if done.returncode:
            raise DoesNotApply(done.stderr.strip())

    def pytest(self, arguments: Sequence[str], *, limit: float) -> Result:
        """Run pytest here for at most so many seconds; whatever it started ends with it."""
        command = [sys.executable, "-m", "pytest", "-q", "-rfE", "--tb=no", *arguments]
        started = time.monotonic()
        running = subprocess.Popen(
            [*command, "-p", "no:cacheprovider"],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            output, _ = running.communicate(timeout=limit)
            code: int | None = running.returncode
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            output, _ = running.communicate()
            code = None
        except BaseException:
            os.killpg(running.pid, signal.SIGKILL)
            raise
        took = time.monotonic() - started
        return Result(code, _named(output, "FAILED"), _named(output, "ERROR"), took, output)


@contextmanager
def copy_of_tree() -> Iterator[Copy]:
    """Every file that is, or is about to be, part of the repository; gone at the end."""
    with tempfile.TemporaryDirectory(prefix="tieout-planted-") as name:
        folder = Path(name)
        listed = _git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        listed.check_returncode()
        for each in filter(None, listed.stdout.split("\0")):
            if (ROOT / each).is_file():
                (folder / each).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / each, folder / each)
        _git(folder, "init", "--quiet").check_returncode()
        # Compiled files go by what is in a source, not by its time: a fault may be planted and
        # taken out within one tick of the file system's clock.
        for part in ("apps", "config"):
            compileall.compile_dir(
                folder / part, quiet=1, invalidation_mode=PycInvalidationMode.CHECKED_HASH
            )
        yield Copy(folder)


def applies(patch: Path) -> str:
    """Why git does not apply it to the working tree; "" where it does."""
    done = _git(ROOT, "apply", "--check", str(patch))
    return done.stderr.strip() if done.returncode else ""


def _git(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True)


def _named(output: str, word: str) -> tuple[str, ...]:
    """Node ids in pytest's short summary."""
    lines = [line for line in output.splitlines() if line.startswith(f"{word} tests/")]
    return tuple(line.removeprefix(f"{word} ").split(" - ")[0].strip() for line in lines)

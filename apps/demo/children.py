"""The processes of a demo: started, watched and stopped by their one parent."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from django.conf import settings

from apps.demo.place import DemoRefused, Place
from apps.demo.stopping import to_stop

STOP_SECONDS = 15.0  # then the whole group is killed
START_SECONDS = 60.0


class ChildFailed(DemoRefused):
    """A process ended or never became ready; the sentence quotes the end of its log."""


@dataclass(slots=True)
class Child:
    """One process in a session of its own, its output in a log file."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def check(self) -> None:
        if self.process.poll() is not None:
            raise ChildFailed(
                f"The {self.name} ended ({self.process.returncode}). {self.last_words()}"
            )

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-12:]
        return "\n".join([f"The end of {self.log}:", *lines])


@dataclass
class Children:
    """Started one after another; on leaving, all are told to stop and waited for."""

    place: Place
    all: list[Child] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start_ledgers(self) -> Child:
        command = ["runsandbox", "--port", str(self.place.ledgers_port)]
        return self._start("ledgers", _manage(*command), self.place.environment_of_ledgers())

    def start_web(self) -> Child:
        held = self.place.web_socket
        command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"fd://{held}"]
        command += ["--worker-class", "gthread", "--threads", "4", "--no-control-socket"]
        child = self._start("web", command, self.place.environment(), keep=(held,))
        os.close(held)  # from here on the port lives and dies with the server
        return child

    def start_worker(self) -> Child:
        return self._start("worker", _manage("qcluster"), self.place.environment())

    def wait_until(self, child: Child, ready: Callable[[], bool]) -> None:
        """Raises ChildFailed when the process ends first or is not ready within a minute."""
        until = time.monotonic() + START_SECONDS
        while not ready():
            to_stop.check()
            child.check()
            if time.monotonic() > until:
                raise ChildFailed(f"The {child.name} did not start. {child.last_words()}")
            time.sleep(0.05)
        child.check()  # that something answers does not yet say that it is ours

    def check(self) -> None:
        """Raises ChildFailed for one that ended, KeyboardInterrupt where we were told to stop."""
        to_stop.check()
        for child in self.all:
            child.check()

    def stop(self) -> None:
        """Tell each process itself, never its group: a task queue whose workers are told too hangs.

        What has not ended after 15 seconds is killed with all it started.
        """
        for child in reversed(self.all):
            if child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
        until = time.monotonic() + STOP_SECONDS
        for child in self.all:
            try:
                child.process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                # It may end in this very moment: then there is nothing left to kill.
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.process.pid, signal.SIGKILL)
                child.process.wait()
        self.all.clear()

    def _start(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        keep: Sequence[int] = (),
    ) -> Child:
        log = self.place.folder / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=settings.BASE_DIR,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=keep,
                start_new_session=True,  # Ctrl-C reaches the parent alone, which stops them in order
            )
        child = Child(name, process, log)
        self.all.append(child)
        return child


def _manage(*arguments: str) -> list[str]:
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments]

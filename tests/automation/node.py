"""Node, the packages that a lock names, and the Zapier app driven by the vendor's own tester."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
HERE: Final = Path(__file__).resolve().parent
ZAPIER_APP: Final = ROOT / "docs/automation/zapier"
OLDEST: Final = 18  # of Debian 12
SECONDS: Final = 60


class SaidByTheApp(Exception):
    """What the app threw; its message is what somebody reads in Zapier."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name, self.message = name, message

    @property
    def told(self) -> dict[str, Any]:
        """Errors of the vendor carry JSON in their message."""
        read: dict[str, Any] = json.loads(self.message.split("\n", 1)[0])
        return read


class ZapierApp:
    """The app in a process of Node, which ends with `stop`."""

    def __init__(self, *, in_the_clear: bool = True) -> None:
        self.process = subprocess.Popen(
            [node(), str(HERE / "driver.js"), str(ZAPIER_APP)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "NODE_PATH": str(installed(ZAPIER_APP)),
                "NODE_ENV": "test",
                "TIEOUT_ALLOW_HTTP": "yes" if in_the_clear else "",
            },
        )

    def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(SECONDS)

    def run(self, path: str, **bundle: Any) -> Any:
        """A function of the app with a bundle, in between the vendor's checks. Raises `SaidByTheApp`."""
        return self._ask({"do": "run", "path": path, "bundle": {"meta": {}, **bundle}})

    def read(self, path: str = "") -> Any:
        return self._ask({"do": "read", "path": path})

    def validate(self) -> Any:
        """What the vendor's schemas and rules find wrong with the app."""
        return self._ask({"do": "validate"})

    def _ask(self, asked: dict[str, Any]) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"Node ended: {self.process.poll()}"
        answer = json.loads(line)
        if "error" in answer:
            raise SaidByTheApp(**answer["error"])
        return answer["result"]


def node() -> str:
    found = shutil.which("node")
    if found is None or shutil.which("npm") is None:
        pytest.skip("no node and npm here: install Debian's nodejs and npm")
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=True)
    if int(said.stdout.strip().removeprefix("v").split(".")[0]) < OLDEST:
        pytest.skip(f"node {said.stdout.strip()} is older than {OLDEST}")
    return found


def installed(package: Path) -> Path:
    """The folder `node_modules` of exactly what the package's lock names, kept by its checksum beside
    other temporary files: who comes second finds it there."""
    lock = package / "package-lock.json"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    name = f"tieout-{package.name}-{os.getuid()}-{digest}"
    kept = Path(tempfile.gettempdir()) / name
    with _alone(kept.with_suffix(".lock")):
        if not kept.exists():
            with tempfile.TemporaryDirectory(dir=kept.parent) as scratch:
                for file in ("package.json", "package-lock.json"):
                    shutil.copy(package / file, scratch)
                _install(Path(scratch))
                (Path(scratch) / "node_modules").rename(kept)
    return kept


def _install(folder: Path) -> None:
    quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline")
    done = subprocess.run(
        ["npm", "ci", *quiet], cwd=folder, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr


class _alone:
    def __init__(self, path: Path) -> None:
        self.file = path.open("w")

    def __enter__(self) -> None:
        fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *ended: object) -> None:
        self.file.close()


def zapier_app() -> Iterator[ZapierApp]:
    app = ZapierApp()
    yield app
    app.stop()

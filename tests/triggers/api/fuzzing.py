"""Schemathesis against the API as it is served: a server, an office behind it, and what came of it."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parents[3]
CONFIG = Path(__file__).with_name("schemathesis.toml")
STARTS_WITHIN = 60


@dataclass(frozen=True)
class Outcome:
    """Of one run: what schemathesis said, and whether it found nothing."""

    passed: bool
    text: str


@contextmanager
def served(database_url: str, workers: int = 2) -> Iterator[str]:
    """The web process on a port of its own; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    env = {
        **os.environ,
        "DATABASE_URL": database_url,
        "DEBUG": "False",
        "API_CALLS_PER_MINUTE": "0",
        "SITE_URL": address,
        "LOG_LEVEL": "ERROR",
    }
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}"]
    command += ["--limit-request-line", "0"]  # or it refuses long addresses by itself, in HTML
    quiet = subprocess.DEVNULL
    server = subprocess.Popen(
        [*command, "--workers", str(workers)], cwd=ROOT, env=env, stdout=quiet, stderr=quiet
    )
    try:
        _wait_for(f"{address}/api/v1/openapi.json", server)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=30)


def fuzz(address: str, key: str, *, examples: int, seed: int, workers: int = 2) -> Outcome:
    """Every operation with valid and invalid data, and chains of operations."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "--no-color"),
        *("run", f"{address}/api/v1/openapi.json", "--origin", address),
        *("-H", f"Authorization: Bearer {key}", "--workers", str(workers)),
        *("--max-examples", str(examples), "--seed", str(seed), "--continue-on-failure"),
        *("--suppress-health-check", "all", "--no-shrink", "--warnings", "off"),
    ]
    with tempfile.TemporaryDirectory() as folder:  # where it keeps what it found
        ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # fmt: skip
    return Outcome(ended.returncode == 0, ended.stdout + ended.stderr)


def _wait_for(address: str, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until:
        if server.poll() is not None:
            raise RuntimeError(f"The server ended with {server.returncode}.")
        try:
            requests.get(address, timeout=30).raise_for_status()
        except (requests.ConnectionError, requests.Timeout):
            time.sleep(0.2)
        else:
            return
    raise RuntimeError("The server did not answer.")

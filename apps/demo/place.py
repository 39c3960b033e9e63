"""Where a demo lives: its folder, its database, its ports and the environment of its processes."""

import contextlib
import fcntl
import os
import random
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Set in the environment of everything that a demo starts, its own second start included.
MARK = "TIEOUT_DEMO"
SOCKET = "TIEOUT_DEMO_SOCKET"
BELONGS = "this-folder-belongs-to-a-demo"
# Left to the demo: a machine's own settings must never lead it into a real database.
OVERRULED = ("DATABASE_URL", "TIEOUT_SANDBOX_DATABASE", "SITE_URL", "SIMULATED_LEDGERS_URL")


class DemoRefused(RuntimeError):
    """The demo cannot run here; the sentence says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A folder of its own, emptied at the start, and two free ports of this machine."""

    folder: Path
    web_port: int
    web_socket: int  # the file descriptor that holds the port
    ledgers_port: int

    @property
    def database(self) -> Path:
        return self.folder / "tieout.sqlite3"

    @property
    def web(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def ledgers(self) -> str:
        return f"http://127.0.0.1:{self.ledgers_port}"

    def environment(self) -> dict[str, str]:
        """For the product's processes. Plain HTTP is allowed because everything is on loopback."""
        return {
            **_inherited(),
            MARK: "1",
            SOCKET: str(self.web_socket),
            "TIEOUT_LOCAL": "True",
            "DEBUG": "True",
            # Whoever looks at the demo has no phone at hand for it; a banner says so on each page.
            "SECOND_FACTOR": "waived",
            "DATABASE_URL": f"sqlite:///{self.database}",
            "PRIVATE_FILES_DIR": str(self.folder / "files"),
            "SITE_URL": self.web,
            "SIMULATED_LEDGERS_URL": self.ledgers,
            # What is done over there comes back with the next tick while one looks on.
            "SYNC_PULL_EVERY": "30",
            "OAUTHLIB_INSECURE_TRANSPORT": "1",
            "PYTHONUNBUFFERED": "1",
        }

    def environment_of_ledgers(self) -> dict[str, str]:
        """For the simulated ledgers, which know nothing of the product."""
        return {
            **_inherited(),
            MARK: "1",
            "TIEOUT_LOCAL": "True",
            "DEBUG": "True",
            "TIEOUT_SANDBOX_DATABASE": str(self.folder / "ledgers.sqlite3"),
            "PYTHONUNBUFFERED": "1",
        }


def _inherited() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in OVERRULED}


def new_place(folder: Path) -> Place:
    """Choose ports: the usual one for the admin where it is free, so that its address is known.

    The admin's stays bound and is handed on, so that a second demo that starts now takes another.
    """
    web = _bound(8000, *_quiet_ports())
    with contextlib.closing(_bound(*_quiet_ports())) as ledgers:
        return Place(
            folder=folder,
            web_port=web.getsockname()[1],
            web_socket=web.detach(),
            ledgers_port=ledgers.getsockname()[1],
        )


def _quiet_ports() -> list[int]:
    """Some ports that no system hands out by itself.

    Between the choice of the ledgers' port and their start nobody holds it; one of the range that
    connections and port 0 are served from could go to any other process meanwhile.
    """
    return random.sample(range(20000, 32000), 50)


def place_of_environment(folder: Path) -> Place:
    """The place that the process which started this one has chosen."""
    return Place(
        folder=folder,
        web_port=_port(os.environ["SITE_URL"]),
        web_socket=int(os.environ[SOCKET]),
        ledgers_port=_port(os.environ["SIMULATED_LEDGERS_URL"]),
    )


def _port(url: str) -> int:
    return int(url.rsplit(":", 1)[1])


def _bound(*ports: int) -> socket.socket:
    for port in ports:
        held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            held.bind(("127.0.0.1", port))
        except OSError:
            held.close()
            continue
        held.set_inheritable(True)
        return held
    raise DemoRefused("No port of this machine is free.")


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold the folder, so that a second demo of this clone refuses instead of mixing with it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoRefused("A demo of this folder is running already; stop it first.") from None
        yield


def empty(folder: Path) -> None:
    """Remove what an earlier demo left, but the lock that is held.

    Raises DemoRefused at a folder that holds anything a demo did not put there.
    """
    found = [each for each in folder.iterdir() if each.name != "lock"]
    if found and not (folder / BELONGS).exists():
        raise DemoRefused(f"{folder} holds files that are not a demo's; choose an empty folder.")
    (folder / BELONGS).touch()
    for each in found:
        if each.name == BELONGS:
            continue
        if each.is_dir():
            shutil.rmtree(each)
        else:
            each.unlink()

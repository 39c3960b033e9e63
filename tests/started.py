"""A web process as an installation runs it, with the settings that the README documents."""

import base64
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parents[1]
STARTS_WITHIN = 60.0
# What a process of tests has and an installation has not.
OURS = ("TIEOUT_LOCAL", "DEBUG", "DJANGO_SETTINGS_MODULE", "OAUTHLIB_INSECURE_TRANSPORT")
NAMES = ("SECRET_KEY", "TOKEN_KEYS", "FILE_KEYS", "TRAIL_KEYS", "ALLOWED_HOSTS", "SITE_URL", "EMAIL_URL",
         "DEFAULT_FROM_EMAIL", "DATABASE_URL")  # fmt: skip


def a_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def bare() -> dict[str, str]:
    """The environment of a machine on which nothing of Tieout is set."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in (*OURS, *NAMES) and not name.startswith(("EMAIL_", "TIEOUT_"))
    }


def documented(folder: Path) -> dict[str, str]:
    """What README.md, “Run it”, calls required, on a database in this folder."""
    return {
        **bare(),
        "SECRET_KEY": secrets.token_urlsafe(50),
        "TOKEN_KEYS": a_key(),
        "FILE_KEYS": a_key(),
        "TRAIL_KEYS": a_key(),
        "ALLOWED_HOSTS": "tieout.example.com",
        "SITE_URL": "https://tieout.example.com",
        "EMAIL_URL": "smtp+tls://tieout:secret@mail.example.com:587",
        "DEFAULT_FROM_EMAIL": "Tieout <tieout@example.com>",
        "DATABASE_URL": f"sqlite:///{folder / 'installed.sqlite3'}",
        "PRIVATE_FILES_DIR": str(folder / "files"),
        "SYNC_WITNESS_DIR": str(folder / "witness"),
        "TRAIL_HEADS_DIR": str(folder / "heads"),
        "STATIC_ROOT": str(folder / "static"),
    }


def manage(environment: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def with_tables(environment: Mapping[str, str]) -> None:
    """The database of this environment, with its tables: from the copy that tests keep."""
    making = {**environment, "TIEOUT_LOCAL": "True", "ALLOWED_HOSTS": "localhost"}
    del making["SITE_URL"], making["EMAIL_URL"]
    command = [sys.executable, "-m", "tests.template_database"]
    subprocess.run(command, cwd=ROOT, env=making, check=True, timeout=180)


def signed_in(environment: Mapping[str, str]) -> str:
    """The cookie of a session of somebody who may see everything."""
    script = (
        "from types import SimpleNamespace; from django.test import Client; from django.conf import settings as s; "
        "from allauth.account.internal.flows.login import record_authentication; "
        "from tests.all_rights import make_almighty; "
        "who = make_almighty('ada@example.com', 'correct horse battery'); "
        "c = Client(); c.force_login(who); session = c.session; "
        "record_authentication(SimpleNamespace(session=session), who, 'mfa'); "
        "session.save(); "
        "print('COOKIE', s.SESSION_COOKIE_NAME + '=' + c.cookies[s.SESSION_COOKIE_NAME].value)"
    )
    ran = manage(environment, "shell", "-v", "0", "-c", script)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.split("COOKIE ")[1].strip()


def web_command(port: int) -> list[str]:
    words = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}"]
    return [*words, "--no-control-socket"]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass(frozen=True)
class Web:
    """Asked as a proxy asks that stands in front of it, on this machine."""

    address: str
    host: str = "tieout.example.com"
    cookies: str = ""

    def ask(
        self,
        path: str,
        method: str = "GET",
        *,
        scheme: str = "https",
        body: str = "",
        **headers: str,
    ) -> requests.Response:
        said: dict[str, Any] = {"Host": self.host, **headers}
        if scheme:
            said["X-Forwarded-Proto"] = scheme
        if self.cookies:
            said["Cookie"] = self.cookies
        with requests.Session() as session:
            session.trust_env = False
            return session.request(
                method,
                self.address + path,
                data=body,
                headers=said,
                allow_redirects=False,
                timeout=30,
            )


@contextmanager
def serving(environment: Mapping[str, str], log: Path) -> Iterator[Web]:
    port = free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            web_command(port), cwd=ROOT, env=dict(environment), stdout=output, stderr=output
        )
    try:
        until = time.monotonic() + STARTS_WITHIN
        while True:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                time.sleep(0.1)
            else:
                break
        yield Web(f"http://127.0.0.1:{port}", environment["ALLOWED_HOSTS"].split(",")[0])
    finally:
        process.terminate()
        process.wait(timeout=30)

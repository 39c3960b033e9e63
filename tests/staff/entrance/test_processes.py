"""Sign-ins over HTTP, answered by several processes: they count together, and believe no header."""

import http.client
import re
import socket
import subprocess
import sys
import time
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.architecture.source import ROOT
from tests.started import documented, with_tables

pytestmark = [pytest.mark.slow, pytest.mark.processes]
PASSWORD = "a-long-enough-password-1"
WORKERS = 3
# What ends TLS on this host says so to gunicorn, which asks who it is; of a client's address it knows nothing.
OVER_TLS = {"Host": "tieout.example.com", "X-Forwarded-Ssl": "on",
            "Referer": "https://tieout.example.com/accounts/login/"}  # fmt: skip


PEOPLE = f"""
from apps.staff.access import add_member
from apps.staff.roles import RoleName
for name in ("fay", "ada", "cleo"):
    add_member(f"{{name}}@example.com", RoleName.VIEWER, "{PASSWORD}")
"""


class Server:
    """gunicorn on a database of its own."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder = folder
        self.environment = documented(folder)

    def manage(self, *arguments: str) -> None:
        command = [sys.executable, "manage.py", *arguments]
        subprocess.run(command, cwd=ROOT, env=self.environment, check=True, capture_output=True, timeout=300)  # fmt: skip

    def start(self, **environment: str) -> None:
        command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--workers", str(WORKERS),
                   "--bind", f"127.0.0.1:{self.port}", "--no-control-socket"]  # fmt: skip
        self.log = (self.folder / "web.log").open("ab")
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**self.environment, **environment},
            stdout=self.log,
            stderr=self.log,
        )
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                if self.ask("GET", "/accounts/login/")[0] == 200:
                    return
            except OSError:
                time.sleep(0.3)
        raise AssertionError((self.folder / "web.log").read_text())

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)
        self.log.close()

    def ask(
        self, method: str, path: str, body: str = "", headers: dict[str, str] | None = None
    ) -> tuple[int, str, SimpleCookie]:
        """A connection of its own each: whichever worker is free takes it."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            line.request(method, path, body or None, {**OVER_TLS, **(headers or {})})
            answer = line.getresponse()
            cookies = SimpleCookie()
            for each in answer.headers.get_all("Set-Cookie") or []:
                cookies.load(each)
            return answer.status, answer.read().decode(), cookies
        finally:
            line.close()

    def sign_in(self, email: str, password: str, **headers: str) -> str:
        """in, wrong, or stopped"""
        _, page, cookies = self.ask("GET", "/accounts/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert token, page
        form = {"login": email, "password": password, "csrfmiddlewaretoken": token[1]}
        status, page, _ = self.ask(
            "POST",
            "/accounts/login/",
            urlencode(form),
            {
                "Content-Type": "application/x-www-form-urlencoded",
                "Cookie": f"__Host-csrftoken={cookies['__Host-csrftoken'].value}",
                **{name.replace("_", "-"): value for name, value in headers.items()},
            },
        )
        if status == 302:
            return "in"
        return "stopped" if status == 429 or "Too many tries" in page else "wrong"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Server:
    made = Server(tmp_path_factory.mktemp("entrance"))
    with_tables(made.environment)
    made.manage("roles")
    made.manage("shell", "-v", "0", "-c", PEOPLE)
    return made


def test_several_processes_count_together_and_a_made_up_address_counts_for_nothing(
    server: Server,
) -> None:
    server.start()
    try:
        tries = [
            server.sign_in("fay@example.com", "wrong", X_Forwarded_For=f"203.0.113.{number}")
            for number in range(12)
        ]
        assert tries == ["wrong"] * 5 + ["stopped"] * 7
        assert server.sign_in("fay@example.com", PASSWORD) == "stopped"
        assert server.sign_in("ada@example.com", PASSWORD) == "in"
    finally:
        server.stop()


def test_behind_a_proxy_each_client_is_counted_by_what_the_proxy_saw(server: Server) -> None:
    server.start(TRUSTED_PROXIES="127.0.0.1")
    try:
        tries = [
            server.sign_in(
                "fay@example.com", "wrong", X_Forwarded_For=f"10.0.0.{number}, 198.51.100.66"
            )
            for number in range(8)
        ]
        assert tries == ["wrong"] * 5 + ["stopped"] * 3
        mine = {"X_Forwarded_For": "198.51.100.1"}
        assert server.sign_in("fay@example.com", PASSWORD, **mine) == "in"
        assert (
            server.sign_in("cleo@example.com", "wrong", X_Forwarded_For="198.51.100.66") == "wrong"
        )
    finally:
        server.stop()

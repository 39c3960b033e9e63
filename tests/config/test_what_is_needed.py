"""Without what an installation needs no process starts, and it says what is missing and what to do."""

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from config.local import OnlyThisMachine, turn_on_for
from config.safety import NotReady
from tests.started import ROOT, bare, documented, free_port, manage, web_command, with_tables

REQUIRED = ("SECRET_KEY", "TOKEN_KEYS", "FILE_KEYS", "TRAIL_KEYS", "ALLOWED_HOSTS", "SITE_URL", "EMAIL_URL",
            "DEFAULT_FROM_EMAIL")  # fmt: skip
PRINTED = "not-a-secret-only-for-local-use-replace-in-production"
KEY = "kZ0N8vVZ1yq2n3c4d5e6f7g8h9i0j1k2l3m4n5o6p7s="


def web(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Ends by itself when its worker cannot boot; one that serves runs into the limit."""
    return subprocess.run(
        web_command(free_port()), cwd=ROOT, env=environment, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip


def lines_of(said: str) -> dict[str, str]:
    """What it says is missing or unsafe, by the first word of each line."""
    return {
        line[2:].split()[0].rstrip(":"): line for line in said.splitlines() if line.startswith("- ")
    }


def settings_of(environment: dict[str, str]) -> dict[str, Any]:
    """What the settings become in this environment."""
    with patch.dict(os.environ, environment, clear=True):
        return runpy.run_path(str(ROOT / "config/settings.py"))


def refused(environment: dict[str, str]) -> dict[str, str]:
    with pytest.raises(NotReady) as missing:
        settings_of(environment)
    return lines_of(str(missing.value))


# --- Nothing given --------------------------------------------------------------------------------


@pytest.mark.parametrize("door", ["web", "worker", "command"])
def test_a_process_that_is_given_nothing_does_not_start_and_names_all_of_it(door: str) -> None:
    nothing = bare()
    ran = web(nothing) if door == "web" else manage(nothing, "qcluster" if door == "worker" else "migrate")  # fmt: skip
    assert ran.returncode not in (0, -15)
    found = lines_of(ran.stdout + ran.stderr)
    assert tuple(found) == REQUIRED
    assert "secrets.token_urlsafe" in found["SECRET_KEY"]
    assert all(
        "os.urandom(32)" in found[name] for name in ("TOKEN_KEYS", "FILE_KEYS", "TRAIL_KEYS")
    )
    assert "smtp+tls://" in found["EMAIL_URL"]


def test_with_all_of_it_the_worker_and_the_check_start_and_nothing_is_found(
    tmp_path: Path,
) -> None:
    given = documented(tmp_path)
    ran = manage(given, "check", "--deploy", "--fail-level", "WARNING")
    assert ran.returncode == 0, ran.stderr
    assert "no issues" in ran.stdout
    made = settings_of(given)
    assert (made["DEBUG"], made["LOCAL"]) == (False, False)
    mail = [made[f"EMAIL_{name}"] for name in ("HOST", "PORT", "USE_TLS", "USE_SSL", "HOST_USER")]
    assert mail == ["mail.example.com", 587, True, False, "tieout"]


@pytest.mark.slow
@pytest.mark.processes
def test_with_all_of_it_the_worker_works(tmp_path: Path) -> None:
    given = documented(tmp_path)
    with_tables(given)
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "qcluster"],
        cwd=ROOT, env=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert worker.stdout is not None
    try:
        assert any("running" in line for line in worker.stdout)
    finally:
        worker.terminate()
        worker.communicate(timeout=60)


# --- Given, and unsafe ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SECRET_KEY", PRINTED, "everybody can read"),
        ("SECRET_KEY", "short", "can be guessed"),
        ("SECRET_KEY", "a" * 60, "can be guessed"),
        ("TOKEN_KEYS", "no-key", "is no key"),
        ("TOKEN_KEYS", f"{KEY},x", "is no key"),
        ("FILE_KEYS", "no-key", "is no key"),
        ("ALLOWED_HOSTS", "*", "takes any name"),
        ("SITE_URL", "http://tieout.example.com", "https://"),
        ("SITE_URL", "tieout.example.com", "https://"),
        ("SITE_URL", "https://other.example.com", "not among ALLOWED_HOSTS"),
        ("EMAIL_URL", "consolemail://", "sends no mail"),
        ("EMAIL_URL", "dummymail://", "sends no mail"),
        ("EMAIL_URL", "memorymail://", "sends no mail"),
        ("EMAIL_URL", "filemail:///tmp/mails", "sends no mail"),
        ("EMAIL_URL", "smtps://user:hidden@mail.example.com", "smtp+ssl://"),
        ("EMAIL_URL", "mail.example.com", "names no mail server"),
        ("EMAIL_URL", "smtp+tls://", "names no mail server"),
        ("DEFAULT_FROM_EMAIL", "Tieout", "the address that mails come from"),
        ("TRUSTED_PROXIES", "10.0.0.1/8", "TRUSTED_PROXIES"),
        ("TRUSTED_PROXIES", "0.0.0.0/0", "takes everybody"),
    ],
)  # fmt: skip
def test_what_is_given_and_unsafe_is_named_alone(
    tmp_path: Path, name: str, value: str, said: str
) -> None:
    found = refused({**documented(tmp_path), name: value})
    assert list(found) == [name]
    assert said in found[name]
    assert "hidden" not in found[name]  # a password is not told


@pytest.mark.parametrize("sends_nothing", ["console", "filebased", "locmem", "dummy"])
def test_what_an_older_installation_has_set_is_read_unless_it_sends_nothing(
    tmp_path: Path, sends_nothing: str
) -> None:
    given = documented(tmp_path)
    del given["EMAIL_URL"]
    backend = f"django.core.mail.backends.{sends_nothing}.EmailBackend"
    found = refused({**given, "EMAIL_BACKEND": backend})
    assert list(found) == ["EMAIL_BACKEND"]
    assert "EMAIL_URL" in found["EMAIL_BACKEND"]


def test_an_older_installation_keeps_its_mail_server(tmp_path: Path) -> None:
    given = documented(tmp_path)
    del given["EMAIL_URL"]
    older = {"EMAIL_HOST": "mail.old.example", "EMAIL_PORT": "587", "EMAIL_USE_TLS": "True"}
    made = settings_of({**given, **older})
    assert made["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend"
    mail = [made[f"EMAIL_{name}"] for name in ("HOST", "PORT", "USE_TLS")]
    assert mail == ["mail.old.example", 587, True]
    both = refused({**documented(tmp_path), **older})
    assert "EMAIL_HOST, EMAIL_PORT, EMAIL_USE_TLS" in both["EMAIL_URL"]


# --- On one's own machine -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ALLOWED_HOSTS", "SITE_URL"])
@pytest.mark.parametrize("door", ["DEBUG=True", "runserver"])
def test_debug_goes_with_no_host_but_this_machine(tmp_path: Path, name: str, door: str) -> None:
    given = {**bare(), name: documented(tmp_path)[name]}
    if door == "runserver":
        ran = manage(given, "runserver", "--noreload", str(free_port()))
    else:
        ran = manage({**given, "DEBUG": "True"}, "check")
    assert ran.returncode == 1
    assert "tieout.example.com" in ran.stderr
    assert "for this machine alone" in ran.stderr


def test_debug_is_taken_by_hand_on_this_machine() -> None:
    made = settings_of({**bare(), "DEBUG": "True"})
    assert (made["LOCAL"], made["SITE_URL"]) == (True, "http://127.0.0.1:8000")


def test_an_installation_takes_no_debug(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="Take DEBUG out"):
        settings_of({**documented(tmp_path), "TIEOUT_LOCAL": "False", "DEBUG": "True"})


@pytest.mark.parametrize(
    ("words", "local"),
    [
        (["runserver"], True),
        (["demo", "--once"], True),
        (["runsandbox"], True),
        (["makemigrations"], True),
        (["migrate"], False),
        (["qcluster"], False),
        (["shell"], False),
        (["staff", "add", "runserver"], False),
        ([], False),
    ],
)
def test_which_commands_are_for_this_machine_alone(words: list[str], local: bool) -> None:
    with patch.dict(os.environ, bare(), clear=True):
        turn_on_for(words)
        assert os.environ.get("TIEOUT_LOCAL") == ("True" if local else None)


def test_a_demo_beside_an_installation_leaves_its_address_and_mail_alone(tmp_path: Path) -> None:
    with patch.dict(os.environ, documented(tmp_path), clear=True):
        turn_on_for(["demo"])
        made = settings_of(dict(os.environ))
    assert made["EMAIL_BACKEND"] == "django.core.mail.backends.console.EmailBackend"
    assert made["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]


@pytest.mark.parametrize(
    ("asked", "here"),
    [
        ({"REMOTE_ADDR": "127.0.0.1"}, True),
        ({"REMOTE_ADDR": "::1"}, True),
        ({"REMOTE_ADDR": ""}, True),  # a socket of this machine
        ({"REMOTE_ADDR": "192.168.1.5"}, False),
        ({"REMOTE_ADDR": "::ffff:192.168.1.5"}, False),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "127.0.0.1"}, False),
        ({"REMOTE_ADDR": "", "HTTP_FORWARDED": "for=203.0.113.9"}, False),
    ],
)
def test_a_local_process_answers_this_machine_alone(asked: dict[str, str], here: bool) -> None:
    answered: list[str] = []

    def begin(status: str, headers: list[tuple[str, str]]) -> None:
        answered.append(status)

    served = OnlyThisMachine(lambda environ, start: [b"the page"])
    body = b"".join(served(dict(asked), begin))
    assert (body == b"the page") == here
    assert answered == ([] if here else ["403 Forbidden"])

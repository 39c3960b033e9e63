"""What a browser is told with each kind of answer, header by header and cookie by cookie: by an
installation behind a proxy, as it is started, and by a process of one's own machine."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client, override_settings

from apps.core.kept_nowhere import keep_pages_nowhere
from config.browser import STYLES_OF_LISTS
from tests.all_rights import make_almighty
from tests.started import Web, documented, manage, serving, signed_in, with_tables

POLICY = {
    "default-src": "'none'",
    "script-src": "'self' 'unsafe-eval'",
    "style-src": " ".join(["'self'", *STYLES_OF_LISTS]),
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "object-src": "'none'",
}
EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
YEAR = "max-age=31536000; includeSubDomains"
# Each kind of answer: its address, who asks, its status, and what it may be kept for.
KINDS: dict[str, tuple[str, bool, int, str]] = {
    "sign-in": ("/accounts/login/", False, 200, "no-store"),
    "a page of an account": ("/accounts/password/reset/", False, 200, "no-store"),
    "second factor": ("/accounts/2fa/", True, 200, "no-store"),
    "first page": ("/admin/", True, 200, "no-store"),
    "a list": ("/admin/billing/customer/", True, 200, "no-store"),
    "a form": ("/admin/billing/customer/add/", True, 200, "no-store"),
    "words of scripts": ("/admin/jsi18n/", True, 200, "no-store"),
    "turned away to sign in": ("/admin/", False, 302, "no-store"),
    "not there": ("/admin/nothing/here/", True, 404, "no-store"),
    "page of the API": ("/api/v1/docs", False, 200, "no-store"),
    "refusal of the API": ("/api/v1/customers", False, 401, "no-store"),
    "health": ("/health/", False, 503, "no-store"),
    "a static file": ("/static/backoffice/tieout.css", False, 200, "max-age="),
}
EACH = pytest.mark.parametrize("kind", KINDS)


def policy_of(headers: Mapping[str, str]) -> dict[str, str]:
    """By directive, without the nonce of this answer."""
    text = re.sub(r" 'nonce-[^']+'", "", headers["Content-Security-Policy"])
    return dict(each.strip().split(" ", 1) for each in text.split(";") if each.strip())


def held_to_the_table(kind: str, status: int, headers: Mapping[str, str]) -> None:
    _, _, wanted, kept = KINDS[kind]
    assert status == wanted
    assert policy_of(headers) == POLICY
    assert {name: headers.get(name) for name in EVERYWHERE} == EVERYWHERE
    assert headers["Cache-Control"].startswith(kept) or kept in headers["Cache-Control"]


def attributes_of(cookie: str) -> dict[str, tuple[bool, bool, str, str, str]]:
    """By name: Secure, HttpOnly, SameSite, Path, Domain."""
    return {
        name: (
            bool(each["secure"]), bool(each["httponly"]), each["samesite"], each["path"],
            each["domain"],
        )
        for name, each in SimpleCookie(cookie).items()
    }  # fmt: skip


# --- An installation ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("installed")


@pytest.fixture(scope="module")
def installed(folder: Path) -> Iterator[Web]:
    given = {**documented(folder), "TRUSTED_PROXIES": "127.0.0.1", "LOG_LEVEL": "INFO"}
    with_tables(given)
    assert manage(given, "collectstatic", "--noinput", "-v", "0").returncode == 0
    cookie = signed_in(given)
    with serving(given, folder / "web.log") as web:
        yield replace(web, cookies=cookie)


@EACH
@pytest.mark.slow
@pytest.mark.processes
def test_an_installation_tells_a_browser_all_of_it(installed: Web, kind: str) -> None:
    path, signed, _, _ = KINDS[kind]
    web = installed if signed else replace(installed, cookies="")
    answer = web.ask(path)
    held_to_the_table(kind, answer.status_code, answer.headers)
    assert answer.headers["Strict-Transport-Security"] == YEAR


@pytest.mark.slow
@pytest.mark.processes
def test_cookies_of_an_installation_are_of_one_host_and_https_alone(installed: Web) -> None:
    form = replace(installed, cookies="").ask("/accounts/login/")
    assert attributes_of(form.headers["Set-Cookie"]) == {
        "__Host-csrftoken": (True, True, "Lax", "/", "")
    }
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.text)
    assert token is not None
    secret = form.cookies["__Host-csrftoken"]
    web = replace(installed, cookies=f"__Host-csrftoken={secret}")
    sent = web.ask(
        "/accounts/login/",
        "POST",
        body=f"csrfmiddlewaretoken={token[1]}&login=ada%40example.com&password=correct+horse+battery",
        **{
            "Content-Type": "application/x-www-form-urlencoded",
            "Referer": "https://tieout.example.com/accounts/login/",
        },
    )
    assert sent.status_code == 302, sent.text
    told = [attributes_of(each) for each in set_cookies(sent)]
    names = {name: each for cookie in told for name, each in cookie.items()}
    assert {"__Host-sessionid", "__Host-csrftoken"} <= names.keys()
    assert all(name.startswith("__Host-") for name in names)
    assert set(names.values()) == {(True, True, "Lax", "/", "")}


def set_cookies(answer: Any) -> list[str]:
    return list(answer.raw.headers.getlist("Set-Cookie"))


@pytest.mark.slow
@pytest.mark.processes
def test_what_comes_in_clear_is_led_to_https_and_a_key_is_refused(installed: Web) -> None:
    for scheme in ("http", ""):
        led = installed.ask("/admin/billing/customer/?q=x", scheme=scheme)
        assert (led.status_code, led.headers["Location"]) == (
            301, "https://tieout.example.com/admin/billing/customer/?q=x",
        )  # fmt: skip
        assert "Set-Cookie" not in led.headers
        key = installed.ask("/api/v1/customers", scheme=scheme, Authorization="Bearer tie_x")
        assert key.status_code == 403
        assert "revoke it" in key.json()["detail"]
        assert installed.ask("/health/", scheme=scheme).status_code == 503


@pytest.mark.slow
@pytest.mark.processes
def test_who_is_no_proxy_of_ours_cannot_say_that_it_came_by_https(tmp_path: Path) -> None:
    given = {**documented(tmp_path), "TRUSTED_PROXIES": "10.9.8.7", "FORWARDED_ALLOW_IPS": ""}
    with serving(given, tmp_path / "web.log") as web:
        assert web.ask("/accounts/login/").status_code == 301


@pytest.mark.slow
@pytest.mark.processes
def test_another_host_is_answered_nothing_and_told_the_same(installed: Web) -> None:
    answer = replace(installed, host="evil.example").ask("/accounts/password/reset/")
    assert answer.status_code == 400
    assert policy_of(answer.headers) == POLICY
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.slow
@pytest.mark.processes
def test_a_reset_link_is_not_in_the_log(installed: Web, folder: Path) -> None:
    """Neither one that cannot be sent (there is no such mail server) nor one that is tried."""
    form = replace(installed, cookies="").ask("/accounts/password/reset/")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.text)
    assert token is not None
    web = replace(installed, cookies=f"__Host-csrftoken={form.cookies['__Host-csrftoken']}")
    sent = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Referer": "https://tieout.example.com/accounts/password/reset/",
    }
    asked = web.ask(
        "/accounts/password/reset/",
        "POST",
        body=f"csrfmiddlewaretoken={token[1]}&email=ada%40example.com",
        **sent,
    )
    assert asked.status_code in (302, 500)
    tried = web.ask("/accounts/password/reset/key/1-c0ffee-secretpart/", "POST", **sent)
    assert tried.status_code == 403  # without a token of the form: a line in the log
    log = (folder / "web.log").read_text()
    assert "/password/reset/key/1-…" in log
    assert "secretpart" not in log
    assert not re.search(r"/password/reset/key/\w+-\w", log)


# --- One's own machine ----------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [each for each in KINDS if each != "a static file"])
def test_a_process_of_this_machine_tells_the_same_but_for_https(client: Client, kind: str) -> None:
    path, signed, _, _ = KINDS[kind]
    if signed:
        client.force_login(make_almighty("ada@example.com", "correct horse"))
    answer = client.get(path)
    held_to_the_table(kind, answer.status_code, answer.headers)
    assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.django_db
def test_cookies_of_this_machine_go_over_http(client: Client) -> None:
    client.get("/accounts/login/")
    assert attributes_of(client.cookies.output(header="")) == {
        "csrftoken": (False, True, "Lax", "/", "")
    }


@pytest.mark.django_db
def test_each_answer_has_a_nonce_of_its_own(client: Client) -> None:
    client.force_login(make_almighty("ada@example.com", "correct horse"))
    seen = set()
    for _ in range(2):
        answer = client.get("/admin/")
        (nonce,) = set(re.findall(r"'nonce-([^']+)'", answer["Content-Security-Policy"]))
        assert f'nonce="{nonce}"' in answer.content.decode()
        seen.add(nonce)
    assert len(seen) == 2


@pytest.mark.parametrize(
    ("path", "said", "kept"),
    [
        ("/admin/", "", "no-store"),
        ("/admin/", "max-age=3600", "no-store"),
        ("/accounts/login/", "max-age=0, no-cache, no-store, private", "max-age=0, no-cache, no-store, private"),
        ("/static/x.css", "max-age=60", "max-age=60"),
        ("/statics/", "", "no-store"),
    ],
)  # fmt: skip
def test_only_a_static_file_is_kept(rf: Any, path: str, said: str, kept: str) -> None:
    def answer(request: Any) -> HttpResponse:
        return HttpResponse(headers={"Cache-Control": said} if said else {})

    with override_settings(STATIC_URL="/static/"):
        assert keep_pages_nowhere(answer)(rf.get(path))["Cache-Control"] == kept
